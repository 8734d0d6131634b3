from apps.alerts.models import (
    Alert,
    AlertType,
    AlertTypeEntityAntiLinker,
    AlertTypeProductTypeLinker,
    AlertTypeStateTypeLinker,
    AnalysisHistory,
)
from apps.core.tables import Table

TABLES = [
    Table(path="alert_types", model=AlertType),
    Table(path="alert_type_product_type_linker", model=AlertTypeProductTypeLinker),
    Table(path="alert_type_state_type_linker", model=AlertTypeStateTypeLinker),
    Table(path="alert_type_entity_anti_linker", model=AlertTypeEntityAntiLinker),
    Table(path="alerts", model=Alert),
    Table(path="analysis_history", model=AnalysisHistory),
]
