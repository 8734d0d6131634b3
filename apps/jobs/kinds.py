"""What a kind of job is. The kinds stand on one page, backoffice/work.py."""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import Refused
from apps.jobs.models import Job, JobItem

Pulse = Callable[[], None]
Rests = dict[
    str, list[str]
]  # {what people call it: [a key that tells it apart, the words for it]}, told (core.telling)
GONE = "Jobs of this kind are done here no more"


class Kind:
    """A kind of work over many items. Subclasses fill in what they have."""

    title: str | Promise = ""
    level: Level = Level.TECHNICAL
    icon = ""

    @property
    def makes_file(self) -> bool:
        return type(self).make is not Kind.make

    def form(self, *, by: Actor, data: Any = None) -> forms.Form | None:
        """What is to be asked before the trial; None: nothing."""
        return None

    def asks(self, job: Job) -> bool:
        """Whether the details are still to be asked for, its items being known: nobody is stopped by a form of which
        everything may stay empty. It stands beside the preview."""
        form = self.form(by=job.owner)
        return form is not None and any(field.required for field in form.fields.values())

    def takes(self, job: Job) -> bool:
        """Whether details may be given beside the preview."""
        return self.form(by=job.owner) is not None

    def params(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        """The form's values as JSON."""
        return dict(cleaned)

    def told(self, params: Mapping[str, Any]) -> str:
        """The details in words, for people."""
        return ""

    def weigh(self, job: Job, changed: Sequence[JobItem]) -> Mapping[str, Any]:
        """For a trial, which looks at each item by itself: these, of the next batch, would change; what is too much
        together with those before them is refused here (`trial`, `trial_text`). What is returned is kept among the
        job's params; with `job.done` 0 the trial begins anew."""
        return {}

    def costs(self, job: Job, count: int) -> str:
        """What doing it to so many brings with it, in lines, said before it is started; empty: nothing worth a word."""
        return ""

    def field_of(self, params: Mapping[str, Any]) -> Callable[[str], Any] | None:
        """What people call a field that a refusal names; None where they have given none, so that none is named."""
        return None

    def read(self, job: Job, pulse: Pulse) -> Iterator[tuple[str, Any]]:
        """(key, payload) of each item in the job's file. Raises Refused where the file can't be read. `pulse` is to be
        called every now and then, however little the file gives: it ends the reading of what nobody wants any more."""
        raise Refused(GONE)

    def rests_on(self, key: str, payload: Any, params: Mapping[str, Any], *, by: Actor) -> Rests:
        """What makes doing it to this one right, as it is now. Where some of it is another at the start than it was at
        the trial, the item is skipped, for nobody has seen it so. Raises Refused. Runs in the transaction of apply(),
        before it."""
        return {}

    def apply(self, key: str, payload: Any, params: Mapping[str, Any], *, by: Actor) -> str | None:
        """Do it to this one, by the same actions as every other door; the words for what changed, or None where it is
        so already. Raises Refused. Runs in a transaction that a trial takes back."""
        raise Refused(GONE)

    def make(self, job: Job, *, by: Actor) -> bool:
        """For kinds that make a file instead: a further piece of it; True when whole."""
        raise Refused(GONE)


@functools.cache
def kinds() -> Mapping[str, Kind]:
    pages: Mapping[str, str] = import_string(settings.WORK)
    return {name: import_string(path)() for name, path in pages.items()}


def kind_of(job: Job) -> Kind:
    """A job of a kind that is no more can still be read."""
    return kinds().get(job.kind) or Kind()
