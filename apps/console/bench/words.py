"""What the bench says of steps, states and what was done, in the reader's language."""

import datetime as dt
from collections.abc import Mapping

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from apps.core.refusal_words import translated
from apps.core.refusals import Invalid, Refused
from apps.workflows.definition.shape import Definition

OUTCOMES: Mapping[str, Promise] = {
    "repaired": gettext_lazy("repaired"),
    "replaced": gettext_lazy("replaced"),
    "terminated": gettext_lazy("out of service"),
    "prepared": gettext_lazy("prepared"),
    "set_aside": gettext_lazy("set aside"),
    "withdrawn": gettext_lazy("withdrawn"),
}
# What an effect did, as the undo button says what it takes back.
TAKES_BACK: Mapping[str, Promise] = {
    "record_symptoms": gettext_lazy("the symptoms written down"),
    "record_actions": gettext_lazy("the work written down"),
    "request_parts": gettext_lazy("the parts asked for"),
    "fit_part": gettext_lazy("the part fitted; the one before sits in the unit again"),
    "measured_capacity": gettext_lazy("the capacity measured"),
    "track_preparation": gettext_lazy("the preparation written down"),
    "fit_unscanned": gettext_lazy("the parts fitted without a scan"),
    "dismiss_alerts": gettext_lazy("the alerts dismissed"),
    "leave_faults": gettext_lazy("the known faults written down"),
    "record_jig_result": gettext_lazy("the step only; the test stays on record"),
}


def spoken() -> str:
    return "fr" if (get_language() or "").startswith("fr") else "en"


def outcome_called(outcome: str | None) -> str:
    return str(OUTCOMES.get(outcome or "", outcome or ""))


def event_called(definition: Definition, state: str | None, event: str) -> str:
    """What is on the button; of what has no button, the word for it."""
    if event == "undo":
        return _("step taken back")
    if event == "withdrawn":
        return _("ended by hand")
    at = definition.states.get(state or "")
    found = next((one for one in at.events if one.ident == event), None) if at else None
    return found.label.said(spoken()) if found else _("filled in")


def state_called(definition: Definition, ident: str | None) -> str:
    state = definition.states.get(ident or "")
    return state.name.said(spoken()) if state else (ident or "–")


def lasted(seconds: float) -> str:
    """A length of time in its two largest words, as people say it."""
    minutes = int(seconds // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        said = ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
        return f"{said} {hours} h" if hours and days < 10 else said
    if hours:
        return f"{hours} h {minutes % 60:02d} min"
    return f"{minutes} min"


def between(moment: dt.datetime, end: dt.datetime | None) -> str:
    """Until now where there is no end."""
    return lasted(((end or timezone.now()) - moment).total_seconds())


def since(moment: dt.datetime | None) -> str:
    return lasted((timezone.now() - moment).total_seconds()) if moment else ""


def errors_of(refused: Refused) -> dict[str, str]:
    """{field: text} of a refusal, in the reader's language; what is of no field stands under an empty name."""
    if not isinstance(refused, Invalid):
        return {"": translated(refused.message)}
    return {name: str(translated(text)) for name, text in refused.errors.items()}
