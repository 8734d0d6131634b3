"""What runs by itself, and when: beat's table, in words, changed in the admin and kept."""

import datetime as dt
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as noop
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks
from django_celery_beat.schedulers import DatabaseScheduler
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from apps.core.admin.cells import when
from apps.core.admin.logs import PlainAdmin
from apps.core.admin.meanwhile import MeanwhileForm
from apps.events.wake import wake_soon
from apps.jobs.models import TaskRun

SHORTEST = 5  # seconds

WORDS: dict[str, str | Promise] = {
    "apps.events.tasks.relay": _("Carries out what events bring about and no worker was woken for"),
    "apps.events.tasks.tidy": _("Forgets events of more than a year ago that have had all their consequences"),
    "apps.jobs.tasks.work": _("Carries on jobs that were left"),
    "apps.jobs.tasks.tidy": _("Forgets jobs of more than a year ago and files of more than a week"),
    "apps.workflows.tasks.resume": _("Goes on with repairs whose waiting time is over"),
    "apps.products.tasks.lapse": _("Ends orders whose deadline has passed"),
    "apps.products.tasks.roll_out": _("Orders the next units of software roll-outs, and stops those that fail"),
    "apps.connectivity.tasks.locate": _("Works out from the cells they saw where units without GPS are"),
    "apps.connectivity.tasks.send_messages": _("Sends text messages that wait, and settles those whose time is up"),
    "apps.connectivity.tasks.publish_letters": _("Publishes real-time messages that wait or that no reply came for"),
    "apps.connectivity.tasks.remind": _("Tells silent real-time units their orders once more"),
    "apps.api.tasks.tidy": _("Forgets past changes of tables, by which counts are kept"),
    "apps.accounts.tasks.tidy": _("Forgets expired tokens and sessions, old counters and sign-ins"),
}
# Said by django-celery-beat, whose French is broken; our catalogue comes first.
noop("Periodic Tasks"), noop("periodic task"), noop("periodic tasks")

UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}


class Scheduler(DatabaseScheduler):
    """Beat's scheduler on its table. What the settings name is written there once; from then on the table says."""

    def update_from_dict(self, mapping: Any) -> None:
        held = set(PeriodicTask.objects.values_list("name", flat=True))
        super().update_from_dict({name: entry for name, entry in mapping.items() if name not in held})


STARTED = timezone.now()  # of this process
MISSED = 4  # runs,
AT_LEAST = dt.timedelta(minutes=2)  # and no less than this, in a row, before it is called silent


def silent_for(task: str) -> int | None:
    """Seconds since this scheduled task last ran, when it has missed several runs; else None.

    Counted from the start of this process at the earliest, so that a system which starts has time for its first run.
    What somebody has switched off is not missed.
    """
    planned = PeriodicTask.objects.filter(task=task).select_related("interval").first()
    if planned is not None and not planned.enabled:
        return None
    every = planned.interval.schedule.run_every if planned is not None and planned.interval else dt.timedelta()
    name = planned.name if planned is not None else ""
    last = TaskRun.objects.filter(name=name).values_list("at", flat=True).first()
    silent = timezone.now() - max(last or STARTED, STARTED)
    return round(silent.total_seconds()) if silent > max(every * MISSED, AT_LEAST) else None


def in_words(task: PeriodicTask) -> str:
    """`every 30 seconds`"""
    if task.interval is None:
        return str(task.schedule)
    every, period = task.interval.every, task.interval.period
    if seconds := every * UNITS.get(period, 0):  # 3600 seconds are an hour
        period = next(name for name, length in reversed(UNITS.items()) if seconds % length == 0)
        every = seconds // UNITS[period]
    match period:
        case "seconds":
            return ngettext("every second", "every %(every)d seconds", every) % {"every": every}
        case "minutes":
            return ngettext("every minute", "every %(every)d minutes", every) % {"every": every}
        case "hours":
            return ngettext("every hour", "every %(every)d hours", every) % {"every": every}
        case "days":
            return ngettext("every day", "every %(every)d days", every) % {"every": every}
    return str(task.interval)


def what(task: PeriodicTask) -> str | Promise:
    return WORDS.get(task.task, task.name)


def next_run(task: PeriodicTask) -> dt.datetime | None:
    if not task.enabled:
        return None
    left: float = task.schedule.remaining_estimate(task.last_run_at or task.date_changed).total_seconds()
    return timezone.now() + dt.timedelta(seconds=max(0.0, left))


class ScheduleForm(MeanwhileForm):
    every = forms.IntegerField(label=_("Every"), min_value=1, max_value=10_000, widget=UnfoldAdminIntegerFieldWidget)
    period = forms.ChoiceField(
        label=_("of"), widget=UnfoldAdminSelectWidget,
        choices=[("seconds", _("seconds")), ("minutes", _("minutes")), ("hours", _("hours")), ("days", _("days"))],
    )  # fmt: skip

    class Meta:
        model = PeriodicTask
        fields = ("enabled",)
        labels: ClassVar[Any] = {"enabled": _("Runs by itself")}
        help_texts: ClassVar[Any] = {"enabled": _("Switched off, it waits until somebody switches it on again.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.interval is not None:
            self.initial.update(every=self.instance.interval.every, period=self.instance.interval.period)

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if "every" in given and "period" in given and given["every"] * UNITS[given["period"]] < SHORTEST:
            self.add_error("every", _("At least every five seconds."))
        return given

    def save(self, commit: bool = True) -> Any:
        interval, _made = IntervalSchedule.objects.get_or_create(
            every=self.cleaned_data["every"], period=self.cleaned_data["period"]
        )
        self.instance.interval = interval
        self.instance.last_run_at = None  # beat then counts from now, instead of from a rhythm that is past
        return super().save(commit)


class ScheduleAdmin(PlainAdmin):
    needs_global = True
    form = ScheduleForm
    fields = ("name", "said", "enabled", "every", "period")
    readonly_fields = ("name", "said")
    list_display = ("said", "rhythm", "enabled", "last", "took", "result", "next")
    list_display_links = ("said",)
    ordering = ("name",)
    actions_detail = ("run_now",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).exclude(name__startswith="celery.").select_related("interval")

    @display(description=_("What it does"))
    def said(self, task: PeriodicTask) -> Any:
        return what(task)

    @display(description=_("When"))
    def rhythm(self, task: PeriodicTask) -> str:
        return in_words(task)

    @display(description=_("Last run"))
    def last(self, task: PeriodicTask) -> Any:
        return (run := _run(task)) and when(run.at)

    @display(description=_("Took"))
    def took(self, task: PeriodicTask) -> Any:
        return (run := _run(task)) and f"{run.seconds:.2f} s"

    @display(description=_("Result"))
    def result(self, task: PeriodicTask) -> Any:
        run = _run(task)
        return run and (run.problem[:80] or gettext("well"))

    @display(description=_("Next run"))
    def next(self, task: PeriodicTask) -> Any:
        return (at := next_run(task)) and when(at)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        PeriodicTasks.changed(obj)

    @action(description=_("Run now"), icon="play_arrow")
    def run_now(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        task = self.get_object(request, str(object_id))
        if task is None or not self.has_change_permission(request):
            return redirect("admin:django_celery_beat_periodictask_changelist")
        back = reverse("admin:django_celery_beat_periodictask_change", args=[task.pk])
        if request.method != "POST":
            context = {**self.admin_site.each_context(request), "title": _("Run now"), "question": what(task)}
            return render(request, "admin/act.html", context | {"back": back, "thing": in_words(task)})
        wake_soon(task.task, periodic=task.name)
        messages.success(request, _("A worker has been told; its result stands here as soon as it has run."))
        return redirect(back)


def _run(task: PeriodicTask) -> TaskRun | None:
    return TaskRun.objects.filter(name=task.name).first()
