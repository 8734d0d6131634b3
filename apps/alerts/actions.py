"""What becomes of an alert."""

from django.utils import timezone

from apps.alerts.models import Alert
from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.rows import touch
from apps.repairs.models import Repair

_DISMISSAL = ("dismissed_at", "dismissed_by", "dismissal_reason", "repair")


@action(level=None)
def dismiss(alert: Alert, *, reason: str, repair: Repair | None = None, by: Actor) -> Alert:
    """It needs nobody any more; the caller holds the unit's row."""
    alert.dismissed_at, alert.dismissed_by = timezone.now(), by.name_for_record
    alert.dismissal_reason, alert.repair = reason, repair
    touch(alert, *_DISMISSAL, by=by)
    return alert


@action(level=None)
def reopen(alert: Alert, *, by: Actor) -> Alert:
    """Its dismissal was a slip."""
    alert.dismissed_at = alert.dismissed_by = alert.dismissal_reason = alert.repair = None
    touch(alert, *_DISMISSAL, by=by)
    return alert
