"""A status update says what holds when it goes out, not what held when it was queued; and letters that are traps."""

import base64
import datetime as dt
import json
import time

import cbor2
import pytest
import time_machine
from django.utils import timezone

from apps.connectivity import actions, letters, queries, tasks
from apps.connectivity.models import RtcFallbackMessageHistory, RtcMessageHistory
from apps.connectivity.tests.letters import say, taken
from apps.connectivity.wire.consumer import settled
from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.events import relay
from apps.products.actions import enable_product, enable_tamper_switch
from apps.products.models import ParameterType, Product
from tests.cast import make_unit

pytestmark = pytest.mark.django_db


def sent(queues):
    return [cbor2.loads(base64.b64decode(one["message"])) for one in taken(queues, "RTC-MT")]


def at(**delta):
    return timezone.now() + dt.timedelta(**delta)


def test_a_letter_that_waited_past_the_deadline_does_not_hand_the_order_out(cast, rtc, queues):
    enable_product(rtc, valid_until=at(minutes=10), by=cast.tina)
    actions.send_status_update(rtc, by=cast.alice)  # of no order in particular: the broker is away for a while
    with time_machine.travel(at(minutes=11)):
        tasks.publish_letters()
        ((kind, orders),) = sent(queues)
    assert (kind, orders["enabled"], "valid_until" in orders) == (letters.STATUS_UPDATE, False, False)


def test_the_letter_of_an_order_whose_time_is_over_is_not_sent(cast, rtc, queues):
    enable_product(rtc, valid_until=at(minutes=10), by=cast.tina)
    relay.relay_all()
    with time_machine.travel(at(minutes=11)):
        tasks.publish_letters()
    row = RtcMessageHistory.objects.get()
    assert (sent(queues), row.step, row.delivery_status) == ([], "dropped", "failed")


def test_an_order_that_is_relayed_after_its_deadline_wakes_nobody(cast, rtc):
    enable_product(rtc, valid_until=at(minutes=10), by=cast.tina)
    with time_machine.travel(at(minutes=11)):
        relay.relay_all()
    assert not RtcMessageHistory.objects.exists()


def test_a_letter_that_goes_out_again_brings_no_overtaken_parameter_back(cast, call, rtc, queues):
    kind = new(ParameterType, by=SYSTEM, name="limit", data_type="int", repeatable=False, setting=True)

    def order(value):
        body = {"product_imei": rtc.product_imei, "parameter_type_id": kind.pk, "value": value}
        assert call(cast.alice, "POST", "/v1/product_parameters", body).status_code == 201

    order("30")
    actions.send_status_update(rtc, by=cast.alice)
    tasks.publish_letters()
    order("40")
    RtcMessageHistory.objects.update(due_at=timezone.now())  # no reply came
    tasks.publish_letters()
    told = sent(queues)
    assert [orders["parameters"] for _kind, orders in told] == [{"limit": 30}, {"limit": 40}]
    assert told[0][1]["seq"] < told[1][1]["seq"]
    assert '"limit": 40' in RtcMessageHistory.objects.get().message_json


def test_two_switches_ordered_at_once_go_in_one_letter_and_both_are_told(cast, rtc, queues):
    enable_tamper_switch(rtc, by=cast.tina)
    enable_product(rtc, by=cast.tina)
    relay.relay_all()
    tasks.publish_letters()
    ((_kind, orders),) = sent(queues)
    assert (orders["enabled"], orders["tamper_enabled"]) == (True, True)
    row = RtcMessageHistory.objects.get(step="sent")
    reply = {"correlation_id": row.message_reference, "status": "delivered"}
    assert settled("RTC-MT.Reply", json.dumps(reply).encode()) is None
    rtc.refresh_from_db()
    for key, tamper in ((rtc.latest_enable_history_id, False), (rtc.latest_tamper_enable_history_id, True)):
        steps = queries.ways_of(rtc, [key], tamper=tamper)[key]
        assert [step.step for step in steps] == ["queued", "told"], tamper


def test_a_letter_outlives_one_of_its_two_orders(cast, rtc, queues):
    enable_tamper_switch(rtc, by=cast.tina)
    enable_product(rtc, by=cast.tina)
    relay.relay_all()
    assert say(rtc, [1, {"tamper_enabled": True}]) is None  # it came by itself and confirmed the one
    tasks.publish_letters()
    assert [orders["enabled"] for _kind, orders in sent(queues)] == [True]


def test_units_whose_turn_has_not_come_keep_no_others_from_being_reminded(cast, rtc, settings, monkeypatch):
    settings.RTC_FALLBACK_SECONDS, settings.RTC_FALLBACK_MOST = 600, 6
    other = make_unit("test-silent", entity=cast.a, rtc_enabled_flag=True)
    for unit in (rtc, other):
        actions.send_status_update(unit, by=cast.alice)
    Product.objects.update(latest_rtc_mt_status_update_time=timezone.now() - dt.timedelta(minutes=15))
    for _time in range(5):
        new(RtcFallbackMessageHistory, by=SYSTEM, product=rtc, message_sent_time=timezone.now())
    monkeypatch.setattr(tasks, "REMINDED", 1)
    tasks.remind()
    assert RtcFallbackMessageHistory.objects.filter(product=other).count() == 1


def bomb(levels=18, width=8):
    """An array of arrays, each of which holds the one before it eight times over."""
    shared = [b"\xd8\x1c\x80"]
    shared += [b"\xd8\x1c" + bytes([0x80 + width]) + (b"\xd8\x1d\x18" + bytes([n])) * width for n in range(levels - 1)]
    return bytes([0x98, len(shared) + 1]) + b"\x04" + b"".join(shared)


def echo():
    """A text of 30,000 letters, and eight thousand times the same again."""
    head = b"\xd9\x01\x00\x82\x04\x99\x20\x00" + b"\x79\x75\x30" + b"x" * 30_000
    return head + b"\xd8\x19\x00" * (0x2000 - 1)


TRAPS = [
    (bomb(), "more than its length allows"),
    (echo(), "more than its length allows"),
    (b"\x82\x04\xa1" + b"\x82\x01\x02" + b"\x01", "neither a text nor a number"),  # a map whose key is an array
]


@pytest.mark.parametrize(("letter", "problem"), TRAPS, ids=["bomb", "echo", "key"])
def test_a_letter_that_is_a_trap_is_a_dead_letter_at_once(rtc, letter, problem):
    begun = time.monotonic()
    told = say(rtc, letter)
    assert problem in told
    assert time.monotonic() - begun < 5
