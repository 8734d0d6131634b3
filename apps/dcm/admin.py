"""Credit in the admin: read, as whoever looks into a customer's question needs it."""

from typing import Any, ClassVar

from django.http import HttpRequest

from apps.core.admin.logs import PlainAdmin
from apps.core.admin.tables import RowAdmin
from apps.core.levels import Level
from apps.dcm.models import OfflineToken, PaymentCommand, Tariff, TokenKey
from apps.products.models import Product


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


class OfUnitsAdmin(PlainAdmin):
    """Rows of the units that somebody sees."""

    level = Level.ADMIN
    list_select_related = ("product",)
    search_fields = ("product__product_imei__startswith", "product__serial_number__startswith")

    def get_queryset(self, request: HttpRequest) -> Any:
        units: Any = Product.objects
        rows: Any = super().get_queryset(request)
        user: Any = request.user
        seen = units.visible_to(user).values(self.of_unit)
        return rows if user.is_global else rows.filter(product__in=seen)

    of_unit: ClassVar[str] = "product_imei"


class TokenKeyAdmin(OfUnitsAdmin):
    """Without the key and the starting code, which are shown nowhere."""

    of_unit = "pk"
    shown: ClassVar[Any] = (
        "product", "count", "known_count", "time_divider", "restricted", "hardware_model", "imported_at",
    )  # fmt: skip
    list_display = shown
    fields = (*shown, "request_count", "request_time", "active_until")
    ordering = ("-imported_at",)


class OfflineTokenAdmin(OfUnitsAdmin):
    """Without the code itself: who needs it asks for it on the unit's page."""

    shown: ClassVar[Any] = (
        "transaction_id", "product", "type", "count", "state", "issued_at", "issued_by",
    )  # fmt: skip
    list_display = shown
    fields = (*shown, "entered_at", "entered_by")
    list_filter = ("type", "state")
    ordering = ("-id",)


def register(site: Any) -> None:
    """What is no table."""
    site.register(TokenKey, TokenKeyAdmin)
    site.register(OfflineToken, OfflineTokenAdmin)


ADMINS = (PaymentCommandAdmin, TariffAdmin)
