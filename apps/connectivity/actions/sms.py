"""Wake-up SMS (seed 004, "SMS and WAKEUP"): queued, taken by the gateway, then Delivered or, after an hour, Expired.

A worker claims one message at a time for a lease longer than a gateway may take, and writes down at once what the
gateway said. One that is killed in between leaves a message that another sends again: no more than one a kill.
"""

import datetime as dt

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from apps.connectivity import queries
from apps.connectivity.models import Outgoing, SkippedWakeUp, SmsCount, SmsHistory
from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import TooMany, refuse_if
from apps.core.rows import new, touch
from apps.products import queries as units
from apps.products.actions.announce import announce
from apps.products.models import Product

Step = Outgoing.Step
LEASE = dt.timedelta(seconds=60)
WAITS = (15, 60, 300, 900)  # seconds before the first, second, … further try
AWAY = 15  # seconds before a gateway that was away is tried again


@action(level=Level.ADMIN)
def send_wakeup(product: Product, *, by: Actor) -> SmsHistory:
    """Queue a wake-up SMS. Refused where the software wouldn't follow it; TooMany beyond the day's quota."""
    product = units.fetch(product.product_imei, by=by, lock=True)
    refuse_if(not queries.wakes_up(product), "software", "is not wake-up enabled")
    if take_from_quotas(product, by=by):
        raise TooMany(
            "The quota of wake-ups is spent for today; the unit connects by itself within four hours",
            retry_after=queries.until_midnight(),
        )
    return queue_wakeup(product, by=by)


@action(level=None)
def queue_wakeup(
    product: Product, *, by: Actor, order: int | None = None, tamper_order: int | None = None, cause: int | None = None
) -> SmsHistory:
    """The row, for whoever has looked at quota and software and holds the unit's row."""
    now = timezone.now()
    row: SmsHistory = new(
        SmsHistory, by=by, product=product, enable_history_id=order, tamper_order_id=tamper_order,
        attempted_retries=0, sent_time=now, created_at=now,
        sms_timeout=queries.TIMEOUT, trigger=SmsHistory.WAKE_UP, step=Step.QUEUED, due_at=now, cause=cause,
    )  # fmt: skip
    transaction.on_commit(_wake, robust=True)
    return row


@action(level=None)
def take_from_quotas(product: Product, *, by: Actor) -> str | None:
    """Count one more message to the unit, for it and for its entities. None, or whose quota is spent already."""
    if queries.sent_today(product) >= settings.SMS_PER_UNIT:
        return SkippedWakeUp.Reason.UNIT
    day, most = queries.today(), settings.SMS_PER_ENTITY
    with transaction.atomic():
        for entity_id in sorted(units.entity_ids(product)):
            counts = SmsCount.objects.filter(entity_id=entity_id, day=day)
            if not counts.exists():
                try:
                    with transaction.atomic():
                        SmsCount.objects.create(entity_id=entity_id, day=day)
                except IntegrityError:
                    pass  # another one was first
            if not counts.filter(count__lt=most).update(count=F("count") + 1):
                transaction.set_rollback(True)
                return SkippedWakeUp.Reason.ENTITY
    return None


@action(level=None)
def claim_sms(*, by: Actor) -> SmsHistory | None:
    """The message that has waited longest, ours until the lease ends and still QUEUED; or put aside just now, where its
    order has been overtaken or its time has run out. One a transaction, however many are to be put aside."""
    now = timezone.now()
    row: SmsHistory | None = queries.longest_waiting(SmsHistory, now)
    if row is None:
        return None
    if queries.until(row) <= now:
        _settle(row, SmsHistory.EXPIRED, by=by)
    elif queries.is_overtaken(row.product, order=row.enable_history_id, tamper_order=row.tamper_order_id):
        # A later order, or the unit's own confirmation: nothing is left that it should wake up for.
        if not row.attempts:
            _give_back(row)
        row.step, row.detail = Step.DROPPED, "superseded"
        _settle(row, SmsHistory.EXPIRED, by=by)
    else:
        row.due_at, row.attempts = now + LEASE, row.attempts + 1
        row.attempted_retries = row.attempts - 1
        row.save(update_fields=["due_at", "attempts", "attempted_retries"])
    return row


def _give_back(row: SmsHistory) -> None:
    """What was never sent counts for nobody's quota, as sent_today() has it for the unit's."""
    if row.created_at.astimezone(dt.UTC).date() != queries.today():
        return
    for entity_id in sorted(units.entity_ids(row.product)):  # one by one, in the order of take_from_quotas()
        SmsCount.objects.filter(entity_id=entity_id, day=queries.today(), count__gt=0).update(count=F("count") - 1)


@action(level=None)
def sms_taken(row: SmsHistory, *, reference: str, reports_in: float | None, by: Actor) -> None:
    """The gateway took it. `reports_in`: seconds after which a gateway without reports counts it as delivered."""
    now = timezone.now()
    held = _held(row)
    if held is None:  # its report was faster than the gateway's answer
        early = SmsHistory.objects.filter(pk=row.pk, attempts=row.attempts, message_reference=None)
        early.exclude(step=Step.DROPPED).update(message_reference=reference, sent_time=now, taken_at=now)
        return
    held.step, held.message_reference, held.sent_time, held.taken_at, held.detail = Step.SENT, reference, now, now, ""
    held.due_at = queries.until(held) if reports_in is None else now + dt.timedelta(seconds=reports_in)
    touch(held, "step", "message_reference", "sent_time", "taken_at", "detail", "due_at", by=by)
    announce("product.messaged", held.product, by=by, message="sms", key=held.pk)


@action(level=None)
def sms_refused(row: SmsHistory, *, reason: str, tried: bool = True, by: Actor) -> None:
    """The gateway did not take it, as far as we know: again later, until its time runs out. Not `tried`: it never came
    to the gateway, which is no try."""
    held = _held(row)
    if held is None:
        return
    if tried:
        _again(held, reason)
        return
    held.attempts -= 1
    held.attempted_retries = max(0, held.attempts - 1)
    held.due_at, held.detail = timezone.now() + dt.timedelta(seconds=AWAY), reason[:500]
    held.save(update_fields=["attempts", "attempted_retries", "due_at", "detail"])


@action(level=None)
def sms_reported(*, key: int, attempt: int, delivered: bool | None, detail: str, by: Actor) -> bool:
    """A delivery report; `delivered` None: still on its way. False where there is no such message. What fails is sent
    again while tries are left; a failure of a try before the last means nothing any more. A report of a try whose
    answer got lost says that the gateway has the message: it is not sent once more."""
    row = SmsHistory.objects.select_for_update(of=("self",), no_key=True).filter(pk=key).first()
    if row is None:
        return False
    if delivered and row.status != SmsHistory.DELIVERED:
        _settle(row, SmsHistory.DELIVERED, by=by)
    elif delivered is False and row.step == Step.SENT and attempt == row.attempts:
        if row.attempts <= settings.SMS_RETRIES:
            row.step = Step.QUEUED
            _again(row, detail)
            transaction.on_commit(_wake, robust=True)
        else:
            row.detail = detail[:500]
            row.save(update_fields=["detail"])
    elif delivered is None and row.step == Step.QUEUED and attempt == row.attempts:
        row.step, row.taken_at, row.due_at = Step.SENT, timezone.now(), queries.until(row)
        row.save(update_fields=["step", "taken_at", "due_at"])
    return True


@action(level=None)
def look_after_sms(*, by: Actor, most: int) -> int:
    """Settle sent messages that are due: by their time, or, with a gateway that never reports, as delivered. How many;
    as many as `most`: there may be more."""
    now = timezone.now()
    due = SmsHistory.objects.select_for_update(skip_locked=True, of=("self",), no_key=True).filter(
        step=Step.SENT, due_at__lte=now
    )
    rows = list(due.order_by("due_at", "pk")[:most])
    for row in rows:
        _settle(row, SmsHistory.EXPIRED if queries.until(row) <= now else SmsHistory.DELIVERED, by=by)
    return len(rows)


def _held(row: SmsHistory) -> SmsHistory | None:
    """The row as it stands, where it still is this claim's."""
    rows = SmsHistory.objects.select_for_update(of=("self",), no_key=True)
    return rows.filter(pk=row.pk, step=Step.QUEUED, attempts=row.attempts).first()


def _again(row: SmsHistory, reason: str) -> None:
    wait = WAITS[min(max(row.attempts, 1), len(WAITS)) - 1]
    row.due_at, row.detail = timezone.now() + dt.timedelta(seconds=wait), reason[:500]
    row.save(update_fields=["step", "due_at", "detail"])


def _settle(row: SmsHistory, status: str, *, by: Actor) -> None:
    if row.step != Step.DROPPED:
        row.step = Step.DONE
    row.status, row.due_at, row.settled_at = status, None, timezone.now()
    touch(row, "step", "status", "due_at", "settled_at", "detail", by=by)
    announce("product.messaged", row.product, by=by, message="sms", key=row.pk)


def _wake() -> None:
    from apps.events.wake import wake_soon

    wake_soon("apps.connectivity.tasks.send_messages")
