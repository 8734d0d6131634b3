from apps.core.levels import Level
from apps.core.tables import Table
from apps.parts.models import PartParameter
from apps.repairs.actions import delete_repair, part_parameter_row_written, repair_written
from apps.repairs.appliance_rules import appliance_part_written, appliance_repair_written, appliance_written
from apps.repairs.models import (
    ActionType,
    ActionTypeProductTypeLinker,
    Appliance,
    ApplianceActionType,
    ApplianceActionTypeApplianceTypeLinker,
    AppliancePartType,
    AppliancePartTypeReplacementLinker,
    ApplianceRepair,
    ApplianceRepairApplianceActionTypeLinker,
    ApplianceRepairAppliancePartTypeLinker,
    ApplianceRepairApplianceSymptomLinker,
    ApplianceSymptom,
    ApplianceSymptomApplianceTypeLinker,
    ApplianceType,
    PartProductLinker,
    Repair,
    RepairActionTypeLinker,
    RepairPartTypeLinker,
    RepairSymptomTypeLinker,
    RepairWorkflowEvent,
    RepairWorkflowState,
    SymptomType,
    SymptomTypeProductTypeLinker,
)
from apps.repairs.queries import owned_by_workflow

TABLES = [
    # Here, for an order to a part concerns the unit that it sits in.
    Table(
        path="part_parameters",
        model=PartParameter,
        edit=None,
        delete=None,
        defaults={"status": "pending"},
        after_write=part_parameter_row_written,
    ),  # fmt: skip
    Table(path="part_product_linker", model=PartProductLinker, create=None),
    Table(path="action_types", model=ActionType),
    Table(path="action_type_product_type_linker", model=ActionTypeProductTypeLinker),
    Table(path="symptom_types", model=SymptomType),
    Table(path="symptom_type_product_type_linker", model=SymptomTypeProductTypeLinker),
    Table(
        path="repairs",
        model=Repair,
        create=Level.TECHNICAL,
        edit=Level.TECHNICAL,
        owned=("repair_centre_id", "latest_workflow_event_id"),
        owned_of=owned_by_workflow,
        after_write=repair_written,
        remove=delete_repair,
    ),
    Table(
        path="repair_action_type_linker",
        model=RepairActionTypeLinker,
        create=Level.TECHNICAL,
        edit=Level.TECHNICAL,
    ),
    Table(
        path="repair_symptom_type_linker",
        model=RepairSymptomTypeLinker,
        create=Level.TECHNICAL,
        edit=Level.TECHNICAL,
    ),
    Table(
        path="repair_part_type_linker",
        model=RepairPartTypeLinker,
        create=Level.TECHNICAL,
        edit=Level.TECHNICAL,
    ),
    Table(path="repair_workflow_events", model=RepairWorkflowEvent, create=None, edit=None, delete=None),
    Table(path="repair_workflow_states", model=RepairWorkflowState, create=None, edit=None, delete=None),
    Table(path="appliance_types", model=ApplianceType),
    Table(path="appliances", model=Appliance, after_write=appliance_written),
    Table(path="appliance_symptoms", model=ApplianceSymptom),
    Table(path="appliance_action_types", model=ApplianceActionType),
    Table(path="appliance_part_types", model=AppliancePartType),
    Table(path="appliance_symptom_appliance_type_linker", model=ApplianceSymptomApplianceTypeLinker),
    Table(path="appliance_action_type_appliance_type_linker", model=ApplianceActionTypeApplianceTypeLinker),
    Table(path="appliance_part_type_replacement_linker", model=AppliancePartTypeReplacementLinker),
    Table(path="appliance_repairs", model=ApplianceRepair, after_write=appliance_repair_written),
    Table(path="appliance_repair_appliance_symptom_linker", model=ApplianceRepairApplianceSymptomLinker),
    Table(path="appliance_repair_appliance_action_type_linker", model=ApplianceRepairApplianceActionTypeLinker),
    Table(
        path="appliance_repair_appliance_part_type_linker",
        model=ApplianceRepairAppliancePartTypeLinker,
        after_write=appliance_part_written,
    ),
]
