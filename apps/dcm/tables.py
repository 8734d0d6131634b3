from apps.core.levels import Level
from apps.core.tables import Table
from apps.dcm.models import Balance, FinalBalance, PaymentCommand, Tariff

TABLES = [
    Table(path="balances", model=Balance, create=None, edit=None, delete=None),
    Table(path="payment_commands", model=PaymentCommand, create=None, edit=None, delete=None),
    Table(path="final_balances", model=FinalBalance, create=None, edit=None, delete=None),
]

# Written in the admin, and not served.
OURS = [Table(path="tariffs", model=Tariff, read=None, create=Level.ADMIN, edit=Level.ADMIN, delete=Level.ADMIN)]
