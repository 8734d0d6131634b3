"""Every route × an anonymous caller, five levels and two entities: who gets in, and what leaks (nothing)."""

import json
import re
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client

from apps.accounts import tokens
from apps.accounts.models import Entity
from apps.api.routes import every_route
from apps.core.actors import SYSTEM
from apps.core.levels import Level
from apps.core.rows import new
from apps.core.scope import GlobalOnly, Reference, Shared
from apps.dcm.models import CreditRequest, PaymentCommand
from apps.jobs import actions as jobs
from apps.products import actions
from apps.products.states import SHIPPED
from apps.repairs import sittings
from apps.repairs.models import PartProductLinker, PhotoFile, RepairPhoto, Sitting
from apps.telemetry import store
from apps.workflows import actions as workflows
from tests.cast import make_unit
from tests.factories import make

pytestmark = pytest.mark.django_db
ROUTES = every_route()
GOLDEN = Path(__file__).parent / "routes.txt"
UNIT_DOORS = {"/v1/rc_data", "/v1/rm_data"}
ABSENT = {"imei": "999999999999999", "key": "2000000000", "name": "note", "photo": "2000000000", "sitting": "2000000000",
          "verb": "finish"}  # fmt: skip
ELSEWHERE = (
    "/password/",
    "/metrics",
    "/v1/sms_reports/",
    "/r/",
)  # doors with keys of their own: test_people.py, test_running.py, test_sms.py, console/tests/test_public_reports.py
SEEN_BY_ALL = ("/bench/appliances/", "/workflows/")  # pages of shared rows and of definitions: no entity owns them
OF_ALL_UNITS = ("/v1/rtc_import_", "/v1/rtc_dead_letters/<")  # dead letters are seen by GLOBAL users alone
# Some routes a test: a world of a row of every table costs more than asking all of them about it.
SOME = 25
some_routes = pytest.mark.parametrize(
    "routes", [ROUTES[first : first + SOME] for first in range(0, len(ROUTES), SOME)], ids=lambda some: some[0].path
)


def each(routes, check):
    """All of them, and at the end every one that failed by its name."""
    failed = []
    for route in routes:
        try:
            check(route)
        except Exception as error:
            failed.append(f"{route.method} {route.path}: {type(error).__name__}: {str(error)[:600]}")
    assert not failed, "\n".join(failed)


def test_the_routes_are_those_on_record():
    """`manage.py routes > tests/contract/routes.txt` after a wanted change, so that it shows in the review."""
    assert "\n".join(str(route).rstrip() for route in ROUTES) + "\n" == GOLDEN.read_text()


@pytest.fixture
def world(cast):
    """A row of every table in entity A, none of B but its own."""
    unit = make_unit("013579246801357", entity=cast.a)
    actions.enable_product(unit, by=cast.tina)
    store.write(unit.subject, store.check({"fields": {"voltage": [["2026-11-19", 12.345]]}}))
    rows = {}
    for one in ROUTES:
        if one.table and one.table.path not in rows:
            table = one.table
            given = {}
            if "product_imei" in table.columns and table.key.name != "product_imei":
                given = {"product": unit}
            rows[table.path] = unit if table.path == "products" else make(table.model, cast.a, **given)
    brought = make_unit("013579246801365", entity=cast.a)
    actions.change_state(brought, new_state=SHIPPED, by=cast.alice)
    rows["repairs"] = workflows.bring_in(brought, by=cast.tina)
    sittings.beat(rows["repairs"], by=cast.tina)
    rows["sitting"] = Sitting.objects.get()
    rows["photo"] = new(RepairPhoto, by=SYSTEM, repair=rows["repairs"], width=1, height=1)
    PhotoFile.objects.create(photo=rows["photo"], picture=b"picture", small=b"small")
    rows["receipts"] = new(
        PaymentCommand, by=SYSTEM, product=unit, category="payment", value=1, void=False, transaction_id="r"
    )
    rows["requests"] = new(
        CreditRequest, by=SYSTEM, product=unit, category="bad-payment", value=-1, seconds=1, reason="r",
        transaction_id="q",
    )  # fmt: skip
    rows["jobs"] = jobs.draft(kind="units.enable", keys=[unit.product_imei], by=cast.tina)
    for part in (rows["parts"], rows["part_parameters"].part):  # one never fitted is seen by all
        make(PartProductLinker, cast.a, part=part, product=unit)
    return cast, unit, rows


def filled(route, world, absent=False):
    _cast, unit, rows = world
    path = route.path
    if absent:
        return re.sub(r"<(?:str|int):(\w+)>", lambda found: ABSENT[found[1]], path)
    if route.table:
        row = rows[route.table.path]
        path = path.replace("<str:key>", str(getattr(row, route.table.key.attname)))
    if path.startswith("/bench/appliances/"):
        path = path.replace("<int:key>", str(rows["appliance_repairs"].pk))
    if path.startswith("/workflows/"):
        path = path.replace("<str:name>", "home_repair")
    of = f"{path}//".split("/")[2]  # what a number stands for: a row of the table that the path begins with, else a job
    return (
        path.replace("<str:imei>", unit.product_imei)
        .replace("<int:key>", str(rows.get(of, rows["jobs"]).pk))
        .replace("<str:name>", "note")
        .replace("<int:photo>", str(rows["photo"].pk))
        .replace("<int:sitting>", str(rows["sitting"].pk))
        .replace("<str:verb>", "finish")
    )


def ask(call, user, route, path):
    """One request whose effects are taken back, but for the token it comes with."""
    if user is not None and user.pk not in call.held:
        call.held[user.pk], _token = tokens.issue(user)
    with transaction.atomic():
        if path.startswith("/v1/"):
            body = {} if route.method in ("POST", "PUT") else None
            answer = call(user, route.method, path, body)
        else:
            browser = Client(raise_request_exception=False)
            if user is not None:
                browser.force_login(user)
            answer = browser.generic(route.method, path)
        transaction.set_rollback(True)
    tokens.forget()  # what this process remembers of what was taken back
    return answer


def fits(who, user):
    return who in ("anyone", "any token") or user.level >= Level(who)


@some_routes
def test_who_gets_in(world, call, routes):
    each(routes, lambda route: who_gets_in(world, call, route))


def who_gets_in(world, call, route):
    if route.path in UNIT_DOORS:
        assert ask(call, world[0].root, route, route.path).status_code == 401  # no token opens it
        return
    if route.path.startswith(ELSEWHERE):
        return
    path = filled(route, world)
    console = not path.startswith("/v1/")
    anonymous = ask(call, None, route, path)
    if route.who == "anyone":
        assert anonymous.status_code not in (403, 404, 500)  # a log-in without credentials is a 400 or 401
        return
    if console and route.method == "POST":  # a page to sign in on, which keeps what was sent
        assert (anonymous.status_code, b'name="password"' in anonymous.content) == (401, True)
    elif console:
        assert (anonymous.status_code, anonymous["Location"][:7]) == (302, "/login?")
    else:
        assert anonymous.status_code == 401
    for (group, level), user in world[0].users.items():
        answer = ask(call, user, route, path)
        assert answer.status_code < 500, (group, level, answer.content)
        if not fits(route.who, user):
            assert answer.status_code == 403, (group, level)
        elif route.path.startswith("/jobs/<"):  # seen by who made it, and by ADMIN and above of the same scope
            sees = user == world[0].tina or (level >= Level.ADMIN and group in ("A", "GLOBAL"))
            assert (answer.status_code == 404) == (not sees or route.path.endswith("/file")), (group, level)
        elif group in ("A", "GLOBAL"):
            may_not_write = (
                route.table is not None
                and group == "A"
                and route.method != "GET"
                and (isinstance(route.table.model.SCOPE, Reference) or route.table.model is Entity)
            )
            hidden = route.table is not None and isinstance(route.table.model.SCOPE, GlobalOnly) and group == "A"
            if group == "A" and route.endpoint is not None and route.path.startswith(OF_ALL_UNITS):
                assert answer.status_code == (404 if "<" in route.path else 403)
            elif hidden and "<" in route.path:
                assert answer.status_code == 404
            elif not may_not_write:
                assert answer.status_code not in (401, 403, 404), (group, level, answer.content)


@some_routes
def test_foreign_and_absent_answer_alike(world, call, routes):
    """Entity B's people learn nothing of a unit of A, not even that there is one."""
    each(routes, lambda route: foreign_and_absent_answer_alike(world, call, route))


def foreign_and_absent_answer_alike(world, call, route):
    if "<" not in route.path or route.path in UNIT_DOORS or route.path.startswith(ELSEWHERE):
        return
    if route.path.startswith(SEEN_BY_ALL):
        return
    if route.table is not None and isinstance(route.table.model.SCOPE, Reference | Shared):
        return
    for (group, _level), user in world[0].users.items():
        if group != "B":
            continue
        foreign = ask(call, user, route, filled(route, world))
        absent = ask(call, user, route, filled(route, world, absent=True))
        assert foreign.status_code == absent.status_code
        assert foreign.status_code == (404 if fits(route.who, user) else 403)
        assert scrubbed(foreign) == scrubbed(absent)


def scrubbed(answer):
    """Pages hold a fresh form token and the address that was asked for; nothing else may differ."""
    text = re.sub(rb'csrfmiddlewaretoken" value="\w+"', b"", answer.content)
    return re.sub(rb'name="next" value="[^"]*"|/login\?next=[^"]*"', b"", text)


def test_lists_hold_rows_in_scope_only(world, call):
    lists = [one for one in ROUTES if one.table and one.method == "GET" and "<" not in one.path]
    assert len(lists) > 60
    each(lists, lambda route: list_holds_rows_in_scope_only(world, call, route))


def list_holds_rows_in_scope_only(world, call, route):
    cast, unit, _rows = world
    scope = route.table.model.SCOPE
    for level in Level:
        answer = ask(call, cast.users["B", level], route, f"{route.path}?results_per_page=1000").json()
        assert unit.product_imei not in json.dumps(answer["objects"])
        assert "Entity A" not in json.dumps(answer["objects"])
        if isinstance(scope, GlobalOnly):
            assert answer["num_results"] == 0
        elif not isinstance(scope, Reference | Shared) and route.table.path not in ("entities", "users"):
            assert answer["num_results"] == 0, answer
        for name in route.table.columns:  # nor does a filter tell anything
            if name == "product_imei":
                found = ask(call, cast.users["B", level], route, f"{route.path}?{name}={unit.product_imei}").json()
                assert found["num_results"] == 0


def test_search_and_lists_of_the_console_keep_to_the_scope(world):
    cast, unit, _rows = world
    for text in (
        unit.product_imei,
        unit.product_imei[:6],
        unit.serial_number,
        unit.serial_number.lower(),
        unit.imsi,
    ):
        mine, theirs = Client(), Client()
        mine.force_login(cast.bob)
        theirs.force_login(cast.charlie)
        found = mine.get("/search", {"q": text}, follow=True)
        assert unit.product_imei in found.content.decode()
        none = theirs.get("/search", {"q": text}, follow=True).content.decode()
        assert unit.serial_number not in none.replace(f'value="{text}"', "").replace(text, "")


@pytest.mark.parametrize("path", ["product_notes", "product_software_linker", "product_parameters"])
def test_a_body_that_points_to_a_foreign_row_answers_as_a_missing_one_does(world, call, path):
    cast, unit, rows = world
    table = next(one.table for one in ROUTES if one.table and one.table.path == path)
    from tests.factories import body_of

    body = body_of(table, cast.b)
    foreign = call(cast.charlie, "POST", f"/v1/{path}", body | {"product_imei": unit.product_imei})
    absent = call(cast.charlie, "POST", f"/v1/{path}", body | {"product_imei": "999999999999999"})
    assert (foreign.status_code, foreign.content) == (400, absent.content)
    own = call(cast.charlie, "POST", f"/v1/{path}", body).json()
    where = f"/v1/{path}/{own[table.key.name]}"
    moved = call(cast.charlie, "PUT", where, {"product_imei": unit.product_imei})
    assert moved.status_code == 400


def test_nobody_makes_or_moves_a_row_out_of_their_own_scope(world, call):
    cast, _unit, _rows = world
    assert call(cast.alice, "POST", "/v1/entities", {"name": "Mine", "bboxx_company_flag": False}).status_code == 403
    hub = make(_model("hubs"), cast.a)
    assert call(cast.alice, "PUT", f"/v1/hubs/{hub.pk}", {"entity_id": cast.b.pk}).status_code == 400
    assert Entity.objects.filter(name="Mine").count() == 0


def _model(path):
    return next(one.table.model for one in ROUTES if one.table and one.table.path == path)


def test_unknown_addresses_are_json_under_v1_and_a_page_elsewhere(call, cast):
    for path in ("/v1", "/v1/nowhere", "/v1/products/", "/v1/products/1/2/3"):
        answer = call(None, "GET", path)
        assert (answer.status_code, answer["Content-Type"], answer.json()["code"]) == (
            404,
            "application/json",
            "not_found",
        )
    assert "text/html" in call(None, "GET", "/nowhere")["Content-Type"]


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "DELETE", "PUT"])
def test_a_collection_offers_what_the_contract_says(call, cast, method):
    assert call(None, method, "/v1/products").status_code == 401  # 401 before 405
    answer = call(cast.bob, method, "/v1/products")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
