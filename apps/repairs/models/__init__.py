"""Repairs and appliances, and which part sits in which unit."""

from apps.repairs.models.appliances import (
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
)
from apps.repairs.models.fittings import PartProductLinker
from apps.repairs.models.photos import PhotoFile, RepairPhoto
from apps.repairs.models.repairs import (
    FailedCheck,
    Repair,
    RepairActionTypeLinker,
    RepairNote,
    RepairPartTypeLinker,
    RepairProductLinker,
    RepairSymptomTypeLinker,
    RepairWait,
    RepairWorkflowEvent,
    RepairWorkflowHistory,
    RepairWorkflowState,
)
from apps.repairs.models.sittings import Sitting
from apps.repairs.models.stock import CentreStock, StockMove
from apps.repairs.models.types import (
    ActionType,
    ActionTypeProductTypeLinker,
    SymptomType,
    SymptomTypeProductTypeLinker,
)

__all__ = [
    "ActionType",
    "ActionTypeProductTypeLinker",
    "Appliance",
    "ApplianceActionType",
    "ApplianceActionTypeApplianceTypeLinker",
    "AppliancePartType",
    "AppliancePartTypeReplacementLinker",
    "ApplianceRepair",
    "ApplianceRepairApplianceActionTypeLinker",
    "ApplianceRepairAppliancePartTypeLinker",
    "ApplianceRepairApplianceSymptomLinker",
    "ApplianceSymptom",
    "ApplianceSymptomApplianceTypeLinker",
    "ApplianceType",
    "CentreStock",
    "FailedCheck",
    "PartProductLinker",
    "PhotoFile",
    "Repair",
    "RepairActionTypeLinker",
    "RepairNote",
    "RepairPartTypeLinker",
    "RepairPhoto",
    "RepairProductLinker",
    "RepairSymptomTypeLinker",
    "RepairWait",
    "RepairWorkflowEvent",
    "RepairWorkflowHistory",
    "RepairWorkflowState",
    "StockMove",
    "Sitting",
    "SymptomType",
    "SymptomTypeProductTypeLinker",
]
