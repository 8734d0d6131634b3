"""Acts on many units through the real doors: chosen in the list, tried, started, paused, repeated, reported."""

import csv
import io
import re

import pytest
from django.db import OperationalError
from django.test import Client

from apps.core.levels import Level
from apps.jobs import actions, tasks, work
from apps.jobs.models import Job, JobFile, JobItem, Outcome, State
from apps.products import bulk
from apps.products.actions import enable_product
from apps.products.models import EnableHistory, Product, ProductNote, TamperEnableHistory
from tests.cast import make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def units(cast):
    return [make_unit(f"01010123456{number:04d}", entity=cast.a) for number in range(4)]


def browser_of(user):
    browser = Client()
    browser.force_login(user)
    return browser


def begin(browser, kind, units=(), **more):
    answer = browser.post("/bulk", {"kind": kind, "unit": [unit.product_imei for unit in units], **more})
    assert answer.status_code == 302, answer.content
    return Job.objects.get(pk=int(answer.url.rsplit("/", 1)[1]))


def outcomes(job, column="outcome"):
    return list(job.items.order_by("number").values_list(column, flat=True))


def go(browser, job, verb="start"):
    return browser.post(f"/jobs/{job.pk}/{verb}")


def test_a_manager_switches_many_on_after_seeing_what_would_happen(cast, units):
    enable_product(units[0], by=cast.tina)
    browser = browser_of(cast.tina)
    job = begin(browser, "units.enable", units)
    before = EnableHistory.objects.count()
    work.work_all()
    job.refresh_from_db()
    assert (job.state, sorted(outcomes(job, "trial"))) == (State.READY, ["changed"] * 3 + ["same"])
    assert EnableHistory.objects.count() == before  # a trial changes nothing
    page = browser.get(f"/jobs/{job.pk}").content.decode()
    assert "never switched → pending: enable" in page
    assert "3 will change" in page
    assert go(browser, job).status_code == 302
    work.work_all()
    job.refresh_from_db()
    assert (job.state, sorted(outcomes(job))) == (State.DONE, ["changed"] * 3 + ["same"])
    assert Product.objects.filter(desired_enable_flag=True).count() == 4
    assert EnableHistory.objects.filter(user=cast.tina.email).count() == 4
    go(browser, job)  # pressed again: too late, and said so
    work.work_all()
    assert EnableHistory.objects.count() == before + 3
    report = browser.get(f"/jobs/{job.pk}/report.csv")
    lines = list(csv.reader(io.StringIO(b"".join(report.streaming_content).decode("utf-8-sig"))))
    assert (len(lines), {line[1] for line in lines[1:]}) == (5, {"changed", "already so"})


def test_tamper_switches_of_many_are_switched_without_touching_their_lights(cast, units):
    browser = browser_of(cast.tina)
    for kind, on in (("units.enable_tamper", True), ("units.disable_tamper", False)):
        job = begin(browser, kind, units)
        work.work_all()
        go(browser, job)
        work.work_all()
        assert outcomes(job) == ["changed"] * 4
        assert Product.objects.filter(pk__in=[unit.pk for unit in units], desired_tamper_flag=on).count() == 4
    assert not Product.objects.filter(desired_enable_flag=True).exists()
    assert TamperEnableHistory.objects.count() == 8
    repeated = begin(browser, "units.disable_tamper", units)
    work.work_all()
    assert outcomes(repeated, "trial") == ["same"] * 4


def test_all_that_the_list_shows_on_all_its_pages(cast, units):
    make_unit("010101234569999", entity=cast.b)
    enable_product(units[0], by=cast.tina)
    browser = browser_of(cast.tina)
    assert begin(browser, "units.enable", all="1").total == 4
    assert begin(browser, "units.disable", all="1", show="pending").total == 1
    assert begin(browser, "units.enable", all="1", q="01010123456").total == 4  # in scope only
    assert browser.post("/bulk", {"kind": "units.enable"}).status_code == 400
    assert browser.post("/bulk", {"kind": "nothing", "all": "1"}).status_code == 400
    assert browser.post("/bulk", {"kind": "units.state", "all": "1"}).status_code == 400  # ADMIN's


def test_what_is_asked_first_is_checked_and_who_cannot_is_told_why(cast, units):
    admin = cast.users["A", Level.ADMIN]
    browser = browser_of(admin)
    job = begin(browser, "units.state", units)
    assert job.state == State.DRAFT
    assert b"New state" in browser.get(f"/jobs/{job.pk}").content
    assert browser.post(f"/jobs/{job.pk}/details", {"new_state": "77"}).status_code == 400
    browser.post(f"/jobs/{job.pk}/details", {"new_state": "6"})
    work.work_all()
    job.refresh_from_db()
    assert set(outcomes(job, "trial")) == {"refused"}
    page = browser.get(f"/jobs/{job.pk}").content.decode()
    assert "may not go from" in page
    french = browser.get(f"/jobs/{job.pk}", headers={"Accept-Language": "fr"}).content.decode()
    assert "ne peut pas passer de «\u00a0en stock\u00a0» à «\u00a0suivie\u00a0»" in french
    assert "Nothing would change" in page
    browser.post(f"/jobs/{job.pk}/cancel")
    moved = begin(browser, "units.state", units[:2])
    browser.post(f"/jobs/{moved.pk}/details", {"new_state": "3"})
    work.work_all()
    go(browser, moved)
    work.work_all()
    assert {
        unit.latest_state.current_state_type_id for unit in Product.objects.filter(pk__in=[u.pk for u in units[:2]])
    } == {3}


def test_units_move_to_another_entity_and_out_of_ones_scope_only_by_global(cast, units):
    root = browser_of(cast.users["GLOBAL", Level.ADMIN])
    job = begin(root, "units.entity", units[:2])
    root.post(f"/jobs/{job.pk}/details", {"new_entity": cast.b.pk})
    work.work_all()
    assert set(outcomes(job, "trial")) == {"changed"}
    assert job.items.first().trial_text == "Entity A → Entity B"
    go(root, job)
    work.work_all()
    assert Product.objects.visible_to(cast.charlie).count() == 2
    own = browser_of(cast.users["A", Level.ADMIN])
    mine = begin(own, "units.add_entity", units[2:])
    assert own.post(f"/jobs/{mine.pk}/details", {"new_entity": cast.b.pk}).status_code == 400  # not one of theirs


def test_notes_may_be_repeated_without_standing_twice(cast, units):
    browser = browser_of(cast.tina)
    for _time in range(2):
        job = begin(browser, "units.note", units)
        browser.post(f"/jobs/{job.pk}/details", {"note_text": "Check the panel"})
        work.work_all()
        go(browser, job)
        work.work_all()
    assert ProductNote.objects.count() == 4


def test_paused_it_stops_and_goes_on_where_it_was(cast, units, monkeypatch):
    monkeypatch.setattr(work, "BATCH", 1)
    browser = browser_of(cast.tina)
    job = begin(browser, "units.enable", units)
    work.work_all()
    go(browser, job)
    real = bulk.Enable.apply

    def apply_then_pause(self, key, *rest, **by):
        text = real(self, key, *rest, **by)
        if job.items.filter(outcome="changed").count() == 1:
            actions.pause(Job.objects.get(pk=job.pk), by=cast.tina)
        return text

    monkeypatch.setattr(bulk.Enable, "apply", apply_then_pause)
    work.work_all()
    job.refresh_from_db()
    assert (job.state, outcomes(job).count("changed")) == (State.PAUSED, 2)
    monkeypatch.setattr(bulk.Enable, "apply", real)
    work.work_all()
    assert outcomes(job).count("changed") == 2
    go(browser, job, "go_on")
    work.work_all()
    job.refresh_from_db()
    assert (job.state, outcomes(job)) == (State.DONE, ["changed"] * 4)
    assert EnableHistory.objects.filter(user=cast.tina.email).count() == 4


def test_a_long_job_holds_up_neither_a_short_one_nor_the_worker(cast, units, monkeypatch):
    monkeypatch.setattr(work, "BATCH", 1)
    monkeypatch.setattr(work, "SLICE", 0.0)
    browser = browser_of(cast.tina)
    long, short = begin(browser, "units.enable", units), begin(browser, "units.disable", units[:1])
    assert work.work_all(limit=4) == 4
    assert [Job.objects.get(pk=job.pk).state for job in (long, short)] == [State.TRYING, State.READY]
    woken = []
    monkeypatch.setattr(tasks, "wake_soon", woken.append)
    tasks.work()
    assert woken == ["apps.jobs.tasks.work"]  # the rest stands behind whatever waits for a worker
    work.work_all()
    tasks.work()
    assert len(woken) == 1


def test_a_worker_that_dies_leaves_nothing_half_done_and_nothing_twice(cast, units, monkeypatch):
    browser = browser_of(cast.tina)
    job = begin(browser, "units.enable", units)
    work.work_all()
    go(browser, job)
    real = bulk.Enable.apply
    seen = []

    def dies(self, key, *rest, **by):
        seen.append(key)
        text = real(self, key, *rest, **by)
        if len(seen) == 3:
            raise KeyboardInterrupt  # killed between the act and its commit
        return text

    monkeypatch.setattr(bulk.Enable, "apply", dies)
    with pytest.raises(KeyboardInterrupt):
        work.work_all()
    assert outcomes(job).count("changed") == 2
    assert EnableHistory.objects.filter(user=cast.tina.email).count() == 2
    monkeypatch.setattr(bulk.Enable, "apply", real)
    work.work_all()
    assert Job.objects.get(pk=job.pk).state == State.RUNNING  # the dead worker's lease still holds
    Job.objects.update(lease_until=None)
    work.work_all()
    assert outcomes(job) == ["changed"] * 4
    assert EnableHistory.objects.filter(user=cast.tina.email).count() == 4


def test_what_changed_between_trial_and_start_is_found_out_and_the_undone_can_be_tried_again(cast, units, monkeypatch):
    browser = browser_of(cast.tina)
    job = begin(browser, "units.enable", units)
    work.work_all()
    enable_product(units[0], by=cast.alice)
    units[1].product_entity_linker.filter(date_removed=None).update(entity=cast.b)  # out of scope now
    real = bulk.Enable.apply

    def breaks(self, key, *rest, **by):
        if key == units[2].product_imei:
            raise OperationalError("the cable was pulled")
        return real(self, key, *rest, **by)

    monkeypatch.setattr(bulk.Enable, "apply", breaks)
    go(browser, job)
    work.work_all()
    found = dict(job.items.values_list("key", "outcome"))
    assert [found[unit.product_imei] for unit in units] == ["same", "skipped", "failed", "changed"]
    monkeypatch.setattr(bulk.Enable, "apply", real)
    again = browser.post(f"/jobs/{job.pk}/again")
    fresh = Job.objects.latest("pk")
    assert (again.url, fresh.total) == (f"/jobs/{fresh.pk}", 2)
    work.work_all()
    assert sorted(outcomes(fresh, "trial")) == ["changed", "refused"]


def test_a_closed_account_or_a_lost_level_stops_its_work(cast, units):
    browser = browser_of(cast.tina)
    jobs = [begin(browser, "units.enable", units) for _ in range(2)]
    work.work_all()
    go(browser, jobs[0])
    cast.tina.permissions = Level.OVERVIEW
    cast.tina.save()
    work.work_all()
    jobs[0].refresh_from_db()
    assert jobs[0].state == State.FAILED
    assert not Product.objects.filter(desired_enable_flag=True).exists()
    assert browser.post(f"/jobs/{jobs[0].pk}/again").status_code == 403


def test_who_sees_whose_jobs(cast, units):
    job = begin(browser_of(cast.tina), "units.enable", units)
    work.work_all()
    seen = {
        who: browser_of(user).get(f"/jobs/{job.pk}").status_code
        for who, user in {
            "colleague": cast.bob, "admin": cast.users["A", Level.ADMIN], "root": cast.root, "other": cast.charlie,
        }.items()
    }  # fmt: skip
    assert seen == {"colleague": 404, "admin": 200, "root": 200, "other": 404}
    assert browser_of(cast.root).post(f"/jobs/{job.pk}/start").status_code == 400  # it acts as who made it
    assert browser_of(cast.users["A", Level.ADMIN]).post(f"/jobs/{job.pk}/cancel").status_code == 302
    for verb in ("start", "pause", "go_on", "cancel", "again", "details"):
        assert browser_of(cast.charlie).post(f"/jobs/{job.pk}/{verb}").status_code == 404
        assert Client().post(f"/jobs/{job.pk}/{verb}").status_code == 401
    assert b"/jobs/" in browser_of(cast.tina).get("/jobs").content


def stand(user, scope, entity, level=None):
    user.scope, user.entity, user.permissions = scope, entity, level or user.permissions
    user.save()


def test_a_job_belongs_to_where_its_owner_stood_when_it_began(cast, units):
    """Whoever moves to another entity, or sees less by now, finds neither items nor report nor file of it; colleagues
    of the old entity do, those of the new one don't."""
    mover, chief = cast.alice, cast.root
    other_admin, old_admin = cast.users["B", Level.ADMIN], cast.users["A", Level.ADMIN]
    of_a = begin(browser_of(mover), "units.enable", units)
    of_all = begin(browser_of(chief), "units.enable", units)
    work.work_all()
    for job in (of_a, of_all):
        Job.objects.filter(pk=job.pk).update(state=State.DONE)
        JobFile.add(job, "products.csv", b"canary")
    stand(mover, "ENTITY", cast.b)
    stand(chief, "ENTITY", cast.a)

    def seen(user, job):
        browser = browser_of(user)
        doors = [browser.get(f"/jobs/{job.pk}{rest}").status_code for rest in ("", "/report.csv", "/file")]
        doors += [{302: 200}.get(go(browser, job, verb).status_code, 404) for verb in ("cancel",)]
        listed = f"/jobs/{job.pk}" in browser.get("/jobs").content.decode()
        assert doors == [200 if listed else 404] * 4, (user, doors, listed)
        return listed

    assert [seen(user, of_a) for user in (mover, other_admin, old_admin, chief)] == [False, False, True, True]
    assert [seen(user, of_all) for user in (mover, chief, old_admin)] == [False, False, False]
    assert seen(cast.users["GLOBAL", Level.ADMIN], of_all)
    stand(mover, "GLOBAL", None)
    assert seen(mover, of_a)


@pytest.mark.parametrize(
    ("scope", "entity", "goes_on"), [("ENTITY", "b", False), ("GLOBAL", None, True), ("ENTITY", "a", True)]
)
def test_a_job_goes_on_as_far_as_its_owner_saw_when_it_began(cast, units, scope, entity, goes_on):
    foreign = make_unit("010101234569999", entity=cast.b)
    job = begin(browser_of(cast.alice), "units.enable", units[:1])
    JobItem.objects.create(job=job, number=1, key=foreign.product_imei)
    stand(cast.alice, scope, entity and getattr(cast, entity))
    work.work_all()
    job.refresh_from_db()
    assert job.state == (State.READY if goes_on else State.FAILED)
    assert outcomes(job, "trial") == (["changed", "refused"] if goes_on else ["", ""])  # never widened
    if not goes_on:
        assert "sees other units by now" in job.problem
    cast.alice.refresh_from_db()
    assert cast.alice.scope == scope  # who acts is not who they are


def test_too_many_at_once_is_refused_whole(cast, units, monkeypatch):
    monkeypatch.setattr(actions, "MOST_ITEMS", 3)
    answer = browser_of(cast.tina).post("/bulk", {"kind": "units.enable", "all": "1"})
    assert (answer.status_code, Job.objects.count(), JobItem.objects.count()) == (400, 0, 0)


def test_in_french_the_whole_of_it(cast, units):
    cast.tina.language = "fr"
    cast.tina.save()
    browser = Client(HTTP_ACCEPT_LANGUAGE="fr")
    browser.force_login(cast.tina)
    job = begin(browser, "units.enable", units)
    work.work_all()
    page = browser.get(f"/jobs/{job.pk}").content.decode()
    assert "en attente\u00a0: activer" in page
    assert not re.search(r">\s*(Start|Cancel|will change|Details)", page)


def test_from_the_admins_list_of_units(cast, units):
    browser = browser_of(cast.users["A", Level.ADMIN])
    body = {"action": "units.add_entity", "_selected_action": [unit.pk for unit in units[:3]]}
    answer = browser.post("/admin/products/product/", body)
    job = Job.objects.get()
    assert (answer.status_code, answer.url, job.total) == (302, f"/jobs/{job.pk}", 3)
    body = {"action": "units.disable", "_selected_action": [units[0].pk], "select_across": "1"}
    browser.post("/admin/products/product/?q=01010123456000", body)
    assert Job.objects.latest("pk").total == 4
    assert Outcome.OPEN == ""
