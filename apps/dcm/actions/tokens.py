"""OpenPAYGO tokens: a command of credit as a code that a person carries to a unit without network, under the same
transaction id and the same lock as any other command (contract/actions.md, "OpenPAYGO")."""

import secrets

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.core.actions import action, require_level
from apps.core.actors import Actor
from apps.core.columns import BadValue
from apps.core.levels import Level
from apps.core.refusals import Invalid
from apps.core.rows import touch
from apps.dcm import models, queries
from apps.dcm.actions.commands import _duplicate
from apps.dcm.actions.entering import reached
from apps.dcm.actions.settling import acknowledge
from apps.dcm.models import BAD_PAYMENT, PAYMENT, OfflineToken, PaymentCommand, SpentId, TokenKey
from apps.dcm.tokens import ADD_TIME, COUNTER_SYNC, DAY, DISABLE_PAYG, JUMP, SET_TIME, SYNC_JUMP, OpenPaygo
from apps.products import queries as products
from apps.products.actions.announce import announce
from apps.products.models import Product

UNLOCK, SYNC = "unlock", "sync"
KINDS = {UNLOCK: DISABLE_PAYG, SYNC: COUNTER_SYNC}


@action(level=Level.TECHNICAL)
def issue_token(
    product: Product, *, transaction_id: str | None = None, kind: str | None = None, by: Actor
) -> OfflineToken:
    """The code for an outstanding command, or to `unlock` (ADMIN; a unit that is paid off) or `sync` the unit's
    counter, under an id of its own (without one, one is drawn). The same id and kind again: the same code.

    Issuing it withdraws the command from the unit's instructions for good. Refused: `no_key`, `unknown_command`,
    `not_outstanding`, `not_expressible`, `not_paid_off`, `sync_first`, `duplicate`."""
    if kind is not None and kind not in KINDS:
        raise Invalid({"type": "must be unlock or sync; without it, transaction_id names a command"})
    if kind == UNLOCK:
        require_level(by, Level.ADMIN)
    product = products.fetch(product.product_imei, by=by, lock=True)
    if transaction_id is not None:
        try:
            models.transaction_id(transaction_id)
        except BadValue as bad:
            raise Invalid({"transaction_id": str(bad)}) from None
    elif kind is None:
        raise Invalid({"transaction_id": "is required"})
    made = queries.tokens_of(product).filter(transaction_id=transaction_id).first()
    if made is not None and (made.command_id is not None if kind is None else made.type == KINDS[kind]):
        return made
    key = _key_of(product)
    row = (
        _for_command(product, key, str(transaction_id), by)
        if kind is None
        else _of_its_own(product, key, transaction_id, kind, by)
    )
    announce("product.token_issued", product, by=by, transaction_id=row.transaction_id, type=row.type, count=row.count)
    return row


@action(level=Level.TECHNICAL)
def token_entered(product: Product, *, transaction_id: str, by: Actor) -> OfflineToken:
    """Somebody saw the unit take this code: its command is acknowledged, and with it what the unit can take no more."""
    product = products.fetch(product.product_imei, by=by, lock=True)
    row = queries.tokens_of(product).filter(transaction_id=transaction_id).first()
    if row is None:
        raise Invalid({"transaction_id": "no token was issued under it for this unit"}, code="unknown_command")
    if row.state != OfflineToken.ENTERED:
        key = _key_of(product)
        if key.known_count < row.count and row.state == OfflineToken.ISSUED:
            key.known_count = row.count
            key.save(update_fields=["known_count"])
        reached(product, key, row.count, at=row, by=by)
        row.refresh_from_db()
    return row


def _key_of(product: Product) -> TokenKey:
    key = queries.token_key_of(product)
    if key is None:
        raise Invalid(
            {"product_imei": "has no OpenPAYGO key; import_openpaygo brings the factory's file"}, code="no_key"
        )
    return key


def _for_command(product: Product, key: TokenKey, transaction_id: str, by: Actor) -> OfflineToken:
    command = PaymentCommand.objects.filter(product=product, transaction_id=transaction_id).first()
    if command is None:
        raise Invalid({"transaction_id": "names no command of this unit"}, code="unknown_command")
    if command.category == BAD_PAYMENT:
        text = "no code takes a part of the credit away; a zero-command or force_reset takes all"
        raise Invalid({"transaction_id": text}, code="not_expressible")
    open_still = not command.void and command.status is None
    if not open_still and command != queries.zero_to_enter(product):
        raise Invalid(
            {"transaction_id": "is void or acknowledged already; nothing is to be given"}, code="not_outstanding"
        )
    if command.category == PAYMENT:
        units = queries.provider_of(key).units_of(command.value)
        if units is None:
            one = f"{DAY / key.time_divider:g}"
            text = f"a code gives 1 to 995 whole units of {one} seconds; this is {command.value} seconds"
            raise Invalid({"transaction_id": text}, code="not_expressible")
        if rival := queries.zeroing_around(command):
            if rival.pk > command.pk:
                text = f"the code of {rival.transaction_id}, which zeroes the unit, was issued after it"
                raise Invalid({"transaction_id": text}, code="not_expressible")
            text = f"the unit is to be zeroed before; issue the code of {rival.transaction_id} first"
            raise Invalid({"transaction_id": text}, code="not_expressible")
        row = _make(product, key, command.transaction_id, ADD_TIME, units, command, by)
        if not queries.has_connected(product):
            acknowledge(product, transaction_ids=[command.transaction_id], by=by)  # the code is the money
    else:
        if queries.paid_since(command):
            text = "the unit was given credit after it, which its code would take away; order a force_reset anew"
            raise Invalid({"transaction_id": text}, code="not_expressible")
        row = _make(product, key, command.transaction_id, SET_TIME, 0, command, by)
    return row


def _of_its_own(product: Product, key: TokenKey, transaction_id: str | None, kind: str, by: Actor) -> OfflineToken:
    if kind == UNLOCK and product.is_payg:
        raise Invalid({"type": "the unit is not paid off; set_is_payg says when it is"}, code="not_paid_off")
    named = transaction_id or f"{kind}-{secrets.token_hex(8)}"
    try:
        with transaction.atomic():
            SpentId(named).save(force_insert=True)
    except IntegrityError:  # by a command, or another token
        raise _duplicate(product, named, "", 0, by) from None
    return _make(product, key, named, KINDS[kind], 0, None, by)


def _make(
    product: Product,
    key: TokenKey,
    transaction_id: str,
    kind: str,
    units: int,
    command: PaymentCommand | None,
    by: Actor,
) -> OfflineToken:
    provider: OpenPaygo = queries.provider_of(key)
    try:
        token = provider.make(kind, units, after=key.count)
    except ValueError as error:
        raise Invalid({"transaction_id": f"no code can be made: {error}"}, code="not_expressible") from None
    ahead = token.count - key.known_count
    if ahead > (SYNC_JUMP if kind == COUNTER_SYNC else JUMP):
        text = (
            f"would be {ahead} codes ahead of the last that the unit is known to have taken; "
            "enter a sync code first, or say which codes were entered"
        )
        raise Invalid({"transaction_id": text}, code="sync_first")
    key.count = token.count
    key.save(update_fields=["count"])
    row = OfflineToken.objects.create(
        product=product, transaction_id=transaction_id, command=command, type=kind, count=token.count, units=units,
        token=token.digits, issued_by=by.name_for_record, issued_at=timezone.now(),
    )  # fmt: skip
    if command is not None:
        command.withdrawn = True
        touch(command, "withdrawn", by=by)
        product.order_seq += 1  # instructions from before, which still hold it, are obeyed no more
        touch(product, "order_seq", by=by)
    return row
