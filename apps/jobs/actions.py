"""Starting, pausing and repeating long work. Nothing here does the work itself: that is work.py, in a worker."""

import contextlib
from collections.abc import Generator, Iterable
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import Visibility
from apps.core.actions import action, require_level
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import Invalid, Refused, refuse_if
from apps.jobs.kinds import kinds
from apps.jobs.models import OVER, Job, JobFile, JobItem, Outcome, State
from apps.jobs.queries import fetch_job

MOST_ITEMS = 100_000
MOST_BYTES = 25 * 1024 * 1024
PIECE = 1024 * 1024
BATCH = 2000


@action(level=Level.OVERVIEW)
def draft(*, kind: str, keys: Iterable[str] = (), params: dict[str, Any] | None = None, by: Actor) -> Job:
    """A new job over these keys. One that asks for nothing more goes on to its trial at once."""
    require_level(by, kinds()[kind].level)
    job = _new(kind, params or {}, by)
    with contextlib.ExitStack() as opened:
        if isinstance(keys, Generator):
            opened.enter_context(contextlib.closing(keys))  # a cursor of PostgreSQL ends with its transaction
        batch: list[JobItem] = []
        for number, key in enumerate(keys):
            if number >= MOST_ITEMS:
                raise Invalid({"items": _("more than %(most)d at once; narrow the choice") % {"most": MOST_ITEMS}})
            batch.append(JobItem(job=job, number=number, key=key))
            if len(batch) == BATCH:
                JobItem.objects.bulk_create(batch)
                batch = []
        JobItem.objects.bulk_create(batch)
    job.total = job.items.count()
    refuse_if(not job.total, "items", _("nothing was chosen; tick at least one"))
    job.save(update_fields=["total"])
    if not kinds()[kind].asks(job):
        _go(job, State.TRYING)
    return job


@action(level=Level.OVERVIEW)
def draft_from_file(*, kind: str, name: str, content: Iterable[bytes], params: dict[str, Any], by: Actor) -> Job:
    """A new job that reads a file; reading it, and trying each of its rows, is the worker's. Details that the file
    doesn't hold are asked for in between."""
    require_level(by, kinds()[kind].level)
    job = _new(kind, params, by)
    size = 0
    for piece in content:
        size += len(piece)
        if size > MOST_BYTES:
            raise Invalid({"file": _("is larger than %(most)d MB; cut it into several") % {"most": MOST_BYTES >> 20}})
        JobFile.add(job, name, piece)
    refuse_if(not size, "file", _("is empty"))
    _go(job, State.READING)
    return job


@action(level=Level.OVERVIEW)
def make_file(*, kind: str, params: dict[str, Any], total: int, by: Actor) -> Job:
    """A new job that makes a file."""
    require_level(by, kinds()[kind].level)
    job = _new(kind, params, by, total=total)
    _go(job, State.RUNNING)
    return job


@action(level=Level.OVERVIEW)
def set_details(job: Job, *, params: dict[str, Any], by: Actor) -> Job:
    """Of a draft; or other ones, once the preview stands, which is then made anew."""
    job = fetch_job(job.pk, by=by, lock=True)
    if job.state != State.READY:
        _only_in(job, State.DRAFT)
    job.params = params
    job.save(update_fields=["params"])
    job.items.exclude(trial=Outcome.OPEN).update(trial=Outcome.OPEN, trial_text="", rests_on=None)
    _go(job, State.TRYING)
    return job


@action(level=Level.OVERVIEW)
def start(job: Job, *, by: Actor) -> Job:
    """Do what the trial said would change, where nothing has changed meanwhile that it rests on; the rest keeps the
    trial's answer. Pressed twice: once."""
    job = fetch_job(job.pk, by=by, lock=True)
    if job.state == State.RUNNING:
        return job
    _only_in(job, State.READY)
    refuse_if(job.owner_id != _key(by), "job", _("is started by the person who made it"))
    now = timezone.now()
    settled = job.items.filter(trial__in=[Outcome.SAME, Outcome.REFUSED, Outcome.FAILED], outcome=Outcome.OPEN)
    settled.update(outcome=F("trial"), text=F("trial_text"), at=now)
    job.started_at = now
    _go(job, State.RUNNING)
    return job


@action(level=Level.OVERVIEW)
def pause(job: Job, *, by: Actor) -> Job:
    job = fetch_job(job.pk, by=by, lock=True)
    if job.state == State.PAUSED:
        return job
    _only_in(job, State.RUNNING)
    _set(job, State.PAUSED)
    return job


@action(level=Level.OVERVIEW)
def go_on(job: Job, *, by: Actor) -> Job:
    job = fetch_job(job.pk, by=by, lock=True)
    if job.state == State.RUNNING:
        return job
    _only_in(job, State.PAUSED)
    _go(job, State.RUNNING)
    return job


@action(level=Level.OVERVIEW)
def cancel(job: Job, *, by: Actor) -> Job:
    """Stop for good. What is done stays done, and the report says what is."""
    job = fetch_job(job.pk, by=by, lock=True)
    if job.state in OVER:
        return job
    job.finished_at = timezone.now()
    _set(job, State.CANCELLED)
    return job


@action(level=Level.OVERVIEW)
def again(job: Job, *, by: Actor) -> Job:
    """A new job over what this one left undone, beginning with a trial of its own."""
    job = fetch_job(job.pk, by=by)
    refuse_if(job.state not in OVER, "job", _("is not over yet"))
    left = job.items.filter(outcome__in=[Outcome.OPEN, Outcome.REFUSED, Outcome.SKIPPED, Outcome.FAILED]).order_by(
        "number"
    )
    require_level(by, kinds()[job.kind].level)
    fresh = _new(job.kind, job.params, by)
    rows = [JobItem(job=fresh, number=item.number, key=item.key, sealed=item.sealed) for item in left.iterator()]
    refuse_if(not rows, "job", _("left nothing undone"))
    JobItem.objects.bulk_create(rows, batch_size=BATCH)
    fresh.total = len(rows)
    _go(fresh, State.TRYING)
    return fresh


def _new(kind: str, params: dict[str, Any], by: Any, **values: Any) -> Job:
    """A job that keeps how far its owner sees now."""
    scope = Visibility.GLOBAL if by.is_global else Visibility.ENTITY
    return Job.objects.create(kind=kind, owner=by, params=params, scope=scope, entity_id=by.entity_key, **values)


def _key(by: Any) -> Any:
    return by.pk


def _only_in(job: Job, state: State) -> None:
    if job.state != state:
        raise Refused(_("This is not possible any more: the job is %(state)s.") % {"state": job.get_state_display()})


def _set(job: Job, state: State) -> None:
    job.state, job.lease_until, job.attempts = state, None, 0
    job.save()


def _go(job: Job, state: State) -> None:
    job.done = 0 if job.state not in (State.PAUSED,) else job.done
    _set(job, state)
    transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    from apps.events.wake import wake_soon

    wake_soon("apps.jobs.tasks.work")
