"""Credit given, taken and reset through the API: each rule of the chapter, and what a refusal says."""

import pytest

from apps.core.levels import Level
from apps.dcm.models import Balance, FinalBalance, PaymentCommand
from apps.events.models import Event
from apps.products import actions as products
from apps.products.models import Product, ProductType
from tests.cast import Device, make_unit

pytestmark = pytest.mark.django_db
MOST = 2**31 - 1


@pytest.fixture
def unit(cast):
    return make_unit("010101234560005", entity=cast.a, dcm_enabled_flag=True)


@pytest.fixture
def pay(call, cast, unit):
    """pay("payment", 10, "id") → response, as TECHNICAL of the unit's entity."""

    def send(category, value, transaction_id, *, by=None, imei=None, **more):
        body = {"category": category, "value": value, "transaction_id": transaction_id, **more}
        path = f"/v1/products/{imei or unit.product_imei}/add_payment_command"
        return call(by or cast.tina, "POST", path, body)

    return send


@pytest.fixture
def reset(call, cast, unit):
    def send(transaction_id, *, by=None, **more):
        who = by or cast.users["A", Level.ADMIN]
        body = {"transaction_id": transaction_id, **more}
        return call(who, "POST", f"/v1/products/{unit.product_imei}/force_reset", body)

    return send


def refused(answer, code, field=None):
    assert answer.status_code == 400, answer.content
    body = answer.json()
    assert body["code"] == code
    if field is not None:
        assert field in body["validation_errors"]
    return body


def test_credit_is_given_taken_and_told(unit, pay, call, cast, device):
    answer = pay("payment", 10, "p1")
    text = f"new payment_command added to product #{unit.product_imei}"
    assert (answer.status_code, answer.json()) == (201, {"status": "success", "message": text, "data": None})
    assert pay("bad-payment", -10, "b1").status_code == 201
    assert pay("zero-command", 0, "z1").status_code == 201
    told = [(row["transaction_id"], row["category"], row["value"]) for row in device.orders()["payment_commands"]]
    assert told == [("p1", "payment", 10), ("b1", "bad-payment", -10), ("z1", "zero-command", 0)]
    row = PaymentCommand.objects.get(transaction_id="p1")
    assert (row.status, row.void, row.created_by) == (None, False, cast.tina.email)
    events = Event.objects.filter(name="product.credit_ordered").order_by("id")
    assert [event.payload["transaction_id"] for event in events] == ["p1", "b1", "z1"]


@pytest.mark.parametrize(
    ("category", "value", "field"),
    [
        ("payment", 0, "value"), ("payment", -1, "value"), ("payment", MOST + 1, "value"), ("bad-payment", 0, "value"),
        ("bad-payment", 1, "value"), ("zero-command", 1, "value"), ("payment", 10.0, "value"),
        ("payment", "10", "value"), ("payment", True, "value"), ("payment", None, "value"),
        ("bad_payment", -1, "category"), ("force-reset", 0, "category"), ("gift", 1, "category"), (None, 1, "category"),
    ],
)  # fmt: skip
def test_a_command_that_breaks_a_rule_is_refused_by_its_field(pay, category, value, field):
    refused(pay(category, value, "x"), "invalid", field)
    assert PaymentCommand.objects.count() == 0
    assert pay("payment", 5, "x").status_code == 201  # a refused call does not use up its id


@pytest.mark.parametrize("key", ["", " ", "\t", "a\nb", "a\x00b", "x" * 256, 7, None, "\u200b", "a\u2028"])
def test_an_id_that_no_unit_can_acknowledge_is_refused(pay, reset, key):
    refused(pay("payment", 5, key), "invalid", "transaction_id")
    refused(reset(key), "invalid", "transaction_id")


def test_ids_are_taken_as_they_are(pay, device):
    for key in (" a", "a", "A", "x" * 255, "é"):
        assert pay("payment", 5, key).status_code == 201
    assert [row["transaction_id"] for row in device.orders()["payment_commands"]] == [" a", "a", "A", "x" * 255, "é"]


def test_a_duplicate_says_what_the_first_was_before_any_other_rule(cast, pay, reset, unit, call):
    assert pay("payment", 10, "p1").status_code == 201
    first = PaymentCommand.objects.get().pk
    body = refused(pay("payment", 10, "p1"), "duplicate")
    assert body["data"] == {"payment_command_id": first, "identical": True}
    for category, value in (("payment", 11), ("bad-payment", -10), ("gift", 3), ("payment", MOST + 9)):
        assert refused(pay(category, value, "p1"), "duplicate")["data"] == {
            "payment_command_id": first, "identical": False,
        }  # fmt: skip
    assert refused(reset("p1"), "duplicate")["data"]["identical"] is False
    assert reset("r1").status_code == 201
    again = refused(reset("r1"), "duplicate")["data"]
    assert again == {"payment_command_id": PaymentCommand.objects.get(category="force-reset").pk, "identical": True}
    other = make_unit("test-other", entity=cast.a)  # not DCM enabled: the duplicate is told first
    assert refused(pay("payment", 10, "p1", imei=other.product_imei), "duplicate")["data"]["identical"] is False
    foreign = make_unit("test-foreign", entity=cast.b, dcm_enabled_flag=True)
    path = f"/v1/products/{foreign.product_imei}/add_payment_command"
    answer = call(cast.charlie, "POST", path, {"category": "payment", "value": 10, "transaction_id": "p1"})
    assert refused(answer, "duplicate")["data"] == {"payment_command_id": None, "identical": False}
    assert PaymentCommand.objects.count() == 2


def test_no_more_is_taken_than_was_ever_added(pay, device):
    assert pay("payment", 10, "p1").status_code == 201
    device.report(acknowledged=["p1"], balance=3)
    body = refused(pay("bad-payment", -20, "b1"), "more_than_added", "value")
    assert "10" in body["validation_errors"]["value"]
    assert pay("bad-payment", -5, "b2").status_code == 201
    refused(pay("bad-payment", -6, "b3"), "more_than_added")
    assert pay("bad-payment", -5, "b4").status_code == 201


def test_nothing_follows_a_zero_command_until_its_final_balance(pay, device, unit):
    pay("payment", 10, "p1")
    assert pay("zero-command", 0, "z1").status_code == 201
    for category, value in (("payment", 1), ("bad-payment", -1), ("zero-command", 0)):
        refused(pay(category, value, "x"), "zero_pending")
    device.report(acknowledged=["p1", "z1"])  # an acknowledgement is no final balance
    refused(pay("payment", 1, "x"), "zero_pending")
    device.report(final_balance={"transaction_id": "z1", "balance": 4})
    row = FinalBalance.objects.get()
    assert (row.final_balance, row.total_added) == (4, 10)
    assert Balance.objects.get(product=unit).balance == 0  # it has zeroed itself, said so or not
    assert Event.objects.get(name="product.zeroed").payload == {
        "product_imei": unit.product_imei, "payment_command_id": row.zero_command_id, "transaction_id": "z1",
        "final_balance": 4, "total_added": 10,
    }  # fmt: skip
    assert pay("payment", 1, "x").status_code == 201
    refused(pay("bad-payment", -2, "y"), "more_than_added")  # what was before is void


def test_a_unit_that_is_not_dcm_enabled_takes_none_but_may_be_reset(cast, call, pay, reset, unit):
    Product.objects.filter(pk=unit.pk).update(dcm_enabled_flag=False)
    body = refused(pay("payment", 10, "p1"), "not_dcm", "product_imei")
    assert "is not DCM enabled" in body["validation_errors"]["product_imei"]
    answer = reset("r1")
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "status": "success", "message": f"Product #{unit.product_imei} has been Force-Reset",
            "data": {"outstanding_payments": 0, "last_known_balance": None},
        },
    )  # fmt: skip


def test_a_force_reset_gives_back_what_is_known_and_voids_the_rest(pay, reset, device, unit, call, cast):
    device.report(balance=58)
    pay("payment", 300, "p1")
    device.report(acknowledged=["p1"], balance=358)
    pay("payment", 100, "p2")
    pay("bad-payment", -350, "b1")
    pay("zero-command", 0, "z1")
    seq = device.orders()["seq"]
    assert reset("r1", reason="stolen").json()["data"] == {"outstanding_payments": -250, "last_known_balance": 358}
    assert list(PaymentCommand.objects.order_by("pk").values_list("transaction_id", "void")) == [
        ("p1", True), ("p2", True), ("b1", True), ("z1", True), ("r1", False),
    ]  # fmt: skip
    orders = device.orders()
    assert orders["seq"] > seq
    assert [row["transaction_id"] for row in orders["payment_commands"]] == ["r1"]
    pending = call(cast.bob, "GET", f"/v1/products/{unit.product_imei}/balance_and_pending_payments").json()
    assert pending["message"] == "Balance and pending credits."
    assert pending["data"]["balance"] == 0
    assert [row["category"] for row in pending["data"]["pending_payment_commands"]] == ["force-reset"]

    # A report from before it zeroed itself is of credit that was given back.
    device.report(balance=300)
    assert Balance.objects.get(product=unit).balance == 0
    assert pay("payment", 20, "p3").status_code == 201
    assert reset("r2").json()["data"] == {"outstanding_payments": 20, "last_known_balance": 0}
    device.report(acknowledged=["r1", "p3", "r2"], balance=0)
    assert PaymentCommand.objects.get(transaction_id="p3").status == "acknowledged"  # noted, though void
    assert [event.payload["transaction_ids"] for event in Event.objects.filter(name="product.credit_acknowledged")] == [
        ["p1"], ["r2"],
    ]  # fmt: skip
    device.report(balance=7)
    assert Balance.objects.get(product=unit).balance == 7


def test_a_unit_never_heard_of_has_no_last_balance(reset, device, unit):
    assert reset("r1").json()["data"] == {"outstanding_payments": 0, "last_known_balance": None}
    assert reset("r2").json()["data"] == {"outstanding_payments": 0, "last_known_balance": None}
    device.report(balance=9)
    assert reset("r3").json()["data"] == {"outstanding_payments": 0, "last_known_balance": 0}


def test_a_final_balance_after_a_force_reset_is_kept_and_not_published(pay, reset, device, unit):
    pay("payment", 100, "p1")
    pay("zero-command", 0, "z1")
    reset("r1")
    pay("payment", 30, "p2")
    device.report(acknowledged=["r1", "p2"], balance=30, final_balance={"transaction_id": "z1", "balance": 60})
    row = FinalBalance.objects.get()
    assert (row.final_balance, row.total_added) == (60, 100)
    assert not Event.objects.filter(name="product.zeroed").exists()
    assert Balance.objects.get(product=unit).balance == 30
    device.report(final_balance={"transaction_id": "z1", "balance": 60})
    assert FinalBalance.objects.count() == 1
    assert PaymentCommand.objects.get(transaction_id="p2").void is False


def test_sums_know_no_bounds(pay, device, unit):
    for number in range(3):
        assert pay("payment", MOST, f"p{number}").status_code == 201
    assert device.report(acknowledged=["p0", "p1", "p2"], balance=3 * MOST).status_code == 200
    row = Balance.objects.get(product=unit)
    assert (row.balance, row.expected_expiry.year > 2200) == (3 * MOST, True)
    assert device.report(balance=2**53 - 1).status_code == 200
    assert device.report(balance=2**53).status_code == 400
    pay("zero-command", 0, "z1")
    assert device.report(final_balance={"transaction_id": "z1", "balance": 3 * MOST}).status_code == 200
    row = FinalBalance.objects.get()
    assert (row.final_balance, row.total_added) == (3 * MOST, 3 * MOST)


def test_who_may(cast, call, pay, reset, unit):
    assert pay("payment", 1, "p1", by=cast.bob).status_code == 403
    assert reset("r1", by=cast.tina).status_code == 403
    assert pay("payment", 1, "p1", by=cast.charlie).status_code == 404
    path = f"/v1/products/{unit.product_imei}/balance_and_pending_payments"
    assert call(cast.bob, "GET", path).json()["data"] == {
        "balance": None, "expected_expiry": None, "pending_payment_commands": [],
    }  # fmt: skip
    assert call(cast.charlie, "GET", path).status_code == 404


def test_what_somebody_may_take_away_is_limited_by_level(settings, cast, pay, reset, device):
    settings.CREDIT_REMOVAL_LIMITS = {"TECHNICAL": 50, "ADMIN": 80}
    pay("payment", 100, "p1")
    refused(pay("bad-payment", -51, "b1"), "over_limit", "value")
    assert pay("bad-payment", -10, "b2").status_code == 201
    refused(pay("zero-command", 0, "z1"), "over_limit")  # 90 are on their way
    refused(reset("r1"), "over_limit")
    assert reset("r1", by=cast.alice).status_code == 201


def test_terms_of_credit(cast, call, unit, pay, device):
    path = f"/v1/products/{unit.product_imei}"
    answer = call(cast.tina, "PUT", f"{path}/set_is_payg", {"is_payg": False})
    text = f"is_payg for the Product {unit.product_imei}, has been set to=False"
    assert (answer.status_code, answer.json()) == (200, {"status": "success", "message": text, "data": None})
    assert device.orders()["payg"] is False
    assert call(cast.tina, "PUT", f"{path}/set_is_payg", {"is_payg": False}).status_code == 200
    for body in ({"is_payg": 1}, {"is_payg": None}, {}, {"is_payg": "true"}):
        assert call(cast.tina, "PUT", f"{path}/set_is_payg", body).status_code == 400
    pay("payment", 5, "p1")
    body = refused(call(cast.tina, "PUT", f"{path}/set_dcm_enabled_flag", {"enabled": False}), "commands_open")
    assert "force_reset" in body["validation_errors"]["enabled"]
    refused(call(cast.alice, "PUT", path, {"dcm_enabled_flag": False}), "commands_open")
    device.report(acknowledged=["p1"])
    answer = call(cast.tina, "PUT", f"{path}/set_dcm_enabled_flag", {"enabled": False})
    assert answer.json()["message"] == f"Product {unit.product_imei}. DCM Enabled Flag set to False"
    refused(pay("payment", 5, "p2"), "not_dcm")


def test_a_type_that_keeps_credit_by_default(cast, call):
    bp20 = ProductType.objects.get(name="BP20")
    unit = make_unit("test-bp20", entity=cast.a)
    path = f"/v1/products/{unit.product_imei}"
    assert call(cast.alice, "PUT", path, {"product_type_id": bp20.pk}).json()["dcm_enabled_flag"] is True
    for value in (True, False):
        refused(call(cast.tina, "PUT", f"{path}/set_dcm_enabled_flag", {"enabled": value}), "dcm_by_default", "enabled")
    whole = {"dcm_enabled_flag": True, "is_payg": True}
    assert call(cast.alice, "PUT", path, whole).status_code == 200  # says what stands
    assert "dcm_by_default" not in call(cast.bob, "GET", f"/v1/product_types/{bp20.pk}").json()


def test_credit_goes_along_when_another_unit_takes_its_place(cast, pay, device, unit):
    device.report(balance=500)
    pay("payment", 100, "p1")
    heir = products.succeed(
        unit, product_imei="359999000000001", imsi="901700000000009", iccid=None, device_key="k" * 24, by=cast.alice
    )  # fmt: skip
    rows = PaymentCommand.objects.filter(product__product_imei=heir.product_imei)
    assert [(row.category, row.value) for row in rows] == [("payment", 600)]
    assert [row["value"] for row in Device(heir).orders()["payment_commands"]] == [600]
    assert PaymentCommand.objects.get(transaction_id="p1").void is True
