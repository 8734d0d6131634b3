"""Parameters: ordered through their table, told, confirmed, overtaken, removed."""

import pytest

from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.products.models import ParameterType, ProductParameter

pytestmark = pytest.mark.django_db


def kind_of(name, data_type, rules=None, repeatable=False):
    return new(
        ParameterType,
        by=SYSTEM,
        name=name,
        data_type=data_type,
        validation_rules=rules,
        repeatable=repeatable,
        setting=True,
    )


@pytest.fixture
def post(cast, call, unit):
    def run(kind, value, **more):
        body = {"product_imei": unit.product_imei, "parameter_type_id": kind.pk, "value": value} | more
        return call(cast.alice, "POST", "/v1/product_parameters", body)

    return run


def rows(unit):
    found = ProductParameter.objects.filter(product=unit).order_by("pk")
    return [(row.value, row.status, bool(row.date_added), bool(row.date_removed)) for row in found]


def test_the_life_of_a_parameter(post, unit, device):
    kind = kind_of("limit", "int")
    assert post(kind, "30").json()["status"] == "pending"
    post(kind, "40", status="pending")
    # Overtaken before it took effect: expired, both dates, one right after the other.
    assert rows(unit) == [("30", "expired", True, True), ("40", "pending", False, False)]
    assert device.orders()["parameters"] == {"limit": 40}
    device.report(parameters={"limit": 40})
    assert device.orders()["parameters"] == {}
    assert rows(unit)[1] == ("40", "active", True, False)
    post(kind, "50")
    device.report(parameters={"limit": 50})
    assert [row[1] for row in rows(unit)] == ["expired", "removed", "active"]
    assert device.orders()["parameters"] == {}


def test_two_pending_rows_moved_in_from_elsewhere_do_not_bring_the_older_back(unit, device):
    kind = kind_of("limit", "int")
    for value in ("30", "40"):
        new(ProductParameter, by=SYSTEM, product=unit, parameter_type=kind, value=value, status="pending")
    assert device.orders()["parameters"] == {"limit": 40}
    device.report(parameters={"limit": 40})
    assert device.orders()["parameters"] == {}
    assert rows(unit) == [("30", "expired", True, True), ("40", "active", True, False)]


@pytest.mark.parametrize(
    ("data_type", "value", "reported", "on_the_wire"),
    [
        ("int", "10", 10.0, 10), ("int", "10", "10.0", 10), ("float", "10", 10, 10.0), ("float", "10.50", 10.5, 10.5),
        ("float", ".5", 0.5, 0.5), ("int", "9007199254740993", 9007199254740993, 9007199254740993),
        ("bool", "True", True, True), ("bool", "0", "false", False), ("string", "ten", "ten", "ten"),
        ("datetime", "2026-01-01 10:00:00", "2026-01-01T10:00:00Z", "2026-01-01T10:00:00"),
    ],
)  # fmt: skip
def test_values_compare_as_what_they_are(post, unit, device, data_type, value, reported, on_the_wire):
    assert post(kind_of("it", data_type), value).status_code == 201
    assert device.orders()["parameters"] == {"it": on_the_wire}
    device.report(parameters={"it": reported})
    assert rows(unit) == [(value, "active", True, False)]


@pytest.mark.parametrize(
    ("data_type", "rules", "value"),
    [
        ("float", None, "much"), ("float", None, "nan"), ("float", None, "1e999"), ("float", None, "."), ("float", None, ""),
        ("int", None, "1.5"), ("int", None, "1e400"), ("int", None, str(2**64)), ("bool", None, "perhaps"),
        ("datetime", None, "yesterdayish"), ("int", {"min": 3, "max": 7}, "2"), ("int", {"min": 3, "max": 7}, "8"),
        ("float", {"step": 0.1}, "0.35"), ("float", {"options": [1, 2]}, "3"), ("string", {"minlength": 3}, "ab"),
        ("string", {"maxlength": 3}, "abcd"), ("string", {"options": ["a", "b"]}, "c"),
    ],
)  # fmt: skip
def test_what_is_not_of_its_type_is_refused_and_nothing_is_ordered(post, unit, device, data_type, rules, value):
    kind = kind_of("it", data_type, rules)
    answer = post(kind, value)
    assert (answer.status_code, list(answer.json()["validation_errors"])) == (400, ["value"])
    assert (rows(unit), device.orders()["parameters"]) == ([], {})


@pytest.mark.parametrize(
    ("data_type", "rules", "value"),
    [
        ("float", {"min": 0.1, "step": 0.1}, "0.3"), ("int", {"min": 3, "max": 7}, "7"), ("float", {"options": [1.0]}, "1"),
        ("string", {"anything": "else"}, "x"), ("int", ["odd"], "5"), ("int", "a note", "5"),
    ],
)  # fmt: skip
def test_what_obeys_its_rules_is_taken(post, data_type, rules, value):
    assert post(kind_of("it", data_type, rules), value).status_code == 201


def test_a_put_of_what_is_to_be_told_is_checked_too(cast, call, post, unit):
    kind = kind_of("it", "int")
    key = post(kind, "5").json()["product_parameter_id"]
    answer = call(cast.alice, "PUT", f"/v1/product_parameters/{key}", {"value": "much"})
    assert answer.status_code == 400
    assert rows(unit)[0][0] == "5"


def test_what_may_stand_several_times_overtakes_nothing(post, unit, device):
    kind = kind_of("accessory", "string", repeatable=True)
    post(kind, "lamp")
    post(kind, "radio")
    assert [row[1] for row in rows(unit)] == ["pending", "pending"]
    device.report(parameters={"accessory": "radio"})
    device.report(parameters={"accessory": "lamp"})
    assert [row[1] for row in rows(unit)] == ["active", "active"]


def test_a_panels_wattage_is_never_told(post, unit, device):
    kind = kind_of("solar_panel_wattage", "float")
    post(kind, "100")
    assert device.orders()["parameters"] == {}
    assert rows(unit) == [("100", "active", True, False)]
    post(kind, "150")
    assert [row[1] for row in rows(unit)] == ["removed", "active"]
