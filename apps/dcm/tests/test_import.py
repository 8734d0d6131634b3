"""A data set that moves in: what no unit could acknowledge or no rule allows is named, and the units are told."""

import io
import json

import pytest

from apps.dcm.models import SpentId
from apps.transfer.dataset import Refusal, import_tables
from tests.cast import make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit(cast):
    return make_unit("010101234560005", entity=cast.a, dcm_enabled_flag=True)


def bring(**tables):
    return import_tables(io.BytesIO(json.dumps(tables).encode()), progress=lambda table, count: None)


def command(unit, **columns):
    return {
        "payment_command_id": 7, "product_imei": unit.product_imei, "value": 10, "category": "payment", "void": False,
        "status": None, "transaction_id": "old-1", **columns,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"transaction_id": ""}, "transaction_id"), ({"transaction_id": "a\nb"}, "transaction_id"),
        ({"value": -5}, "value"), ({"value": 5, "category": "zero-command"}, "value"),
        ({"value": 5, "category": "bad-payment"}, "value"), ({"status": "pending"}, "status"),
    ],
)  # fmt: skip
def test_a_command_that_no_rule_allows_is_refused_by_its_name(unit, columns, name):
    with pytest.raises(Refusal, match=f"payment_commands 7: {name} must"):
        bring(payment_commands=[command(unit, **columns)])


def test_a_balance_below_nothing_is_refused(unit):
    row = {"balance_id": 1, "product_imei": unit.product_imei, "balance": -5, "expected_expiry": "2026-01-01T00:00:00"}
    with pytest.raises(Refusal, match="balances 1: balance must be 0 or more"):
        bring(balances=[row])


def test_what_moves_in_uses_up_its_ids_and_is_told(unit, device, call, cast):
    before = device.orders()["seq"]
    bring(
        payment_commands=[
            command(unit),
            command(unit, payment_command_id=8, transaction_id="old-2", status="acknowledged"),
        ]
    )
    assert set(SpentId.objects.values_list("pk", flat=True)) == {"old-1", "old-2"}
    orders = device.orders()
    assert (orders["seq"] > before, [row["transaction_id"] for row in orders["payment_commands"]]) == (True, ["old-1"])
    body = {"category": "payment", "value": 10, "transaction_id": "old-1"}
    answer = call(cast.tina, "POST", f"/v1/products/{unit.product_imei}/add_payment_command", body)
    assert answer.json()["data"] == {"payment_command_id": 7, "identical": True}
