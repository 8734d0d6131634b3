"""Buttons on one unit, and what attackers try at the new doors."""

import pytest
from django.test import Client
from django.urls import reverse
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from apps.core.levels import Level
from apps.jobs import actions as jobs
from apps.jobs import work
from apps.jobs.models import Job
from apps.products.models import ProductNote
from backoffice.catalogue import TABLES
from tests.cast import make_unit
from tests.contract.test_admin import browser_of, where

pytestmark = pytest.mark.django_db
XSS = "<script>alert('x')</script><img src=x onerror=alert(1)>"


def button(unit, name):
    return reverse(f"admin:products_product_{name}", args=[unit.pk])


def test_one_unit_is_acted_on_as_many_are(cast, unit):
    browser = browser_of(cast.users["A", Level.ADMIN])
    for name in ("change_state", "change_entity", "add_entity", "add_note"):
        assert browser.get(button(unit, name)).status_code == 200
        assert browser.post(button(unit, name), {}).status_code == 400
    assert browser.post(button(unit, "change_state"), {"new_state": "3"}).status_code == 302
    refused = browser.post(button(unit, "change_state"), {"new_state": "2"})
    assert (refused.status_code, "not one of the available" in refused.content.decode()) == (400, True)
    browser.post(button(unit, "add_note"), {"note_text": "Seen"})
    unit.refresh_from_db()
    assert unit.latest_state.current_state_type_id == 3
    assert ProductNote.objects.get().created_by == "admin.a@example.org"
    assert browser.post(button(unit, "change_entity"), {"new_entity": cast.b.pk}).status_code == 400  # none of theirs
    root = browser_of(cast.root)
    assert root.post(button(unit, "change_entity"), {"new_entity": cast.b.pk}).status_code == 302
    assert browser.get(button(unit, "add_note")).status_code == 302  # theirs no more
    assert browser.post(button(unit, "add_note"), {"note_text": "Again"}).status_code == 302
    assert ProductNote.objects.count() == 1
    for who in (cast.tina, cast.bob):
        assert browser_of(who).post(button(unit, "add_note"), {"note_text": "x"}).status_code in (302, 403)
    assert ProductNote.objects.count() == 1


def test_the_tamper_switch_is_asked_before_it_is_switched(cast, unit):
    browser = browser_of(cast.users["A", Level.ADMIN])
    for name, on in (("tamper_on", True), ("tamper_off", False)):
        assert "tamper switch" in browser.get(button(unit, name)).content.decode()
        unit.refresh_from_db()
        assert unit.desired_tamper_flag is not on  # asked, not done
        assert browser.post(button(unit, name)).status_code == 302
        unit.refresh_from_db()
        assert (unit.desired_tamper_flag, unit.latest_tamper_enable_history.user) == (on, "admin.a@example.org")
    assert "pending: disable" in browser.get(where(TABLES["products"], "change", unit.pk)).content.decode()
    repeated = browser.post(button(unit, "tamper_off"), follow=True).content.decode()
    assert "nothing has changed" in repeated
    assert not unit.desired_enable_flag
    for stranger in (cast.bob, cast.users["B", Level.ADMIN], cast.users["B", Level.SYSTEM]):
        assert browser_of(stranger).post(button(unit, "tamper_on")).status_code in (302, 403)
    unit.refresh_from_db()
    assert not unit.desired_tamper_flag


def test_nothing_that_people_write_runs_in_a_page(cast, unit):
    browser = browser_of(cast.users["A", Level.ADMIN])
    job = jobs.draft(kind="units.note", keys=[unit.product_imei, XSS], by=cast.users["A", Level.ADMIN])
    browser.post(f"/jobs/{job.pk}/details", {"note_text": XSS})
    work.work_all()
    browser.post(f"/jobs/{job.pk}/start")
    work.work_all()
    browser.post(where(TABLES["product_notes"], "change", ProductNote.objects.get().pk),
                 {"product": unit.product_imei, "note_text": f"{XSS}2", "_save": "1"})  # fmt: skip
    cast.root.display_name = XSS
    cast.root.save()
    note = ProductNote.objects.get()
    pages = [
        browser.get(f"/jobs/{job.pk}"), browser.get("/jobs"), browser.get(f"/units/{unit.product_imei}"),
        browser_of(cast.root).get(where(TABLES["product_notes"], "history", note.pk)),
        browser_of(cast.root).get(where(TABLES["product_notes"], "changelist")),
        browser_of(cast.root).get("/account"), browser_of(cast.root).get("/admin/accounts/user/"),
        Client(HTTP_USER_AGENT=XSS).post("/login", {"username": XSS, "password": "x"}),
        browser_of(cast.root).get("/admin/accounts/signin/"),
    ]  # fmt: skip
    for page in pages:
        assert "<script>alert" not in page.content.decode()
        assert "<img src=x" not in page.content.decode()


def test_every_button_needs_our_own_form(cast, unit):
    job = jobs.draft(kind="units.enable", keys=[unit.product_imei], by=cast.root)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.root)
    doors = ["/bulk", "/account/preferences", "/account/password", "/account/revoke", "/account/second_step",
             "/account/second_step/on", "/account/second_step/off", "/login", "/login/code", "/admin/system/",
             *(f"/jobs/{job.pk}/{verb}" for verb in ("details", "start", "pause", "go_on", "cancel", "again")),
             *(button(unit, name) for name in ("change_state", "add_note", "enable", "tamper_on")),
             reverse("admin:accounts_user_access", args=[cast.bob.pk]),
             reverse("admin:products_productnote_import_file")]  # fmt: skip
    for door in doors:
        assert strict.post(door, {"x": "y"}).status_code == 403, door


@pytest.mark.parametrize("ask", ["page=0", "page=-1", "page=99999999999999999999", "page=x", "show=nothing"])
def test_odd_addresses_are_no_error(cast, unit, ask):
    job = jobs.draft(kind="units.enable", keys=[unit.product_imei], by=cast.root)
    browser = browser_of(cast.root)
    for page in (f"/jobs/{job.pk}", "/jobs", where(TABLES["products"], "history", unit.pk)):
        assert browser.get(f"{page}?{ask}").status_code == 200
    for page in ("/jobs/99999999999999999999999", "/jobs/0", f"/jobs/{job.pk}/file"):
        assert browser.get(page).status_code == 404
    assert browser.get("/jobs?show=%00").status_code == 400


@pytest.mark.parametrize(
    "body",
    [{"unit": "\x00"}, {"unit": "x" * 5000}, {"all": "1", "q": "\x00"}, {"all": "1", "q": "é" * 200},
     {"all": "1", "show": "nothing"}, {"all": "1", "q": "  \t"}, {"all": "1", "state": "x"}, {"all": "1", "entity": "-1"},
     {"all": "1", "state": "99"}, {"all": "1", "entity": "\x00"}],
)  # fmt: skip
def test_odd_choices_never_come_to_mean_every_unit(cast, unit, body):
    answer = browser_of(cast.tina).post("/bulk", {"kind": "units.enable", **body})
    assert (answer.status_code, Job.objects.count()) == (400, 0)


def test_a_job_over_thousands_is_shown_by_pages(cast):
    job = jobs.draft(kind="units.enable", keys=(f"none-{number}" for number in range(2500)), by=cast.root)
    work.work_all()
    job.refresh_from_db()
    browser = browser_of(cast.root)
    page = browser.get(f"/jobs/{job.pk}?page=50").content.decode()
    assert "none-2499" in page
    assert "none-2449" not in page
    assert (job.state, job.total) == ("ready", 2500)
    assert make_unit("010101234560099").product_imei not in page


def pages(cast, unit, task):
    """Each page of the admin that is no plain page of a table → who is let in, of all who have a level."""

    def staff(user):
        return user.level >= Level.ADMIN

    def system(user):
        return user.level >= Level.SYSTEM

    def system_of_all(user):
        return system(user) and user.is_global

    def sees(user):
        return staff(user) and (user.is_global or user.entity_key == cast.a.pk)

    def writes_reference(user):
        return system_of_all(user)

    person = reverse("admin:accounts_user_access", args=[cast.bob.pk])
    schedule = "admin:django_celery_beat_periodictask"
    return {
        reverse("admin:index"): staff,
        "/admin/system/": system_of_all,
        reverse(f"{schedule}_changelist"): system_of_all,
        reverse(f"{schedule}_change", args=[task.pk]): system_of_all,
        reverse(f"{schedule}_run_now", args=[task.pk]): system_of_all,
        reverse(f"{schedule}_add"): lambda user: False,
        reverse("admin:accounts_signin_changelist"): system,
        reverse("admin:accounts_user_add"): system,
        reverse("admin:accounts_user_delete", args=[cast.bob.pk]): lambda user: False,
        person: sees,
        where(TABLES["products"], "history", unit.pk): sees,
        reverse("admin:products_productnote_import_file"): staff,
        reverse("admin:repairs_symptomtype_import_file"): writes_reference,
        reverse("admin:products_state_import_file"): lambda user: False,
        **{button(unit, name): sees for name in ("enable", "change_state", "change_entity", "add_entity", "add_note")},
    }


def test_who_comes_to_which_page_of_the_admin(cast, unit):
    every = IntervalSchedule.objects.create(every=30, period="seconds")
    task = PeriodicTask.objects.create(name="t", task="apps.jobs.tasks.work", interval=every)
    for page, may in pages(cast, unit, task).items():
        for user in cast.users.values():
            answer = browser_of(user).get(page)
            assert (answer.status_code == 200) == may(user), (page, user.email, answer.status_code)
            assert answer.status_code in (200, 302, 403), (page, user.email)
        assert Client().get(page).status_code == 302
