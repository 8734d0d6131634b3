"""What must hold of a unit before its repair is closed as repaired: named results and limits of each type of unit.

CHECKS is the whole declaration. A check that the type has and that was not made keeps the repair open, with three
exceptions: a battery test that was skipped with a reason (the figure says so), a test jig that has not seen the unit in
this repair (where the workshop has one, the workflow asks for it), and measurements of a unit that has sent none in the
last 24 hours. ADMIN may override what fails, with a reason that stays with the repair; each try that was refused is
kept (FailedCheck).
"""

import datetime as dt
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.utils import timezone
from django.utils.translation import gettext_noop as noop

from apps.core.refusals import Invalid
from apps.core.telling import Told, join, number, tell
from apps.factory.models import BatteryTestResult, TestJigTestResult
from apps.products.models import Product
from apps.repairs import queries as repairs
from apps.repairs.models import FailedCheck, Repair, RepairPartTypeLinker
from apps.telemetry import store
from apps.workflows.steps import Step, inputs_of

RECENT = dt.timedelta(hours=24)
SHARE = 0.8  # of the nominal capacity
SKIPPED = "skip_reason"  # the input that explains why a battery is not tested
MOST_POINTS = 200  # of the chart that is kept


@dataclass(frozen=True)
class Figure:
    """One check and what it found. `value` and `limit` are texts with their unit, or told ones; `value` None: not
    made. `passed`: it keeps nothing from being closed."""

    name: str
    value: str | None
    limit: str
    passed: bool

    @property
    def label(self) -> Told:
        return tell(LABELS[self.name])

    @property
    def kept(self) -> dict[str, Any]:
        """As a row or a document holds it; `of` reads it."""
        return {"name": self.name, "value": _kept(self.value), "limit": _kept(self.limit)}

    @classmethod
    def of(cls, name: str, value: Any, limit: Any, *, passed: bool = False) -> Self:
        """One that was kept, in the reader's language."""
        return cls(name, _said(value), _said(limit), passed)

    @property
    def reason(self) -> Told:
        """What keeps the repair open, for people."""
        return tell(
            "%(check)s: %(value)s; needed: %(limit)s",
            check=self.label, value=tell(noop("not made in this repair")) if self.value is None else self.value,
            limit=self.limit,
        )  # fmt: skip


def _kept(text: str | None) -> Any:
    return text.part if isinstance(text, Told) else text


def _said(part: Any) -> Any:
    return part if part is None or isinstance(part, str) else Told(part)


@dataclass(frozen=True)
class Exit:
    """Whom it is asked of."""

    product: Product
    repair: Repair


Check = Callable[[Exit], Figure | None]
LABELS: Mapping[str, str] = {
    "battery_capacity": noop("Battery capacity"),
    "test_jig": noop("Test jig"),
    "voltage": noop("Voltage"),
    "temperature": noop("Temperature"),
}
UNITS = {"voltage": "V", "temperature": "°C"}


def battery_of(nominal: float) -> Check:
    """The battery that sits in the unit holds 80 % of what one of its type holds when it is new, in Ah."""

    def check(one: Exit) -> Figure | None:
        if repairs.battery_type(one.product) is None:
            return None
        least = round(nominal * SHARE, 2)
        limit = join(["≥", number(least, "Ah")], " ")
        if _new_battery(one):
            return Figure("battery_capacity", tell(noop("a new battery was fitted")), limit, passed=True)
        capacity = one.repair.measured_battery_capacity
        if capacity is not None:
            return Figure("battery_capacity", number(capacity, "Ah"), limit, passed=capacity >= least)
        reason = inputs_of(one.repair).get(SKIPPED)
        skipped = tell(noop("skipped: %(reason)s"), reason=reason) if reason else None
        return Figure("battery_capacity", skipped, limit, passed=bool(reason))

    return check


def _new_battery(one: Exit) -> bool:
    """Whether the one that sits in it came in after the last test of this repair. By the wish that it fulfils: undo and
    another board give the battery that was there before a fitting of this repair, too."""
    fitted = repairs.fitted(one.product).filter(part__part_type__part_type_category__name__iexact="battery")
    wishes = RepairPartTypeLinker.objects.filter(repair=one.repair, new_part__in=fitted.values("part"))
    latest = wishes.exclude(replaced_date=None).order_by("-replaced_date").first()
    if latest is None:
        return False
    tests = BatteryTestResult.objects.filter(repair_workflow_event__repair=one.repair)
    return not tests.filter(created_at__gte=latest.replaced_date).exists()


def jig(one: Exit) -> Figure | None:
    """The test jig's last result is not older than 24 hours and says passed. No result: the jig has not seen it."""
    rows = TestJigTestResult.objects.filter(product=one.product, created_at__gte=one.repair.created_at - RECENT)
    row = rows.order_by("-pk").first()
    if row is None:
        return None
    limit = tell(noop("passed within 24 hours"))
    if row.created_at < timezone.now() - RECENT:
        return Figure("test_jig", tell(noop("older than 24 hours")), limit, passed=False)
    return Figure("test_jig", tell(noop("passed") if row.passed else noop("failed")), limit, passed=bool(row.passed))


def latest_of(name: str, low: float, high: float) -> Check:
    """The latest value of the last 24 hours that the unit sent lies within the limits of its type."""

    def check(one: Exit) -> Figure | None:
        numbers = _series(one.product, name)
        if not numbers:
            return None
        value, unit = numbers[-1][1], UNITS[name]
        limit = join([number(low), number(high, unit)], " … ")
        return Figure(name, number(value, unit), limit, passed=low <= value <= high)

    return check


def _series(product: Product, name: str) -> list[tuple[str, float]]:
    now = timezone.now()
    found = store.read(product.subject, start=now - RECENT, end=now, fields=[name]).get(name, [])
    return [
        (moment, float(value))
        for value, moment in found
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]


HOT = latest_of("temperature", -10, 60)
# By product type: what battery it has when it is new, and within what limits it works.
CHECKS: Mapping[int, tuple[Check, ...]] = {
    4: (battery_of(100), jig, latest_of("voltage", 22, 30), HOT),
    6: (battery_of(10), jig, latest_of("voltage", 10.5, 15), HOT),
    7: (jig, latest_of("voltage", 10.5, 15), HOT),
    10: (battery_of(10), jig, latest_of("voltage", 10.5, 15), HOT),
}


def figures(product: Product, repair: Repair) -> list[Figure]:
    """What the checks of the unit's type find now; those that have nothing to look at are left out."""
    one = Exit(product, repair)
    found = (check(one) for check in CHECKS.get(product.product_type_id, ()))
    return [figure for figure in found if figure is not None]


class Failed(Invalid):
    """The repair can't be closed as repaired yet: a 400 that says which checks fail, with figure and limit, under
    `event`."""

    def __init__(self, step: Step, event_id: str, figures: Sequence[Figure]) -> None:
        super().__init__({"event": join([figure.reason for figure in figures], "; ")}, code="condition")
        self.repair_id, self.state_id, self.event_id, self.figures = step.repair.pk, step.state_id, event_id, figures


def hold(step: Step, event_id: str) -> None:
    """Failed where a check does that ADMIN has not overridden. Else the figures stay with the repair, and the day's
    voltage with them."""
    found = figures(step.product, step.repair)
    failed = [figure for figure in found if not figure.passed]
    override = (step.repair.evidence or {}).get("override")
    if barring := [figure for figure in failed if figure.name not in overridden(override)]:
        raise Failed(step, event_id, barring)
    step.repair.evidence = {
        "checks": [{**figure.kept, "passed": figure.passed} for figure in found],
        "override": override if failed else None,
        "voltage": [[moment, value] for moment, value in _thinned(_series(step.product, "voltage"))],
    }


def overridden(override: Mapping[str, Any] | None) -> Container[str]:
    """The checks that ADMIN has let go: those that failed then. One that fails since is another matter."""
    return override.get("checks", LABELS) if override else ()


def of_evidence(repair: Repair) -> list[Figure]:
    """The figures that were kept when the repair was closed, in the reader's language."""
    rows = (repair.evidence or {}).get("checks", [])
    return [Figure.of(row["name"], row["value"], row["limit"], passed=row["passed"]) for row in rows]


def failures_of(repair: Repair) -> list[tuple[FailedCheck, Figure]]:
    """Each check that kept the repair open when somebody wanted to close it, the oldest first."""
    rows = FailedCheck.objects.filter(repair=repair).order_by("pk")
    return [(row, Figure.of(row.name, row.value, row.limit)) for row in rows]


def _thinned(series: list[tuple[str, float]]) -> list[tuple[str, float]]:
    every = max(1, -(-len(series) // MOST_POINTS))
    return series[::-1][::every][::-1]
