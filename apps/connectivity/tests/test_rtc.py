"""Real-time messages: the documented examples, letters to units and from them, dead letters."""

import base64
import datetime as dt
import json

import cbor2
import pytest
from django.utils import timezone

from apps.connectivity import actions, letters, queries, tasks
from apps.connectivity.models import (
    RtcFallbackMessageHistory,
    RtcMessageHistory,
    RtcMoMessageHistory,
    SmsHistory,
)
from apps.connectivity.tests.letters import PAYLOAD, dead_letter, mo, say, taken
from apps.connectivity.wire import broker
from apps.connectivity.wire.consumer import settled
from apps.core.levels import Level
from apps.events import relay
from apps.products.actions import disable_product, enable_product
from apps.products.models import Connection, Product, RtcConnectionHistory
from apps.telemetry import store
from tests.cast import make_unit

pytestmark = pytest.mark.django_db

# Seed 004, "Product Actions" and "RTC Dead Letter Actions": (path, body, message, data).
EXAMPLES = [
    ("POST products/{imei}/command_request", {"command": "atc 60 AT+CPOL=?;+COPS=?"}, "command successfully sent", {}),
    ("POST products/{imei}/sync", None, "sync request successfully sent", {}),
    ("POST products/{imei}/status_update", None, "status update successfully sent", {}),
    ("POST products/{imei}/rtc_online_status", {"status": "online"}, "RTC online status set", {}),
    ("POST products/{imei}/force_connection", None, "Force connection request sent", {}),
    ("POST rtc_import_mo_dead_letters", None, "MO dead letters imported", {}),
    ("POST rtc_import_mt_reply_dead_letters", None, "MT Reply dead letters imported", {}),
    ("PUT rtc_dead_letters/{letter}/replay", None, "Dead letter message replayed", None),
    ("GET rtc_dead_letters/{letter}/decode", None, "Dead letter message decoded",
     "Decoded message: [4, [[1518543688, 'Charger sn=HQ17048RPII pid=a04c'], [1518543691, 'Above RV']]]"),
    ("PUT rtc_dead_letters/{letter}/discard", None, "Dead letter message discarded", None),
]  # fmt: skip


# Their slips: `decode` is called with PUT, and is a GET; its text has the marks of Python 2 (4L, u'…'); `discard` and
# `replay` both name "the message to be replayed"; the table's record calls its key rtc_dead_letter once.
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example[0].replace("/", " "))
def test_the_documented_examples(cast, call, rtc, queues, example):
    where, body, message, data = example
    held = [4, [[1518543688, "Charger sn=HQ17048RPII pid=a04c"], [1518543691, "Above RV"]]]
    letter = dead_letter(mo(held))
    method, _, path = where.partition(" ")
    answer = call(cast.root, method, "/v1/" + path.format(imei=rtc.product_imei, letter=letter.pk), body)
    assert (answer.status_code, answer.json()) == (200, {"status": "success", "message": message, "data": data})


def test_the_documented_letter_decodes():
    assert letters.unpack(letters.message_of(PAYLOAD)) == [4, [[1517927343, "Connected"]]]


@pytest.mark.parametrize("name", ["sync", "status_update", "command_request", "rtc_online_status"])
def test_a_unit_without_real_time_is_a_400(cast, call, waker, name):
    body = {"command": "x", "status": "online"}
    answer = call(cast.users["A", Level.ADMIN], "POST", f"/v1/products/{waker.product_imei}/{name}", body)
    assert (answer.status_code, answer.json()["data"]) == (400, {"product": "is not RTC enabled"})


def test_forcing_a_connection_goes_the_way_there_is(cast, call, waker):
    where = f"/v1/products/{waker.product_imei}/force_connection"
    assert call(cast.alice, "POST", where).status_code == 200
    assert (SmsHistory.objects.count(), RtcMessageHistory.objects.count()) == (1, 0)
    Product.objects.update(rtc_enabled_flag=True)
    assert call(cast.alice, "POST", where).status_code == 200
    assert RtcMessageHistory.objects.get().message_json == "[1]"
    Product.objects.update(rtc_enabled_flag=False, reported_software="1.0")
    assert call(cast.alice, "POST", where).json()["data"] == {"software": "is not wake-up enabled"}


@pytest.mark.parametrize(
    "body", [{}, {"command": ""}, {"command": " \t"}, {"command": 7}, {"command": "x" * 1001}, {"command": "a\x00b"}]
)
def test_a_bad_command_is_a_400(cast, call, rtc, body):
    assert call(cast.alice, "POST", f"/v1/products/{rtc.product_imei}/command_request", body).status_code == 400
    assert not RtcMessageHistory.objects.exists()


def test_online_and_offline_are_kept_as_changes(cast, call, rtc):
    where = f"/v1/products/{rtc.product_imei}/rtc_online_status"
    assert call(cast.alice, "POST", where, {"status": "asleep"}).status_code == 400
    for status in ("online", "online", "offline"):
        call(cast.alice, "POST", where, {"status": status})
    rows = call(cast.bob, "GET", "/v1/rtc_connection_history").json()["objects"]
    assert [(row["connection_status"], row["connection_status_reason"]) for row in rows] == [
        ("online", "user-request"), ("offline", "user-request")
    ]  # fmt: skip
    unit = f"/v1/products/{rtc.product_imei}"
    latest = rows[-1]["rtc_connection_history_id"]
    assert call(cast.bob, "GET", unit).json()["latest_rtc_connection_history_id"] == latest
    assert call(cast.alice, "DELETE", f"/v1/rtc_connection_history/{latest}").status_code == 204
    assert (
        call(cast.bob, "GET", unit).json()["latest_rtc_connection_history_id"] == rows[0]["rtc_connection_history_id"]
    )


def test_a_letter_goes_out_and_its_reply_settles_it(cast, rtc, queues):
    row = actions.send_command(rtc, command="atc 60 AT+COPS=?", by=cast.alice)
    tasks.publish_letters()
    (payload,) = taken(queues, "RTC-MT")
    assert (payload["ident"], payload["ident_type"]) == ("Aeris/10.112.89.62", "IP")
    assert cbor2.loads(base64.b64decode(payload["message"])) == [3, "atc 60 AT+COPS=?"]
    assert payload["correlation_id"] == row.message_reference
    reply = {"correlation_id": row.message_reference, "status": "delivered", "info": "in 2 s"}
    for _time in range(2):
        assert settled("RTC-MT.Reply", json.dumps(reply).encode()) is None
    row.refresh_from_db()
    assert (row.delivery_status, row.delivery_status_info) == ("delivered", "in 2 s")
    assert row.delivery_status_time is not None
    late = reply | {"status": "failed"}
    assert settled("RTC-MT.Reply", json.dumps(late).encode()) is None
    row.refresh_from_db()
    assert row.delivery_status == "delivered"


def test_a_unit_without_an_address_is_named_by_its_imei(cast, rtc, queues):
    Product.objects.update(ip_address=None)
    actions.request_sync(rtc, by=cast.alice)
    tasks.publish_letters()
    (payload,) = taken(queues, "RTC-MT")
    assert (payload["ident"], payload["ident_type"]) == (rtc.product_imei, "IMEI")


def test_an_order_is_told_in_real_time(cast, rtc, queues):
    enable_product(rtc, by=cast.tina)
    relay.relay_all()
    rtc.refresh_from_db()
    row = RtcMessageHistory.objects.get()
    kind, orders = json.loads(row.message_json)
    assert (kind, orders["enabled"], orders["seq"]) == (2, True, rtc.order_seq)
    assert rtc.latest_rtc_mt_status_update_time == row.message_sent_time
    assert not SmsHistory.objects.exists()  # its software doesn't wake up
    tasks.publish_letters()
    reply = {"correlation_id": row.message_reference, "status": "delivered"}
    settled("RTC-MT.Reply", json.dumps(reply).encode())
    assert say(rtc, [1, {"enabled": True, "balance": 3600}]) is None
    rtc.refresh_from_db()
    assert (rtc.current_enable_flag, rtc.latest_enable_history.current_enable_state) == (True, "enabled")
    assert rtc.latest_enable_history.user == cast.tina.email
    order = rtc.enable_history_rel.get(current_enable_state="pending_enabled").pk
    steps = queries.ways_of(rtc, [order])[order]
    assert [(step.step, step.by) for step in steps] == [("queued", "rtc"), ("told", "rtc")]


def test_a_unit_on_line_needs_no_sms(cast, rtc):
    Product.objects.update(reported_software="3.6")
    enable_product(rtc, by=cast.tina)
    relay.relay_all()
    assert (RtcMessageHistory.objects.count(), SmsHistory.objects.count()) == (1, 1)
    actions.set_online_status(rtc, status="online", by=cast.alice)
    disable_product(rtc, by=cast.tina)
    relay.relay_all()
    assert (RtcMessageHistory.objects.count(), SmsHistory.objects.count()) == (2, 1)


def test_a_superseded_orders_letter_is_not_sent(cast, rtc, queues):
    enable_product(rtc, by=cast.tina)
    relay.relay_all()
    disable_product(rtc, by=cast.tina)
    relay.relay_all()
    tasks.publish_letters()
    first, second = RtcMessageHistory.objects.order_by("pk")
    assert (first.delivery_status, first.delivery_status_info) == ("failed", "superseded")
    assert [payload["correlation_id"] for payload in taken(queues, "RTC-MT")] == [second.message_reference]


def test_a_report_does_what_the_same_report_at_rc_data_does(cast, call, rtc):
    report = {
        "software": "3.6", "balance": 86400, "cells": [{"lac": 1, "cid": 2, "signal": -80, "mcc": 639, "mnc": 2}],
        "gps": {"lat": -1.5, "lon": 29.2},
    }  # fmt: skip
    assert say(rtc, [1, report]) is None
    rtc.refresh_from_db()
    contact = Connection.objects.get()
    assert (rtc.reported_software, rtc.latest_connection_id, contact.cell_1_cid) == ("3.6", contact.pk, 2)
    assert rtc.latest_rtc_mo_status_report_time is not None
    row = RtcMoMessageHistory.objects.get()
    assert (row.processing_status, json.loads(row.message_json)) == ("processed", [1, report])
    online = RtcConnectionHistory.objects.get()
    assert (online.connection_status, online.connection_status_reason) == ("online", "message-received")
    assert rtc.latest_rtc_connection_history_id == online.pk


def test_telemetry_comes_by_letter_too(rtc):
    assert say(rtc, [2, {"fields": {"voltage": [["2026-11-19T10:00:00", 12.9]]}}]) is None
    series = store.read(
        rtc.subject,
        start=dt.datetime(2026, 11, 19, tzinfo=dt.UTC),
        end=dt.datetime(2026, 11, 20, tzinfo=dt.UTC),
        fields=["voltage"],
    )
    assert [value for value, _at in series["voltage"]] == [12.9]


def test_a_letter_that_comes_twice_counts_once(rtc):
    for _time in range(2):
        assert say(rtc, [1, {"enabled": False}], correlation_id="abc") is None
    assert (RtcMoMessageHistory.objects.count(), Connection.objects.count()) == (1, 1)


def test_a_report_that_comes_late_confirms_nothing(cast, rtc):
    """It was a dead letter since the morning, or another reader was slower."""
    at = "2026-11-19T10:0{}:00.123456".format
    enable_product(rtc, by=cast.tina)
    assert say(rtc, [1, {"enabled": True}], timestamp=at(2)) is None
    disable_product(rtc, by=cast.tina)
    late = dead_letter(mo([1, {"enabled": False}], timestamp=at(1)))
    assert actions.replay_dead_letter(key=late.pk, by=cast.root).replay_status == "success"
    rtc.refresh_from_db()
    assert (rtc.current_enable_flag, rtc.latest_enable_history.current_enable_state) == (True, "pending_disabled")
    assert Connection.objects.count() == 1
    row = RtcMoMessageHistory.objects.latest("pk")
    assert (row.processing_status, row.processing_status_info) == ("processed", "a later report was settled before")
    assert say(rtc, [1, {"enabled": False}], timestamp=at(3)) is None
    rtc.refresh_from_db()
    assert rtc.latest_enable_history.current_enable_state == "disabled"


@pytest.mark.parametrize("odd", [None, 7, "soon", "", {}, "2999-01-01T00:00:00"])
def test_a_clock_of_the_network_that_is_wrong_or_silent_stops_nothing(rtc, odd):
    for number in range(2):
        assert say(rtc, [1, {"balance": 60}], timestamp=odd, correlation_id=str(number)) is None
    assert say(rtc, [1, {"balance": 60}], timestamp=timezone.now().replace(tzinfo=None).isoformat()) is None
    assert Connection.objects.count() == 3


BAD = [
    (b"\xff\xfe", "is no CBOR"), ([], "begins with its kind"), ({"a": 1}, "begins with its kind"), ([True], "begins"),
    ([99, 1], "no kind that is known"), ([1, {"enabled": "yes"}], "enabled"), ([1, 7], "valid dictionary"),
    ([2, {}], "fields"), (cbor2.dumps([4, 2**70]), "64 bits"), (b"\x82\x04" + b"\x81" * 200 + b"\x01", "deep"),
    (b"\xd8\x1c\x82\x04\xd8\x1d\x00", "no letter has|deep|CBOR"),  # an array that holds itself
    ([4, "x" * 70_000], "longer than"),
]  # fmt: skip


@pytest.mark.parametrize(("letter", "problem"), BAD, ids=lambda value: repr(value)[:20])
def test_what_cant_be_handled_is_kept_and_a_dead_letter(rtc, letter, problem):
    import re

    told = say(rtc, letter)
    assert told is not None
    assert re.search(problem, told), told
    row = RtcMoMessageHistory.objects.get()
    assert (row.processing_status, row.processing_status_info) == ("failed", told)
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    "also", [{"ident": "Aeris/10.0.0.1"}, {"ident": "Eseye/10.112.89.62"}, {"ident": 7}, {"ident": "Aeris"}, {"ident_type": "MAC"}, {"message": "?"}, {"message": None}, {"ident": "\x00"}],
    ids=str,
)  # fmt: skip
def test_whose_it_is_must_be_known(rtc, also):
    assert say(rtc, [4, []], **also) is not None
    assert not RtcMoMessageHistory.objects.exclude(processing_status="failed").exists()


def test_letters_of_nobody_in_particular(rtc):
    for body in (b"", b"[]", b"\xff", b'{"correlation_id": "x", "status": "delivered"}', b'{"status": 1}'):
        assert settled("RTC-MO", body) is not None
        assert settled("RTC-MT.Reply", body) is not None


def test_a_silent_unit_is_reminded_at_growing_intervals(cast, rtc, settings):
    settings.RTC_FALLBACK_SECONDS, settings.RTC_FALLBACK_MOST = 600, 2
    actions.set_online_status(rtc, status="online", by=cast.alice)

    def wait(minutes):
        asked = timezone.now() - dt.timedelta(minutes=minutes)
        Product.objects.update(latest_rtc_mt_status_update_time=asked)
        tasks.remind()
        return RtcFallbackMessageHistory.objects.count()

    enable_product(rtc, by=cast.tina)
    relay.relay_all()
    tasks.remind()
    assert RtcFallbackMessageHistory.objects.count() == 0  # it has time to answer
    assert [wait(11), wait(11), wait(21), wait(300)] == [1, 1, 2, 2]
    rtc.refresh_from_db()
    assert rtc.latest_rtc_connection_history.connection_status_reason == "inactivity"
    assert RtcMessageHistory.objects.filter(kind="status_update").count() == 3
    RtcFallbackMessageHistory.objects.all().delete()
    say(rtc, [1, {"enabled": True}])
    Product.objects.update(latest_rtc_mt_status_update_time=timezone.now() - dt.timedelta(minutes=30))
    tasks.remind()
    assert not RtcFallbackMessageHistory.objects.exists()


def test_units_that_wait_for_their_next_reminder_hold_up_no_other(cast, rtc, settings, monkeypatch):
    settings.RTC_FALLBACK_SECONDS = 600
    monkeypatch.setattr(tasks, "REMINDED", 1)
    other = make_unit("010101234560013", entity=cast.a, rtc_enabled_flag=True)
    for product in (rtc, other):
        actions.send_status_update(product, by=cast.alice)
    asked = timezone.now() - dt.timedelta(minutes=11)
    Product.objects.update(latest_rtc_mt_status_update_time=asked)
    tasks.remind()
    first = RtcFallbackMessageHistory.objects.get().product_id
    Product.objects.filter(product_imei=first).update(latest_rtc_mt_status_update_time=asked)  # longest, and not yet
    tasks.remind()
    assert RtcFallbackMessageHistory.objects.values("product").distinct().count() == 2


def test_one_unit_that_breaks_off_takes_back_no_others_reminder(cast, rtc, settings, monkeypatch):
    other = make_unit("010101234560013", entity=cast.a, rtc_enabled_flag=True)
    for product in (rtc, other):
        actions.send_status_update(product, by=cast.alice)
    Product.objects.update(latest_rtc_mt_status_update_time=timezone.now() - dt.timedelta(hours=1))
    orders_of, told = letters.orders_of, []

    def breaks(product):
        told.append(product)
        if len(told) == 2:
            raise KeyboardInterrupt
        return orders_of(product)

    monkeypatch.setattr(letters, "orders_of", breaks)
    with pytest.raises(KeyboardInterrupt):
        tasks.remind()
    assert RtcFallbackMessageHistory.objects.count() == 1


def test_a_letter_without_a_reply_goes_out_again_and_then_fails(cast, rtc, queues):
    row = actions.request_sync(rtc, by=cast.alice)
    for times in range(1, 4):
        tasks.publish_letters()
        assert [one["correlation_id"] for one in taken(queues, "RTC-MT")] == [row.message_reference]
        assert RtcMessageHistory.objects.get().attempts == times
        RtcMessageHistory.objects.update(due_at=timezone.now())
    tasks.publish_letters()
    row.refresh_from_db()
    assert (taken(queues, "RTC-MT"), row.delivery_status, row.delivery_status_info) == ([], "failed", "no reply")


def test_while_the_broker_is_away_letters_wait(cast, rtc, queues, monkeypatch):
    actions.request_sync(rtc, by=cast.alice)

    def away(*_args, **_kwargs):
        raise ConnectionRefusedError("away")

    with monkeypatch.context() as broken:
        broken.setattr(broker, "publish", away)
        tasks.publish_letters()
    row = RtcMessageHistory.objects.get()
    assert (row.step, row.attempts, row.delivery_status) == ("queued", 0, None)
    RtcMessageHistory.objects.update(due_at=timezone.now())
    tasks.publish_letters()
    assert len(taken(queues, "RTC-MT")) == 1


def test_the_reader_puts_aside_what_it_cant_handle(rtc, queues, monkeypatch):
    """Through the queues of this process; test_rabbitmq.py does it with a broker."""
    from apps.connectivity.wire import consumer

    broker.publish(queues, "RTC-MO", mo([4, [[1517927343, "Connected"]]]))
    broker.publish(queues, "RTC-MO", mo([4, []], ident="Aeris/10.0.0.1"))
    reader = consumer.Consumer()
    looks = []

    def look(connection):
        looks.append(1)
        if len(looks) > 8:
            reader.stop()
        reader_look(connection)

    reader_look = reader._look
    monkeypatch.setattr(consumer, "TICK", 0.05)
    monkeypatch.setattr(reader, "_look", look)
    reader.start()
    assert RtcMoMessageHistory.objects.get().processing_status == "processed"
    assert [one["ident"] for one in taken(queues, "RTC-MO.Dead-Letter")] == ["Aeris/10.0.0.1"]
    assert taken(queues, "RTC-MO") == []
