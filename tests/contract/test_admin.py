"""The admin over every table: who comes in, what they may do there, and that it is the API's rules that answer."""

from html.parser import HTMLParser

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import NestedObjects, quote
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.urls import reverse

from apps.core.crypto import MASK
from apps.core.deleting import deletion_of
from apps.core.levels import Level
from apps.core.scope import GlobalOnly, Reference, Shared
from apps.products import actions as products_actions
from apps.products.models import EnableHistory, Product, ProductNote
from apps.products.states import SHIPPED
from apps.repairs.models import Repair, SymptomType
from backoffice.admin import GROUPS, HISTORIES, TABLES
from tests.cast import make_unit
from tests.factories import make

pytestmark = pytest.mark.django_db
ADMINS = [level for level in Level if level >= Level.ADMIN]


def browser_of(user):
    browser = Client(raise_request_exception=True)
    browser.force_login(user)
    return browser


def where(table, page, *args):
    meta = table.model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=args)


def test_every_table_stands_in_one_group():
    grouped = [path for _title, _icon, paths in GROUPS for path in paths]
    assert sorted(grouped) == sorted(TABLES)


def test_the_way_in(cast):
    assert Client().get("/admin/", follow=True).redirect_chain[-1] == ("/login?next=/admin/", 302)
    for (_group, level), user in cast.users.items():
        answer = browser_of(user).get("/admin/", follow=True)
        assert answer.status_code == (200 if level in ADMINS else 403), (level, answer.redirect_chain)
    assert b"Repairs" in browser_of(cast.root).get("/admin/").content
    for page, status in (("1", 200), ("x", 404), ("9", 404)):
        assert browser_of(cast.root).get("/admin/search/", {"s": "repair", "page": page}).status_code == status


def test_password_and_the_way_out_are_those_of_everybody(cast):
    browser = browser_of(cast.root)
    assert browser.get("/admin/password_change/").url == "/account"
    assert browser.get("/admin/logout/").status_code == 405  # a link from elsewhere signs nobody out
    assert browser.get("/admin/").status_code == 200
    assert browser.post("/admin/logout/").url == "/login"
    assert browser.get("/admin/").status_code == 302


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.path)
def test_who_may_do_what_with_a_table(cast, table, monkeypatch):
    """List, one, add and delete page × the levels that come in, of the entity and of all: as the table says.

    The views run; their pages are not drawn, which other tests do, for four thousand of them take minutes.
    """
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")
    row = make(table.model, cast.a)
    for level in ADMINS:
        for group in ("A", "B", "GLOBAL") if level == Level.SYSTEM else ("A", "GLOBAL"):  # scope knows no levels
            user = cast.users[group, level]
            browser = browser_of(user)
            writes = group == "GLOBAL" or not (table.model.SCOPE and table.model.SCOPE.writes_need_global)
            writes = writes and table.path not in HISTORIES
            may = {verb: need is not None and level >= need and writes
                   for verb, need in (("add", table.create), ("change", table.edit), ("delete", table.delete))}  # fmt: skip
            if table.path == "users":  # the admin's own: the API only reads them
                may = {"add": level >= Level.SYSTEM, "change": level >= Level.SYSTEM, "delete": False}
            sees = table.model.objects.visible_to(user).filter(pk=row.pk).exists()
            assert browser.get(where(table, "changelist")).status_code == 200
            assert browser.get(where(table, "add")).status_code == (200 if may["add"] else 403)
            one = browser.get(where(table, "change", row.pk))
            assert one.status_code == (200 if sees else 302), one
            if sees:
                assert one.context_data["has_change_permission"] == may["change"]
                assert browser.get(where(table, "delete", row.pk)).status_code == (200 if may["delete"] else 403)
            if isinstance(table.model.SCOPE, GlobalOnly):
                assert sees == (group == "GLOBAL")
            elif not isinstance(table.model.SCOPE, Reference | Shared) and group == "GLOBAL":
                assert sees


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.path)
def test_a_list_costs_few_queries_and_takes_any_search(cast, table, django_assert_max_num_queries):
    single = any(column.field.one_to_one for column in table.columns.values())
    for entity in (cast.a, None if single else cast.a, cast.b):
        make(table.model, entity)
    browser = browser_of(cast.root)
    browser.get(where(table, "changelist"))
    with django_assert_max_num_queries(12):
        answer = browser.get(where(table, "changelist"))
    assert answer.status_code == 200
    opens = where(table, "change", quote(table.model.objects.order_by("pk").first().pk))
    assert f'href="{opens}' in answer.content.decode()  # a row is opened from its list
    for term in ("1", "test-", "é ' % \\ 999999999999999999999", "x" * 300):
        assert browser.get(where(table, "changelist"), {"q": term}).status_code == 200


def test_a_row_is_made_changed_and_deleted_by_the_rules_of_the_table(cast):
    table = TABLES["symptom_types"]
    browser = browser_of(cast.root)
    body = {"name": "Dead", "label": "dead", "description": "Nothing happens", "_save": "1"}
    answer = browser.post(where(table, "add"), body, follow=True)
    assert answer.redirect_chain, answer.context["adminform"].form.errors
    row = SymptomType.objects.get(name="Dead")
    assert row.created_by == cast.root.email
    again = browser.post(where(table, "add"), body)
    assert again.status_code == 200
    assert "name" in again.context["adminform"].form.errors
    assert SymptomType.objects.filter(name="Dead").count() == 1
    browser.post(where(table, "change", row.pk), body | {"description": "It is dark"})
    row.refresh_from_db()
    assert (row.description, row.modified_by) == ("It is dark", cast.root.email)
    entry = LogEntry.objects.filter(object_id=str(row.pk)).first()
    assert (entry.user, entry.change_message) == (cast.root, "description: Nothing happens → It is dark")
    assert browser.get(where(table, "history", row.pk)).status_code == 200
    browser.post(where(table, "delete", row.pk), {"post": "yes"})
    assert not SymptomType.objects.filter(pk=row.pk).exists()


def test_a_natural_key_is_given_once_and_stays(cast):
    table, browser = TABLES["networks"], browser_of(cast.root)
    body = {"mccmnc": "99901", "name": "Test", "mcc": "999", "mnc": "1", "_save": "1"}
    assert browser.post(where(table, "add"), body, follow=True).redirect_chain[-1][0] == where(table, "changelist")
    assert table.model.objects.get(pk=99901).created_by == cast.root.email
    again = browser.post(where(table, "add"), body | {"name": "Other"})
    assert "mccmnc" in again.context["adminform"].form.errors
    browser.post(where(table, "change", 99901), body | {"mccmnc": "99902", "name": "Renamed"})
    assert list(table.model.objects.filter(mcc=999).values_list("pk", "name")) == [(99901, "Renamed")]


def test_what_holds_a_row_is_said(cast):
    """Before anybody is asked, in people's words, with the way there; and a press that comes all the same is in vain."""
    unit = make_unit("test-held", entity=cast.a)
    page = where(TABLES["product_types"], "delete", unit.product_type_id)
    browser = browser_of(cast.root)
    for answer in (browser.get(page), browser.post(page, {"post": "yes"})):
        text = answer.content.decode()
        assert "still held by" in text
        assert 'name="_save"' not in text
        assert "Yes, delete it" not in text
        assert ">Units: 1</a>" in text
    link = f"{where(TABLES['products'], 'changelist')}?product_type__product_type_id__exact={unit.product_type_id}"
    assert f'href="{link}"' in text
    assert browser.get(link).context["cl"].result_count == 1
    assert Product.objects.filter(pk=unit.pk).exists()


def test_what_goes_along_with_a_row_is_counted_before_it_goes(cast, monkeypatch):
    unit = make_unit("test-goes", entity=cast.a)
    for _ in range(3):
        make(ProductNote, cast.a, product=unit)
    page, browser = where(TABLES["products"], "delete", unit.pk), browser_of(cast.root)
    said = browser.get(page).content.decode()
    assert "Notes on units: <b>3</b>" in said
    assert "Entities of units: <b>2</b>" in said
    monkeypatch.setattr("apps.core.deleting.MOST", 2)
    monkeypatch.setattr("apps.core.admin.cells.MOST", 2)
    assert "Notes on units: <b>more than 2</b>" in browser.get(page).content.decode()
    repair = make(Repair, cast.a, product=unit)
    assert "Repairs: 1" in browser.get(page).content.decode()
    repair.delete()
    assert browser.post(page, {"post": "yes"}).status_code == 302
    assert not ProductNote.objects.filter(product=unit.product_imei).exists()


@pytest.mark.parametrize("table", [table for table in TABLES.values() if table.delete], ids=lambda table: table.path)
def test_what_is_said_of_a_deletion_is_what_it_does(cast, table):
    """Over every table with the button: what the page counts is what Django's own collector finds."""
    row = make(table.model, cast.a)
    collector = NestedObjects(using="default")
    collector.collect([row])
    told = deletion_of(row)
    held = {one._meta.model for one in collector.protected}
    assert {group.model for group in told.holders} == held
    if not held:
        going = {model: len(rows) for model, rows in collector.data.items() if model is not table.model}
        for rows in collector.fast_deletes:
            going[rows.model] = going.get(rows.model, 0) + rows.count()
        assert {g.model: g.count for g in told.along} == {
            m: count for m, count in going.items() if count and m is not table.model
        }


def test_a_unit_is_switched_by_its_button_and_its_flag_by_the_same_action(cast):
    unit = make_unit("test-switched", entity=cast.a)
    browser = browser_of(cast.users["A", Level.ADMIN])
    page = browser.get(where(TABLES["products"], "change", unit.pk))
    assert str(unit.device_key) not in page.content.decode()
    assert MASK in page.content.decode()
    button = reverse("admin:products_product_enable", args=[unit.pk])
    assert "Switch this unit on?" in browser.get(button).content.decode()  # a link alone changes nothing
    unit.refresh_from_db()
    assert not unit.desired_enable_flag
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.root)
    assert strict.post(button).status_code == 403
    assert browser.post(button, follow=True).status_code == 200
    unit.refresh_from_db()
    assert unit.desired_enable_flag
    latest = EnableHistory.objects.filter(product=unit).latest("pk")
    assert (latest.current_enable_state, latest.user) == ("pending_enabled", "admin.a@example.org")
    foreign = make_unit("test-foreign", entity=cast.b)
    browser.post(reverse("admin:products_product_enable", args=[foreign.pk]))
    for page in ("enable", "disable", "on_the_console"):
        assert browser.get(reverse(f"admin:products_product_{page}", args=["no-key"])).status_code == 302
    foreign.refresh_from_db()
    assert not foreign.desired_enable_flag


def test_the_switch_is_no_box_among_others(cast):
    unit = make_unit("test-boxes", entity=cast.a)
    change = where(TABLES["products"], "change", unit.pk)
    page = browser_of(cast.root).get(change).content.decode()
    assert 'name="serial_number"' in page
    assert 'name="desired_enable_flag"' not in page
    browser_of(cast.root).post(change, {"serial_number": "x", "desired_enable_flag": "on", "_save": "1"})
    unit.refresh_from_db()
    assert not unit.desired_enable_flag


def test_units_are_filtered_by_entity_and_state(cast):
    ours = [make_unit(f"test-ours-{number}", entity=cast.a) for number in range(3)]
    theirs = make_unit("test-theirs", entity=cast.b)
    products_actions.change_state(ours[0], new_state=SHIPPED, by=cast.root)
    listing = where(TABLES["products"], "changelist")

    def shown(user, **asked):
        page = browser_of(user).get(listing, asked).content.decode()
        return {unit.product_imei for unit in (*ours, theirs) if f">{unit.product_imei}<" in page}

    every = {unit.product_imei for unit in ours}
    assert shown(cast.root, entity=cast.a.pk) == every
    assert shown(cast.root, entity=cast.b.pk) == {theirs.product_imei}
    assert shown(cast.root, entity=cast.a.pk, state=SHIPPED) == shown(cast.root, state=SHIPPED) == {"test-ours-0"}
    assert shown(cast.users["A", Level.ADMIN], entity=cast.b.pk) <= every  # never more than one's own
    for junk in ("x", "9" * 30, "-1", "²"):
        assert shown(cast.root, entity=junk) == shown(cast.root, state=junk) == set()
    page = browser_of(cast.root).get(listing).content.decode()
    assert "Entity A" in page
    assert "Entity B" not in browser_of(cast.users["A", Level.ADMIN]).get(listing).content.decode()


def test_options_are_called_as_people_do_and_sent_as_the_contract_does(cast, call):
    table = TABLES["product_types"]
    made = call(cast.root, "POST", "/v1/product_types", {"name": "Gas meter", "credit_type": "gas"}).json()
    key = made["product_type_id"]
    call(cast.root, "PUT", f"/v1/product_types/{key}", {"credit_type": "time"})
    browser = browser_of(cast.root)
    browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "fr"
    assert ">temps<" in browser.get(where(table, "changelist")).content.decode()
    form = browser.get(where(table, "change", key)).content.decode()
    assert '<option value="time" selected>temps</option>' in form
    assert "null" not in form.partition("<form")[2].partition('name="parameter_types"')[2].partition("</textarea>")[0]
    told = browser.get(where(table, "history", key)).content.decode()
    assert "gaz" in told
    assert call(cast.root, "GET", f"/v1/product_types/{key}").json()["credit_type"] == "time"


def test_no_filter_in_the_address_probes_a_secret(cast):
    """Right and wrong guesses answer alike: with a refusal."""
    unit = make_unit("test-probe", entity=cast.a)
    cast.alice.set_password("a-good-password-2")
    cast.alice.save()
    browser = browser_of(cast.root)
    probes = {
        "users": {"password__startswith": cast.alice.password[:6], "is_active": "1"},
        "products": {"device_key_digest__startswith": Product.objects.get(pk=unit.pk).device_key_digest[:3],
                     "device_key__startswith": "1", "order_seq": "0"},
        "parts": {"properties__device_key": MASK, "device_key__isnull": "0"},
        "subscribers": {"key__isnull": "0"},
        "states": {"product__device_key_digest__startswith": "a"},
    }  # fmt: skip
    for path, lookups in probes.items():
        for lookup, right in lookups.items():
            codes = {
                browser.get(where(TABLES[path], "changelist"), {lookup: guess}).status_code for guess in (right, "zzz")
            }
            assert codes == {400}, (path, lookup, codes)
    assert browser.get(where(TABLES["users"], "changelist"), {"email": "a"}).status_code == 200


def test_pointers_are_looked_for_in_scope_only(cast):
    mine, theirs = make_unit("test-mine", entity=cast.a), make_unit("test-theirs", entity=cast.b)
    browser = browser_of(cast.users["A", Level.ADMIN])
    ask = {"app_label": "products", "model_name": "productnote", "field_name": "product", "term": "test-"}
    found = browser.get(reverse("admin:autocomplete"), ask).json()["results"]
    assert [(row["id"], row["text"]) for row in found] == [
        (mine.product_imei, f"{mine.product_imei} · {mine.serial_number}")
    ]
    body = {"product": theirs.product_imei, "note_text": "x", "_save": "1"}
    answer = browser.post(where(TABLES["product_notes"], "add"), body)
    assert (answer.status_code, ProductNote.objects.count()) == (200, 0)
    assert "product" in answer.context["adminform"].form.errors
    browser.post(where(TABLES["product_notes"], "add"), body | {"product": mine.product_imei})
    assert ProductNote.objects.get().product_id == mine.product_imei


def test_a_search_finds_by_the_units_identifiers(cast):
    unit = make_unit("test-search", entity=cast.a)
    make_unit("test-other", entity=cast.a)
    browser = browser_of(cast.users["A", Level.ADMIN])
    for path in ("products", "states", "product_entity_linker"):
        for term in (unit.product_imei, unit.serial_number, unit.imsi):
            rows = browser.get(where(TABLES[path], "changelist"), {"q": term}).context["cl"].queryset
            assert {getattr(row, "product_id", None) or row.product_imei for row in rows} == {unit.product_imei}, path
    assert Product.objects.count() == 2


class AsSent(HTMLParser):
    """What a browser sends of the first form with a save button, untouched."""

    def __init__(self, page):
        super().__init__()
        self.sent, self.select, self.area = {}, None, None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        name, kind = given.get("name"), given.get("type", "text")
        if tag == "input" and name and kind not in ("submit", "button", "file", "search"):
            if kind not in ("checkbox", "radio") or "checked" in given:
                self.sent[name] = given.get("value", "on" if kind == "checkbox" else "")
        elif tag == "select" and name:
            self.select = name
        elif tag == "option" and self.select:
            if "selected" in given or self.select not in self.sent:
                self.sent[self.select] = given.get("value", "")
        elif tag == "textarea" and name:
            self.area, self.sent[name] = name, ""

    def handle_endtag(self, tag):
        self.select = None if tag == "select" else self.select
        self.area = None if tag == "textarea" else self.area

    def handle_data(self, text):
        if self.area:
            self.sent[self.area] += text


@pytest.mark.parametrize("table", [table for table in TABLES.values() if table.edit and table.path not in HISTORIES],
                         ids=lambda table: table.path)  # fmt: skip
def test_a_form_saved_as_it_was_shown_changes_nothing(cast, table):
    row = make(table.model, cast.a)
    if table.path == "users":
        return
    before = table.model.objects.filter(pk=row.pk).values().get()
    browser = browser_of(cast.root)
    page = browser.get(where(table, "change", row.pk)).content.decode()
    sent = {name: value.removeprefix("\n") for name, value in AsSent(page).sent.items()}
    answer = browser.post(where(table, "change", row.pk), {**sent, "_save": "1"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert table.model.objects.filter(pk=row.pk).values().get() == before
    assert not table.model.history.model.objects.exists()
