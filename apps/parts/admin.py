"""Parts in the admin."""

from apps.core.admin.tables import RowAdmin
from apps.parts.models import Part, PartParameter, PartType


class PartAdmin(RowAdmin):
    for_model = Part
    list_display = ("part_id", "serial_number", "part_type", "manufacturer", "created_at", "created_by")
    list_display_links = ("part_id", "serial_number")
    list_filter = ("part_type",)
    beside = (PartParameter,)


class PartTypeAdmin(RowAdmin):
    for_model = PartType
    list_filter = ("part_type_category",)


ADMINS = (PartAdmin, PartTypeAdmin)
