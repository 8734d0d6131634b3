"""POST /v1/upload_tool_log: what each tool may send, and where it is kept."""

import datetime as dt
import json

import pytest

from apps.core.levels import Level
from apps.factory.models import BatteryTestResult, FactoryLog
from apps.factory.models import TestJigTestResult as JigResult
from apps.products.models import Home2StockPreparationTracking, Product
from apps.telemetry.models import Series
from tests.cast import make_unit

pytestmark = pytest.mark.django_db
URL = "/v1/upload_tool_log"
MESSAGE = (
    '{"serials": {"pcb": "BX0020-417157-M", "battery": "BT01090101-012042-0G9-3", "product": "BX0020-417157-M"}, '
    '"input_pv": {"value": "5.150", "pass": true}}'
)
LOG = {
    "time": "2020-11-05T10:25:30Z",
    "message": MESSAGE,
    "toolname": "bpower20_registration_production",
    "hostname": "CN-REG03",
    "machine_id": "593bfa0c",
    "passed": True,
    "product_imei": "866557056339858",
    "serial_number": "",
    "software_version": "0.3.0",
    "user": "line@example.org",
}
AT = dt.datetime(2020, 11, 5, 10, 25, 30, tzinfo=dt.UTC)
COMMON = {"machine_id", "user", "software_version", "passed", "serial_number"}
PERMITTED = {
    "tiger_test_jig_production": COMMON | {"jig_id"},
    "tiger_test_jig_repair": COMMON | {"jig_id", "product_imei", "count"},
    "koala_test_jig_production": COMMON | {"jig_id", "product_imei", "hostname", "control_board_revision"},
    "bpower20_registration_production": COMMON | {"hostname", "product_imei"},
    "bpower50_registration_production": COMMON | {"hostname", "product_imei"},
}
VALUES = {"passed": False, "count": 3}


def log(toolname, **given):
    return {"time": "2020-11-05T10:25:30Z", "message": MESSAGE, "toolname": toolname} | given


def test_the_documented_example(cast, call):
    answer = call(cast.root, "POST", URL, LOG)
    assert (answer.status_code, answer.json()) == (
        201, {"data": None, "status": "success", "message": "Log uploaded successfully"},
    )  # fmt: skip
    row = FactoryLog.objects.get()
    assert (row.app_name, row.product_imei, row.timestamp, row.created_by) == (
        "bpower20_registration_production", "866557056339858", AT, cast.root.email,
    )  # fmt: skip
    assert row.tags == {
        "hostname": "CN-REG03", "machine_id": "593bfa0c", "software_version": "0.3.0", "user": "line@example.org",
    }  # fmt: skip
    assert row.fields == {"message": MESSAGE, "passed": True, "product_imei": "866557056339858"}
    assert set(Series.objects.values_list("subject", "measurement")) == {("board:866557056339858", "tool_log")}
    assert JigResult.objects.count() == 0


def test_a_log_of_a_known_unit_is_its_telemetry(cast, call, unit):
    call(cast.root, "POST", URL, LOG | {"product_imei": unit.product_imei})
    where = f"/v1/products/{unit.product_imei}/data?measurement=tool_log&start=2020-11-01&end=2020-11-10"
    data = call(cast.root, "GET", where).json()["data"]
    assert data["message"] == [[MESSAGE, "2020-11-05T10:25:30Z"]]
    assert data["passed"] == [[True, "2020-11-05T10:25:30Z"]]
    logs = call(cast.root, "GET", "/v1/factory_logs").json()["objects"]
    assert logs[0]["timestamp"] == "2020-11-05T10:25:30"


@pytest.mark.parametrize("toolname", PERMITTED)
def test_each_tool_sends_its_fields_and_no_others(cast, call, toolname):
    every = set().union(*PERMITTED.values())
    for name in sorted(every | {"weather"}):
        body = log(toolname, **{name: VALUES.get(name, "x1")})
        answer = call(cast.root, "POST", URL, body)
        if name in PERMITTED[toolname]:
            assert answer.status_code == 201, (name, answer.content)
        else:
            assert (answer.status_code, list(answer.json()["validation_errors"])) == (400, [name])
    assert FactoryLog.objects.count() == len(PERMITTED[toolname])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"time": None}, "time"), ({"time": "yesterday"}, "time"), ({"time": "12:34"}, "time"), ({"time": True}, "time"),
        ({"time": [1]}, "time"), ({"time": 1e30}, "time"), ({"message": None}, "message"), ({"message": ""}, "message"),
        ({"message": {"a": 1}}, "message"), ({"message": "x" * 65537}, "message"), ({"message": "é" * 40000}, "message"),
        ({"toolname": "hammer"}, "toolname"), ({"toolname": 5}, "toolname"), ({"toolname": None}, "toolname"),
        ({"passed": "yes"}, "passed"), ({"passed": 1}, "passed"), ({"user": ["x"]}, "user"), ({"user": "x" * 256}, "user"),
        ({"product_imei": "1" * 21}, "product_imei"), ({"jig_id": "J1"}, "jig_id"), ({"count": 1}, "count"),
        ({"n" * 500: 1}, "n" * 80),
    ],
)  # fmt: skip
def test_a_bad_field_is_named_and_nothing_kept(cast, call, change, field):
    answer = call(cast.root, "POST", URL, LOG | change)
    assert (answer.status_code, list(answer.json()["validation_errors"])) == (400, [field])
    assert FactoryLog.objects.count() == Series.objects.count() == 0


@pytest.mark.parametrize("name", ["time", "message", "toolname"])
def test_three_fields_are_required(cast, call, name):
    answer = call(cast.root, "POST", URL, {key: value for key, value in LOG.items() if key != name})
    assert (answer.status_code, answer.json()["validation_errors"]) == (400, {name: "is required"})


def test_a_jig_in_production_finds_the_unit_by_its_serial(cast, call, unit):
    body = log(
        "tiger_test_jig_production", serial_number=unit.serial_number, passed=True, jig_id=4, software_version="1.2"
    )
    assert call(cast.root, "POST", URL, body).status_code == 201
    row = JigResult.objects.get()
    assert (row.product_id, row.passed, row.jig_id, row.jig_software_version, row.user) == (
        unit.product_imei, True, "4", "1.2", cast.root.email,
    )  # fmt: skip
    assert row.results == json.loads(MESSAGE)
    assert FactoryLog.objects.get().product_imei == unit.product_imei
    assert set(Series.objects.values_list("subject", flat=True)) == {unit.subject}


@pytest.mark.parametrize("toolname", ["tiger_test_jig_repair", "koala_test_jig_production"])
def test_jigs_leave_a_test_result_of_a_known_unit(cast, call, unit, toolname):
    body = log(
        toolname, product_imei=unit.product_imei, passed=False, user="bench@example.org", message="lamp 2 is dark"
    )
    call(cast.root, "POST", URL, body)
    row = JigResult.objects.get()
    assert (row.product_id, row.passed, row.user, row.results) == (
        unit.product_imei, False, "bench@example.org", "lamp 2 is dark",
    )  # fmt: skip
    call(cast.root, "POST", URL, body | {"product_imei": "000000000000000"})  # unknown
    call(cast.root, "POST", URL, {key: value for key, value in body.items() if key != "passed"})  # says neither
    assert (JigResult.objects.count(), FactoryLog.objects.count()) == (1, 3)


def test_a_board_that_is_no_unit_yet_has_its_imei_in_the_log(cast, call):
    board = {"imsi": "213514135171353", "imei": "010101234560005", "device_key": "a" * 24}
    made = call(cast.root, "POST", "/v1/parts/create_tiger_pcb", board).json()["data"]["pcb"]["properties"]
    call(cast.root, "POST", URL, log("tiger_test_jig_production", serial_number=made["serial_number"], passed=True))
    assert FactoryLog.objects.get().product_imei == "010101234560005"
    assert JigResult.objects.count() == 0


@pytest.mark.parametrize(
    "message",
    [
        "[1, 2",
        "NaN",
        '{"a": 1e999}',
        '{"a": "\\u0000"}',
        '{"\\u0000": 1}',
        "[" * 3000,
        '{"a": ' + "9" * 30 + "}",
        "17",
        '"x"',
    ],
)
def test_a_message_is_kept_whole_whatever_it_says(cast, call, unit, message):
    body = log("tiger_test_jig_repair", product_imei=unit.product_imei, passed=True, message=message)
    assert call(cast.root, "POST", URL, body).status_code == 201
    assert FactoryLog.objects.get().fields["message"] == message
    assert JigResult.objects.get().results == message


def test_64_kilobytes_are_kept_whole(cast, call, unit):
    message = "é" * 32768
    assert (
        call(cast.root, "POST", URL, LOG | {"message": message, "product_imei": unit.product_imei}).status_code == 201
    )
    assert FactoryLog.objects.get().fields["message"] == message


def test_somebody_of_an_entity_writes_nothing_to_a_foreign_unit(cast, call):
    foreign = make_unit("010101234560013", entity=cast.b)
    sender = cast.users["A", Level.SYSTEM]
    for given in ({"product_imei": foreign.product_imei}, {"serial_number": foreign.serial_number}):
        assert call(sender, "POST", URL, log("tiger_test_jig_repair", passed=True, **given)).status_code == 201
    assert JigResult.objects.count() == 0
    assert not Series.objects.filter(subject=foreign.subject).exists()
    assert list(FactoryLog.objects.values_list("product_imei", flat=True)) == [None, None]


def test_no_documented_tool_tests_batteries_or_prepares_stock(cast, call, unit):
    for toolname in PERMITTED:
        call(cast.root, "POST", URL, log(toolname, serial_number=unit.serial_number, passed=True))
    assert BatteryTestResult.objects.count() == Home2StockPreparationTracking.objects.count() == 0
    assert Product.objects.count() == 1


def test_only_system(cast, call):
    assert call(cast.users["GLOBAL", Level.FACTORY], "POST", URL, LOG).status_code == 403
    assert call(None, "POST", URL, LOG).status_code == 401
