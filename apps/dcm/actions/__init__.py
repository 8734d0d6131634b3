"""What happens to the credit of units."""

from apps.dcm.actions.commands import add_payment_command, force_reset, move_credit
from apps.dcm.actions.consent import decide_request, order_removal, withdraw_request
from apps.dcm.actions.counter import pay_in
from apps.dcm.actions.settling import acknowledge, record_balance, record_final_balance
from apps.dcm.limits import within_limit

__all__ = [
    "acknowledge",
    "add_payment_command",
    "decide_request",
    "force_reset",
    "move_credit",
    "order_removal",
    "pay_in",
    "record_balance",
    "record_final_balance",
    "withdraw_request",
    "within_limit",
]
