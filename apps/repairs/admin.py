"""Repairs in the admin: the step, the outcome, what was found and done."""

from apps.core.admin.tables import RowAdmin
from apps.repairs.models import PartProductLinker, Repair


class RepairAdmin(RowAdmin):
    for_model = Repair
    list_display = (
        "repair_id", "product", "repair_centre", "process", "workflow_name", "workflow_state_id", "outcome",
        "arrival_date", "created_by",
    )  # fmt: skip
    list_filter = ("process", "pending_status", "repair_centre")


class FittedPartAdmin(RowAdmin):
    for_model = PartProductLinker
    list_display = ("part_product_linker_id", "part", "product", "date_added", "date_removed", "added_repair")


ADMINS = (RepairAdmin, FittedPartAdmin)
