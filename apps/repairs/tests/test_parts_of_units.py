"""What sits in a unit and how it is set, through the API and the unit's own wire (seed 004)."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.parts.models import DefaultEnergyLimit, Part, PartParameter, PartType, PartTypeReplacementLinker
from apps.products import actions
from apps.products.models import ParameterType, ProductParameter
from apps.repairs.models import PartProductLinker
from tests.cast import make_unit

pytestmark = pytest.mark.django_db
SIM, BATTERY = 43, 45


@pytest.fixture
def get(cast, call, unit):
    return lambda what, by=None: call(by or cast.bob, "GET", f"/v1/products/{unit.product_imei}/{what}")


def fit(unit, part_type=BATTERY, removed=None, **columns):
    part = new(Part, by=SYSTEM, part_type_id=part_type, **columns)
    new(PartProductLinker, by=SYSTEM, part=part, product=unit, date_added=timezone.now(), date_removed=removed)
    return part


def kind_of(name, data_type="int"):
    return new(ParameterType, by=SYSTEM, name=name, data_type=data_type, repeatable=False, setting=True)


# /products/<imei>/parts


def test_parts_present_and_past_with_what_may_replace_them(cast, get, unit):
    gone = fit(unit, serial_number="OLD", removed=timezone.now())
    other_kind = PartType.objects.get(pk=72)
    for kind, replacement in ((unit.product_type_id, 45), (None, 72), (6, 44)):
        new(
            PartTypeReplacementLinker, by=SYSTEM, product_type_id=kind, existing_part_type_id=BATTERY,
            replacement_part_type_id=replacement, default_part_type=False, critical_part_type=False, non_transferable=False,
        )  # fmt: skip
    answer = get("parts").json()
    assert (answer["status"], answer["message"]) == ("success", "Parts found.")
    assert len(answer["data"]) == 3  # board, SIM, and the battery that was
    one = answer["data"][str(gone.pk)]
    assert set(one) == {
        "part_id", "part_type_id", "serial_number", "manufacturer", "properties", "part_product_linker", "part_type",
        "replacement_part_types", "created_at", "created_by", "modified_at", "modified_by",
    }  # fmt: skip  # the example's keys; manufacturer, properties and modified_by are columns of the same table
    assert one["part_product_linker"]["date_removed"]
    assert one["part_type"]["part_type_id"] == BATTERY
    assert [kind["part_type_id"] for kind in one["replacement_part_types"]] == [45, 72]
    assert one["replacement_part_types"][1]["name"] == other_kind.name
    board = next(part for part in answer["data"].values() if part["part_type_id"] == 77)
    assert board["properties"]["device_key"] == "*" * 24
    assert str(unit.device_key) not in get("parts").content.decode()


def test_a_part_that_came_back_is_listed_once_with_its_latest_fitting(get, unit):
    part = fit(unit, serial_number="B", removed=timezone.now())
    again = new(PartProductLinker, by=SYSTEM, part=part, product=unit, date_added=timezone.now())
    assert get("parts").json()["data"][str(part.pk)]["part_product_linker"]["part_product_linker_id"] == again.pk


# part_parameters, on the wire


def test_the_life_of_a_parts_parameter(cast, call, get, unit, device):
    battery, kind = fit(unit), kind_of("cutoff")
    seq = device.orders()["seq"]
    for value in ("5", "6"):
        body = {"part_id": battery.pk, "parameter_type_id": kind.pk, "value": value}
        assert call(cast.alice, "POST", "/v1/part_parameters", body).json()["status"] == "pending"
    bad = call(cast.alice, "POST", "/v1/part_parameters", body | {"value": "much"})
    assert (bad.status_code, list(bad.json()["validation_errors"])) == (400, ["value"])
    orders = device.orders()
    assert (orders["part_parameters"], orders["seq"] > seq) == ({str(battery.pk): {"cutoff": 6}}, True)
    device.report(part_parameters={"999999": {"cutoff": 6}})
    device.report(part_parameters={str(battery.pk): {"cutoff": 7}})
    assert device.orders()["part_parameters"] != {}
    device.report(part_parameters={str(battery.pk): {"cutoff": "6.0"}})
    assert device.orders()["part_parameters"] == {}
    assert list(PartParameter.objects.order_by("pk").values_list("value", "status")) == [
        ("5", "expired"),
        ("6", "active"),
    ]


def test_a_unit_settles_nothing_for_a_part_that_sits_elsewhere(cast, unit, device):
    other = make_unit("010101234560013", entity=cast.a)
    battery, kind = fit(other), kind_of("cutoff")
    new(PartParameter, by=SYSTEM, part=battery, parameter_type=kind, value="6", status="pending")
    device.report(part_parameters={str(battery.pk): {"cutoff": 6}})
    assert PartParameter.objects.get().status == "pending"
    assert device.orders()["part_parameters"] == {}


@pytest.mark.parametrize("bad", [{"x": {"a": 1}}, {"-1": {}}, {"1": 5}, [], {"1" * 30: {}}])
def test_a_bad_shape_of_part_parameters_is_a_400(device, bad):
    assert device.report(part_parameters=bad).status_code == 400


# /products/<imei>/parameters/history


def test_the_whole_history_and_the_set_at_a_time(cast, call, get, unit, device):
    start = timezone.now()
    kind, battery = kind_of("limit"), fit(unit)
    for hour, value in ((1, "30"), (2, "40")):
        with time_machine.travel(start + dt.timedelta(hours=hour)):
            body = {"product_imei": unit.product_imei, "parameter_type_id": kind.pk, "value": value}
            call(cast.alice, "POST", "/v1/product_parameters", body)
            device.report(parameters={"limit": int(value)})
    with time_machine.travel(start + dt.timedelta(hours=3)):
        answer = get("parameters/history").json()
        assert answer["message"] == f"Full parameter history for #{unit.product_imei} returned successfully"
        assert set(answer["data"]) == {"part_parameters", "product_parameters"}
        assert [(row["value"], row["status"]) for row in answer["data"]["product_parameters"]] == [
            ("30", "removed"), ("40", "active")
        ]  # fmt: skip
        assert answer["data"]["part_parameters"][str(battery.pk)] == []
        then = (start + dt.timedelta(hours=1, minutes=30)).strftime("%Y-%m-%d %H:%M:%S")
        for asked in (f"parameters/history?date={then}", f"parameters/history?date={then.replace(' ', 'T')}Z"):
            (row,) = get(asked).json()["data"]["product_parameters"]
            assert (row["value"], row["status"], row["date_removed"]) == ("30", "active", None)
        body = call(cast.bob, "GET", f"/v1/products/{unit.product_imei}/parameters/history", {"date": then})
        assert len(body.json()["data"]["product_parameters"]) == 1  # a GET's payload stands in its body too
        before = get("parameters/history?date=2001-01-01").json()["data"]
        assert before == {"part_parameters": {}, "product_parameters": []}
    for bad in ("soon", "", "2026-13-01"):
        answer = get(f"parameters/history?date={bad}")
        assert (answer.status_code, list(answer.json()["validation_errors"])) == (400, ["date"])


def test_what_a_part_is_told_in_another_unit_is_not_this_units_history(cast, get, unit):
    other = make_unit("010101234560013", entity=cast.b)
    kind, part = kind_of("cutoff"), fit(unit)
    new(
        PartParameter,
        by=SYSTEM,
        part=part,
        parameter_type=kind,
        value="here",
        status="active",
        date_added=timezone.now(),
    )
    PartProductLinker.objects.filter(part=part).update(date_removed=timezone.now())
    new(PartProductLinker, by=SYSTEM, part=part, product=other, date_added=timezone.now())
    new(PartParameter, by=SYSTEM, part=part, parameter_type=kind, value="there", status="pending")
    rows = get("parameters/history").json()["data"]["part_parameters"][str(part.pk)]
    assert [row["value"] for row in rows] == ["here"]


# /products/<imei>/suggest_energy_limit


@pytest.fixture
def suggest(cast, call, unit):
    for state in (3, 5):
        actions.change_state(unit, new_state=state, by=SYSTEM)
    return lambda limit: call(
        cast.tina, "PUT", f"/v1/products/{unit.product_imei}/suggest_energy_limit", {"energy_limit": limit}
    )


def bound(least, most, entity=None, state=5):
    new(
        DefaultEnergyLimit, by=SYSTEM, battery_type_id=BATTERY, state_type_id=state, entity=entity, energy_limit=most,
        max_energy_limit=most, min_energy_limit=least,
    )  # fmt: skip


def test_a_suggested_limit_is_bounded_and_ordered(cast, suggest, unit, device):
    fit(unit)
    assert suggest("500").json()["data"] == {
        "requested": 500.0, "applied": 500.0, "max_energy_limit": None, "min_energy_limit": None, "bounded": False
    }  # fmt: skip
    bound(50, 100)
    answer = suggest("500").json()
    assert answer["data"] == {
        "requested": 500.0, "applied": 100.0, "max_energy_limit": 100.0, "min_energy_limit": 50.0, "bounded": True
    }  # fmt: skip
    assert "100" in answer["message"]
    assert device.orders()["parameters"] == {"energy_limit": 100}
    assert suggest("10").json()["data"]["applied"] == 50
    bound(60, 80, entity=cast.a)
    assert suggest(70.5).json()["data"]["applied"] == 70.5
    assert suggest("90").json()["data"]["applied"] == 80
    assert device.orders()["parameters"] == {"energy_limit": 80}
    bound(1, 2, entity=cast.b)
    bound(1, 2, state=6)
    assert suggest("75").json()["data"]["applied"] == 75


@pytest.mark.parametrize("bad", ["much", "", "nan", "inf", "1e999", "1_000", "１２", True, None, [], {}, -5, "-5"])
def test_a_bad_limit_is_refused(suggest, unit, bad):
    answer = suggest(bad)
    assert (answer.status_code, "energy_limit" in str(answer.json()["validation_errors"])) == (400, True)
    assert not ProductParameter.objects.filter(product=unit).exists()


def test_a_limit_that_the_accessories_set_is_not_changed(suggest, unit):
    kind = kind_of("total_accessory_energy", "float")
    new(ProductParameter, by=SYSTEM, product=unit, parameter_type=kind, value="80", status="active")
    answer = suggest("100")
    assert (answer.status_code, "total_accessory_energy" in answer.json()["data"]["energy_limit"]) == (400, True)


def test_only_in_use_or_in_repair(cast, call, unit):
    where = f"/v1/products/{unit.product_imei}/suggest_energy_limit"
    answer = call(cast.tina, "PUT", where, {"energy_limit": "100"})
    assert (answer.status_code, list(answer.json()["data"])) == (400, ["state"])


def test_a_limit_is_ordered_to_its_last_digit(suggest, unit, device):
    fit(unit)
    for given in ("1234.567", "1234567", "0.1"):
        answer = suggest(given).json()
        assert (answer["data"]["applied"], answer["message"].split()[-1]) == (float(given), given)
        assert device.orders()["parameters"] == {"energy_limit": float(given)}


def test_what_the_parameters_own_rules_forbid_is_refused_by_the_name_that_was_sent(suggest, unit):
    kind_of("energy_limit", "int")
    answer = suggest("70.5")
    assert (answer.status_code, answer.json()["data"]) == (400, {"energy_limit": "must be a whole number"})
