"""/v1/current_enable_status, as the ERP reads it (seed 004)."""

import pytest

from apps.accounts.models import User
from apps.core.actors import SYSTEM
from apps.core.levels import Level
from apps.core.rows import new
from apps.products import actions
from apps.products.models import ParameterType, Product, ProductParameter
from tests.cast import make_unit

pytestmark = pytest.mark.django_db
KEYS = {
    "current_enable_state", "current_state_type", "date", "dcm_enabled_flag", "entity", "entity_id", "hardware_type",
    "prev_enable_state", "product_imei", "product_type_id", "serial_number", "total_accessory_energy", "user",
}  # fmt: skip
WHERE = "/v1/current_enable_status"


@pytest.fixture
def factory(cast):
    return cast.users["GLOBAL", Level.FACTORY]


def imeis(answer):
    return [one["product_imei"] for one in answer.json()["data"]]


def test_the_documented_answer(cast, call, factory, unit, device):
    call(cast.tina, "PUT", f"/v1/products/{unit.product_imei}/enable")
    device.report(enabled=True)
    kind = new(
        ParameterType, by=SYSTEM, name="total_accessory_energy", data_type="float", repeatable=False, setting=False
    )
    new(ProductParameter, by=SYSTEM, product=unit, parameter_type=kind, value="80.5", status="active")
    actions.assign_entity(unit, entity_id=cast.b.pk, by=SYSTEM)
    answer = call(factory, "GET", WHERE)
    assert answer.status_code == 200
    assert set(answer.json()) == {"status", "message", "data"}
    assert (answer.json()["status"], answer.json()["message"]) == ("success", "enable_histories retrieved")
    (one,) = answer.json()["data"]
    assert set(one) == KEYS
    when = one.pop("date")
    assert "T" in when
    assert one == {
        "current_enable_state": "enabled", "prev_enable_state": "pending_enabled", "current_state_type": 2,
        "dcm_enabled_flag": False, "entity": "Entity A", "entity_id": cast.a.pk, "hardware_type": "Hub 2",
        "product_imei": unit.product_imei, "product_type_id": 7, "serial_number": unit.serial_number,
        "total_accessory_energy": 80.5, "user": cast.tina.email,
    }  # fmt: skip


def test_pages_go_in_the_order_of_making(cast, call, factory):
    made = [make_unit(f"01010123456{n:04d}", entity=cast.a).product_imei for n in (9, 1, 5, 3)]
    assert imeis(call(factory, "GET", WHERE)) == made
    assert imeis(call(factory, "GET", f"{WHERE}?page=2&results_per_page=3")) == made[3:]
    assert imeis(call(factory, "GET", f"{WHERE}?page=3&results_per_page=3")) == []
    assert imeis(call(factory, "GET", f"{WHERE}?results_per_page=100000")) == made
    Product.objects.filter(product_imei=made[0]).update(assembler="changed")
    assert imeis(call(factory, "GET", WHERE)) == made


@pytest.mark.parametrize("page", ["x", "1.5", "-1", "", "9" * 30])
def test_a_page_that_is_no_number_is_refused(call, factory, page):
    answer = call(factory, "GET", f"{WHERE}?page={page}")
    assert (answer.status_code, list(answer.json()["validation_errors"])) == (400, ["page"])


def test_scope_and_level(cast, call, factory, unit):
    make_unit("010101234560013", entity=cast.b)
    assert len(imeis(call(factory, "GET", WHERE))) == 2
    assert imeis(call(cast.users["A", Level.FACTORY], "GET", WHERE)) == [unit.product_imei]
    for level in (Level.OVERVIEW, Level.TECHNICAL, Level.ADMIN):
        assert call(cast.users["A", level], "GET", WHERE).status_code == 403
    assert call(None, "GET", WHERE).status_code == 401
    assert User.objects.exists()
