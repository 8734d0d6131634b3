"""Repairs in the admin: the step, the outcome, what was found and done."""

from apps.core.admin.tables import RowAdmin
from apps.repairs.models import Appliance, ApplianceRepair, PartProductLinker, Repair


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


class ApplianceAdmin(RowAdmin):
    for_model = Appliance
    list_display = ("appliance_id", "appliance_type", "serial_number", "created_at", "created_by")
    list_filter = ("appliance_type",)


class ApplianceRepairAdmin(RowAdmin):
    for_model = ApplianceRepair
    list_display = (
        "appliance_repair_id", "appliance", "process", "pending_status", "arrival_date", "refurbishment_date",
        "created_by",
    )  # fmt: skip
    list_filter = ("process", "pending_status", "appliance__appliance_type")


ADMINS = (RepairAdmin, FittedPartAdmin, ApplianceAdmin, ApplianceRepairAdmin)
