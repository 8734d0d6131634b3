"""Paying in at a counter: the command, and what the customer was told of it."""

from decimal import Decimal

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.rows import new
from apps.dcm import queries
from apps.dcm.actions.commands import add_payment_command
from apps.dcm.models import PAYMENT, PaymentCommand, Receipt, Tariff
from apps.dcm.once import once
from apps.products import queries as products
from apps.products.models import Product


@action(level=add_payment_command.level)
def pay_in(
    product: Product, *, seconds: int, transaction_id: str, amount: Decimal | None = None, tariff: Tariff | None = None,
    by: Actor,
) -> tuple[PaymentCommand, bool]:  # fmt: skip
    """Credit, with a receipt that says until when the light was to burn before and after. `amount` in the currency of
    `tariff`, whose price is kept with it. The same again (pressed twice, or an answer that was lost) changes nothing:
    (the first command, False). Refused as add_payment_command."""
    product = products.fetch(product.product_imei, by=by, lock=True)
    stands = queries.standing(product)

    def give() -> None:
        add_payment_command(product, category=PAYMENT, value=seconds, transaction_id=transaction_id, by=by)

    command, anew = once(transaction_id, give, by=by)
    if anew:
        new(
            Receipt, by=by, command=command, until_before=stands.until, until_after=stands.after(seconds),
            amount="" if amount is None else f"{amount:f}", price_per_day=tariff.price_per_day if tariff else "",
            currency=tariff.currency if tariff else "",
        )  # fmt: skip
    return command, anew
