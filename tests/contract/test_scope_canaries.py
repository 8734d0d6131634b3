"""Rows of another entity, marked, and looked for in every page of the admin: lists, forms, filters, pickers, buttons.

What is looked for is whatever people know such a row by; its bare key, which an address or a row of one's own may hold,
tells nobody what lies behind it.
"""

import contextlib
import re

import pytest
from django.contrib.admin.utils import quote
from django.db import IntegrityError, models, transaction
from django.urls import reverse

from apps.accounts.models import RepairCentre
from apps.console.timeline import KINDS
from apps.core.actors import SYSTEM
from apps.core.admin.cells import IDENTIFYING
from apps.core.levels import Level
from apps.core.rows import new
from apps.jobs import actions as jobs
from apps.jobs import work
from apps.products import actions
from apps.products.models import Product
from apps.repairs.models import PartProductLinker, Repair
from backoffice.admin import TABLES, site
from tests.contract.test_admin import browser_of, where
from tests.factories import make

pytestmark = pytest.mark.django_db
SHORTEST = 5  # a shorter name would be found by chance
BUTTONS = ("enable", "disable", "change_state", "change_entity", "add_entity", "add_note", "tamper_on", "tamper_off",
           "on_the_console")  # fmt: skip


def pointers(model):
    """To rows of tables; those of ours beside them have no page and no filter."""
    tables = {table.model for table in TABLES.values()}
    return [f for f in model._meta.concrete_fields if isinstance(f, models.ForeignKey) and f.related_model in tables]


@pytest.fixture
def world(cast):
    """A row of each table for A and one for B, B's pointing to A's where they stay B's; {model: (A's, B's)}."""
    cast.a.name = "Canary Power"
    cast.a.save()
    rows = {}
    for table in TABLES.values():
        rows[table.model] = make(table.model, cast.a), make(table.model, cast.b)
    theirs = make(PartProductLinker, cast.a).part  # a part that none but A may see
    rows[type(theirs)] = theirs, rows[type(theirs)][1]
    for model, (_a, b) in rows.items():
        for field in pointers(model):
            before = getattr(b, field.attname)
            target = getattr(rows[field.related_model][0], field.target_field.attname)
            if field.unique or field.related_model.objects.visible_to(cast.charlie).filter(
                pk=rows[field.related_model][0].pk
            ):
                continue
            with contextlib.suppress(IntegrityError), transaction.atomic():
                model.objects.filter(pk=b.pk).update(**{field.attname: target})
            if not model.objects.visible_to(cast.charlie).filter(pk=b.pk).exists():
                model.objects.filter(pk=b.pk).update(**{field.attname: before})
    return rows


def canaries(rows, user):
    """What people know the rows by that this user doesn't see, as a pattern; the keys by which rows point apart."""
    seen, hidden = set(), set()
    for model in rows:
        visible = set(model.objects.visible_to(user).values_list("pk", flat=True))
        for row in model.objects.all():
            for name in IDENTIFYING:
                value = getattr(row, name, None)
                if isinstance(value, str) and len(value) >= SHORTEST and name != model.KEY:
                    (seen if row.pk in visible else hidden).add(value)
    assert len(hidden - seen) > 20
    return re.compile("|".join(re.escape(value) for value in sorted(hidden - seen)))


def key_of(row, field):
    return getattr(row, field.target_field.attname)


@pytest.mark.parametrize("level", [Level.ADMIN, Level.SYSTEM])
def test_no_page_of_the_admin_names_what_lies_out_of_scope(cast, world, level, monkeypatch):
    user = cast.users["B", level]
    canary, browser = canaries(world, user), browser_of(user)
    looked = 0

    def clean(answer, *asked):
        nonlocal looked
        looked += 1
        text = answer.content.decode()
        found = canary.search(text)
        assert answer.status_code < 500, asked
        assert not found, (asked, text[max(0, found.start() - 200) : found.end() + 100])
        return answer

    monkeypatch.setattr(site, "get_app_list", lambda request, label=None: [])  # the same on every page, and slow
    monkeypatch.setattr(site, "get_sidebar_list", lambda request: [])
    for table in TABLES.values():
        model, (foreign, own) = table.model, world[table.model]
        listing = where(table, "changelist")
        clean(browser.get(listing), listing)
        filters = {}
        for field in pointers(model):
            there = world[field.related_model][0]
            filters[f"{field.name}__{field.target_field.name}__exact"] = key_of(there, field)
            term = next((v for name in IDENTIFYING if isinstance(v := getattr(there, name, None), str) and v), "t")
            pick = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field.name}
            for ask in (term, ""):
                clean(browser.get(reverse("admin:autocomplete"), {**pick, "term": ask}), pick, ask)
        if filters:
            clean(browser.get(listing, {**filters, "q": "Canary"}), listing, filters)
        own_page = model.objects.visible_to(user).filter(pk=own.pk).exists()
        pages = ("change", "delete", "history")
        for page in pages:
            answer = clean(browser.get(where(table, page, quote(own.pk))), table.path, page)
            assert answer.status_code != 200 or own_page
        if model.objects.visible_to(user).filter(pk=foreign.pk).exists():
            continue
        for page in pages:  # a foreign row answers as a missing one does
            gone = clean(browser.get(where(table, page, quote(foreign.pk))), table.path, page)
            absent = browser.get(where(table, page, quote("999999" if str(foreign.pk).isdecimal() else "none")))
            assert (gone.status_code, getattr(gone, "url", "")) == (absent.status_code, getattr(absent, "url", ""))
    for table in TABLES.values():
        if browser.get(where(table, "add")).status_code != 200:
            continue
        asked, absent = {}, {}
        for field in pointers(table.model):
            asked[field.name] = key_of(world[field.related_model][0], field)
            absent[field.name] = "999999"
        clean(browser.get(where(table, "add"), asked), table.path, "add", asked)
        told = [
            clean(browser.post(where(table, "add"), {**sent, "_save": "1"}), table.path) for sent in (asked, absent)
        ]
        own = world[table.model][1]
        if own._meta.model.objects.visible_to(user).filter(pk=own.pk).exists():
            clean(browser.post(where(table, "change", quote(own.pk)), {**asked, "_save": "1"}), table.path, "change")
        hidden = [f for f in pointers(table.model)
                  if not f.related_model.objects.visible_to(user).filter(pk=world[f.related_model][0].pk).exists()]  # fmt: skip
        if hidden and all(answer.status_code == 200 for answer in told):
            errors = [{f.name: answer.context["adminform"].form.errors.get(f.name) for f in hidden} for answer in told]
            assert errors[0] == errors[1], table.path
    monkeypatch.undo()
    unit = world[TABLES["products"].model][1]
    for name in BUTTONS:
        clean(browser.get(reverse(f"admin:products_product_{name}", args=[unit.pk])), name)
    for term in ("Canary", world[TABLES["products"].model][0].serial_number[:6].lower(), "t1", "test"):
        clean(browser.get(reverse("admin:search"), {"s": term, "extended": "1"}), "search", term)
    for page in ("index", "accounts_signin_changelist"):
        clean(browser.get(reverse(f"admin:{page}")), page)
    theirs = jobs.draft(kind="units.enable", keys=[world[TABLES["products"].model][0].product_imei], by=cast.alice)
    for page in ("/jobs", f"/jobs/{theirs.pk}", f"/jobs/{theirs.pk}/report.csv"):
        clean(browser.get(page), page)
    assert looked > 400
    assert len(site._registry) > len(TABLES)


def shared_unit(cast, world):
    """A unit of B that is A's too, was another's, and has been in A's workshop."""
    unit = world[Product][1]
    actions.assign_entity(unit, entity_id=cast.a.pk, by=SYSTEM)
    gone = new(type(cast.a), by=SYSTEM, name="Canary of yore", bboxx_company_flag=False)
    actions.assign_entity(unit, entity_id=gone.pk, by=SYSTEM)
    actions.remove_entity(unit, entity_id=gone.pk, by=SYSTEM)
    new(Repair, by=SYSTEM, product=unit, repair_centre=make(RepairCentre, cast.a))
    return unit


def texts_of(answer):
    if answer.streaming:
        return b"".join(answer.streaming_content).decode()
    return answer.content.decode()


@pytest.mark.parametrize("level", [Level.OVERVIEW, Level.ADMIN, Level.SYSTEM])
def test_no_page_of_the_console_and_no_text_of_a_job_names_what_lies_out_of_scope(cast, world, level):
    unit = shared_unit(cast, world)
    user = cast.users["B", level]
    canary, browser = canaries(world, user), browser_of(user)
    page, theirs = f"/units/{unit.product_imei}", world[Product][0]

    def clean(answer, *asked):
        text = texts_of(answer)
        found = canary.search(text)
        assert answer.status_code < 500, asked
        assert not found, (asked, text[max(0, found.start() - 200) : found.end() + 100])
        return answer

    assert canary.search(cast.a.name)
    for where_ in ("/", "/?show=pending", "/field", "/jobs", "/jobs/from_list", "/account", page, f"{page}?all=1",
                   f"/field/{unit.product_imei}", *(f"{page}?show={kind}&all=1" for kind in KINDS)):  # fmt: skip
        assert clean(browser.get(where_), where_).status_code == (
            403 if where_ == "/jobs/from_list" and level < Level.TECHNICAL else 200
        )
    for term in ("Canary", theirs.serial_number, theirs.product_imei):
        clean(browser.get("/search", {"q": term}), term)
    for name in ("note", "state", "entity", "add_entity", "tamper_on"):
        clean(browser.get(f"{page}/act/{name}"), name)
        clean(browser.post(f"{page}/act/{name}", {"new_entity": cast.a.pk, "new_state": "x"}), name)
    if level < Level.ADMIN:
        return
    own = cast.users["B", Level.ADMIN].entity
    second = make(Product, cast.b)
    actions.assign_entity(second, entity_id=cast.a.pk, by=SYSTEM)
    for kind, details in (("units.entity", {"new_entity": own.pk, "old_entity": own.pk}), ("units.entity", {"new_entity": own.pk}),
                          ("units.add_entity", {"new_entity": own.pk}), ("units.state", {"new_state": 3})):  # fmt: skip
        job = jobs.draft(kind=kind, keys=[unit.product_imei, second.product_imei, theirs.product_imei], by=user)
        clean(browser.get(f"/jobs/{job.pk}"), kind)
        clean(browser.post(f"/jobs/{job.pk}/details", details), kind)
        work.work_all()
        clean(browser.post(f"/jobs/{job.pk}/start"), kind)
        work.work_all()
        for path in (f"/jobs/{job.pk}", "/jobs", f"/jobs/{job.pk}/report.csv"):
            clean(browser.get(path), kind, path)
