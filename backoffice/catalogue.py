"""Every table that /v1 serves, in the order of the rooms. Explicit: a table that is not here does not exist."""

from apps.accounts.tables import TABLES as ACCOUNTS
from apps.core.tables import Table
from apps.dcm.tables import TABLES as DCM
from apps.parts.tables import TABLES as PARTS
from apps.products.tables import TABLES as PRODUCTS
from apps.repairs.tables import TABLES as REPAIRS

CATALOGUE: list[Table] = [*ACCOUNTS, *PRODUCTS, *PARTS, *REPAIRS, *DCM]
