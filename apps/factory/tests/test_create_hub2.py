"""POST /v1/products/create_hub2: board, SIM, serial and unit, or nothing."""

import pytest

from apps.core.crypto import MASK
from apps.factory.models import Serial
from apps.factory.serials import check_character
from apps.parts.models import Part
from apps.products.models import Product
from apps.repairs.models import PartProductLinker

pytestmark = pytest.mark.django_db
URL = "/v1/products/create_hub2"
KEY = "4ab1ab3ab1ab7ab9ab1ab4ab"
BODY = {
    "imsi": "213514135171353",
    "imei": "010101234560005",
    "device_key": KEY,
    "product": {"assembler": "Assembly House 1"},
}


@pytest.fixture
def maker(cast):
    return cast.users["GLOBAL", next(level for _, level in cast.users if level.value == "FACTORY")]


def test_the_documented_example(maker, call):
    answer = call(maker, "POST", URL, BODY)
    data = answer.json()["data"]
    serial = data["product"]["serial_number"]
    number = Serial.objects.get().pk
    assert serial == f"HB000501-{number:06d}-{check_character('HB000501', number)}"
    assert answer.status_code == 200
    assert answer.json()["message"] == f"Hub2Product: {serial} - (010101234560005) created."
    pcb, sim = Part.objects.order_by("pk")
    assert data == {
        "pcb": {"part_id": pcb.pk, "part_type_id": 77, "serial": "010101234560005"},
        "product": {
            "device_key": KEY, "imsi": "213514135171353", "product_imei": "010101234560005", "product_type_id": 7,
            "serial_number": serial, "assembler": "Assembly House 1",
        },
        "sim": {"imsi": "213514135171353", "part_id": sim.pk, "part_type_id": 43},
    }  # fmt: skip
    unit = Product.objects.get()
    assert set(PartProductLinker.objects.filter(product=unit).values_list("part_id", flat=True)) == {
        pcb.pk,
        sim.pk,
    }
    assert (unit.latest_state.prev_state_type_id, unit.latest_state.current_state_type_id) == (1, 2)
    assert list(unit.product_entity_linker.values_list("entity_id", flat=True)) == [1]


def test_the_key_is_shown_once_and_encrypted_at_rest(maker, call, cast):
    from django.db import connection

    call(maker, "POST", URL, BODY)
    for path in (
        "/v1/products",
        "/v1/products/010101234560005",
        "/v1/parts",
        f"/v1/parts/{Part.objects.first().pk}",
    ):
        answer = call(cast.root, "GET", path)
        assert KEY.encode() not in answer.content
        assert MASK.encode() in answer.content
    with connection.cursor() as cursor:
        for table in ("products_product", "parts_part"):
            cursor.execute(f"SELECT * FROM {table}")
            assert KEY not in str(cursor.fetchall())
    assert Product.objects.get().device_key == Part.objects.get(part_type_id=77).device_key == KEY


def test_the_iccid_is_the_sims_serial_where_it_is_given(maker, call):
    call(maker, "POST", URL, BODY | {"iccid": "66685607592181745482"})
    assert Part.objects.get(part_type_id=43).serial_number == "66685607592181745482"
    assert Product.objects.get().iccid == "66685607592181745482"


@pytest.mark.parametrize("field", ["imei", "imsi", "device_key", "iccid"])
def test_a_repetition_is_refused_by_the_fields_name_and_makes_nothing(maker, call, field):
    first = BODY | {"iccid": "66685607592181745482"}
    second = {
        "imei": "010101234560006",
        "imsi": "213514135171354",
        "device_key": "f" * 24,
        "iccid": "66685607592181745483",
    }
    assert call(maker, "POST", URL, first).status_code == 200
    answer = call(maker, "POST", URL, second | {field: first[field]})
    assert (answer.status_code, answer.json()["code"]) == (400, "duplicate")
    assert answer.json()["validation_errors"] == {field: "is already in use"}
    assert (Product.objects.count(), Part.objects.count(), Serial.objects.count()) == (1, 2, 1)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"imei": ""}, "imei"), ({"imei": "1" * 21}, "imei"), ({"imei": "a b"}, "imei"), ({"imei": 5}, "imei"),
        ({"imei": None}, "imei"), ({"imsi": "12ab"}, "imsi"), ({"imsi": "1" * 16}, "imsi"), ({"device_key": "short"}, "device_key"),
        ({"device_key": "x" * 25}, "device_key"), ({"device_key": "\u00e9" * 20}, "device_key"), ({"iccid": "1"}, "iccid"),
        ({"pcb_part_type_id": 99999}, "pcb_part_type_id"), ({"sim_part_type_id": "43"}, "sim_part_type_id"),
        ({"product": {"assembler": 5}}, "product.assembler"), ({"product": []}, "product"),
    ],
)  # fmt: skip
def test_a_bad_field_is_named(maker, call, change, field):
    answer = call(maker, "POST", URL, BODY | change)
    assert (answer.status_code, list(answer.json()["validation_errors"])) == (400, [field])
    assert Product.objects.count() == Part.objects.count() == 0


def test_a_check_character_catches_every_slip_and_swap():
    code, number = "HB000501", 84031
    right = f"{code}{number:06d}{check_character(code, number)}"
    from stdnum.iso7064 import mod_37_36

    assert mod_37_36.is_valid(right)
    for place in range(len(right)):
        for other in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            slip = right[:place] + other + right[place + 1 :]
            assert mod_37_36.is_valid(slip) == (slip == right)
