"""All figures in the order in which a manager reads them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.workflows.figures import counting
from apps.workflows.figures.choice import NONE, Choice
from apps.workflows.figures.names import Names
from apps.workflows.figures.rows import ENDED, OPEN, Drill
from apps.workflows.figures.seconds import Spread


@dataclass(frozen=True)
class Line:
    """A figure: `repairs` that its link (`drill`) leads to; `times`: how often, where that is more; `spread`: how long
    it took; `work`: how long of that people sat at it; `of`: the whole that it is a part of."""

    label: str
    repairs: int
    drill: Drill
    times: int | None = None
    spread: Spread | None = None
    work: Spread | None = None
    of: int | None = None
    above: str = ""  # what its line stands under: the workflow, the test

    @property
    def share(self) -> int | None:
        """In percent."""
        return round(100 * self.repairs / self.of) if self.of else None


@dataclass(frozen=True)
class Section:
    """`timed`: its lines say how long; `worked`: and how long of that was work; `counted`: what `times` counts, or
    nothing."""

    key: str
    title: str
    lines: list[Line]
    hint: str = ""
    timed: bool = False
    worked: bool = False
    counted: str = ""

    @property
    def most(self) -> int:
        return max((line.repairs for line in self.lines), default=0)


def report(choice: Choice, reader: Any, language: str) -> list[Section]:
    names, opened, ended = Names(language), choice.open(reader), choice.ended(reader)
    outcomes, steps = counting.by_outcome(ended), counting.time_by_step(ended)
    return [
        _open(names, opened),
        _load(opened),
        _outcomes(names, outcomes, counting.time_by_outcome(ended)),
        _repeats(ended),
        _steps(names, steps, counting.work_by_step(ended)),
        _doers(ended),
        _tests(names, ended),
        _checks(names, ended),
        _parts(ended),
        _symptoms(ended, language),
        _waiting(names, opened, ended, steps),
    ]


def _open(names: Names, opened: Any) -> Section:
    found = counting.by_step(opened)
    lines = [
        Line(
            names.step(workflow, state), count, above=names.workflow(workflow),
            drill=Drill(what=OPEN, step=f"{workflow or NONE}.{state or NONE}"),
        )
        for (workflow, state), count in _in_order(names, found)
    ]  # fmt: skip
    return Section("open", _("Open now, by step"), lines, _("Whatever the period."))


def _load(opened: Any) -> Section:
    found = counting.by_technician(opened)
    lines = [
        Line(name or _("Nobody yet"), count, Drill(what=OPEN, technician=str(key) if key else NONE))
        for (key, name), count in _most_first(found)
    ]
    return Section("load", _("Open now, by technician"), lines, _("Who has taken which. Whatever the period."))


def _outcomes(names: Names, outcomes: dict[Any, int], times: dict[Any, Spread]) -> Section:
    every = sum(outcomes.values())
    lines = [
        Line(names.outcome(outcome), count, Drill(outcome=outcome or NONE), spread=times.get(outcome), of=every)
        for outcome, count in _most_first(outcomes)
    ]
    hint = _("From the opening to the end.")
    return Section("ended", _("Ended, by outcome"), lines, hint, timed=True)


def _repeats(ended: Any) -> Section:
    again, every = counting.repeats(ended)
    line = Line(_("Back within 90 days"), again, Drill(repeat="1"), of=every)
    hint = _("The unit had left another repair less than 90 days before this one began.")
    return Section("repeats", _("Repeat repairs"), [line] if every else [], hint)


def _steps(names: Names, steps: dict[Any, Spread], work: dict[Any, Spread]) -> Section:
    lines = [
        Line(
            names.step(workflow, state), spread.many, Drill(step=f"{workflow or NONE}.{state}"), spread=spread,
            work=work.get((workflow, state)), above=names.workflow(workflow),
        )
        for (workflow, state), spread in _in_order(names, steps)
    ]  # fmt: skip
    hint = _(
        "How long a repair stood in a step, nights and waits included, and how long people worked at it, as corrected; "
        "several stays count together."
    )
    return Section("steps", _("Time by step"), lines, hint, timed=True, worked=True)


def _doers(ended: Any) -> Section:
    found = counting.by_doer(ended)
    called = counting.names_of(list(found))
    lines = [
        Line(called.get(doer or "", doer or _("Nobody")), one.repairs, Drill(by=doer or NONE), times=one.times)
        for doer, one in sorted(found.items(), key=lambda pair: (-pair[1].repairs, pair[0] or ""))
    ]
    hint = _("Who took steps of the repairs that ended in the period.")
    return Section("doers", _("Ended, by who did the work"), lines, hint, counted=_("steps"))


def _tests(names: Names, ended: Any) -> Section:
    failures = names.failures()
    found = counting.attempts(ended, set(failures))
    lines = []
    tried: dict[tuple[str, str], int] = {}
    for (workflow, state, _event), one in found.items():
        tried[workflow, state] = tried.get((workflow, state), 0) + (one.times or 0)
    for workflow, state in sorted(tried, key=lambda key: names.order(*key)):
        bad = [(event, one) for (flow, step, event), one in found.items()
               if (flow, step) == (workflow, state) and event in failures[workflow, state]]  # fmt: skip
        for event, one in sorted(bad, key=lambda pair: (-(pair[1].times or 0), pair[0])):
            drill = Drill(event=f"{workflow}.{state}.{event}")
            times = tried[workflow, state]
            tries = ngettext("%(step)s, tried once", "%(step)s, tried %(times)s times", times)
            tries %= {"step": names.step(workflow, state), "times": times}
            label = names.event(workflow, state, event)
            lines.append(Line(label, one.repairs, drill, times=one.times, above=f"{names.workflow(workflow)}: {tries}"))
    hint = _("Each press that said that something was bad, taken back or not.")
    return Section("tests", _("What failed"), lines, hint, counted=_("times"))


def _checks(names: Names, ended: Any) -> Section:
    lines = [
        Line(names.check(name), one.repairs, Drill(check=name), times=one.times)
        for name, one in sorted(
            counting.failed_checks(ended).items(), key=lambda pair: (-(pair[1].times or 0), pair[0])
        )
    ]
    hint = _("Each try to close a repair as repaired that an exit check refused.")
    return Section("checks", _("Exit checks that failed"), lines, hint, counted=_("times"))


def _parts(ended: Any) -> Section:
    found = counting.parts(ended)
    lines = [
        Line(name or str(key), one.repairs, Drill(part=str(key)), times=one.times)
        for (key, name), one in sorted(found.items(), key=lambda pair: (-(pair[1].times or 0), pair[0][1] or ""))
    ]
    return Section("parts", _("Parts fitted"), lines, counted=_("parts"))


def _symptoms(ended: Any, language: str) -> Section:
    found = counting.symptoms(ended, language)
    lines = [
        Line(label, one.repairs, Drill(symptom=str(key)))
        for (key, label), one in sorted(found.items(), key=lambda pair: (-pair[1].repairs, pair[0][1]))
    ]
    return Section("symptoms", _("What was found"), lines)


def _waiting(names: Names, opened: Any, ended: Any, steps: dict[Any, Spread]) -> Section:
    part, reason = counting.waiting_now(opened)
    lines = []
    if part:
        lines.append(Line(_("Open now, waiting for a part"), part, Drill(what=OPEN, waits="part")))
    if reason:
        lines.append(Line(_("Open now, waiting for something else"), reason, Drill(what=OPEN, waits="reason")))
    lines += _steps(names, _only(steps, names.waiting()), {}).lines
    waited = counting.waited(ended)
    if waited is not None:
        label = _("Ended, had waited for something else")
        lines.append(Line(label, waited.many, Drill(what=ENDED, waits="reason"), spread=waited))
    return Section("waiting", _("Waiting"), lines, timed=True)


def _only(found: dict[Any, Any], keys: Iterable[Any]) -> dict[Any, Any]:
    wanted = set(keys)
    return {key: value for key, value in found.items() if key in wanted}


def _in_order(names: Names, found: dict[Any, Any]) -> list[tuple[Any, Any]]:
    return sorted(found.items(), key=lambda pair: (*names.order(*pair[0]), str(pair[0])))


def _most_first(found: dict[Any, int]) -> list[tuple[Any, int]]:
    return sorted(found.items(), key=lambda pair: (-pair[1], str(pair[0])))
