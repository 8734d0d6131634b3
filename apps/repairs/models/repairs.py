"""Repairs of units, their steps and what was found, done and replaced."""

from django.db import models

from apps.accounts.models import RepairCentre, User
from apps.core.fields import OptionField, options
from apps.core.models import Row
from apps.core.scope import Follows
from apps.parts.models import Part, PartType
from apps.products.models import of_product
from apps.repairs.models.types import ActionType, SymptomType


class Repair(Row):
    """A stay of a unit in a repair centre."""

    SCOPE = Follows("product")
    HIDDEN = (
        "workflow_version", "running", "ended_at", "technician_id", "waits_id", "known_faults", "evidence",
    )  # fmt: skip

    repair_id = models.AutoField(primary_key=True)
    product = of_product("repairs", models.PROTECT)
    arrival_date = models.DateField(null=True)
    refurbishment_date = models.DateField(null=True)
    measured_battery_capacity = models.FloatField(null=True)
    process = OptionField(
        max_length=255,
        null=True,
        choices=options("Broken on Arrival", "Repair and Return", "Replaced", "Repossessed"),
    )
    pending_status = models.BooleanField(null=True)
    workflow_name = models.CharField(max_length=255, null=True)
    workflow_state_id = models.CharField(max_length=255, null=True)
    context = models.JSONField(null=True)
    latest_workflow_event = models.ForeignKey("RepairWorkflowEvent", models.SET_NULL, null=True, related_name="+")
    outcome = models.CharField(max_length=255, null=True)
    # The centre of the user who opened it; the documentation shows it in answers, not among the columns.
    repair_centre = models.ForeignKey(RepairCentre, models.PROTECT, null=True, related_name="repairs")
    # Of a repair that the engine runs or ran: the digest of the definition it began with. One made through the table
    # has none, and may stand beside a running one.
    workflow_version = models.CharField(max_length=64, null=True, editable=False)
    running = models.BooleanField(default=False, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    # Who has taken it to their bench, and what it waits for since when.
    technician = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", editable=False)
    waits = models.ForeignKey("RepairWait", models.SET_NULL, null=True, related_name="+", editable=False)
    # Faults that were seen and left as they are: shown when the unit comes in again.
    known_faults = models.TextField(null=True, editable=False)
    # What the exit checks found when it was closed (workflows/exit_checks.py): {"checks": […], "override": {…} | null,
    # "voltage": [[time, V], …]}.
    evidence = models.JSONField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product"], condition=models.Q(running=True), name="repairs_one_running_a_unit"
            )
        ]
        indexes = [
            models.Index(fields=["workflow_state_id"], condition=models.Q(running=True), name="repairs_running"),
            # The figures: what ended in a period, and what a unit had ended before; made through the table, by its day.
            models.Index(fields=["ended_at", "refurbishment_date"], name="repairs_by_end"),
            models.Index(fields=["product", "ended_at", "refurbishment_date"], name="repairs_by_unit"),
        ]


class RepairNote(Row):
    """What people at the bench tell each other about a repair; who and when are the row's own (ours)."""

    SCOPE = Follows("repair")

    class Kind(models.TextChoices):
        NOTE = "note"
        HAND_OVER = "hand_over"

    repair_note_id = models.AutoField(primary_key=True)
    repair = models.ForeignKey(Repair, models.CASCADE, related_name="notes")
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.NOTE)
    text = models.TextField()


class RepairWait(Row):
    """A repair waits for something from `since` until somebody goes on, at the latest until `until` (ours)."""

    SCOPE = Follows("repair")

    repair_wait_id = models.AutoField(primary_key=True)
    repair = models.ForeignKey(Repair, models.CASCADE, related_name="all_waits")
    state_id = models.CharField(max_length=255)
    reason = models.TextField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    ended = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["until"], condition=models.Q(ended=None), name="repairs_waits_due")]


class RepairActionTypeLinker(Row):
    """An action was taken in a repair."""

    SCOPE = Follows("repair")

    repair_action_type_linker_id = models.AutoField(primary_key=True)
    repair = models.ForeignKey(Repair, models.CASCADE, related_name="repair_action_type_linker")
    action_type = models.ForeignKey(ActionType, models.PROTECT, related_name="repair_action_type_linker")


class RepairSymptomTypeLinker(Row):
    """A symptom was found in a repair."""

    SCOPE = Follows("repair")

    repair_symptom_type_linker_id = models.AutoField(primary_key=True)
    repair = models.ForeignKey(Repair, models.CASCADE, related_name="repair_symptom_type_linker")
    symptom_type = models.ForeignKey(SymptomType, models.PROTECT, related_name="repair_symptom_type_linker")


class RepairPartTypeLinker(Row):
    """A part was asked for or replaced in a repair."""

    SCOPE = Follows("repair")
    HIDDEN = ("reserved_at", "from_stock_id")

    repair_part_type_linker_id = models.AutoField(primary_key=True)
    repair = models.ForeignKey(Repair, models.CASCADE, related_name="replacements")
    old_part_type = models.ForeignKey(PartType, models.PROTECT, null=True, related_name="old_part_type_linkers")
    new_part = models.ForeignKey(Part, models.PROTECT, null=True, related_name="repair_part_type_linker")
    new_part_type = models.ForeignKey(PartType, models.PROTECT, null=True, related_name="new_part_type_linkers")
    requested_date = models.DateTimeField(null=True)
    replaced_date = models.DateTimeField(null=True)
    non_transferable = models.BooleanField()
    # A part in the stock of the centre is kept for this wish; counts while it is open.
    reserved_at = models.DateTimeField(null=True, editable=False)
    # Where the part that was fitted came from, so that undo puts it back there.
    from_stock = models.ForeignKey("CentreStock", models.SET_NULL, null=True, editable=False, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["new_part_type"], condition=models.Q(replaced_date=None), name="repairs_open_wishes")
        ]


class RepairProductLinker(Row):
    """Another IMEI that a repair concerns: the unit before or after its board was replaced."""

    SCOPE = Follows("repair")

    repair_product_linker_id = models.AutoField(primary_key=True)
    repair = models.ForeignKey(Repair, models.CASCADE, related_name="repair_product_linker")
    product_imei = models.CharField(max_length=20)


class RepairWorkflowEvent(Row):
    """An event that moved a repair from one step of its workflow to the next."""

    SCOPE = Follows("repair")

    repair_workflow_event_id = models.AutoField(primary_key=True)
    repair = models.ForeignKey(Repair, models.CASCADE, related_name="repair_workflow_event")
    current_state_id = models.CharField(max_length=255)
    event_id = models.CharField(max_length=255)
    payload = models.JSONField(null=True)
    next_state_id = models.CharField(max_length=255, null=True)


class RepairWorkflowState(Row):
    """A step of its workflow that a repair was in, from `entry_time` until `exit_time`."""

    SCOPE = Follows("repair")

    repair_workflow_state_id = models.AutoField(primary_key=True)
    repair = models.ForeignKey(Repair, models.CASCADE, related_name="repair_workflow_state")
    state_id = models.CharField(max_length=255, null=True)
    entry_time = models.DateTimeField(null=True)
    exit_time = models.DateTimeField(null=True)


class RepairWorkflowHistory(Row):
    """What a step of a workflow changed, so that it can be undone."""

    SCOPE = Follows("repair")
    HIDDEN = ("undone",)

    repair_workflow_history_id = models.AutoField(primary_key=True)
    repair = models.ForeignKey(Repair, models.CASCADE, related_name="repair_workflow_history")
    start_state_id = models.CharField(max_length=255, null=True)
    end_state_id = models.CharField(max_length=255, null=True)
    update_commands_bin = models.BinaryField(null=True)
    can_undo = models.BooleanField(null=True)
    undone = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name_plural = "repair workflow histories"


class FailedCheck(Row):
    """Somebody wanted to close a repair as repaired by `event_id`, and an exit check kept it open (ours). Such a try is
    no step, so it stands in no event. `value` (null: not made) and `limit` as workflows/exit_checks.py keeps them."""

    SCOPE = Follows("repair")

    failed_check_id = models.AutoField(primary_key=True)
    repair = models.ForeignKey(Repair, models.CASCADE, related_name="failed_checks")
    state_id = models.CharField(max_length=255)
    event_id = models.CharField(max_length=255)
    name = models.CharField(max_length=80)
    value = models.JSONField(null=True)
    limit = models.JSONField()
