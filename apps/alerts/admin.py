"""Alerts in the admin: what is open, on which unit, of which kind."""

from apps.alerts.models import Alert, AlertType
from apps.core.admin.tables import RowAdmin


class AlertAdmin(RowAdmin):
    for_model = Alert
    list_display = (
        "alert_id", "product", "alert_type", "start_time", "dismissed_at", "dismissed_by", "dismissal_reason", "repair",
    )  # fmt: skip
    list_filter = ("alert_type", "customer_contact_type")


class AlertTypeAdmin(RowAdmin):
    for_model = AlertType
    list_display = ("alert_type_id", "name", "label", "version", "status", "severity", "active")
    list_display_links = ("alert_type_id", "name")
    list_filter = ("active",)


ADMINS = (AlertAdmin, AlertTypeAdmin)
