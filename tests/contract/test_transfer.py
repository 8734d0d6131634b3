"""export_tables and import_tables: a data set moves house whole, or not at all."""

import json

import pytest
from django.core.management import CommandError, call_command

from apps.core.crypto import MASK
from apps.parts.models import Part
from apps.products.models import Product, ProductType
from apps.transfer.dataset import moved
from tests.cast import Device, make_unit
from tests.factories import make

pytestmark = pytest.mark.django_db


def export(path, **options):
    call_command("export_tables", str(path), verbosity=0, **options)
    return json.loads(path.read_text())


def load(tmp_path, data):
    path = tmp_path / "in.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    call_command("import_tables", str(path))


def test_every_table_comes_back_as_it_went(cast, tmp_path):
    for table in moved().values():
        make(table.model, cast.a)
    before = export(tmp_path / "a.json", secrets=True)
    assert all(before[name] for name in moved())
    assert before["products"][0]["product_imei"]
    ProductType.objects.filter(pk=1).update(name="changed meanwhile")
    load(tmp_path, before)
    after = export(tmp_path / "b.json", secrets=True)
    for name in moved():
        assert after[name] == before[name], name


def test_keys_leave_only_when_asked_for_and_masks_change_nothing(cast, tmp_path):
    unit = make_unit("010101234560005", entity=cast.a)
    plain = (tmp_path / "plain.json", tmp_path / "secret.json")
    masked, whole = export(plain[0]), export(plain[1], secrets=True)
    assert unit.device_key not in plain[0].read_text()
    assert masked["products"][0]["device_key"] == MASK
    assert whole["products"][0]["device_key"] == unit.device_key
    assert plain[0].stat().st_mode & 0o077 == 0
    load(tmp_path, masked)
    assert Device(Product.objects.get(pk=unit.pk)).report(enabled=False).status_code == 200
    assert Part.objects.get(part_type_id=77).device_key == unit.device_key
    whole["products"][0]["device_key"] = "n" * 24
    load(tmp_path, whole)
    assert Product.objects.get(pk=unit.pk).device_key == "n" * 24


def test_it_takes_rows_in_any_order_of_tables_and_the_next_row_has_a_fresh_key(cast, call, tmp_path):
    load(
        tmp_path,
        {
            "hubs": [{"hub_id": 70, "name": "Hub", "entity_id": 500}],
            "entities": [
                {
                    "entity_id": 500,
                    "name": "New",
                    "bboxx_company_flag": True,
                    "created_by": "x@example.org",
                    "created_at": "2015-01-01T00:00:00",
                }
            ],
        },
    )
    row = call(cast.root, "GET", "/v1/entities/500").json()
    assert (row["created_by"], row["created_at"]) == ("x@example.org", "2015-01-01T00:00:00")
    highest = max(500, cast.a.pk, cast.b.pk)  # PostgreSQL's sequences rise from test to test
    following = call(cast.root, "POST", "/v1/entities", {"name": "Next", "bboxx_company_flag": False}).json()
    assert following["entity_id"] == highest + 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"nowhere": [{}]}, "nowhere: no such table"), ({"hubs": [5]}, "hubs: a row must be an object"), ("{", "no JSON"), ("[1]", "one JSON object"),
        ({"hubs": [{"name": "x"}]}, "without hub_id"), ({"hubs": [{"hub_id": 1, "name": "x", "entity_id": 1, "zz": 1}]}, "hubs 1: zz is no column"),
        ({"hubs": [{"hub_id": 1, "entity_id": 1}]}, "hubs 1: name is required"), ({"hubs": [{"hub_id": "x", "name": "x", "entity_id": 1}]}, "hub_id must be a whole number"),
        ({"hubs": [{"hub_id": 7, "name": "x", "entity_id": 99999}]}, "accounts_hub"), ({"state_types": [{"state_type_id": 99, "name": "STORED"}]}, "state_types, keys 99"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named_and_nothing_is_kept(cast, tmp_path, data, words):
    if isinstance(data, dict):
        data = {"product_types": [{"product_type_id": 77, "name": "Good"}]} | data
    with pytest.raises(CommandError, match=words):
        load(tmp_path, data)
    assert not ProductType.objects.filter(pk=77).exists()
