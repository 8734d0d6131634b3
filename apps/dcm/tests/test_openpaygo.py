"""Codes for units without network, through the API: each sentence of contract/actions.md, "OpenPAYGO"."""

import pytest
from django.db import connection
from django.test import Client

from apps.core.levels import Level
from apps.dcm import queries
from apps.dcm.models import FinalBalance, OfflineToken, PaymentCommand, SpentId, TokenKey
from apps.events.models import Event
from apps.products.models import Product
from tests import reference
from tests.cast import Caller, Device, make_cast, make_unit
from tests.races import at_once

pytestmark = pytest.mark.django_db
KEY, CODE, DAY = "a29ab82edc5fbbc41ec9530f6dac86b1", "123456789", 86_400


def give_key(unit, **columns):
    return TokenKey.objects.create(product=unit, **{"secret_key": KEY, "starting_code": CODE, **columns})


@pytest.fixture
def unit(cast):
    unit = make_unit("010101234560005", entity=cast.a, dcm_enabled_flag=True)
    give_key(unit)
    return unit


@pytest.fixture
def api(call, cast, unit):
    """api("pay", "p1", days=1), api("token", …): calls as TECHNICAL of the unit's entity."""

    def send(what, transaction_id=None, *, by=None, days=1, **body):
        if transaction_id is not None:
            body["transaction_id"] = transaction_id
        where, method = what, "POST"
        if what == "pay":
            where, body = "add_payment_command", {"category": "payment", "value": round(days * DAY), **body}
        elif what == "zero":
            where, body = "add_payment_command", {"category": "zero-command", "value": 0, **body}
        elif what == "reset":
            where, by = "force_reset", by or cast.alice
        elif what == "token":
            where = "offline_token"
        elif what == "entered":
            where, method, body = "offline_token", "PUT", {"entered": True, **body}
        elif what == "tokens":
            where, method, body = "offline_tokens", "GET", None
        return call(by or cast.tina, method, f"/v1/products/{unit.product_imei}/{where}", body)

    return send


def given(answer):
    assert answer.status_code == 201, answer.content
    return answer.json()["data"]


def refused(answer, code, status=400):
    assert answer.status_code == status, answer.content
    assert answer.json()["code"] == code
    return answer.json()


def states(api):
    return {row["transaction_id"]: row["state"] for row in api("tokens").json()["data"]}


def status_of(transaction_id):
    return PaymentCommand.objects.get(transaction_id=transaction_id).status


def test_a_payment_becomes_the_code_of_the_vectors(api, unit):
    api("pay", "p1")
    told = given(api("token", "p1"))
    assert told == {"transaction_id": "p1", "token": "662486790", "type": "ADD_TIME", "count": 2, "units": 1}
    api("pay", "p2", days=5)
    assert given(api("token", "p2"))["token"] == "797734794"
    api("zero", "z1")
    assert given(api("token", "z1")) == {
        "transaction_id": "z1", "token": "026348789", "type": "SET_TIME", "count": 5, "units": 0,
    }  # fmt: skip
    rows = api("tokens").json()["data"]
    assert [row["transaction_id"] for row in rows] == ["z1", "p2", "p1"]
    assert set(rows[0]) == {"transaction_id", "token", "type", "count", "units", "issued_at", "issued_by", "state"}
    assert (rows[0]["issued_by"], rows[0]["state"]) == ("technical.a@example.org", "issued")
    assert Event.objects.filter(name="product.token_issued").count() == 3
    assert "662486790" not in str(list(Event.objects.values_list("payload", flat=True)))


def test_the_same_id_and_type_again_is_the_same_code(api, unit):
    api("pay", "p1")
    first = given(api("token", "p1"))
    assert given(api("token", "p1")) == first
    refused(api("token", "p1", type="sync"), "duplicate")
    synced = given(api("token", "s1", type="sync"))
    assert (synced["type"], synced["units"]) == ("COUNTER_SYNC", 0)
    assert given(api("token", "s1", type="sync")) == synced
    refused(api("token", "s1"), "unknown_command")
    refused(api("pay", "s1"), "duplicate")
    assert TokenKey.objects.get().count == synced["count"] == 3
    api("entered", "p1")
    assert given(api("token", "p1")) == first


def test_a_code_withdraws_its_command_for_good(api, unit):
    device = Device(unit)
    api("pay", "p1"), api("pay", "p2")
    seq = device.orders()["seq"]
    given(api("token", "p1"))
    orders = device.orders()
    assert [row["transaction_id"] for row in orders["payment_commands"]] == ["p2"]
    assert orders["seq"] > seq  # instructions that a unit kept are obeyed no more
    Device(unit).send("POST", "/v1/rc_data", {"enabled": False}, counter=2**30)
    assert [row["transaction_id"] for row in queries.told(unit).values()] == ["p2"]


def test_what_no_code_can_say_is_refused_by_a_word(api, unit, cast):
    api("pay", "p1"), api("pay", "half", days=0.5), api("pay", "much", days=996)
    assert api("add_payment_command", "b1", category="bad-payment", value=-DAY).status_code == 201
    for name in ("half", "much", "b1"):
        assert "transaction_id" in refused(api("token", name), "not_expressible")["validation_errors"]
    refused(api("token", "never"), "unknown_command")
    refused(api("token", "u1", type="unlock", by=cast.alice), "not_paid_off")
    refused(api("token", "u1", type="unlock"), "forbidden", 403)
    for body in ({}, {"type": "sync", "transaction_id": ""}, {"type": "gift"}, {"transaction_id": 7}, {"type": 1}):
        refused(api("token", **body), "invalid")
    assert OfflineToken.objects.count() == 0
    assert not SpentId.objects.filter(pk="u1").exists()
    PaymentCommand.objects.filter(transaction_id="p1").update(status="acknowledged")
    refused(api("token", "p1"), "not_outstanding")
    PaymentCommand.objects.filter(transaction_id="p1").update(status=None, void=True)
    refused(api("token", "p1"), "not_outstanding")
    TokenKey.objects.all().delete()
    refused(api("token", "s1", type="sync"), "no_key")
    refused(api("entered", "s1"), "unknown_command")
    refused(api("entered", "s1", entered=False), "invalid")


def test_a_paid_off_unit_is_unlocked_by_admin(api, unit, cast):
    Product.objects.filter(pk=unit.pk).update(is_payg=False)
    told = given(api("token", "u1", type="unlock", by=cast.alice))
    assert (told["type"], told["units"], len(told["token"])) == ("DISABLE_PAYG", 0, 9)
    drawn = given(api("token", type="unlock", by=cast.users["A", Level.ADMIN]))
    assert drawn["transaction_id"].startswith("unlock-")


def test_four_digit_units_get_fifteen_of_them(api, unit):
    TokenKey.objects.update(restricted=True, time_divider=24)
    api("pay", "p1", days=2)
    told = given(api("token", "p1"))
    assert (told["units"], len(told["token"]), set(told["token"]) <= set("1234")) == (48, 15, True)


def test_on_a_unit_that_was_never_heard_the_code_is_the_money(api, unit):
    api("pay", "p1")
    given(api("token", "p1"))
    assert (status_of("p1"), states(api)) == ("acknowledged", {"p1": "issued"})
    api("zero", "z1")
    given(api("token", "z1"))
    assert status_of("z1") is None
    answer = api("entered", "z1")
    assert (answer.status_code, answer.json()["data"]["state"]) == (200, "entered")
    assert states(api) == {"p1": "dead", "z1": "entered"}
    row = FinalBalance.objects.get()
    assert (row.final_balance, row.total_added, row.status) == (0, DAY, "unknown")
    assert api("entered", "z1").status_code == 200
    assert FinalBalance.objects.count() == 1
    where = f"/v1/products/{unit.product_imei}/balance_and_pending_payments"
    assert Caller()(None, "GET", where).status_code == 401
    assert api("pay", "p2").status_code == 201


def test_on_a_unit_that_reports_somebody_or_its_counter_acknowledges(api, unit):
    Device(unit).report(enabled=True, balance=1000)
    for number in range(12):
        api("pay", f"p{number}")
        given(api("token", f"p{number}"))  # counts 2, 4, … 24
    assert status_of("p0") is None
    assert api("entered", "p0").status_code == 200
    assert (status_of("p0"), status_of("p1")) == ("acknowledged", None)
    api("entered", "p11")  # count 24: those up to 8 are taken no more
    known = states(api)
    assert [known[f"p{number}"] for number in range(12)] == [
        "entered", "dead", "dead", "dead", *["issued"] * 7, "entered",
    ]  # fmt: skip
    assert [status_of(f"p{number}") for number in range(5)] == ["acknowledged"] * 4 + [None]


def test_setting_the_time_settles_all_below_and_closes_the_zeroing(api, unit):
    device = Device(unit)
    device.report(enabled=True, balance=1000)
    api("pay", "p1"), api("pay", "p2")
    given(api("token", "p1")), given(api("token", "p2"))
    api("zero", "z1")
    given(api("token", "z1"))
    api("entered", "z1")
    assert states(api) == {"p1": "dead", "p2": "dead", "z1": "entered"}
    final = FinalBalance.objects.get()
    assert 990 <= final.final_balance <= 1000
    assert (final.status, final.total_added) == (None, 2 * DAY)
    assert PaymentCommand.objects.filter(void=True, status="acknowledged").count() == 2
    assert queries.balance_of(unit).balance == 0
    assert Event.objects.filter(name="product.zeroed").count() == 1


def test_a_force_reset_is_entered_before_what_is_paid_after_it(api, unit):
    api("pay", "p1")
    given(api("token", "p1"))
    assert api("reset", "r1").status_code == 201
    assert queries.zero_to_enter(unit).transaction_id == "r1"
    api("pay", "p2")
    refused(api("token", "p2"), "not_expressible")  # it would be zeroed with the rest
    assert given(api("token", "r1"))["type"] == "SET_TIME"
    assert given(api("token", "p2"))["count"] == 4
    assert queries.zero_to_enter(unit) is None
    api("entered", "r1")
    assert (status_of("r1"), states(api)["p1"]) == ("acknowledged", "dead")


def test_a_zeroing_that_came_over_the_network_is_entered_too_where_a_code_is_loose(api, unit):
    device = Device(unit)
    device.report(enabled=True, balance=10)
    api("pay", "p1")
    given(api("token", "p1"))
    api("zero", "z1")
    device.report(final_balance={"transaction_id": "z1", "balance": 10}, balance=0)
    assert status_of("z1") == "acknowledged"
    assert queries.zero_to_enter(unit).transaction_id == "z1"
    told = given(api("token", "z1"))
    assert (told["type"], told["count"]) == ("SET_TIME", 3)
    api("entered", "z1")
    assert (states(api)["p1"], queries.zero_to_enter(unit), FinalBalance.objects.count()) == ("dead", None, 1)


def test_codes_that_run_ahead_need_a_sync_first(api, unit):
    TokenKey.objects.update(count=63, known_count=0)
    api("pay", "p1"), api("pay", "p2")
    assert given(api("token", "p1"))["count"] == 64
    refused(api("token", "p2"), "sync_first")
    assert given(api("token", "s1", type="sync"))["count"] == 65
    refused(api("token", "p2"), "sync_first")
    api("entered", "s1")
    assert given(api("token", "p2"))["count"] == 66
    assert states(api) == {"p1": "dead", "s1": "entered", "p2": "issued"}


def test_levels_and_scope(call, cast, unit):
    where = f"/v1/products/{unit.product_imei}/offline_token"
    assert call(cast.bob, "POST", where, {"transaction_id": "x"}).status_code == 403
    assert call(cast.bob, "GET", f"{where}s").status_code == 403
    assert call(cast.charlie, "POST", where, {"transaction_id": "x"}).status_code == 404
    assert call(None, "PUT", where, {}).status_code == 401


def test_the_key_is_shown_nowhere(api, unit, cast, call):
    api("pay", "p1")
    given(api("token", "p1"))
    browser = Client()
    browser.force_login(cast.root)
    for page in ("tokenkey", "offlinetoken"):
        listing = browser.get(f"/admin/dcm/{page}/")
        key = TokenKey.objects.get().pk if page == "tokenkey" else OfflineToken.objects.get().pk
        one = browser.get(f"/admin/dcm/{page}/{key}/change/")
        for answer in (listing, one):
            text = answer.content.decode()
            assert answer.status_code == 200
            assert not any(secret in text for secret in (KEY, CODE, "662486790"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret_key, starting_code FROM dcm_tokenkey")
        assert not any(KEY in cell or CODE in cell for row in cursor.fetchall() for cell in row)


@pytest.mark.django_db(transaction=True)
def test_the_same_id_at_once_makes_one_code():
    reference.fill()
    cast = make_cast()
    unit = make_unit("010101234560005", entity=cast.a, dcm_enabled_flag=True)
    other = make_unit("010101234560013", entity=cast.a, dcm_enabled_flag=True)
    give_key(unit), give_key(other)
    call = Caller()
    where = "/v1/products/{}/{}"
    body = {"category": "payment", "value": DAY, "transaction_id": "p1"}
    assert call(cast.tina, "POST", where.format(unit.product_imei, "add_payment_command"), body).status_code == 201
    at = where.format(unit.product_imei, "offline_token")

    found = at_once(8, lambda: Caller()(cast.tina, "POST", at, {"transaction_id": "p1"}))
    assert {answer.status_code for answer in found} == {201}
    assert {answer.json()["data"]["token"] for answer in found} == {"662486790"}
    assert (OfflineToken.objects.count(), TokenKey.objects.get(product=unit).count) == (1, 2)

    units = iter([unit.product_imei, other.product_imei] * 4)

    def sync():
        return Caller()(
            cast.tina, "POST", where.format(next(units), "offline_token"), {"transaction_id": "s1", "type": "sync"}
        )

    answers = at_once(8, sync)
    assert {answer.status_code for answer in answers} <= {201, 400}
    assert OfflineToken.objects.filter(transaction_id="s1").count() == 1
