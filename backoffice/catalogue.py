"""Every table that /v1 serves, in the order of the rooms. Explicit: a table that is not here does not exist."""

from apps.accounts.tables import TABLES as ACCOUNTS
from apps.alerts.tables import TABLES as ALERTS
from apps.connectivity.tables import TABLES as CONNECTIVITY
from apps.core.tables import Table
from apps.dcm.tables import TABLES as DCM
from apps.factory.tables import TABLES as FACTORY
from apps.parts.tables import TABLES as PARTS
from apps.products.tables import TABLES as PRODUCTS
from apps.repairs.tables import TABLES as REPAIRS
from apps.webhooks.tables import TABLES as WEBHOOKS
from apps.workflows.tables import TABLES as WORKFLOWS

CATALOGUE: list[Table] = [
    *ACCOUNTS, *PRODUCTS, *PARTS, *REPAIRS, *CONNECTIVITY, *DCM, *FACTORY, *ALERTS, *WORKFLOWS, *WEBHOOKS
]  # fmt: skip
