"""Taking credit away: some of it, all by the unit's own word, or all at once. Each asks for a reason; above a set
amount a second person agrees first."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.console.credit.shared import CATEGORIES, DAY, card_of, fresh_id, given_id, in_words, problem_of, unit_of
from apps.console.page import page
from apps.core.refusals import Forbidden, NotFound, Refused
from apps.dcm import actions, limits, queries
from apps.dcm.actions.consent import LONGEST_REASON
from apps.dcm.bulk import DaysField
from apps.dcm.models import BAD_PAYMENT, FORCE_RESET, ZERO, CreditRequest


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 3})
    )


class TakeForm(ReasonForm):
    days = DaysField()
    field_order = ("days", "reason")


HINTS = {
    BAD_PAYMENT: gettext_lazy(
        "For a payment that was never made, or made for another unit. "
        "The unit takes it over when it next connects."
    ),
    ZERO: gettext_lazy(
        "The unit ends its credit and tells what was left. "
        "Until it has answered, nothing else can be paid in or taken back."
    ),
    FORCE_RESET: gettext_lazy(
        "For a unit that may not answer. All that was paid in is void at once, whether the unit hears of it or not; "
        "what the customer had is shown, to be given back."
    ),
}  # fmt: skip


def _taking(category: str, name: str, level: Any) -> Any:
    @page("GET", "POST", level=level)
    def view(request: HttpRequest, imei: str) -> HttpResponse:
        return _shown(request, imei, category)

    view.__qualname__ = name
    return view


take = _taking(BAD_PAYMENT, "take", actions.add_payment_command.level)
zero = _taking(ZERO, "zero", actions.add_payment_command.level)
reset = _taking(FORCE_RESET, "reset", actions.force_reset.level)


def _shown(request: HttpRequest, imei: str, category: str) -> HttpResponse:
    reader: Any = request.user
    product = unit_of(request, imei)
    sent = request.method == "POST"
    kind = TakeForm if category == BAD_PAYMENT else ReasonForm
    form = kind(request.POST if sent else None)
    key, wrong, status = given_id(request.POST), "", 200
    if sent and form.is_valid():
        value = -int(form.cleaned_data["days"] * DAY) if category == BAD_PAYMENT else 0
        had = queries.standing(product)
        try:
            made, anew = actions.order_removal(
                product, category=category, value=value, transaction_id=key, reason=form.cleaned_data["reason"],
                by=reader,
            )  # fmt: skip
        except (Forbidden, NotFound):
            raise
        except Refused as refused:
            wrong, status = problem_of(refused, product, reader), refused.status
            key = fresh_id() if refused.code == "duplicate" else key
        else:
            messages.success(request, _done(made, anew, category, had))
            return redirect("console:credit", imei=product.product_imei)
    elif sent:
        status = 400
    most = limits.most_of(reader)
    context = {
        "product": product, "form": form, "key": key, "wrong": wrong, "title": CATEGORIES[category],
        "hint": HINTS[category], "category": category, "credit": card_of(product),
        "most": in_words(most) if most is not None else "",
        "consent": in_words(settings.CREDIT_CONSENT_ABOVE) if settings.CREDIT_CONSENT_ABOVE else "",
    }  # fmt: skip
    return render(request, "console/credit/take.html", context, status=status)


def _done(made: Any, anew: bool, category: str, had: Any) -> str:
    if isinstance(made, CreditRequest):
        if made.state != "waiting":
            return _("This was asked for before, and has been decided.")
        return _("Asked for: a second person has to agree before anything is taken away.")
    if not anew:
        return _("This was ordered before; nothing was done twice.")
    if category == FORCE_RESET:
        known = had.row.balance if had.heard and not had.ends_at_zero else 0
        values = {"left": in_words(known), "open": in_words(had.outstanding)}
        if had.outstanding:
            return _("All taken back. The unit last said %(left)s; %(open)s were on their way.") % values
        return _("All taken back. The unit last said %(left)s.") % values
    return _("Ordered; pending until the unit confirms it.")
