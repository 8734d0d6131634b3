"""GET /v1/products/<imei>/pending: why something is still pending."""

import datetime as dt
import json

import pytest
import time_machine
from django.utils import timezone

from apps.connectivity import tasks
from apps.connectivity.models import RtcMessageHistory
from apps.connectivity.wire.consumer import settled
from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.dcm import actions as dcm
from apps.dcm.models import PaymentCommand, TokenKey
from apps.events import relay
from apps.parts.models import Part, PartParameter
from apps.products.models import ParameterType, Product
from apps.repairs.models import PartProductLinker

pytestmark = pytest.mark.django_db
KEYS = {"kind", "order_id", "value", "asked_by", "asked_at", "valid_until", "steps", "next_step", "next_step_at"}


@pytest.fixture
def look(cast, call, unit):
    def run():
        answer = call(cast.bob, "GET", f"/v1/products/{unit.product_imei}/pending").json()
        assert answer["status"] == "success"
        return answer["data"]

    return run


def steps(order):
    return [step["step"] for step in order["steps"]]


def test_the_way_of_a_switching_order(cast, call, unit, device, look):
    assert look() == []
    until = (timezone.now() + dt.timedelta(days=2)).isoformat()
    call(cast.tina, "PUT", f"/v1/products/{unit.product_imei}/enable", {"valid_until": until})
    (order,) = look()
    assert set(order) == KEYS
    assert (order["kind"], order["value"], order["asked_by"]) == ("enable", True, cast.tina.email)
    assert order["order_id"] == Product.objects.get(pk=unit.pk).latest_enable_history_id
    assert order["valid_until"][:16] == until[:16]
    assert (steps(order), order["next_step"], order["next_step_at"]) == (["queued"], "connected", None)
    assert set(order["steps"][0]) == {"step", "at", "detail"}
    device.report(enabled=False)
    (order,) = look()
    assert (steps(order), order["next_step"]) == (["queued", "connected"], "told")
    assert order["next_step_at"] > order["asked_at"]
    device.orders()
    (order,) = look()
    assert (steps(order), order["next_step"]) == (["queued", "connected", "told"], "confirmed")
    device.report(enabled=True)
    assert look() == []


def test_the_wake_up_message_stands_on_the_way(cast, call, unit, device, look):
    device.report(software="3.6")
    call(cast.tina, "PUT", f"/v1/products/{unit.product_imei}/enable")
    relay.relay_all()
    tasks.send_messages()
    (order,) = look()
    assert {"queued", "sms_sent"} <= set(steps(order))
    assert order["next_step"] == "connected"


def test_an_opposite_order_replaces_the_one_before(cast, call, unit, device, look):
    for act in ("enable", "disable"):
        call(cast.tina, "PUT", f"/v1/products/{unit.product_imei}/{act}")
    (order,) = look()
    assert (order["kind"], order["value"]) == ("enable", False)


def test_every_kind_of_order_is_listed_the_newest_first(cast, call, unit, device, look):
    kind = new(ParameterType, by=SYSTEM, name="limit", data_type="int", repeatable=False, setting=True)
    start = timezone.now()
    doing = (
        lambda: call(cast.tina, "PUT", f"/v1/products/{unit.product_imei}/enable_tamper_switch"),
        lambda: call(cast.alice, "PUT", f"/v1/products/{unit.product_imei}/update_software", {"software": "3.6"}),
        lambda: call(cast.alice, "POST", "/v1/product_parameters", {
            "product_imei": unit.product_imei, "parameter_type_id": kind.pk, "value": "30"}),
        lambda: new(PaymentCommand, by=SYSTEM, product=unit, value=600, category="payment", void=False, transaction_id="t"),
    )  # fmt: skip
    for minute, do in enumerate(doing):
        with time_machine.travel(start + dt.timedelta(minutes=minute)):
            do()
    with time_machine.travel(start + dt.timedelta(minutes=9)):
        found = look()
        assert [(order["kind"], order["value"]) for order in found] == [
            ("payment", 600), ("parameter", "30"), ("software", "3.6"), ("tamper", True)
        ]  # fmt: skip
        assert found[1]["steps"][0]["detail"] == "limit"
        device.orders()
        assert {order["next_step"] for order in look()} == {"confirmed"}
        device.report(software="3.5")
        software = next(order for order in look() if order["kind"] == "software")
        assert "failed" in steps(software)


def test_what_was_told_before_a_newer_order_keeps_its_time(cast, call, unit, device, look):
    start = timezone.now()
    with time_machine.travel(start):
        call(cast.tina, "PUT", f"/v1/products/{unit.product_imei}/enable")
    with time_machine.travel(start + dt.timedelta(minutes=1)):
        device.orders()
    with time_machine.travel(start + dt.timedelta(minutes=2)):
        call(cast.tina, "PUT", f"/v1/products/{unit.product_imei}/enable_tamper_switch")
        tamper, power = look()
        assert (tamper["next_step"], power["next_step"]) == ("connected", "confirmed")


def test_what_a_part_brings_along_is_told_too(cast, call, unit, device, look):
    """Fitting a part raises no seq: the unit has fetched instructions of this one before."""
    start = timezone.now()
    call(cast.tina, "PUT", f"/v1/products/{unit.product_imei}/enable")
    device.orders()
    kind = new(ParameterType, by=SYSTEM, name="limit", data_type="int", repeatable=False, setting=True)
    with time_machine.travel(start + dt.timedelta(minutes=5)):
        part = new(Part, by=SYSTEM, part_type_id=45, serial_number="B-1")
        new(PartParameter, by=SYSTEM, part=part, parameter_type=kind, value="30", status="pending")
        new(PartProductLinker, by=SYSTEM, part=part, product=unit, date_added=timezone.now())
        (parameter, _switch) = look()
        assert (parameter["kind"], parameter["next_step"]) == ("parameter", "connected")
    with time_machine.travel(start + dt.timedelta(minutes=10)):
        for _time in range(3):
            assert device.orders()["part_parameters"] == {str(part.pk): {"limit": 30}}
        assert [order["next_step"] for order in look()] == ["confirmed", "confirmed"]
        told = next(step for step in look()[1]["steps"] if step["step"] == "told")
        assert told["at"] < (start + dt.timedelta(minutes=1)).isoformat()


def test_what_a_letter_told_stands_on_the_way_of_every_order(cast, call, unit, look):
    Product.objects.filter(pk=unit.pk).update(rtc_enabled_flag=True)
    call(cast.alice, "PUT", f"/v1/products/{unit.product_imei}/update_software", {"software": "3.6"})
    assert call(cast.alice, "POST", f"/v1/products/{unit.product_imei}/status_update").status_code == 200
    tasks.publish_letters()
    assert [order["next_step"] for order in look()] == ["connected"]
    reply = {"correlation_id": RtcMessageHistory.objects.get().message_reference, "status": "delivered"}
    assert settled("RTC-MT.Reply", json.dumps(reply).encode()) is None
    (order,) = look()
    assert (steps(order), order["next_step"]) == (["queued", "told"], "confirmed")


def test_scope(cast, call, unit):
    assert call(cast.charlie, "GET", f"/v1/products/{unit.product_imei}/pending").status_code == 404
    assert call(None, "GET", f"/v1/products/{unit.product_imei}/pending").status_code == 401


def test_what_was_given_as_a_code_waits_for_its_entry(cast, unit, device, look):
    Product.objects.filter(pk=unit.pk).update(dcm_enabled_flag=True)
    TokenKey.objects.create(product=unit, secret_key="a29ab82edc5fbbc41ec9530f6dac86b1")
    device.report(enabled=False)
    dcm.add_payment_command(unit, category="payment", value=86400, transaction_id="p1", by=cast.tina)
    dcm.issue_token(unit, transaction_id="p1", by=cast.tina)
    device.orders()
    (order,) = look()
    assert (steps(order), order["next_step"]) == (["queued", "skipped"], "confirmed")
    assert order["steps"][1]["detail"] == "it was given as a code instead"
