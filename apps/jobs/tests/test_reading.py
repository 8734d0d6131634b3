"""A file that is being read: still wanted? for how long? and does it kill whoever reads it?"""

import pytest
from django.utils import timezone

from apps.core.refusals import Invalid
from apps.core.telling import tell
from apps.jobs import work
from apps.jobs.models import Job, JobItem, State
from apps.jobs.tests.test_from_list import csv_file
from apps.products import listed
from tests.contract.test_admin import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def begun(cast):
    """A job that waits to be read."""
    answer = browser_of(cast.tina).post("/jobs/from_list", {"kind": "units.enable", "file": csv_file("IMEI\n1\n2\n")})
    assert answer.status_code == 302
    return Job.objects.get()


def reading(monkeypatch, meanwhile):
    """Between the first line and the next, this happens."""
    monkeypatch.setattr(work, "LOOK", 0)
    whole = listed.units_of

    def units_of(content, form, pulse):
        for number, item in enumerate(whole(content, form, pulse)):
            if number:
                meanwhile()
                pulse()
            yield item

    monkeypatch.setattr(listed, "units_of", units_of)


def test_a_file_that_kills_its_worker_is_not_taken_up_for_ever(begun, monkeypatch):
    deaths = []

    def die():
        deaths.append(1)
        raise KeyboardInterrupt

    reading(monkeypatch, die)
    for _worker in range(work.MOST_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            work.work_all()
        assert work.work_all() == 0  # the dead worker's lease still holds
        Job.objects.update(lease_until=timezone.now())
    assert work.work_all() == 1
    begun.refresh_from_db()
    assert (begun.state, len(deaths)) == (State.FAILED, work.MOST_ATTEMPTS)
    assert "left alone" in begun.problem


def test_work_that_gets_on_may_be_taken_up_as_often_as_it_likes(begun, monkeypatch):
    monkeypatch.setattr(work, "SLICE", -1)
    monkeypatch.setattr(work, "BATCH", 1)
    assert work.work_all() > work.MOST_ATTEMPTS
    begun.refresh_from_db()
    assert (begun.state, begun.attempts) == (State.READY, 0)


def test_cancelled_while_it_is_read_it_leaves_nothing(cast, begun, monkeypatch):
    reading(monkeypatch, lambda: browser_of(cast.tina).post(f"/jobs/{begun.pk}/cancel"))
    work.work_all()
    begun.refresh_from_db()
    assert (begun.state, JobItem.objects.count()) == (State.CANCELLED, 0)


def test_the_lease_goes_on_while_it_is_read(begun, monkeypatch):
    leases = []
    reading(monkeypatch, lambda: leases.append(Job.objects.get().lease_until))
    held = work._hold
    monkeypatch.setattr(work, "_hold", lambda job, **more: leases.append(job.lease_until) or held(job, **more))
    work.work_all()
    assert leases == sorted(leases)
    assert len(set(leases)) > 2


def test_a_file_that_takes_too_long_is_refused(begun, monkeypatch):
    monkeypatch.setattr(work, "LONGEST_READING", -1)
    reading(monkeypatch, lambda: None)
    work.work_all()
    begun.refresh_from_db()
    assert (begun.state, "takes too long" in begun.problem) == (State.FAILED, True)


def test_a_failure_while_rows_are_written_ends_the_job(begun, monkeypatch):
    """Its lease was taken anew in the transaction that came to nothing."""

    def broken(self, rows, *_rest, **_more):
        raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")

    monkeypatch.setattr(type(JobItem.objects.all()), "bulk_create", broken)
    work.work_all()
    begun.refresh_from_db()
    assert (begun.state, "broke on our side" in begun.problem) == (State.FAILED, True)


@pytest.mark.parametrize("letter", ["\ud800", "\x00"])
def test_a_refusal_that_quotes_what_cannot_be_stored_ends_the_job(begun, monkeypatch, letter):
    def read(*_given):
        raise Invalid({"file": tell("%(names)s: no such column; there are %(known)s", names=f"a{letter}b", known="c")})

    monkeypatch.setattr(listed, "units_of", read)
    work.work_all()
    begun.refresh_from_db()
    assert begun.state == State.FAILED
    assert "no such column" in begun.problem


def test_a_job_that_cannot_even_fail_does_not_stop_others(cast, begun, monkeypatch):
    browser_of(cast.tina).post("/jobs/from_list", {"kind": "units.enable", "file": csv_file("IMEI\n3\n")})
    other = Job.objects.exclude(pk=begun.pk).get()
    slice_of = work._slice

    def broken(job):
        if job.pk == begun.pk:
            raise RuntimeError
        slice_of(job)

    monkeypatch.setattr(work, "_slice", broken)
    work.work_all()
    other.refresh_from_db()
    assert other.state == State.READY


def test_rows_are_written_in_batches_and_in_their_order(begun, monkeypatch):
    monkeypatch.setattr(work, "READ_BATCH", 1)
    work.work_all()
    assert list(JobItem.objects.order_by("number").values_list("number", "key")) == [(0, "1"), (1, "2")]
