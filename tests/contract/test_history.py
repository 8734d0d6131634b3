"""Who changed a row, through whichever door: kept with before and after, for whoever may see the row, without secrets."""

import pytest
from django.contrib.admin.utils import quote

from apps.accounts.models import Entity, Hub
from apps.core.actors import SYSTEM
from apps.core.crypto import MASK
from apps.core.levels import Level
from apps.core.rows import new
from apps.products.models import Product, State
from backoffice.admin import TABLES, site
from backoffice.catalogue import CATALOGUE
from tests.cast import make_unit
from tests.contract.test_admin import browser_of, where
from tests.factories import body_of, body_value, make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("table", [table for table in CATALOGUE if table.create and table.edit], ids=lambda t: t.path)
def test_every_write_is_kept(cast, call, table):
    made = call(cast.root, "POST", f"/v1/{table.path}", body_of(table, cast.a))
    assert made.status_code == 201, made.content
    key = made.json()[table.key.name]
    free = [
        column
        for column in table.columns.values()
        if not column.is_system_set and column is not table.key and not column.field.is_relation
        and column.name not in {*table.fixed, *table.owned, *table.on_edit} and not column.secret
    ]  # fmt: skip
    if free:
        after = body_value(free[-1], cast.a)
        before = made.json()[free[-1].name]
        if after == before and isinstance(after, bool):
            after = not after
        assert call(cast.root, "PUT", f"/v1/{table.path}/{key}", {free[-1].name: after}).status_code == 200
    answer = call(cast.bob, "GET", f"/v1/{table.path}/{key}?include=changes")
    if answer.status_code == 200:  # in scope
        kept = answer.json()["changes"]
        assert kept[-1] | {"at": ""} == {"at": "", "by": cast.root.email, "kind": "created", "changes": {}}
        if free and kept[0]["kind"] == "changed":
            assert list(kept[0]["changes"]) == [free[-1].name]
    images = table.model.history.model.objects.order_by("history_id")
    assert images[0].history_type == "+"


def test_before_and_after_by_api_and_admin_stand_in_one_history(cast, call, unit):
    call(cast.alice, "PUT", f"/v1/products/{unit.product_imei}", {"serial_number": "HB2-NEW", "device_key": "1" * 24})
    browser = browser_of(cast.users["A", Level.ADMIN])
    note = call(
        cast.tina, "POST", "/v1/product_notes", {"product_imei": unit.product_imei, "note_text": "first"}
    ).json()
    body = {"product": unit.product_imei, "note_text": "second", "_save": "1"}
    browser_of(cast.alice).post(where(TABLES["product_notes"], "change", note["product_note_id"]), body)
    kept = call(cast.bob, "GET", f"/v1/product_notes/{note['product_note_id']}?include=changes").json()["changes"]
    assert [(one["kind"], one["by"]) for one in kept] == [("changed", cast.alice.email), ("created", cast.tina.email)]
    assert kept[0]["changes"] == {"note_text": ["first", "second"]}
    page = browser.get(where(TABLES["products"], "history", unit.pk)).content.decode()
    assert unit.serial_number in page
    assert "HB2-NEW" in page
    assert MASK in page
    assert "1" * 24 not in page
    call(cast.bob, "GET", f"/v1/products/{unit.product_imei}")
    foreign = browser_of(cast.users["B", Level.ADMIN]).get(where(TABLES["products"], "history", unit.pk))
    assert foreign.status_code == 302


def test_a_refused_write_leaves_no_trace_and_a_deletion_keeps_the_last_image(cast, call):
    made = call(cast.root, "POST", "/v1/symptom_types", {"name": "Dead", "label": "dead", "description": "dark"}).json()
    history = TABLES["symptom_types"].model.history.model.objects
    count = history.count()
    assert call(cast.root, "PUT", f"/v1/symptom_types/{made['symptom_type_id']}", {"name": None}).status_code == 400
    assert history.count() == count
    assert call(cast.root, "DELETE", f"/v1/symptom_types/{made['symptom_type_id']}").status_code == 204
    last = history.first()
    assert (last.history_type, last.name, last.history_user_id) == ("-", "Dead", cast.root.email)


def test_units_and_actions_do_not_drown_it(cast, call, unit, device):
    device.report()
    call(cast.tina, "PUT", f"/v1/products/{unit.product_imei}/enable")
    assert not Product.history.model.objects.exists()


def test_histories_are_read_only_in_the_admin(cast, unit):
    browser = browser_of(cast.root)
    state = State.objects.filter(product=unit).first()
    assert browser.get(where(TABLES["states"], "add")).status_code == 403
    assert b'name="_save"' not in browser.get(where(TABLES["states"], "change", state.pk)).content
    assert browser.post(where(TABLES["states"], "delete", state.pk), {"post": "yes"}).status_code == 403


def test_changes_of_many_records_cost_two_queries_more(cast, call, django_assert_num_queries):
    for number in range(3):
        unit = make_unit(f"01010123456010{number}", entity=cast.a)
        call(cast.alice, "PUT", f"/v1/products/{unit.product_imei}", {"serial_number": f"S{number}"})
    call(cast.bob, "GET", "/v1/products")  # the token is remembered
    with django_assert_num_queries(4):
        rows = call(cast.bob, "GET", "/v1/products?include=changes").json()["objects"]
    assert [len(row["changes"]) for row in rows] == [1, 1, 1]


def test_the_units_page_tells_it_to_everybody_who_sees_the_unit(cast, call, unit):
    call(cast.alice, "PUT", f"/v1/products/{unit.product_imei}", {"serial_number": "HB2-NEW", "device_key": "1" * 24})
    call(cast.tina, "POST", "/v1/product_notes", {"product_imei": unit.product_imei, "note_text": "Roof <b>north</b>"})
    page = browser_of(cast.bob).get(f"/units/{unit.product_imei}").content.decode()
    assert f"{unit.serial_number} → HB2-NEW" in page
    assert "Roof &lt;b&gt;north&lt;/b&gt;" in page
    assert "1" * 24 not in page
    assert browser_of(cast.charlie).get(f"/units/{unit.product_imei}").status_code == 404


def test_pointers_are_told_by_name_as_far_as_the_reader_sees(cast, call, unit):
    ours, theirs = make(Hub, cast.a), make(Hub, cast.b)
    for hub in (ours, theirs):
        call(cast.root, "PUT", f"/v1/products/{unit.product_imei}", {"hub_id": hub.pk})
    page = where(TABLES["products"], "history", unit.pk)
    assert {hub.name for hub in (ours, theirs) if hub.name in browser_of(cast.root).get(page).content.decode()} == {
        ours.name, theirs.name,
    }  # fmt: skip
    told = browser_of(cast.alice).get(page).content.decode()
    assert ours.name in told
    assert theirs.name not in told


def test_the_lists_beside_a_history_hold_what_points_to_the_row_and_nothing_else(cast, unit):
    """Whatever other rows bear the same number, or begin with it."""
    browser, looked = browser_of(cast.root), 0
    for table in TABLES.values():
        admin = site._registry[table.model]
        if not admin.beside:
            continue
        # An entity of the same number as a user of another one.
        row = new(Entity, by=SYSTEM, entity_id=cast.charlie.pk, name="Entity 7", bboxx_company_flag=False) \
            if table.model is Entity else make(table.model, cast.a)  # fmt: skip
        page = browser.get(where(table, "history", quote(row.pk)))
        for _name, link in page.context["beside"]:
            listed = browser.get(link)
            assert listed.status_code == 200, link
            model = listed.context["cl"].model
            pointer = next((f for f in model._meta.concrete_fields if f.related_model is table.model), None)
            # A log names its unit by its number, without a key.
            held, key = (pointer.attname, pointer.target_field.attname) if pointer else ("product_imei",) * 2
            found = list(listed.context["cl"].result_list)
            assert all(getattr(one, held) == getattr(row, key) for one in found), link
            expected = model.objects.filter(**{held: getattr(row, key)}).count()
            assert listed.context["cl"].result_count == expected
            looked += 1
    assert looked >= 8
