"""What happens to the credit of units."""

from apps.dcm.actions.commands import add_payment_command, force_reset, move_credit
from apps.dcm.actions.consent import decide_request, order_removal, withdraw_request
from apps.dcm.actions.counter import pay_in
from apps.dcm.actions.entering import report_count
from apps.dcm.actions.keys import import_keys, retire_tokens
from apps.dcm.actions.settling import acknowledge, record_balance, record_final_balance
from apps.dcm.actions.telling import tell_time
from apps.dcm.actions.tokens import issue_token, token_entered
from apps.dcm.actions.waking import wake_for_credit

__all__ = [
    "acknowledge",
    "add_payment_command",
    "decide_request",
    "force_reset",
    "import_keys",
    "issue_token",
    "move_credit",
    "order_removal",
    "pay_in",
    "record_balance",
    "record_final_balance",
    "report_count",
    "retire_tokens",
    "tell_time",
    "token_entered",
    "wake_for_credit",
    "withdraw_request",
]
