"""Long work that people start: what it is to do, piece by piece, what a trial says of each, and what became of each."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Entity, User, Visibility
from apps.core.crypto import EncryptedField
from apps.core.fields import OptionField
from apps.core.levels import Level
from apps.core.telling import TellingField


class State(models.TextChoices):
    DRAFT = "draft", _("waiting for details")
    READING = "reading", _("reading the file")
    TRYING = "trying", _("trying, without changing anything")
    READY = "ready", _("ready to start")
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    DONE = "done", _("done")
    CANCELLED = "cancelled", _("cancelled")
    FAILED = "failed", _("stopped by a problem")


AT_WORK = (State.READING, State.TRYING, State.RUNNING)
OVER = (State.DONE, State.CANCELLED, State.FAILED)


class Outcome(models.TextChoices):
    OPEN = "", _("open")
    CHANGED = "changed", _("changed")
    SAME = "same", _("already so")
    REFUSED = "refused", _("refused")
    SKIPPED = "skipped", _("skipped")  # it has changed since the trial, so that what was seen there holds no more
    FAILED = "failed", _("broken off")


def spoken() -> str:
    """The language of whoever is at the page."""
    return get_language() or "en"


class JobQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> JobQuerySet:
        """One's own; ADMIN and above see those of colleagues. Never one that began further than the reader sees now:
        its items, report and files are of where its owner stood then, not of where the owner stands today."""
        jobs = self.filter(owner=user) if user.level < Level.ADMIN else self.all()
        if user.is_global:
            return jobs
        return jobs.filter(scope=Visibility.ENTITY, entity_id=user.entity_key)


class Job(models.Model):
    """One piece of work. `kind` is a name from backoffice/work.py, `params` is that kind's own."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    state = OptionField(max_length=10, choices=State.choices, default=State.DRAFT)
    owner = models.ForeignKey(User, models.PROTECT, related_name="jobs")
    # Where its owner stood when it began: who may see it, and as how much it goes on (docs/adr/0018).
    scope = OptionField(max_length=6, choices=Visibility.choices, default=Visibility.ENTITY)
    entity = models.ForeignKey(Entity, models.SET_NULL, null=True, related_name="+")
    # Files that it makes are written in the language of the page that it was begun on.
    language = models.CharField(max_length=8, default=spoken, db_default="en")
    problem = TellingField(blank=True, default="")
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)  # of the present state
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # Whose turn it is: a worker holds the job until then, and one that dies gives it back by itself.
    lease_until = models.DateTimeField(null=True)
    # How often a worker took it up and did not come back since it last got anywhere: what kills its worker ends.
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)

    objects = JobQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["state"], name="jobs_job_at_work", condition=Q(state__in=AT_WORK)),
            models.Index(fields=["owner", "-id"], name="jobs_job_of_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk} ({self.state})"

    def begun_by(self) -> User | None:
        """The owner as far as they saw when it began; None where they see less by now: it may not go on."""
        owner = self.owner
        if not (owner.is_global or (self.scope == Visibility.ENTITY and owner.entity_id == self.entity_id)):
            return None
        begun = copy.copy(owner)  # never saved: this is who acts, not who they are
        begun.scope, begun.entity_id = self.scope, self.entity_id
        return begun


class JobItem(models.Model):
    """One unit, row or line of a job. `trial` is what would happen, `outcome` what did."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(Job, models.CASCADE, related_name="items")
    number = models.PositiveIntegerField()
    key = models.CharField(max_length=255)
    sealed = EncryptedField(null=True, label="job.payload")  # JSON; a file may bring keys of units
    trial = OptionField(max_length=8, choices=Outcome.choices, default=Outcome.OPEN)
    trial_text = TellingField(blank=True, default="")
    rests_on = models.JSONField(null=True)  # {what: [key, words]}: what the trial found there (kinds.Kind.rests_on)
    outcome = OptionField(max_length=8, choices=Outcome.choices, default=Outcome.OPEN)
    text = TellingField(blank=True, default="")
    at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="jobs_item_number")]
        indexes = [
            models.Index(fields=["job", "trial", "number"], name="jobs_item_trial"),
            models.Index(fields=["job", "outcome", "number"], name="jobs_item_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.key} of job {self.job_id}"

    @property
    def payload(self) -> Any:
        return None if self.sealed is None else json.loads(str(self.sealed))


def sealed(payload: Any) -> str | None:
    return None if payload is None else json.dumps(payload, ensure_ascii=False)


class JobFile(models.Model):
    """What a job reads or has made, in pieces. In the database, so that any worker finds it and a backup holds it."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(Job, models.CASCADE, related_name="files")
    name = models.CharField(max_length=255)
    piece = EncryptedField(label="job.file")  # base64

    class Meta:
        indexes = [models.Index(fields=["job", "id"], name="jobs_file_pieces")]

    def __str__(self) -> str:
        return f"{self.name} of job {self.job_id}"

    @property
    def content(self) -> bytes:
        return base64.b64decode(str(self.piece))

    @classmethod
    def add(cls, job: Job, name: str, content: bytes) -> None:
        cls.objects.create(job=job, name=name[-255:], piece=base64.b64encode(content).decode())


class TaskRun(models.Model):
    """The last run of a scheduled task."""

    name = models.CharField(max_length=200, primary_key=True)
    at = models.DateTimeField()
    seconds = models.FloatField()
    problem = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M}"
