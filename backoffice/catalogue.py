"""Every table that /v1 serves, in the order of the rooms. Explicit: a table that is not here does not exist."""

from typing import Any

from apps.accounts.tables import TABLES as ACCOUNTS
from apps.alerts.tables import TABLES as ALERTS
from apps.connectivity.models import RtcFallbackMessageHistory, RtcMessageHistory
from apps.connectivity.tables import TABLES as CONNECTIVITY
from apps.core.tables import Table
from apps.dcm.tables import OURS as OURS_OF_DCM
from apps.dcm.tables import TABLES as DCM
from apps.factory.models import Serial
from apps.factory.tables import TABLES as FACTORY
from apps.parts.models import DefaultEnergyLimit
from apps.parts.tables import TABLES as PARTS
from apps.products.models import Home2StockPreparationTracking, LatestSoftware, SoftwareRollout, WakeUpSoftware
from apps.products.tables import TABLES as PRODUCTS
from apps.repairs.models import RepairProductLinker, RepairWorkflowHistory
from apps.repairs.tables import TABLES as REPAIRS
from apps.telemetry.models import InfluxShardData
from apps.webhooks.tables import TABLES as WEBHOOKS
from apps.workflows.tables import TABLES as WORKFLOWS

CATALOGUE: list[Table] = [
    *ACCOUNTS, *PRODUCTS, *PARTS, *REPAIRS, *CONNECTIVITY, *DCM, *FACTORY, *ALERTS, *WORKFLOWS, *WEBHOOKS
]  # fmt: skip

# Tables without an endpoint, of the contract and our own: kept, moved in and out, shown in the admin, not served.
_UNSERVED: dict[str, Any] = {
    "default_energy_limit": DefaultEnergyLimit,
    "home2_stock_preparation_tracking": Home2StockPreparationTracking,
    "influx_shard_data": InfluxShardData,
    "latest_software": LatestSoftware,
    "repair_product_linker": RepairProductLinker,
    "repair_workflow_history": RepairWorkflowHistory,
    "rtc_fallback_message_history": RtcFallbackMessageHistory,
    "rtc_message_history": RtcMessageHistory,
    "serial": Serial,
    "software_rollout": SoftwareRollout,
    "wake_up_software": WakeUpSoftware,
}
UNSERVED: list[Table] = [
    Table(path=path, model=model, read=None, create=None, edit=None, delete=None) for path, model in _UNSERVED.items()
] + OURS_OF_DCM
TABLES: dict[str, Table] = {table.path: table for table in [*CATALOGUE, *UNSERVED]}

# Written by what happens. A slip is mended through the API, by SYSTEM, and stands in the row's history then.
HISTORIES = frozenset({
    "states", "enable_history", "tamper_enable_history", "product_entity_linker", "parameters",
    "home2_stock_preparation_tracking", "serial", "repair_workflow_states", "repair_workflow_events",
    "repair_workflow_history", "payment_commands", "balances", "final_balances", "analysis_history", "connections",
    "sms_histories", "rtc_connection_history", "rtc_mo_message_history", "rtc_message_history",
    "rtc_fallback_message_history", "rtc_dead_letters", "influx_shard_data", "factory_logs", "battery_test_results",
    "test_jig_test_results",
})  # fmt: skip
