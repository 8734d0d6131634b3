"""Related rows beside a record: one level, in scope, at most a hundred; and the contract's names for relations."""

import json
from pathlib import Path

import pytest
from django.conf import settings

from apps.api.q.relations import relations_of
from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.products.models import Product, ProductNote
from backoffice.catalogue import CATALOGUE
from tests.cast import make_unit

CONTRACT = json.loads((Path(settings.BASE_DIR) / "tests/contract/tables.json").read_text())["tables"]
# Named by the documentation without a table behind them, or as a relation where it is a column.
NAMED_ONLY = {("product", "migration_history"), ("repair", "repair_centre_id")}


def test_every_relation_of_the_contract_has_its_name():
    models = {table.path: table.model for table in CATALOGUE}
    missing = [
        (table["resource"], name)
        for table in CONTRACT
        if table["path"] and table["path"][4:] in models
        for name in table["relationships"]
        if name not in relations_of(models[table["path"][4:]]) and (table["resource"], name) not in NAMED_ONLY
    ]
    assert missing == []


@pytest.mark.django_db
def test_related_rows_stand_beside_the_record(cast, call, unit, django_assert_num_queries):
    other = make_unit("010101234560006", entity=cast.a)
    for number in range(105):
        new(ProductNote, by=SYSTEM, product=unit, note_text=f"note {number}")
    answer = call(
        cast.bob, "GET", f"/v1/products/{unit.product_imei}?include=notes,product_type,hub,software_lock"
    ).json()
    assert [note["note_text"] for note in answer["notes"]] == [f"note {number}" for number in range(100)]
    assert (answer["product_type"]["name"], answer["hub"], answer["software_lock"], answer["software_lock_row"]) == (
        "Hub 2",
        None,
        None,
        None,
    )
    with django_assert_num_queries(3):
        both = call(cast.bob, "GET", "/v1/products?include=notes").json()["objects"]
    assert [len(record["notes"]) for record in both] == [100, 0]
    assert both[1]["product_imei"] == other.product_imei


@pytest.mark.django_db
def test_what_is_included_keeps_to_the_scope_and_hides_secrets(cast, call, unit):
    make_unit("010101234560006", entity=cast.b)
    key = Product.objects.get(pk=unit.pk).device_key
    mine = call(cast.bob, "GET", "/v1/product_types/7?include=products")
    assert [record["product_imei"] for record in mine.json()["products"]] == [unit.product_imei]
    assert key.encode() not in mine.content
    people = call(cast.root, "GET", f"/v1/entities/{cast.a.pk}?include=users").json()["users"]
    assert len(people) == 5
    assert not {"password", "last_login"} & set(people[0])


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["nothing", "notes__product", "device_key", "tokens", "pk", "x" * 500])
def test_what_is_no_relation_is_refused(cast, call, unit, text):
    answer = call(cast.root, "GET", f"/v1/products/{unit.product_imei}?include={text}")
    assert (answer.status_code, list(answer.json()["data"])) == (400, ["include"])
