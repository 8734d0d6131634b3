from apps.core.tables import Table
from apps.dcm.models import Balance, FinalBalance, PaymentCommand

TABLES = [
    Table(path="balances", model=Balance, create=None, edit=None, delete=None),
    Table(path="payment_commands", model=PaymentCommand, create=None, edit=None, delete=None),
    Table(path="final_balances", model=FinalBalance, create=None, edit=None, delete=None),
]
