"""What the list of units shows, and so what "all of them" means."""

from typing import Any

from apps.products import queries
from apps.products.models import EnableState

FILTERS = {
    "enabled": [EnableState.ENABLED],
    "pending": [EnableState.PENDING_ENABLED, EnableState.PENDING_DISABLED],
    "disabled": [EnableState.DISABLED, EnableState.INIT],
}


def listed(reader: Any, *, text: str = "", chosen: str = "") -> Any:
    """The units in scope that a search or a filter leaves, unordered."""
    if text:
        return queries.search(text, by=reader)
    rows = queries.units(reader)
    if chosen in FILTERS:
        rows = rows.filter(latest_enable_history__current_enable_state__in=FILTERS[chosen])
    return rows
