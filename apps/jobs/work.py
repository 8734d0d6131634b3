"""Carrying jobs on, in a worker: claim one, go through a slice of its items, give it back.

Each item's effect and its outcome are one transaction, so a worker that dies at any point leaves nothing half done and
nothing done twice. A trial runs the same code and takes it back.
"""

import contextlib
import datetime as dt
import itertools
import json
import logging
import time
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy

from apps.core.actions import require_level
from apps.core.refusal_words import said
from apps.core.refusals import NotFound, Refused
from apps.core.telling import join, revived, step, tell
from apps.jobs.kinds import Kind, Pulse, Rests, kind_of
from apps.jobs.models import AT_WORK, OVER, Job, JobFile, JobItem, Outcome, State, sealed

log = logging.getLogger(__name__)

LEASE = dt.timedelta(minutes=2)
LONG_LEASE = dt.timedelta(minutes=15)  # of what is done in one go: writing a piece of a file
MOST_ATTEMPTS = 3
LOOK, LONGEST_READING = 1.0, 120.0  # seconds between two looks whether a file is still wanted, and for one file in all
SLICE = 5.0  # seconds before other jobs, and other tasks of this worker, get their turn
BATCH = 50
READ_BATCH, READ_LETTERS = 1000, 2**21  # rows written at once, and letters in them
_FILE = gettext_lazy("File")
KEPT, FILES_KEPT = dt.timedelta(days=365), dt.timedelta(days=7)


def work_all(limit: int = 1000) -> int:
    """Carry on whatever waits, a slice each, until nothing does; returns how many slices that took."""
    count = 0
    while count < limit and (job := claim()):
        count += 1
        try:
            with translation.override(job.language):
                _slice(job)
        except Exception:  # its lease runs out, and after some attempts it ends; others go on now
            log.exception("job %s could not be put down", job.pk)
    return count


def claim() -> Job | None:
    """The job that has waited longest, ours until the lease ends."""
    with transaction.atomic():
        now = timezone.now()
        free = Q(lease_until=None) | Q(lease_until__lte=now)
        waiting = Job.objects.select_for_update(skip_locked=True, of=("self",)).filter(free, state__in=AT_WORK)
        job = waiting.order_by(F("lease_until").asc(nulls_first=True), "id").first()
        if job is None:
            return None
        job.lease_until, job.attempts = now + _lease(job), job.attempts + 1
        job.save(update_fields=["lease_until", "attempts"])
    return Job.objects.select_related("owner").get(pk=job.pk)


def _slice(job: Job) -> None:
    kind, until = kind_of(job), time.monotonic() + SLICE
    try:
        if job.attempts > MOST_ATTEMPTS:
            raise Refused(tell("Whoever took this up was stopped by it several times; it is left alone now."))
        if not job.owner.is_active:
            raise Refused(tell("The account that started this is closed."))
        begun = job.begun_by()
        if begun is None:
            raise Refused(tell("Whoever started this sees other units by now; somebody there may begin it anew."))
        job.owner = begun
        require_level(job.owner, kind.level)
        step = {State.READING: _read, State.TRYING: _try_some, State.RUNNING: _run_some}[State(job.state)]
        while True:
            finished = step(job, kind)
            if not _hold(job):
                return  # paused or cancelled meanwhile, or taken over
            if finished or time.monotonic() >= until:
                break
    except _Unwanted:
        return
    except Refused as refused:
        _end(job, State.FAILED, said(refused, fields=lambda name: _FILE if name == "file" else name))
    except Exception:
        log.exception("job %s broke off", job.pk)
        _end(job, State.FAILED, tell("Something broke on our side and has been recorded. What was done stays done."))
    else:
        if finished:
            _end(job, _following(job, kind))
        else:
            _held(job).update(lease_until=timezone.now(), attempts=0)  # behind those that wait already


def _following(job: Job, kind: Kind) -> State:
    if job.state == State.READING:
        return State.DRAFT if kind.asks(job) else State.TRYING
    return State.READY if job.state == State.TRYING else State.DONE


def _lease(job: Job) -> dt.timedelta:
    return LONG_LEASE if kind_of(job).makes_file else LEASE


def _held(job: Job) -> Any:
    return Job.objects.filter(pk=job.pk, state=job.state, lease_until=job.lease_until)


@contextlib.contextmanager
def _together(job: Job) -> Iterator[None]:
    """A transaction. Where nothing comes of it, the job is again as the database has it: else it would not be ours."""
    before = job.lease_until, job.done, job.total
    try:
        with transaction.atomic():
            yield
    except BaseException:
        job.lease_until, job.done, job.total = before
        raise


def _hold(job: Job, *, attempts: int = 0) -> bool:
    """Keep it; False where it is not ours any more. Having got this far, it has not killed its worker."""
    lease = timezone.now() + _lease(job)
    still = bool(_held(job).update(lease_until=lease, done=job.done, total=job.total, attempts=attempts))
    job.lease_until = lease
    return still


def _end(job: Job, state: State, problem: str = "") -> None:
    done = {} if state in OVER else {"done": 0}
    finished = {"finished_at": timezone.now()} if state in OVER else {}
    _held(job).update(state=state, lease_until=None, problem=problem, attempts=0, **done, **finished)


class _Unwanted(Exception):
    """Cancelled, or taken over, while its file was being read."""


def _pulse(job: Job) -> Pulse:
    """Between pieces of a file: is it still wanted, and for how long has this gone on?"""
    begun = looked = time.monotonic()

    def pulse() -> None:
        nonlocal looked
        now = time.monotonic()
        if now - begun > LONGEST_READING:
            raise Refused(tell("The file takes too long to read; cut it into several."))
        if now - looked >= LOOK:
            looked = now
            if not _hold(job, attempts=job.attempts):
                raise _Unwanted

    return pulse


def _read(job: Job, kind: Kind) -> bool:
    """The whole file in one go: all of its rows or none. Nothing is locked while it is being understood."""
    batches, total = [], 0
    for rows in _batches((key[:255], sealed(payload)) for key, payload in kind.read(job, _pulse(job))):
        batches.append(zlib.compress(json.dumps(rows).encode(), 1))  # about as small as in the file
        total += len(rows)
    if not total:
        raise Refused(tell("The file holds no rows below its heading."))
    numbers = itertools.count()
    with _together(job):
        if not _hold(job, attempts=job.attempts):
            raise _Unwanted
        for batch in batches:
            rows = json.loads(zlib.decompress(batch))
            JobItem.objects.bulk_create(
                [JobItem(job=job, number=next(numbers), key=key, sealed=payload) for key, payload in rows]
            )
        job.files.all().delete()
    job.total = total
    return True


def _batches(items: Iterable[tuple[str, str | None]]) -> Iterator[list[tuple[str, str | None]]]:
    batch: list[tuple[str, str | None]] = []
    size = 0
    for key, payload in items:
        batch.append((key, payload))
        size += len(payload or "")
        if len(batch) >= READ_BATCH or size >= READ_LETTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _try_some(job: Job, kind: Kind) -> bool:
    items = list(job.items.filter(trial=Outcome.OPEN).order_by("number")[:BATCH])
    for item in items:
        item.trial, item.trial_text = _one(job, kind, item, keep=False)
    with _together(job):
        kept = kind.weigh(job, [item for item in items if item.trial == Outcome.CHANGED])
        if kept:
            job.params = {**job.params, **kept}
            _held(job).update(params=job.params)
        JobItem.objects.bulk_update(items, ["trial", "trial_text", "rests_on"])
    job.done += len(items)
    return len(items) < BATCH


def _run_some(job: Job, kind: Kind) -> bool:
    if kind.makes_file:
        with _together(job):  # the piece, and how far it goes
            return kind.make(job, by=job.owner)
    items = list(job.items.filter(outcome=Outcome.OPEN).order_by("number")[:BATCH])
    for item in items:
        outcome, text = _one(job, kind, item, keep=True)
        if outcome in (Outcome.REFUSED, Outcome.SKIPPED, Outcome.FAILED):
            _keep(item, outcome, text)
    job.done = job.items.exclude(outcome=Outcome.OPEN).count()
    return len(items) < BATCH


def _one(job: Job, kind: Kind, item: JobItem, *, keep: bool) -> tuple[Outcome, str]:
    try:
        with transaction.atomic():
            if keep and not JobItem.objects.select_for_update().filter(pk=item.pk, outcome=Outcome.OPEN).exists():
                return Outcome.OPEN, ""  # another worker was here
            now = kind.rests_on(item.key, item.payload, job.params, by=job.owner)
            if not keep:
                item.rests_on = now
            elif changes := _changes(item.rests_on or {}, now):
                return Outcome.SKIPPED, tell("changed since the preview: %(changes)s", changes=join(changes, "; "))
            text = kind.apply(item.key, item.payload, job.params, by=job.owner)
            outcome = Outcome.SAME if text is None else Outcome.CHANGED
            if keep:
                _keep(item, outcome, text or "")
            else:
                transaction.set_rollback(True)
            return outcome, text or ""
    except NotFound as refused:
        if keep and item.rests_on:
            return Outcome.SKIPPED, tell("has left your scope since the preview, or was deleted")
        return Outcome.REFUSED, said(refused, fields=kind.field_of(job.params))
    except Refused as refused:
        return Outcome.REFUSED, said(refused, fields=kind.field_of(job.params))
    except Exception:
        log.exception("%s broke off", item)
        return Outcome.FAILED, tell("Something broke on our side; try this one again.")


def _changes(before: Rests, now: Rests) -> list[Any]:
    return [
        tell("%(what)s: %(change)s", what=revived(name), change=step(revived(before[name][1]), revived(words)))
        for name, (key, words) in now.items()
        if name in before and before[name][0] != key
    ]  # fmt: skip


def _keep(item: JobItem, outcome: Outcome, text: str) -> None:
    JobItem.objects.filter(pk=item.pk).update(outcome=outcome, text=text, at=timezone.now())


def tidy() -> None:
    """Forget work that was over a year ago, and drafts that nobody went on with for a month."""
    now = timezone.now()
    Job.objects.filter(finished_at__lte=now - KEPT).delete()
    JobFile.objects.filter(job__finished_at__lte=now - FILES_KEPT).delete()
    Job.objects.filter(state__in=[State.DRAFT, State.READY], created_at__lte=now - dt.timedelta(days=30)).delete()
