"""What the list of units shows, and so what "all of them" means."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.products import contact, queries
from apps.products.models import EnableState


def _switched(*states: EnableState) -> Callable[[], Q]:
    return lambda: Q(latest_enable_history__current_enable_state__in=states)


# {word in the address: (what people call it, which units)}
FILTERS: dict[str, tuple[Any, Callable[[], Q]]] = {
    "enabled": (_("On"), _switched(EnableState.ENABLED)),
    "disabled": (_("Off"), _switched(EnableState.DISABLED, EnableState.INIT)),
    "pending": (_("Pending"), contact.pending),
    "pending_long": (_("Pending for over a day"), lambda: contact.pending(contact.LONG)),
    "overdue": (_("Overdue"), contact.overdue),
    "never": (_("Never connected"), contact.never_heard),
}


def listed(reader: Any, *, text: str = "", chosen: str = "") -> Any:
    """The units in scope that a search or a filter leaves, unordered."""
    if text:
        return queries.search(text, by=reader)
    rows = queries.units(reader)
    return rows.filter(FILTERS[chosen][1]()) if chosen in FILTERS else rows
