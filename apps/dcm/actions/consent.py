"""Credit taken away on the pages: with a reason, and above a set amount with a second person's consent. The API stays
as documented: there the caller's own people agree before they call."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.core.actions import action, require_level
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import Forbidden, Invalid, NotFound, Refused, refuse_if
from apps.core.rows import new, touch
from apps.dcm import models, queries
from apps.dcm.actions.commands import add_payment_command, force_reset
from apps.dcm.limits import wants_consent, within_limit
from apps.dcm.models import BAD_PAYMENT, FORCE_RESET, CreditRequest, PaymentCommand
from apps.dcm.once import once
from apps.products import queries as products
from apps.products.actions.announce import announce
from apps.products.models import Product

LONGEST_REASON = 500


@action(level=add_payment_command.level)
def order_removal(
    product: Product, *, category: str, value: int, transaction_id: str, reason: str, by: Any
) -> tuple[PaymentCommand | CreditRequest, bool]:
    """A bad-payment (`value` below 0), a zero-command or a force-reset (0), for the reason given. Above
    CREDIT_CONSENT_ABOVE it is not ordered: the CreditRequest that now waits for a second person is returned. The same
    again changes nothing: False beside what was made of it the first time. What would be refused at once is refused
    here too; `waits_already` where such a request waits for this unit."""
    product = products.fetch(product.product_imei, by=by, lock=True)
    refuse_if(category not in models.CREDIT_TAKEN, "category", "must be one of those that are offered")
    require_level(by, _level_of(category))
    reason = _reason(reason)
    first = CreditRequest.objects.filter(transaction_id=transaction_id).first()
    if first is not None:
        if (first.product_id, first.category, first.value) == (product.product_imei, category, value):
            return first, False
        raise _duplicate(transaction_id)
    seconds = -value if category == BAD_PAYMENT else queries.known_credit(product)
    if PaymentCommand.objects.filter(transaction_id=transaction_id).exists() or not wants_consent(
        product, seconds, by=by
    ):
        return once(transaction_id, lambda: _do(product, category, value, transaction_id, reason, by), by=by)
    with transaction.atomic():  # every rule, tried and taken back
        _do(product, category, value, transaction_id, reason, by)
        transaction.set_rollback(True)
    if queries.waiting(product).filter(category=category, value=value).exists():
        raise Invalid({"value": "waits for a second person already; withdraw that request first"}, code="waits_already")
    try:
        with transaction.atomic():
            row: CreditRequest = new(
                CreditRequest, by=by, product=product, category=category, value=value, seconds=seconds, reason=reason,
                transaction_id=transaction_id, asked_by=_person(by),
            )  # fmt: skip
    except IntegrityError:  # somebody used it at the same moment, for another unit
        raise _duplicate(transaction_id) from None
    announce("product.credit_asked", product, by=by, credit_request_id=row.pk, category=category, value=value)
    return row, True


@action(level=add_payment_command.level)
def decide_request(request: CreditRequest, *, agree: bool, answer: str = "", by: Any) -> CreditRequest:
    """A second person agrees, and it is ordered in their name; or refuses. Everything is looked at once more: whether
    whoever asked may still, whether whoever agrees may, and what the unit's credit allows by now."""
    row = _locked(request, by)
    require_level(by, _level_of(row.category))
    if row.state != models.WAITING:
        if (row.state, row.decided_by_id) == (models.AGREED if agree else models.REFUSED, _person(by).pk):
            return row  # pressed twice
        raise Refused("This request has been decided already; look at what became of it")
    if row.asked_by_id == _person(by).pk:
        raise Refused("A second person decides what you have asked for; you may withdraw it", code="second_person")
    if agree:
        _asker_still_may(row)
        _do(row.product, row.category, row.value, row.transaction_id, row.reason, by)
    return _end(row, models.AGREED if agree else models.REFUSED, answer, by)


@action(level=add_payment_command.level)
def withdraw_request(request: CreditRequest, *, by: Any) -> CreditRequest:
    """By whoever asked, as long as nobody has decided."""
    row = _locked(request, by)
    if row.state == models.WITHDRAWN:
        return row
    if row.state != models.WAITING:
        raise Refused("This request has been decided already; look at what became of it")
    if row.asked_by_id != _person(by).pk:
        raise Refused("Only whoever asked withdraws a request; others refuse it", code="not_yours")
    return _end(row, models.WITHDRAWN, "", by)


def _do(product: Product, category: str, value: int, transaction_id: str, reason: str, by: Actor) -> None:
    if category == FORCE_RESET:
        force_reset(product, transaction_id=transaction_id, reason=reason, by=by)
    else:
        add_payment_command(
            product, category=category, value=value, transaction_id=transaction_id, reason=reason, by=by
        )


def _asker_still_may(row: CreditRequest) -> None:
    asker: Any = row.asked_by
    try:
        if asker is None or not asker.is_active:
            raise NotFound()
        require_level(asker, _level_of(row.category))
        product = products.fetch(row.product_id, by=asker)
        within_limit(-row.value if row.category == BAD_PAYMENT else queries.known_credit(product), by=asker)
    except Refused:
        raise Refused("Whoever asked for this may not do it any more; refuse it, or ask yourself") from None


def _duplicate(transaction_id: str) -> Refused:
    text = f"transaction_id: {transaction_id} was used before; nothing was changed"
    return Refused(text, code="duplicate", data={"payment_command_id": None, "identical": False})


def _locked(request: CreditRequest, by: Actor) -> CreditRequest:
    """With its unit, whose row is locked first, as everywhere."""
    row = CreditRequest.objects.visible_to(by).filter(pk=request.pk).first()
    if row is None:
        raise NotFound()
    product = products.fetch(row.product_id, by=by, lock=True)
    row = CreditRequest.objects.select_for_update(of=("self",)).get(pk=row.pk)
    row.product = product
    return row


def _end(row: CreditRequest, state: str, answer: str, by: Any) -> CreditRequest:
    row.state, row.decided_by, row.decided_at = state, _person(by), timezone.now()
    row.answer = answer.strip()[:LONGEST_REASON]
    touch(row, "state", "decided_by", "decided_at", "answer", by=by)
    announce("product.credit_decided", row.product, by=by, credit_request_id=row.pk, state=state)
    return row


def _reason(text: str) -> str:
    text = " ".join(text.replace("\x00", "").split())
    refuse_if(not text, "reason", "is required")
    if len(text) > LONGEST_REASON:
        raise Invalid({"reason": f"is longer than {LONGEST_REASON} characters"})
    return text


def _person(by: Any) -> User:
    if not isinstance(by, User):
        raise Forbidden("Only a person asks and agrees")
    return by


def _level_of(category: str) -> Level | None:
    return force_reset.level if category == FORCE_RESET else add_payment_command.level
