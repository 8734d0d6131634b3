"""The pages of the admin and the list of units over a million units: queries and milliseconds of each, by the test
client in this process (the middleware, the view, the template and PostgreSQL; no network)."""

import time

from bench.million import import_units
from bench.tools import scratch

GOAL = 1000  # ms
TIMES = 3
CHOOSE = "/admin/autocomplete/?app_label=products&model_name=productnote&field_name=product"
# What the imported units lack: each has a state, one in fifty a rare one.
STATES = (
    """INSERT INTO products_state (created_at, created_by, product_imei, prev_state_type, current_state_type)
       SELECT now(), 'bench', product_imei, 1, CASE WHEN row_no % 50 = 0 THEN 2 ELSE 6 END FROM products_product
       WHERE latest_state_id IS NULL""",
    """UPDATE products_product SET latest_state_id = state_id FROM products_state
       WHERE products_state.product_imei = products_product.product_imei AND latest_state_id IS NULL""",
)


def run() -> None:
    with scratch(units=20):
        import_units()
        _measure()


def _measure() -> None:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from apps.accounts.models import Entity, User
    from apps.products.models import Product

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for statement in STATES:
            cursor.execute(statement)
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SET statement_timeout = '5s'")
    one = Product.objects.get(product_imei="88" + f"{777_777:013d}")
    company = User(email="bench@example.org", permissions="ADMIN", scope="ENTITY", entity=Entity.objects.get(pk=1007))
    company.set_unusable_password()
    company.save()
    own = Product.objects.visible_to(company).order_by("-pk").first()
    units = "/admin/products/product/"
    pages = {
        "admin, home": "/admin/",
        "units": units,
        "units, page 200": f"{units}?p=200",
        "units, a filter": f"{units}?desired_enable_flag__exact=1&product_type__product_type_id__exact=7",
        "units, an entity of twenty": f"{units}?entity=1007",
        "units, a rare state": f"{units}?state=2",
        "units, an entity and the usual state": f"{units}?entity=1007&state=6",
        "units, an IMEI": f"{units}?q={one.product_imei}",
        "units, the beginning of a serial": f"{units}?q=MM0077",
        "units, nothing found": f"{units}?q=nothing-of-this-kind",
        "one unit": f"{units}{{own}}/change/",
        "its history": f"{units}{{own}}/history/",
        "its states, by its IMEI": f"/admin/products/state/?q={one.product_imei}",
        "entities of units": "/admin/products/productentitylinker/",
        "notes, add": "/admin/products/productnote/add/",
        "choosing a unit by typing": f"{CHOOSE}&term=MM0077",
        "system": "/admin/system/",
        "users": "/admin/accounts/user/",
        "console, units": "/",
        "console, units that are off": "/?show=disabled",
        "console, jobs": "/jobs",
    }
    print(f"{'page over a million units':40}{'GLOBAL':>22}{'one entity of 20':>22}   goal {GOAL} ms")
    for name, where in pages.items():
        cells = []
        for user, unit in ((User.objects.get(email="system@example.org"), one), (company, own)):
            browser = Client()
            browser.force_login(user)
            address = where.replace("{own}", str(unit.pk))
            first = time.perf_counter()
            status = browser.get(address).status_code
            first = time.perf_counter() - first
            best = first
            for _ in range(TIMES):
                with CaptureQueriesContext(connection) as sent:
                    begun = time.perf_counter()
                    browser.get(address)
                    best = min(best, time.perf_counter() - begun)
            told = f"{len(sent)} q, {best * 1000:.0f} ms ({first * 1000:.0f}){' !' if best * 1000 > GOAL else ''}"
            cells.append(told if status == 200 else str(status))
        print(f"{name:40}{cells[0]:>22}{cells[1]:>22}")
