"""What happens to the credit of units."""

from apps.dcm.actions.commands import add_payment_command, force_reset, move_credit
from apps.dcm.actions.settling import acknowledge, record_balance, record_final_balance
from apps.dcm.actions.waking import wake_for_credit

__all__ = [
    "acknowledge",
    "add_payment_command",
    "force_reset",
    "move_credit",
    "record_balance",
    "record_final_balance",
    "wake_for_credit",
]
