"""The same order once more is no second order."""

from collections.abc import Callable
from typing import Any

from apps.core.actors import Actor
from apps.core.refusals import Refused
from apps.dcm.models import PaymentCommand


def once(transaction_id: str, give: Callable[[], Any], *, by: Actor) -> tuple[PaymentCommand, bool]:
    """(the command that `give` orders, True); or the one that it exactly repeats, and False. Raises Refused."""
    try:
        give()
    except Refused as refused:
        if refused.code != "duplicate" or not (refused.data or {}).get("identical"):
            raise
        return PaymentCommand.objects.visible_to(by).get(transaction_id=transaction_id), False
    return PaymentCommand.objects.get(transaction_id=transaction_id), True
