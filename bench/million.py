"""A million units: moving them in, first and later counts, a filtered page against an indexed look-up, far pages.

Takes some ten minutes and two gigabytes of disk. Times of SQL are of the statements that a request runs.
"""

import io
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.tools import NAME, granian, interleaved, least, scratch, tell, tell_time, wrk

UNITS = 1_000_000
FILE = Path(tempfile.gettempdir()) / f"{NAME}.json"  # a gigabyte that nobody else writes


def run() -> None:
    with scratch(units=20) as env:
        import_units()
        _sql_times()
        _over_http(env)


def lines(units: int) -> Iterator[str]:
    """A data set in the contract's column names, as another system would export it."""
    at = "2026-01-01T00:00:00"
    yield '{"entities": [' + ",\n".join(
        json.dumps({"entity_id": 1000 + n, "name": f"Company {n}", "bboxx_company_flag": False}) for n in range(20)
    )
    yield '],\n"products": ['
    for n in range(units):
        comma = "," if n else ""
        yield (
            f'{comma}\n{{"product_imei": "88{n:013d}", "imsi": "88{n:013d}", "iccid": "8988{n:016d}",'
            f' "serial_number": "MM{n:08d}", "product_type_id": {(6, 7, 10)[n % 3]}, "device_key": null,'
            f' "current_enable_flag": {"true" if n % 5 else "false"}, "desired_enable_flag": true,'
            f' "rtc_enabled_flag": false, "dcm_enabled_flag": true, "is_payg": true, "assembler": "Plant {n % 7}",'
            f' "gps_lat": {n % 900 / 10 - 45}, "gps_lon": {n % 1800 / 10 - 90},'
            f' "created_at": "{at}", "created_by": "another system"}}'
        )
    yield '],\n"product_entity_linker": ['
    for n in range(units):
        comma = "," if n else ""
        yield (
            f'{comma}\n{{"product_entity_linker_id": {1000 + n}, "product_imei": "88{n:013d}",'
            f' "entity_id": {1000 + n % 20}, "date_added": "{at}", "date_removed": null}}'
        )
    yield "]}"


def import_units() -> None:
    from apps.transfer.dataset import import_tables

    with FILE.open("w") as out:
        for line in lines(UNITS):
            out.write(line)
    size = FILE.stat().st_size / 2**20
    start = time.perf_counter()
    with FILE.open("rb") as source:
        counts = import_tables(io.BufferedReader(source, 2**20), progress=lambda table, rows: None)
    seconds = time.perf_counter() - start
    FILE.unlink()
    tell_time(f"import of {counts['products']:,} products and their entities ({size:,.0f} MB)", seconds, 600)


def _sql_times() -> None:
    from django.db import connection

    from apps.api import reading
    from apps.core import changes, counting
    from apps.core.actors import Machine
    from apps.core.levels import Level
    from apps.products.models import Product
    from apps.products.tables import TABLES

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    table = next(table for table in TABLES if table.path == "products")
    company = Machine("reader", Level.OVERVIEW, is_global=False, entity_key=1007)
    order = reading.default_order(table)
    everything = Product.objects.all()
    wanted = everything.filter(product_type_id=7, current_enable_flag=True)
    mine = Product.objects.visible_to(company).filter(current_enable_flag=True)

    def lookup() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM products_product WHERE product_imei = %s", ["88" + f"{777_777:013d}"])
            cursor.fetchall()

    def page(rows: object, start: int = 0) -> Callable[[], object]:
        return lambda: reading.page(table, counting.window(rows, order, start, start + 10))

    looked = least(lookup)
    for name, rows, goal in (("GLOBAL", wanted, 3), ("ENTITY, one unit in twenty being its", mine, None)):
        ratio = least(_sql_of(page(rows))) / looked
        tell_time(f"filtered page without its count, SQL, an indexed look-up being 1, {name}", ratio, goal, unit="")
    for name, rows in (("all units", everything), ("a filter", wanted), ("a company and a filter", mine)):
        changes.forget()
        start = time.perf_counter()
        number = counting.count(rows)
        first = time.perf_counter() - start
        tell_time(f"first exact count of {name} ({number:,})", first, 1)
        tell_time("    again, of the first time", least(lambda rows=rows: counting.count(rows)) / first, 0.05, unit="")
    for name, rows in (("all units", everything), ("a filter", wanted)):
        near = least(page(rows))
        for start in (UNITS // 20, UNITS // 8, UNITS // 4):
            tell_time(
                f"page at row {start:,} of {name}, its first page being 1", least(page(rows, start)) / near, 3, unit=""
            )


def _sql_of(work: Callable[[], object]) -> Callable[[], object]:
    """The statement that this work sends, by itself."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as sent:
        work()
    (statement,) = [query["sql"] for query in sent]

    def again() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            cursor.fetchall()

    return again


def _over_http(env: dict[str, str]) -> None:
    from apps.accounts import tokens
    from apps.accounts.models import User

    token, _ = tokens.issue(User.objects.get(email="technician@example.org"))
    header = f"Authorization: Token token={token}"
    query = "product_type_id=7&current_enable_flag=1"
    with granian(env) as base:
        found = interleaved(
            page=lambda: wrk(f"{base}/v1/products?{query}", header),
            far=lambda: wrk(f"{base}/v1/products?{query}&page=20000", header),
        )
    tell("its page 20,000", found["far"], "its first page", found["page"], 0.33)
