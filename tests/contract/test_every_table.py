"""One battery over every table of the catalogue, through HTTP."""

import json
from pathlib import Path

import pytest

from apps.accounts.models import Entity
from apps.core.crypto import MASK
from apps.core.levels import Level
from apps.core.models import META_COLUMNS
from apps.core.scope import GlobalOnly
from backoffice.catalogue import CATALOGUE
from tests.factories import body_of, body_value, make, sample

pytestmark = pytest.mark.django_db
CONTRACT = {
    table["path"].removeprefix("/v1/"): table
    for table in json.loads((Path(__file__).parent / "tables.json").read_text())["tables"]
    if table["path"]
}
BY_PATH = {table.path: table for table in CATALOGUE}
every_table = pytest.mark.parametrize("table", CATALOGUE, ids=lambda table: table.path)
creatable = pytest.mark.parametrize("table", [t for t in CATALOGUE if t.create], ids=lambda table: table.path)
editable = pytest.mark.parametrize("table", [t for t in CATALOGUE if t.edit], ids=lambda table: table.path)
# What we add to tables of the contract: actions.md has it in a repair's record.
OURS = {"repairs": {"repair_centre_id"}}
UNDESCRIBED = {"product_entity_linker", "tamper_enable_history", "product_groups", "part_parameters", "users"}


def url(table, row=None):
    return f"/v1/{table.path}" + (f"/{getattr(row, table.key.attname)}" if row is not None else "")


def writer(cast, table):
    """The lowest user who sees it all and may write."""
    return cast.root


@every_table
def test_columns_keys_and_levels_are_those_of_the_contract(table):
    if table.path not in CONTRACT:
        assert table.path in UNDESCRIBED  # named by the documentation, decided in design.md
        # The one writing door beside product_parameters (contract/actions.md, "Parameters").
        create = Level.SYSTEM if table.path == "part_parameters" else None
        assert (table.create, table.edit, table.delete) == (create, None, None)
        return
    contract = CONTRACT[table.path]
    fields = {field["name"]: field for field in contract["fields"]}
    assert set(table.columns) - set(META_COLUMNS) == (set(fields) - set(META_COLUMNS)) | OURS.get(table.path, set())
    assert fields[table.key.name]["primary_key"] is True
    levels = {method: spec["permission"] for method, spec in contract["methods"].items()}
    offered = {method: table.level_of(method) for method in ("GET", "POST", "PUT", "DELETE")}
    assert {method: level.value for method, level in offered.items() if level} == levels
    for name, column in table.columns.items():
        if column.meta or name in OURS.get(table.path, ()):
            continue
        spec = fields[name]
        assert bool(spec.get("not_null")) == (not column.field.null) or column.meta or column is table.key, name
        assert bool(spec.get("unique")) <= (column.field.unique or bool(column.secret)), name
        if "options" in spec:
            assert sorted(choice for choice, _ in column.field.flatchoices) == sorted(spec["options"]), name
        if spec["type"].startswith("varchar("):
            assert column.value_field.max_length == int(spec["type"][8:-1]), name
        if "references" in spec:
            assert column.field.related_model.__name__.lower() == spec["references"].replace("_", ""), name


def test_every_path_of_the_contract_is_served():
    served = {path for table in CATALOGUE for path in (table.path, *table.also_at)}
    wanted = {table["path"] for table in CONTRACT.values() if table["methods"]}
    assert {path.removeprefix("/v1/") for path in wanted} <= served
    assert len(wanted) > 60


def reader(cast, table):
    return cast.root if isinstance(table.model.SCOPE, GlobalOnly) else cast.bob


@every_table
def test_a_row_is_read_listed_and_filtered(cast, call, table):
    row = make(table.model, cast.a)
    one = call(reader(cast, table), "GET", url(table, row))
    assert one.status_code == 200, one.content
    record = one.json()
    assert list(record) == list(table.columns)
    key = record[table.key.name]
    found = call(reader(cast, table), "GET", f"{url(table)}?{table.key.name}={key}").json()
    assert found == {"num_results": 1, "objects": [record], "page": 1, "total_pages": 1}
    for name, value in record.items():
        if table.columns[name].secret:
            assert value in (None, MASK)
            for guess in (value, "x"):
                answer = call(cast.root, "GET", f"{url(table)}?{name}={guess}")
                assert (answer.status_code, list(answer.json()["data"])) == (400, [name])
        elif isinstance(value, str | int | bool) and value != "" and "+" not in str(value):
            text = str(value).lower() if isinstance(value, bool) else value
            objects = call(reader(cast, table), "GET", f"{url(table)}?{name}={text}&results_per_page=1000").json()[
                "objects"
            ]
            assert record in objects, name


@every_table
def test_pages(cast, call, table):
    for _row in range(3):
        one_each = table.model is Entity or any(column.field.one_to_one for column in table.columns.values())
        make(table.model, None if one_each else cast.a)
    total = call(cast.root, "GET", url(table)).json()["num_results"]
    seen = []
    for page in range(1, total // 2 + 2):
        answer = call(cast.root, "GET", f"{url(table)}?page={page}&results_per_page=2").json()
        assert (answer["page"], answer["num_results"], answer["total_pages"]) == (page, total, -(-total // 2))
        seen += [row[table.key.name] for row in answer["objects"]]
    assert len(seen) == len(set(seen)) == total
    assert call(cast.root, "GET", f"{url(table)}?page=9999").json()["objects"] == []
    assert call(cast.root, "GET", f"{url(table)}?page=0").json()["objects"] == []
    for bad in ("x", "-1", ""):
        answer = call(cast.root, "GET", f"{url(table)}?page={bad}")
        assert (answer.status_code, list(answer.json()["data"])) == (400, ["page"])
    for odd in ("0", "-5", "x", "", "99999"):
        assert call(cast.root, "GET", f"{url(table)}?results_per_page={odd}").status_code == 200


@creatable
def test_a_row_is_made_edited_and_deleted(cast, call, table):
    body = body_of(table, cast.a)
    made = call(cast.root, "POST", url(table), body)
    assert made.status_code == 201, made.content
    record = made.json()
    assert made["Location"].endswith(f"{url(table)}/{record[table.key.name]}")
    assert record["created_by"] == cast.root.email
    assert (record["modified_at"], record["modified_by"]) == (None, None)
    where = f"{url(table)}/{record[table.key.name]}"
    assert call(cast.root, "GET", where).json() == record
    if table.edit and set(table.columns) - set(META_COLUMNS) - set(table.fixed):
        column = next(
            column for column in table.columns.values() if not column.is_system_set and column.name not in table.fixed
        )
        value = body[column.name] if column.name in body else body_value(column, cast.a)
        edited = call(cast.root, "PUT", where, {column.name: value})
        assert (edited.status_code, edited.json()["modified_by"]) == (200, cast.root.email)
        unchanged = call(cast.root, "PUT", where, {})
        assert (unchanged.status_code, unchanged.json()) == (200, edited.json())
    if table.delete:
        gone = call(cast.root, "DELETE", where)
        assert (gone.status_code, gone.content) == (204, b"")
        assert call(cast.root, "GET", where).status_code == 404
        assert call(cast.root, "DELETE", where).status_code == 404


@creatable
def test_system_set_and_owned_columns_in_a_body_are_ignored(cast, call, table):
    body = body_of(table, cast.a)
    noise = {
        name: "2001-01-01T00:00:00" if name.endswith("_at") else "999999" if column.meta else 999999
        for name, column in table.columns.items()
        if column.is_system_set or name in table.owned
    }
    record = call(cast.root, "POST", url(table), body | noise).json()
    assert record["created_by"] == cast.root.email
    assert not record["created_at"].startswith("2001")
    assert record[table.key.name] != 999999 or not table.key.is_system_set


@creatable
def test_every_refusal_names_the_column(cast, call, table):
    body = body_of(table, cast.a)
    first = call(cast.root, "POST", url(table), body).json()
    fresh = body_of(table, cast.a)

    def refused(change, name, user=cast.root):
        sent = {key: value for key, value in (fresh | change).items() if value is not ...}
        answer = call(user, "POST", url(table), sent)
        assert (answer.status_code, answer.json()["status"]) == (400, "validation-error"), (
            change,
            answer.content,
        )
        assert name in answer.json()["validation_errors"] == answer.json()["data"]

    refused({"no_such_column": 1}, "no_such_column")
    for name, column in table.columns.items():
        if column.is_system_set or name in table.owned:
            continue
        kind = column.value_field.get_internal_type()
        if name in fresh and not column.field.null and not column.field.has_default():
            refused({name: ...}, name)
            refused({name: None}, name)
        if column.field.unique and not column.secret and first.get(name) is not None:
            refused({name: first[name]}, name)
        if column.field.choices:
            refused({name: "no such option"}, name)
        if getattr(column.value_field, "max_length", None) and not column.field.choices:
            refused({name: "x" * (column.value_field.max_length + 1)}, name)
        if kind in ("CharField", "TextField"):
            refused({name: "a\x00b"}, name)
            refused({name: ["x"]}, name)
        elif kind != "JSONField":
            refused({name: "certainly not"}, name)
            refused({name: {}}, name)
        if kind == "BooleanField":
            refused({name: 2}, name)
        if kind in ("AutoField", "IntegerField", "BigAutoField", "BigIntegerField"):
            refused({name: 10**30}, name)
            refused({name: True}, name)
        if column.field.is_relation:
            refused({name: 2_000_000_000 if "Char" not in kind else "nobody"}, name)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[1]",
        b'"x"',
        b"5",
        b"null",
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b"\xff",
        b'{"name": "\\ud800"}',
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_that_is_no_object_is_refused(cast, call, raw, method):
    answer = call(cast.root, method, "/v1/state_types" + ("/1" if method == "PUT" else ""), raw)
    assert (answer.status_code, answer.json()["code"]) == (400, "undecodable")


def test_a_body_of_another_kind_and_a_huge_one_are_refused(cast, call):
    answer = call.client.post("/v1/state_types", {"name": "x"}, HTTP_AUTHORIZATION=f"Token {token(call, cast.root)}")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    answer = call(cast.root, "POST", "/v1/state_types", b'{"name": "' + b"x" * 1_100_000 + b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def token(call, user):
    call(user, "GET", "/v1/products")
    return call.held[user.pk]


@editable
def test_an_edit_that_is_refused_changes_nothing(cast, call, table):
    row = make(table.model, cast.a)
    before = call(cast.root, "GET", url(table, row)).json()
    good = {
        name: sample(column)
        for name, column in table.columns.items()
        if column.field.get_internal_type() == "TextField" and not column.meta and not column.secret
    }
    answer = call(cast.root, "PUT", url(table, row), good | {"no_such_column": 1})
    assert answer.status_code == 400
    assert call(cast.root, "GET", url(table, row)).json() == before
    missing = call(cast.root, "PUT", f"{url(table)}/2000000000", {"no_such_column": 1})
    assert missing.status_code == 404  # 404 comes before 400


@every_table
def test_keys_of_odd_shapes_are_simply_not_there(cast, call, table):
    for key in (
        "x",
        "-1",
        "0",
        "99999999999999999999999",
        "1.5",
        "%00",
        "%F0%9F%92%A1",
        "a" * 300,
        "1%20or%201=1",
    ):
        answer = call(cast.root, "GET", f"{url(table)}/{key}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), key


def test_what_still_holds_a_row_is_named(cast, call, unit):
    answer = call(cast.root, "DELETE", f"/v1/product_types/{unit.product_type_id}")
    assert (answer.status_code, answer.json()["code"]) == (400, "in_use")
    assert "units" in answer.json()["validation_errors"]["product_type_id"]


def test_a_unit_goes_with_its_histories(cast, call, unit, device):
    device.report(enabled=False, balance=5)
    where = f"/v1/products/{unit.product_imei}"
    assert call(cast.root, "DELETE", where).status_code == 204
    for path in (
        "states",
        "enable_history",
        "connections",
        "product_entity_linker",
        "balances",
        "part_product_linker",
    ):
        assert call(cast.root, "GET", f"/v1/{path}?product_imei={unit.product_imei}").json()["num_results"] == 0


def test_a_mask_sent_back_means_unchanged_and_a_new_key_is_taken(cast, call, unit, device):
    where = f"/v1/products/{unit.product_imei}"
    record = call(cast.root, "GET", where).json()
    assert call(cast.root, "PUT", where, record).status_code == 200
    assert device.report(enabled=False).status_code == 200
    assert call(cast.root, "PUT", where, {"device_key": "n" * 24}).json()["device_key"] == MASK
    assert device.report(enabled=False).status_code == 401
    other = make(type(unit), cast.a)
    answer = call(cast.root, "PUT", f"/v1/products/{other.product_imei}", {"device_key": "n" * 24})
    assert (answer.status_code, answer.json()["validation_errors"]) == (
        400,
        {"device_key": "is already in use by another row"},
    )


def test_the_least_level_that_writes_is_the_documented_one(cast, call, unit):
    body = {"product_imei": unit.product_imei, "note_text": "Roof faces north"}
    assert call(cast.bob, "POST", "/v1/product_notes", body).status_code == 403
    made = call(cast.tina, "POST", "/v1/product_notes", body)
    assert made.status_code == 201
    assert cast.tina.level == Level.TECHNICAL
    where = f"/v1/product_notes/{made.json()['product_note_id']}"
    assert call(cast.tina, "PUT", where, {"note_text": "Roof faces east"}).status_code == 200
    assert call(cast.tina, "DELETE", where).status_code == 403
