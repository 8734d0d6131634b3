"""What is known of alerts."""

from collections.abc import Iterable

from apps.alerts.models import Alert


def with_open_alert(label: str) -> Iterable[str]:
    """IMEIs of the units that have an open alert of the type of this label."""
    rows = Alert.objects.filter(alert_type__label=label, dismissed_at=None)
    return rows.values_list("product_id", flat=True).iterator()  # type: ignore[return-value]
