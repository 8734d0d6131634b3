"""Paying in at a counter: days, or money at the entity's price; until when the light burns before and after; and a
receipt."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any
from urllib.parse import quote

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.console.credit.shared import DAY, card_of, fresh_id, given_id, in_words, problem_of, unit_of
from apps.console.page import page
from apps.core.actors import called
from apps.core.refusals import Forbidden, NotFound, Refused
from apps.dcm import actions, queries
from apps.dcm.bulk import DaysField
from apps.dcm.models import LAST_DAY, MOST_SECONDS, PaymentCommand, Receipt, Tariff
from apps.products import queries as units
from apps.products.models import Product

LEAST = 60  # seconds of light that anybody pays for


@dataclass(frozen=True)
class Order:
    """What somebody wants to pay in; `amount` and `tariff` where it was money."""

    seconds: int
    amount: Decimal | None = None
    tariff: Tariff | None = None


class PayForm(forms.Form):
    """Days or money; which of several prices."""

    days = DaysField(required=False)
    amount = forms.DecimalField(
        label=gettext_lazy("Money"), min_value=Decimal("0.0001"), max_digits=13, decimal_places=4, localize=True,
        required=False,
    )  # fmt: skip
    tariff = forms.ChoiceField(label=gettext_lazy("Price"), required=False)

    def __init__(self, data: Any, prices: Sequence[Tariff]) -> None:
        super().__init__(data)
        self.prices = {str(one.pk): one for one in prices}
        boxes: Any = self.fields
        boxes["amount"].widget.attrs["inputmode"] = "decimal"
        boxes["tariff"].choices = [(key, _price(one)) for key, one in self.prices.items()]
        if not prices:
            del self.fields["amount"]
        if len(prices) < 2:
            del self.fields["tariff"]
        elif len({one.currency for one in prices}) == 1:
            boxes["amount"].label = _("Money (%(currency)s)") % {"currency": prices[0].currency}
        if len(prices) == 1:
            boxes["amount"].label = _("Money (%(currency)s)") % {"currency": prices[0].currency}
            boxes["amount"].help_text = _price(prices[0])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        days, amount = cleaned.get("days"), cleaned.get("amount")
        if (days is None) == (amount is None):
            text = _("Give either days or money.") if self.prices else _("Give the days.")
            raise forms.ValidationError(text)
        if days is not None:
            cleaned["order"] = Order(int(days * DAY))
            return cleaned
        tariff = self.prices.get(cleaned.get("tariff") or next(iter(self.prices)))
        if tariff is None or amount is None:
            raise forms.ValidationError(_("Choose a price."))
        seconds = int((amount / tariff.per_day * DAY).to_integral_value(ROUND_DOWN))
        if not LEAST <= seconds <= MOST_SECONDS:
            raise forms.ValidationError(_("That is too little or too much money for this price."))
        cleaned["order"] = Order(seconds, amount, tariff)
        return cleaned


def _price(one: Tariff) -> str:
    values = {"price": money(one.price_per_day), "currency": one.currency, "entity": one.entity.name}
    return _("%(price)s %(currency)s a day (%(entity)s)") % values


def money(amount: Any) -> str:
    """As its reader writes it."""
    found = Decimal(amount).normalize()
    return number_format(found, max(2, -int(found.as_tuple().exponent)), force_grouping=True)


@page("GET", "POST", level=actions.pay_in.level)
def pay(request: HttpRequest, imei: str) -> HttpResponse:
    """GET with `days` or `amount` shows what it comes to; POST does it, once for each `id`, as long as it comes to the
    `seconds` that were shown."""
    reader: Any = request.user
    product = unit_of(request, imei)
    given = request.POST if request.method == "POST" else request.GET
    prices = queries.tariffs(product, reader)
    asked = "days" in given or "amount" in given
    form = PayForm(given if asked else None, prices)
    context: dict[str, Any] = {"product": product, "form": form, "key": given_id(given)}
    status = 200
    if asked and form.is_valid():
        order: Order = form.cleaned_data["order"]
        context |= _about(product, order)
        if request.method == "POST" and given.get("seconds") == str(order.seconds):
            try:
                command, anew = actions.pay_in(
                    product, seconds=order.seconds, transaction_id=context["key"], amount=order.amount,
                    tariff=order.tariff, by=reader,
                )  # fmt: skip
            except (Forbidden, NotFound):
                raise
            except Refused as refused:
                context["wrong"], status = problem_of(refused, product, reader), refused.status
                if refused.code == "duplicate":
                    context["key"] = fresh_id()
            else:
                return redirect(f"{_receipt(command)}?{'paid' if anew else 'again'}=1")
        elif request.method == "POST":
            context["wrong"], status = _("The price has changed meanwhile; look at it once more."), 400
    elif asked:
        status = 400
    elif request.method == "POST":
        context["wrong"], status = _("Give either days or money."), 400
    product.refresh_from_db()
    return render(request, "console/credit/pay.html", context | {"credit": card_of(product)}, status=status)


def _receipt(command: PaymentCommand) -> str:
    return reverse("console:credit_receipt", args=[command.pk])


def _about(product: Product, order: Order) -> dict[str, Any]:
    stands = queries.standing(product)
    return {
        "order": order, "paid": _paid(order.amount, order.tariff and order.tariff.currency),
        "light": in_words(order.seconds), "before": stands.until if stands.left else None,
        "after": stands.after(order.seconds), "heard": stands.heard, "last_day": LAST_DAY,
    }  # fmt: skip


def _paid(amount: Any, currency: Any) -> str:
    return f"{money(amount)} {currency}" if amount else ""


@page("GET", level=actions.pay_in.level)
def receipt(request: HttpRequest, key: int) -> HttpResponse:
    """Of a payment, to print and to send."""
    reader: Any = request.user
    command = PaymentCommand.objects.visible_to(reader).filter(pk=key, category="payment").first()
    if command is None:
        raise NotFound()
    product = unit_of(request, command.product_id)
    held = Receipt.objects.filter(command=command).first() or Receipt(command=command)
    text = _text(product, command, held, units.entity_names(product, by=reader))
    context = {
        "product": product, "command": command, "receipt": held, "light": in_words(command.value),
        "paid": _paid(held.amount, held.currency), "by": called(command.created_by),
        "price": _paid(held.price_per_day, held.currency), "entities": units.entity_names(product, by=reader),
        "done": "paid" in request.GET, "again": "again" in request.GET, "last_day": LAST_DAY,
        "as_text": text, "sms": f"sms:?body={quote(text)}",
        "mail": f"mailto:?subject={quote(_('Receipt'))}&body={quote(text)}",
    }  # fmt: skip
    return render(request, "console/credit/receipt.html", context)


def _text(product: Product, command: PaymentCommand, held: Receipt, entities: list[str]) -> str:
    """What is sent to the customer, short enough for a message."""
    at = _day(command.created_at)
    lines = [
        ", ".join(entities),
        _("%(light)s of light paid in for %(unit)s on %(at)s.")
        % {"light": in_words(command.value), "unit": product.serial_number, "at": at},
    ]
    if held.amount:
        lines.append(_("Paid: %(paid)s.") % {"paid": _paid(held.amount, held.currency)})
    if held.until_after and held.until_after < LAST_DAY:
        lines.append(_("Light until %(at)s.") % {"at": _day(held.until_after)})
    lines.append(_("No. %(id)s") % {"id": command.transaction_id})
    return "\n".join(line for line in lines if line)


def _day(at: dt.datetime) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")
