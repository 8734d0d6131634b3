"""When a unit should have been heard, and since when an order waits for it."""

import datetime as dt

from django.db.models import Q
from django.utils import timezone

from apps.products.models import EnableState

CONNECT_EVERY = 4 * 3600  # seconds; the fleet's rhythm (seed 004, "Units connecting to the System")
PENDING = (EnableState.PENDING_ENABLED, EnableState.PENDING_DISABLED)
LONG = dt.timedelta(days=1)  # that an order waits


def next_contact(last: dt.datetime | None) -> dt.datetime | None:
    try:
        return last and last + dt.timedelta(seconds=CONNECT_EVERY)
    except OverflowError:  # the end of the calendar
        return last


def overdue() -> Q:
    """Units that have been heard, and not again when they should have been."""
    return Q(latest_connection__date__lt=timezone.now() - dt.timedelta(seconds=CONNECT_EVERY))


def never_heard() -> Q:
    return Q(latest_connection=None)


def pending(longer_than: dt.timedelta | None = None) -> Q:
    """Units whose switch has been ordered and is not confirmed."""
    found = Q(latest_enable_history__current_enable_state__in=PENDING)
    return found if longer_than is None else found & Q(latest_enable_history__date__lt=timezone.now() - longer_than)
