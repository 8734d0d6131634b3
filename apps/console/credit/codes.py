"""Codes (OpenPAYGO) on the ledger page: given out at the counter, ticked when somebody saw them typed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.console.credit.shared import CATEGORIES, in_words, may, unit_of
from apps.console.page import page
from apps.core.levels import Level
from apps.core.refusal_words import said
from apps.core.refusals import Forbidden, NotFound, Refused
from apps.dcm import actions, models, queries
from apps.dcm.models import OfflineToken, PaymentCommand
from apps.gateway.pending import pending
from apps.products.models import Product

MOST = 20  # codes shown
STATES: Mapping[str, Promise] = {
    OfflineToken.ISSUED: gettext_lazy("Not known to be typed in"),
    OfflineToken.ENTERED: gettext_lazy("Typed in"),
    OfflineToken.DEAD: gettext_lazy("No longer taken by the unit"),
}
KINDS: Mapping[str, Promise] = {
    OfflineToken.ADD_TIME: gettext_lazy("Adds credit"),
    OfflineToken.SET_TIME: gettext_lazy("Sets the credit to zero"),
    OfflineToken.DISABLE_PAYG: gettext_lazy("Unlocks for ever"),
    OfflineToken.COUNTER_SYNC: gettext_lazy("Brings the unit in line with our count"),
}


@dataclass(frozen=True)
class Code:
    """One that was given out; `digits` in threes, as people read them to each other."""

    row: OfflineToken

    @property
    def digits(self) -> str:
        text = self.row.token
        return " ".join(text[first : first + 3] for first in range(0, len(text), 3))

    @property
    def what(self) -> str | Promise:
        command = self.row.command
        if self.row.type == OfflineToken.ADD_TIME and command is not None:
            return _("Adds %(time)s") % {"time": in_words(command.value)}
        return KINDS[self.row.type]

    @property
    def state(self) -> Promise:
        return STATES[self.row.state]

    @property
    def is_open(self) -> bool:
        return self.row.state == OfflineToken.ISSUED


@dataclass(frozen=True)
class Wanted:
    """A command that a code could be given for. `was_told`: the unit may have it already."""

    command: PaymentCommand
    was_told: bool

    @property
    def what(self) -> str:
        title = str(CATEGORIES[self.command.category])
        return f"{title}: {in_words(self.command.value)}" if self.command.value else title


def codes_of(product: Product, reader: Any) -> dict[str, Any]:
    """What the ledger page shows of codes; nothing where the unit takes none, or the reader gives none."""
    if not may(reader, actions.issue_token) or queries.token_key_of(product) is None:
        return {}
    told = {order.order_id for order in pending(product) if any(step.step == "told" for step in order.steps)}
    rows = queries.told(product).exclude(category=models.BAD_PAYMENT)
    zero = queries.zero_to_enter(product)
    wanted = [Wanted(command, command.pk in told) for command in rows if zero is None or command.pk != zero.pk]
    return {
        "codes": [Code(row) for row in queries.tokens_of(product)[:MOST]], "wanted": wanted, "zero_to_enter": zero,
        "takes_codes": True, "may_unlock": reader.level >= Level.ADMIN and not product.is_payg,
    }  # fmt: skip


@page("POST", level=actions.issue_token.level)
def issue(request: HttpRequest, imei: str) -> HttpResponse:
    """`id`: of the command that a code is for; or `kind`: unlock or sync."""
    kind = request.POST.get("kind") or None
    named = None if kind else request.POST.get("id", "")
    return _done(
        request, imei, actions.issue_token, {"transaction_id": named, "kind": kind}, _("The code stands below.")
    )


@page("POST", level=actions.token_entered.level)
def entered(request: HttpRequest, imei: str) -> HttpResponse:
    given = {"transaction_id": request.POST.get("id", "")}
    return _done(request, imei, actions.token_entered, given, _("Kept: it was typed in."))


def _done(request: HttpRequest, imei: str, act: Any, given: Mapping[str, Any], text: str) -> HttpResponse:
    from apps.console.credit.ledger import shown

    product = unit_of(request, imei)
    try:
        act(product, **given, by=request.user)
    except (Forbidden, NotFound):
        raise
    except Refused as refused:
        return shown(request, product, said(refused, fields=False), refused.status)
    messages.success(request, text)
    return redirect("console:credit", imei=product.product_imei)
