"""IMEI, IMSI, ICCID, serial and device key are unique over boards and units together, also on the shelf and at once."""

import contextlib
import itertools
import threading
from collections import Counter

import pytest
from django.db import connection
from stdnum.iso7064 import mod_37_36

from apps.core import crypto
from apps.core.actors import SYSTEM
from apps.core.levels import Level
from apps.events import wake
from apps.factory import actions, numbers
from apps.factory.actions import boards, units
from apps.factory.kinds import BOARDS
from apps.factory.models import Serial
from apps.parts.models import Part
from apps.products.models import Product
from tests import reference
from tests.cast import Caller, make_cast, make_unit
from tests.races import at_once

FIRST = {"imei": "010101234560005", "imsi": "213514135171353", "device_key": "a" * 24, "iccid": "66685607592181745482"}
SECOND = {"imei": "010101234560013", "imsi": "213514135171354", "device_key": "b" * 24, "iccid": "66685607592181745490"}
WAYS = ("parts/create_tiger_pcb", "parts/create_koala_pcb", "products/create_hub2")


@pytest.mark.django_db
@pytest.mark.parametrize("field", FIRST)
@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("second", WAYS)
def test_a_number_is_given_once_wherever_it_stands(cast, call, field, first, second):
    maker = cast.users["GLOBAL", Level.FACTORY]
    assert call(maker, "POST", f"/v1/{first}", FIRST).status_code in (200, 201)
    before = Part.objects.count(), Product.objects.count(), Serial.objects.count()
    answer = call(maker, "POST", f"/v1/{second}", SECOND | {field: FIRST[field]})
    assert (answer.status_code, answer.json()["code"]) == (400, "duplicate")
    assert answer.json()["validation_errors"] == {field: "is already in use"}
    assert before == (Part.objects.count(), Product.objects.count(), Serial.objects.count())


@pytest.mark.django_db
@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize(("field", "other"), [("imei", "imsi"), ("imsi", "imei")])
def test_nor_as_another_kind_of_number(cast, call, first, field, other):
    maker = cast.users["GLOBAL", Level.FACTORY]
    call(maker, "POST", f"/v1/{first}", FIRST)
    answer = call(maker, "POST", "/v1/parts/create_tiger_pcb", SECOND | {field: FIRST[other]})
    assert (answer.status_code, list(answer.json()["validation_errors"])) == (400, [field])


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["imsi", "iccid", "device_key", "serial_number"])
def test_the_tables_ask_too(cast, call, field):
    """A unit, and a board, changed or made through its table beside a board on the shelf."""
    made = call(cast.root, "POST", "/v1/parts/create_hyena_pcb", FIRST).json()["data"]["pcb"]["properties"]
    unit = make_unit(SECOND["imei"])
    answer = call(cast.root, "PUT", f"/v1/products/{unit.product_imei}", {field: made[field]})
    assert (answer.status_code, list(answer.json()["validation_errors"])) == (400, [field])
    carried = {"imsi": "1" * 15, "device_key": "c" * 24, "serial_number": "N-1"} | {field: made[field]}
    board = {"serial_number": "010101234560021", "part_type_id": 77, "properties": carried}
    answer = call(cast.root, "POST", "/v1/parts", board)
    assert (answer.status_code, list(answer.json()["validation_errors"])) == (400, ["properties"])
    assert field in answer.json()["validation_errors"]["properties"]
    held = {"imsi": unit.imsi, "device_key": unit.device_key, "serial_number": unit.serial_number}.get(field)
    if held:
        answer = call(cast.root, "POST", "/v1/parts", board | {"properties": carried | {field: held}})
        assert (answer.status_code, list(answer.json()["validation_errors"])) == (400, ["properties"])


@pytest.mark.django_db
def test_a_battery_is_put_in_once(cast, call):
    maker, battery = cast.users["GLOBAL", Level.FACTORY], {"part_type_id": 72, "serial_number": "B-1"}
    assert call(maker, "POST", "/v1/products/create_enterprise", FIRST | {"battery": battery}).status_code == 200
    answer = call(maker, "POST", "/v1/products/create_enterprise", SECOND | {"battery": battery})
    assert answer.json()["validation_errors"] == {"battery.serial_number": "is already in use"}
    both = SECOND | {"battery": battery, "imsi": FIRST["imsi"]}
    answer = call(maker, "POST", "/v1/products/create_enterprise", both)
    assert sorted(answer.json()["validation_errors"]) == ["battery.serial_number", "imsi"]
    own = SECOND | {"battery": battery | {"serial_number": SECOND["imei"]}}
    answer = call(maker, "POST", "/v1/products/create_enterprise", own)
    assert (answer.status_code, list(answer.json()["validation_errors"])) == (400, ["battery.serial_number"])
    assert (Product.objects.count(), Part.objects.count()) == (1, 3)


@pytest.mark.django_db
def test_keys_are_compared_by_digest(cast, call, monkeypatch):
    """However many boards there are, the only keys opened are those that are equal."""
    for number in range(5):
        actions.create_board(
            board=BOARDS["tiger"], imei=f"01010123457{number:04d}", imsi=f"90170000000{number:04d}",
            device_key=f"{number:024d}", by=SYSTEM,
        )  # fmt: skip
    opened = []
    decrypt = crypto.decrypt
    monkeypatch.setattr(crypto, "decrypt", lambda *args: opened.append(1) or decrypt(*args))
    assert call(cast.root, "POST", "/v1/parts/create_tiger_pcb", FIRST).status_code == 200
    assert opened == []
    taken = SECOND | {"device_key": f"{3:024d}"}
    assert call(cast.root, "POST", "/v1/parts/create_tiger_pcb", taken).status_code == 400
    assert len(opened) == 1


@pytest.fixture
def stage(transactional_db, monkeypatch):
    monkeypatch.setattr(wake, "relay_soon", lambda: None)
    reference.fill()
    return make_cast()


@pytest.fixture
def meeting(monkeypatch):
    """Two calls meet between the look at the numbers and the writing, where nothing holds the second back."""
    barrier, draw = threading.Barrier(2), boards.draw

    def slowly(*args, **given):
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=1)
        return draw(*args, **given)

    monkeypatch.setattr(boards, "draw", slowly)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("field", ["imsi", "device_key"])
@pytest.mark.parametrize("locked", [True, False], ids=["locked", "control"])
def test_of_two_boards_made_at_once_one_gets_the_number(stage, meeting, monkeypatch, field, locked):
    if not locked:
        monkeypatch.setattr(numbers, "alone", lambda what: None)
    bodies = iter([FIRST, SECOND | {field: FIRST[field]}])
    statuses = Counter(
        answer.status_code
        for answer in at_once(2, lambda: Caller()(stage.root, "POST", "/v1/parts/create_hyena_pcb", next(bodies)))
    )
    if locked or connection.vendor == "sqlite":  # there a transaction that writes is alone anyway
        assert statuses == {200: 1, 400: 1}
    else:
        assert statuses == {200: 2}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("field", ["imei", "iccid"])
def test_what_the_database_holds_unique_is_named_without_the_lock_too(stage, meeting, monkeypatch, field):
    monkeypatch.setattr(numbers, "alone", lambda what: None)
    bodies = iter([FIRST, SECOND | {field: FIRST[field]}])
    answers = at_once(2, lambda: Caller()(stage.root, "POST", "/v1/parts/create_hyena_pcb", next(bodies)))
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    refused = next(answer for answer in answers if answer.status_code == 400)
    assert list(refused.json()["validation_errors"]) == [field]


@pytest.mark.django_db(transaction=True)
def test_a_board_and_a_unit_written_at_once(stage, meeting):
    unit = make_unit(SECOND["imei"])
    works = iter([
        ("POST", "/v1/parts/create_hyena_pcb", FIRST),
        ("PUT", f"/v1/products/{unit.product_imei}", {"imsi": FIRST["imsi"]}),
    ])  # fmt: skip
    answers = at_once(2, lambda: Caller()(stage.root, *next(works)))
    assert sorted(answer.status_code for answer in answers) == [200, 400]


@pytest.mark.django_db(transaction=True)
def test_of_one_board_one_unit_is_made_at_once(stage):
    Caller()(stage.root, "POST", "/v1/parts/create_hyena_pcb", FIRST)
    body = {"pcb_imei": FIRST["imei"]}
    statuses = Counter(
        answer.status_code
        for answer in at_once(6, lambda: Caller()(stage.root, "POST", "/v1/products/create_product/hub2", body))
    )
    assert statuses == {200: 1, 400: 5}
    assert Product.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_battery_in_two_units_at_once(stage, monkeypatch):
    """Without the lock even: parts have doors of their own."""
    monkeypatch.setattr(numbers, "alone", lambda what: None)
    monkeypatch.setattr(units, "alone", lambda what: None)
    battery = {"part_type_id": 72, "serial_number": "B-1"}
    bodies = iter([FIRST | {"battery": battery}, SECOND | {"battery": battery}])
    answers = at_once(2, lambda: Caller()(stage.root, "POST", "/v1/products/create_enterprise", next(bodies)))
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    assert Part.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_serials_made_at_once_are_all_different_and_check(stage):
    counted, kinds = itertools.count(1), itertools.cycle(BOARDS.values())
    each = iter([[(next(counted), next(kinds)) for _ in range(6)] for _ in range(6)])

    def make():
        return [
            actions.create_board(
                board=board, imei=f"0101012345{number:05d}", imsi=f"9017000000{number:05d}", device_key=f"{number:024d}",
                by=SYSTEM,
            ).pcb.unit_serial
            for number, board in next(each)
        ]  # fmt: skip

    found = [serial for serials in at_once(6, make) for serial in serials]
    assert len(found) == len(set(found)) == 36 == Serial.objects.count()
    assert len({serial.split("-")[1] for serial in found}) == 36
    for serial in found:
        assert mod_37_36.is_valid(serial.replace("-", ""))
        assert serial.split("-")[0] in {board.code for board in BOARDS.values()}
