"""OpenPAYGO Metrics: who gets in, what a repeat gets, what is kept, what is answered (contract/actions.md)."""

import datetime as dt
import json
import time

import cbor2
import pytest
from django.test import Client
from django.utils import timezone

from apps.dcm import queries
from apps.dcm.models import OfflineToken, PaymentCommand, TokenKey
from apps.gateway.models import DataFormat
from apps.gateway.openpaygo.wire import MOST
from apps.gateway.tests.metrics import DOOR, KEY, Speaker, give_key
from apps.products.models import Connection, ProductType
from apps.telemetry import store
from tests import reference
from tests.cast import make_cast, make_unit
from tests.races import at_once

pytestmark = pytest.mark.django_db
DAY = 86_400
METHODS = ("ta", "ca", "da", "ra")


@pytest.fixture
def unit(cast):
    unit = make_unit("010101234560005", entity=cast.a, dcm_enabled_flag=True)
    give_key(unit)
    return unit


def pay(call, cast, unit, transaction_id, days=1, *, category="payment", token=False):
    where = f"/v1/products/{unit.product_imei}/"
    value = round(days * DAY) if category == "payment" else 0
    body = {"category": category, "value": value, "transaction_id": transaction_id}
    assert call(cast.tina, "POST", f"{where}add_payment_command", body).status_code == 201
    if token:
        answer = call(cast.tina, "POST", f"{where}offline_token", {"transaction_id": transaction_id})
        assert answer.status_code == 201, answer.content
        return answer.json()["data"]["token"]
    return None


def latest(unit):
    return {name: value for name, (_at, value) in store.latest(unit.subject).items()}


@pytest.mark.parametrize("cbor", [False, True])
@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_lets_a_unit_in(unit, method, short, cbor):
    speaker = Speaker(unit, method, short=short, cbor=cbor)
    stamp = {"timestamp": int(time.time())} if method == "ta" else {}
    said = speaker.signed(data={"voltage": 12.5}, **stamp)
    answer = speaker.send(said, "/v1/openpaygo/dd" if short else DOOR)
    assert answer.status_code == 201, answer.content
    assert answer["Content-Type"] == ("application/cbor" if cbor else "application/json")
    name = "sn" if short else "serial_number"
    assert speaker.read(answer)[name] == unit.serial_number
    assert speaker.proves(answer, said)
    assert latest(unit) == {"voltage": 12.5}
    assert Connection.objects.filter(product=unit).count() == 1


@pytest.mark.parametrize("method", METHODS)
def test_one_401_for_every_doubt(unit, method):
    speaker = Speaker(unit, method)
    stamp = {"timestamp": 1_700_000_000} if method == "ta" else {}
    assert speaker.say(data={"v": 1}, **{name: value + 5 for name, value in stamp.items()}).status_code == 201
    said = speaker.signed(data={"v": 2}, **{name: value + 9 for name, value in stamp.items()})
    wrong = said["auth"][:-1] + ("0" if said["auth"][-1] != "0" else "1")
    older = {"request_count": 1} if method != "ta" else stamp
    speaker.say(data={"v": 2}, **({} if method != "ta" else {"timestamp": 1_700_000_007}))
    doubts = [
        said | {"auth": wrong}, said | {"auth": "zz" + said["auth"][2:]}, said | {"auth": method + "x" * 16},
        said | {"auth": method}, said | {"serial_number": "nobody"}, speaker.signed(data={"v": 1}, **older),
    ]  # fmt: skip
    answers = {(speaker.send(one).status_code, speaker.send(one).content) for one in doubts[:3] + doubts[4:]}
    assert len(answers) == 1
    assert answers.pop()[0] == 401
    assert speaker.send(doubts[3]).json()["code"] == "bad_metrics"
    assert Connection.objects.filter(product=unit).count() == 2
    if method in ("da", "ra"):
        assert speaker.send(said | {"data": {"v": 3}}).status_code == 401


def test_simple_auth_is_for_product_types_that_allow_it(unit):
    speaker = Speaker(unit, "sa")
    assert speaker.say(data={"v": 1}).status_code == 401
    ProductType.objects.filter(pk=unit.product_type_id).update(simple_auth_allowed=True)
    assert speaker.say(data={"v": 1}).status_code == 201
    assert speaker.say(data={"v": 1}, request_count=1).status_code == 401


@pytest.mark.parametrize("cbor", [False, True])
def test_an_equal_request_gets_the_stored_answer(unit, call, cast, cbor):
    code = pay(call, cast, unit, "p1", token=True)
    speaker = Speaker(unit, "ra", cbor=cbor)
    said = speaker.signed(data={"token_count": 0, "active_seconds_left": 50})
    first = speaker.send(said)
    assert speaker.read(first) == {"serial_number": unit.serial_number, "token_list": [code]}
    call(cast.tina, "PUT", f"/v1/products/{unit.product_imei}/offline_token", {"transaction_id": "p1", "entered": True})
    again = speaker.send(said)
    assert (again.status_code, again.content) == (201, first.content)
    assert Connection.objects.filter(product=unit).count() == 1
    assert speaker.read(speaker.say(data={"token_count": 2}))["token_list"] == []


def test_its_hash_may_be_short_long_or_in_capitals(unit):
    speaker = Speaker(unit, "ca")
    for number in range(1, 400):  # one in 16 has a leading zero, which the package leaves out
        said = speaker.signed(data={"v": 1}, request_count=number)
        if len(said["auth"]) < 18:
            break
    padded = said | {"auth": "ca" + said["auth"][2:].zfill(16).upper()}
    assert speaker.send(padded).status_code == 201


def test_texts_may_be_signed_as_they_are(unit):
    from siphash import SipHash_2_4

    speaker = Speaker(unit, "da")
    assert speaker.say(data={"place": "Gisenyi – é"}).status_code == 201
    said = {"serial_number": unit.serial_number, "request_count": 2, "data": {"place": "é"}}
    text = f'{unit.serial_number}2{{"place":"é"}}'
    said["auth"] = f"da{SipHash_2_4(bytes.fromhex(KEY), text.encode()).hash():x}"
    assert speaker.send(said).status_code == 201
    assert latest(unit)["place"] == "é"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"data": None}, "data"), ({"data": 7}, "data"), ({"historical_data": [1]}, "historical_data"),
        ({"historical_data": {}}, "historical_data"), ({"request_count": None}, "request_count"),
        ({"request_count": 0}, "request_count"), ({"request_count": 1.5}, "request_count"),
        ({"request_count": True}, "request_count"), ({"timestamp": "now"}, "timestamp"), ({"auth": None}, "auth"),
        ({"auth": 7}, "auth"), ({"serial_number": None}, "serial_number"), ({"serial_number": 7}, "serial_number"),
        ({"data_format": {}, "data_format_id": 1}, "data_format"), ({"data_format_id": 99}, "data_format_id"),
        ({"data_format_id": "1"}, "data_format_id"), ({"data_format": []}, "data_format"), ({"sn": "x"}, "serial_number"),
        ({"data_format": {"data_order": "x"}}, "data_format.data_order"), ({"accessories": {}}, "accessories"),
        ({"data_format": {"variables": {"v": {"scale_factor": "x"}}}}, "data_format.variables.v.scale_factor"),
        ({"data_collection_timestamp": -1}, "data_collection_timestamp"),
    ],
)  # fmt: skip
def test_a_bad_frame_is_named(unit, change, field):
    speaker = Speaker(unit)
    said = {name: value for name, value in (speaker.signed(data={"v": 1}) | change).items() if value is not None}
    answer = speaker.send(said)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_metrics"), answer.content
    assert field in answer.json()["validation_errors"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"data": [1]}, "data"), ({"historical_data": [{"v": 1}]}, "historical_data[0]"),
        ({"data": {"token_count": -1}}, "data.token_count"), ({"data": {"token_count": "1"}}, "data.token_count"),
        ({"data": {"active_seconds_left": -1}}, "data.active_seconds_left"), ({"data": {"a b": 1}}, "data.a b"),
        ({"data": {"asl": 1, "active_seconds_left": 1}}, "active_seconds_left"),
        ({"historical_data": [{"timestamp": "x", "v": 1}]}, "historical_data[0].timestamp"),
        ({"historical_data": [{"timestamp": 1e308, "v": 1}]}, "historical_data[0].timestamp"),
        ({"historical_data": [{"timestamp": -1, "v": 1}]}, "data.v"),
        ({"data": [1, 2], "data_format": {"data_order": ["v"]}}, "data"),
    ],
)  # fmt: skip
def test_bad_values_are_named_and_use_up_nothing(unit, said, field):
    speaker = Speaker(unit, "ra")
    answer = speaker.say(**said)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_metrics"), answer.content
    assert field in answer.json()["validation_errors"]
    assert Connection.objects.count() == 0
    assert speaker.say(data={"v": 1}, request_count=1).status_code == 201


@pytest.mark.parametrize("raw", [b"\xff\xff", b"{", b"[]", b"7", b"\xff", b"\xa1\x01" * 9, b"\x81" * 500 + b"\x01"])
@pytest.mark.parametrize("kind", ["application/json", "application/cbor"])
def test_no_bytes_break_the_door(unit, raw, kind):
    for door in (DOOR, "/v1/openpaygo/dd", "/v1/openpaygo/data_format"):
        answer = Client(raise_request_exception=False).generic("POST", door, raw, content_type=kind)
        body = cbor2.loads(answer.content) if kind == "application/cbor" else answer.json()
        assert (answer.status_code, body["code"]) == (400, "bad_metrics")


def test_4096_kilobytes_are_taken_and_no_more(unit):
    speaker = Speaker(unit)
    said = speaker.signed(data={"v": 1}, extra="")
    said["extra"] = "x" * (MOST - len(json.dumps(said)))
    assert speaker.send(said).status_code == 201
    said = speaker.signed(data={"v": 1}, extra=said["extra"] + "xx")
    answer = speaker.send(said)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_data_and_history_become_telemetry(unit, cast, call):
    form = {
        "data_order": ["token_count", "tampered", "firmware_version"], "historical_data_interval": -60,
        "historical_data_order": ["panel_voltage", "current", "timestamp"],
        "variables": {"tampered": {"name": "Tampered", "type": "bool"}, "current": {"name": "C", "scale_factor": 0.5}},
    }  # fmt: skip
    client = Client()
    made = [client.post("/v1/openpaygo/data_format", form, content_type="application/json") for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    key = made[0].json()["id"]
    assert made[0].json() == made[1].json() == {"id": key}
    mixed = dict(reversed(form.items()))
    cbor = client.post("/v1/openpaygo/data_format", cbor2.dumps(mixed), content_type="application/cbor")
    assert (cbor2.loads(cbor.content), DataFormat.objects.count()) == ({"id": key}, 1)
    speaker = Speaker(unit, "ra", short=True)
    base = int(time.time()) - 1000
    answer = speaker.say(
        timestamp=base, data_format_id=key, data=[0, 1, "1.14.2"],
        historical_data=[[17.5, 4], [15.7], {"2": base - 500, "1": 2}, {"relative_time": -10, "panel_voltage": 1}],
    )  # fmt: skip
    assert answer.status_code == 201, answer.content
    where = f"{DOOR}?serial_number={unit.serial_number}"
    told = call(cast.bob, "GET", where).json()
    assert told["data"] == {
        "token_count": 0, "tampered": True, "firmware_version": "1.14.2", "panel_voltage": 17.5, "current": 2.0,
    }  # fmt: skip
    steps = {step.pop("timestamp"): step for step in told["historical_data"]}
    assert steps[base] == {"token_count": 0, "tampered": True, "firmware_version": "1.14.2", "panel_voltage": 17.5, "current": 2.0}  # fmt: skip
    assert (steps[base - 60], steps[base - 500], steps[base - 510]) == (
        {"panel_voltage": 15.7}, {"current": 1.0}, {"panel_voltage": 1},
    )  # fmt: skip
    at = dt.datetime.fromtimestamp(base - 100, dt.UTC).replace(tzinfo=None).isoformat()
    assert len(call(cast.bob, "GET", f"{where}&to_datetime={at}").json()["historical_data"]) == 2
    assert call(None, "GET", where).status_code == 401
    assert call(cast.charlie, "GET", where).content == call(cast.bob, "GET", f"{DOOR}?serial_number=no").content
    assert call(cast.bob, "GET", f"{where}&from_datetime=x").status_code == 400


@pytest.mark.parametrize("name", ["dct", "dtc", "data_collection_timestamp"])
def test_what_was_collected_before_stands_at_that_time(unit, name):
    speaker = Speaker(unit)
    at = int(time.time()) - 5000
    assert speaker.send(speaker.signed(data={"v": 1}) | {name: at}).status_code == 201
    moment, _value = store.latest(unit.subject)["v"]
    assert int(moment.timestamp()) == at


def test_seconds_left_are_a_balance_report(unit, cast, call):
    speaker = Speaker(unit, short=True)
    assert speaker.say(data={"asl": 3600}).status_code == 201
    row = queries.balance_of(unit)
    assert (row.balance, row.reported_at is not None) == (3600, True)
    assert store.latest(unit.subject, measurement="dcm")["balance"][1] == 3600
    now = int(time.time())
    assert speaker.say(timestamp=now, data={"active_until_timestamp": now + 50}).status_code == 201
    assert queries.balance_of(unit).balance == 50


def test_a_reported_count_acknowledges(unit, cast, call):
    speaker = Speaker(unit)
    speaker.say(data={"v": 1})  # heard, so that a code is not yet the money
    codes = [pay(call, cast, unit, f"p{number}", token=True) for number in range(2)]
    answer = speaker.say(data={"token_count": 0})
    assert answer.json() == {"serial_number": unit.serial_number, "token_list": codes}
    assert PaymentCommand.objects.filter(status="acknowledged").count() == 0
    assert speaker.say(data={"token_count": 2}).json()["token_list"] == codes[1:]
    assert list(PaymentCommand.objects.order_by("pk").values_list("status", flat=True)) == ["acknowledged", None]
    assert [row.state for row in OfflineToken.objects.order_by("count")] == ["entered", "issued"]
    speaker.say(data={"token_count": 2**31 - 1})  # out of any reach: not believed
    assert TokenKey.objects.get().count == 4
    speaker.say(data={"token_count": 20})
    assert [row.state for row in OfflineToken.objects.order_by("count")] == ["entered", "dead"]
    assert TokenKey.objects.get().count == 20


def test_a_unit_that_asks_for_its_time_is_told_the_same_until_something_is_paid(unit, cast, call):
    speaker = Speaker(unit, "ra")
    said = speaker.signed(data={"active_seconds_left_requested": True})
    first = speaker.send(said)
    assert "active_seconds_left" not in first.json()  # nobody knows what it has
    speaker.say(data={"active_seconds_left": 1000})
    pay(call, cast, unit, "p1")
    for ask in ({"aslr": 1}, {"active_seconds_left_requested": True, "active_seconds_left": 990}):  # the first was lost
        said = speaker.signed(data=ask)
        answer = speaker.send(said)
        assert abs(answer.json()["active_seconds_left"] - 1000 - DAY) <= 5
        assert speaker.proves(answer, said)
    assert PaymentCommand.objects.get().status == "acknowledged"
    until = speaker.say(data={"active_until_timestamp_requested": True}).json()["active_until_timestamp"]
    assert abs(until - timezone.now().timestamp() - 1000 - DAY) <= 5
    pay(call, cast, unit, "z1", category="zero-command")
    assert speaker.say(data={"aslr": True}).json()["active_seconds_left"] == 0
    assert abs(PaymentCommand.objects.get(transaction_id="z1").final_balance.get().final_balance - 1000 - DAY) <= 5
    pay(call, cast, unit, "p2", token=True)
    assert speaker.say(data={"aslr": True, "token_count": 2}).json()["active_seconds_left"] >= DAY - 5


def test_accessories_speak_for_themselves(unit, cast):
    other = make_unit("010101234560013", entity=cast.a)
    give_key(other, secret_key="bc41ec9530f6dac86b1a29ab82edc5fb")
    inner = Speaker(other, "ra", key="bc41ec9530f6dac86b1a29ab82edc5fb").signed(data={"v": 7})
    speaker = Speaker(unit)
    answer = speaker.say(data={"v": 1}, accessories=[inner, {"sn": "nobody"}, 7])
    assert (answer.status_code, latest(unit), latest(other)) == (201, {"v": 1}, {"v": 7})


@pytest.mark.django_db(transaction=True)
def test_one_request_at_once_is_kept_once():
    reference.fill()
    cast = make_cast()
    unit = make_unit("010101234560005", entity=cast.a)
    give_key(unit)
    said = Speaker(unit, "ra").signed(data={"v": 1, "token_count": 0})
    answers = at_once(8, lambda: Speaker(unit).send(said))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert Connection.objects.count() == 1
