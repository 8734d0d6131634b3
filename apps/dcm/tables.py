from apps.core.tables import Table
from apps.dcm.models import Balance

TABLES = [Table(path="balances", model=Balance, create=None, edit=None, delete=None)]
