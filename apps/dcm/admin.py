"""Credit in the admin: read, as whoever looks into a customer's question needs it."""

from apps.core.admin.tables import RowAdmin
from apps.dcm.models import PaymentCommand, Tariff


class PaymentCommandAdmin(RowAdmin):
    for_model = PaymentCommand
    list_display = (
        "payment_command_id", "transaction_id", "product", "category", "value", "status", "void", "created_at",
        "created_by",
    )  # fmt: skip
    list_display_links = ("payment_command_id", "transaction_id")
    list_filter = ("category", "void")


class TariffAdmin(RowAdmin):
    """What a day costs, by entity: the counter's pages reckon with it."""

    for_model = Tariff
    list_display = ("entity", "price_per_day", "currency", "modified_at")
    list_display_links = ("entity",)


ADMINS = (PaymentCommandAdmin, TariffAdmin)
