from apps.core.tables import Table
from apps.workflows.models import RepairWorkflowSelector

TABLES = [
    Table(path="repair_workflow_selectors", model=RepairWorkflowSelector),
]
