"""The figures: each one query, whatever the number of repairs."""

from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, Q, Sum, Value

from apps.accounts.models import User
from apps.repairs.models import FailedCheck, RepairPartTypeLinker, RepairSymptomTypeLinker, RepairWait
from apps.workflows.figures import rows as behind
from apps.workflows.figures.seconds import Seconds, Spread, spreads

Key = tuple[str | None, str | None]
_ALL = Value("", output_field=CharField())


@dataclass(frozen=True)
class Counted:
    """`repairs` stand behind it; `times`: how often, where one repair may count more than once."""

    repairs: int
    times: int | None = None


def by_step(opened: Any) -> dict[Key, int]:
    rows = opened.order_by().values_list("workflow_name", "workflow_state_id")
    return {(workflow, state): count for workflow, state, count in rows.annotate(count=Count("pk"))}


def by_technician(opened: Any) -> dict[tuple[int | None, str | None], int]:
    """{(key, name): open ones}; without a key those that nobody has taken."""
    rows = opened.order_by().values_list("technician_id", "technician__display_name", "technician__email")
    found = rows.annotate(count=Count("pk"))
    return {(key, name or email): count for key, name, email, count in found}


def waiting_now(opened: Any) -> tuple[int, int]:
    """For a part, and for another reason."""
    found = opened.aggregate(
        part=Count("pk", filter=Q(pending_status=True)), reason=Count("pk", filter=Q(waits__isnull=False))
    )
    return found["part"], found["reason"]


def by_outcome(ended: Any) -> dict[str | None, int]:
    return dict(ended.order_by().values_list("outcome").annotate(count=Count("pk")))


def time_by_outcome(ended: Any) -> dict[str | None, Spread]:
    """From the opening to the end."""
    rows = ended.exclude(ended_at=None).order_by().annotate(all=_ALL, seconds=Seconds("ended_at", "created_at"))
    found = spreads(rows.values_list("all", "outcome", "pk", "seconds"))
    return {outcome: spread for (_, outcome), spread in found.items()}


def time_by_step(ended: Any) -> dict[Key, Spread]:
    """Of all stays of a repair in a step together."""
    rows = behind.stayed().filter(repair__in=ended.order_by().values("pk")).order_by()
    rows = rows.values("repair__workflow_name", "state_id", "repair_id")
    return spreads(rows.annotate(seconds=Sum(Seconds("exit_time", "entry_time"))))


def work_by_step(ended: Any) -> dict[Key, Spread]:
    """Of all sittings of a repair at a step together; of repairs that nobody was measured at, nothing."""
    rows = behind.worked().filter(repair__in=ended.order_by().values("pk")).order_by()
    rows = rows.values("repair__workflow_name", "state__state_id", "repair_id")
    return spreads(rows.annotate(seconds=Sum(behind.WORKED)))


def by_doer(ended: Any) -> dict[str | None, Counted]:
    """Who took steps of them."""
    rows = behind.taken().filter(repair__in=ended.order_by().values("pk")).order_by().values_list("created_by")
    rows = rows.annotate(repairs=Count("repair", distinct=True), times=Count("pk"))
    return {doer: Counted(repairs, times) for doer, repairs, times in rows}


def names_of(emails: list[str | None]) -> dict[str, str]:
    rows = User.objects.filter(email__in=[email for email in emails if email]).exclude(display_name="")
    return dict(rows.values_list("email", "display_name"))


def parts(ended: Any) -> dict[tuple[int | None, str | None], Counted]:
    """{(part type, its name): how many were fitted, in how many repairs}."""
    rows = RepairPartTypeLinker.objects.exclude(replaced_date=None).exclude(new_part_type=None)
    rows = rows.filter(repair__in=ended.order_by().values("pk")).order_by()
    found: Any = rows.values_list("new_part_type_id", "new_part_type__name")
    found = found.annotate(repairs=Count("repair", distinct=True), times=Count("pk"))
    return {(key, name): Counted(repairs, times) for key, name, repairs, times in found}


def symptoms(ended: Any, language: str) -> dict[tuple[int, str], Counted]:
    rows = RepairSymptomTypeLinker.objects.filter(repair__in=ended.order_by().values("pk")).order_by()
    found: Any = rows.values_list("symptom_type_id", "symptom_type__label", "symptom_type__label_fr")
    found = found.annotate(repairs=Count("repair", distinct=True), times=Count("pk"))
    return {
        (key, (language == "fr" and french) or label): Counted(repairs, times)
        for key, label, french, repairs, times in found
    }


def repeats(ended: Any) -> tuple[int, int]:
    """How many of how many repairs were of a unit that had left another one within 90 days."""
    return behind.repeats(ended).count(), behind.stays(ended).count()


def attempts(ended: Any, tests: set[tuple[str, str]]) -> dict[tuple[str, str, str], Counted]:
    """{(workflow, step, event): how often} of the steps that somebody may find bad, undone attempts too."""
    rows = behind.taken().filter(repair__in=ended.order_by().values("pk")).order_by()
    rows = rows.filter(current_state_id__in={state for _, state in tests})
    found = rows.values_list("repair__workflow_name", "current_state_id", "event_id")
    found = found.annotate(repairs=Count("repair", distinct=True), times=Count("pk"))
    return {
        (workflow, state, event): Counted(repairs, times)
        for workflow, state, event, repairs, times in found
        if (workflow, state) in tests
    }


def failed_checks(ended: Any) -> dict[str, Counted]:
    """{exit check: how often it kept a repair open that somebody wanted to close}."""
    rows = FailedCheck.objects.filter(repair__in=ended.order_by().values("pk")).order_by()
    found: Any = rows.values_list("name").annotate(repairs=Count("repair", distinct=True), times=Count("pk"))
    return {name: Counted(repairs, times) for name, repairs, times in found}


def waited(ended: Any) -> Spread | None:
    """For reasons that people wrote down: of all waits of a repair together."""
    rows: Any = RepairWait.objects.exclude(ended=None).filter(repair__in=ended.order_by().values("pk")).order_by()
    rows = rows.annotate(all=_ALL, same=_ALL).values("all", "same", "repair_id")
    found = spreads(rows.annotate(seconds=Sum(Seconds("ended", "since"))))
    return next(iter(found.values()), None)
