"""What waits in the outbox."""

from typing import Any

from django.db.models import Count, Min
from django.utils import timezone

from apps.events.models import Consequence

LATE = 120  # seconds after which something has waited too long


def waiting() -> dict[str, Any]:
    """{pending, failed, late_s: seconds the longest due one is late, is_late}; both counts by partial indexes."""
    pending = Consequence.objects.filter(state=Consequence.State.PENDING)
    found: dict[str, Any] = pending.aggregate(pending=Count("pk"), due=Min("due_at"))
    failed = Consequence.objects.filter(state=Consequence.State.FAILED).count()
    due = found.pop("due")
    late = max(0, round((timezone.now() - due).total_seconds())) if due else 0
    return found | {"failed": failed, "late_s": late, "is_late": late > LATE}


def waiting_by_handler() -> list[Any]:
    pending = Consequence.objects.filter(state=Consequence.State.PENDING)
    return list(pending.values("handler").annotate(count=Count("pk")).order_by("-count"))
