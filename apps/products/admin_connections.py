"""Connections in the admin: when a unit was heard, and where it was then."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.core.admin.tables import RowAdmin
from apps.products.models import Connection
from apps.products.models.connections import CELL_COLUMNS
from apps.products.words import within

SHOWN = ("place", "cells")


class ConnectionAdmin(RowAdmin):
    """The forty columns of cells are read as a list of what the unit heard."""

    for_model = Connection
    list_display = ("connection_id", "product", "date", "place", "how", "cells")
    list_filter = ("location_failed_flag", "mcc")
    parts = (
        (_("Contact"), ("connection_id", "product", "date", "mcc", "mnc", "cells", "frequency", "timing_advance")),
        (_("Whereabouts"), (
            "place", "latitude", "longitude", "error_radius", "location_failed_flag", "address", "country_code",
        )),
    )  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        single = {column for names in CELL_COLUMNS for column, _key in names}
        return [*(name for name in super().get_fields(request, obj) if name not in single), *SHOWN]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *SHOWN]

    @display(description=_("Place"))
    def place(self, row: Connection) -> Any:
        if row.latitude is None or row.longitude is None:
            return None
        text = f"{row.latitude}, {row.longitude}"
        if row.product_id is None:
            return text
        where = f"{reverse('console:unit', args=[row.product_id])}?at={row.pk}#where"
        return format_html('<a href="{}" class="underline" title="{}">{}</a>', where, _("On the map"), text)

    @display(description=_("Found by"))
    def how(self, row: Connection) -> Any:
        if row.latitude is None:
            return None
        return _("GPS") if row.error_radius is None else within(row.error_radius)

    @display(description=_("Cells heard"))
    def cells(self, row: Connection) -> Any:
        heard = []
        for seen in row.cells:
            network = "-".join(str(seen[key]) for key in ("mcc", "mnc") if seen[key] is not None)
            cell = "/".join("–" if seen[key] is None else str(seen[key]) for key in ("lac", "cid"))
            signal = "" if seen["signal"] is None else f", {number_format(seen['signal'])} dBm"
            heard.append((f"{network} {cell}{signal}".strip(),))
        return format_html_join("", '<span class="block whitespace-nowrap">{}</span>', heard) or None


ADMINS = (ConnectionAdmin,)
