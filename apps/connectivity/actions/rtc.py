"""Real-time messages to units (seed 004, "/products/<imei>/sync" and its siblings), and who is on line.

A letter is a row first; a task publishes it and learns from the broker that it lies there. One that no reply comes for
is published again under the same reference, so that a broker may lose everything.
"""

import datetime as dt
import secrets
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.connectivity import letters, queries
from apps.connectivity.actions.sms import send_wakeup
from apps.connectivity.models import Outgoing, RtcFallbackMessageHistory, RtcMessageHistory
from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import refuse_if
from apps.core.rows import new, touch
from apps.products import queries as units
from apps.products.actions.announce import announce
from apps.products.models import Product, RtcConnectionHistory

Step = Outgoing.Step
Kind = RtcMessageHistory.Kind
LEASE = dt.timedelta(seconds=30)
AWAY = dt.timedelta(seconds=20)  # before a broker that was away is tried again
REPLY_WITHIN = dt.timedelta(seconds=120)
MOST_TIMES = 3  # that a letter without a reply is published
LONGEST_LIFE = dt.timedelta(hours=1)
ONLINE, OFFLINE = "online", "offline"


@action(level=Level.ADMIN)
def request_sync(product: Product, *, by: Actor) -> RtcMessageHistory:
    """Ask the unit for its status and telemetry."""
    return _queue(_fetch(product, by), Kind.SYNC, [letters.SYNC], by=by)


@action(level=Level.ADMIN)
def send_status_update(product: Product, *, by: Actor) -> RtcMessageHistory:
    """Tell the unit what it is to do: the same as it is told when it asks."""
    return queue_status_update(_fetch(product, by), by=by)


@action(level=Level.ADMIN)
def send_command(product: Product, *, command: str, by: Actor) -> RtcMessageHistory:
    """Send a debug or diagnostic command, as the unit's software understands it."""
    return _queue(_fetch(product, by), Kind.COMMAND, [letters.COMMAND, command], by=by)


@action(level=Level.ADMIN)
def force_connection(product: Product, *, by: Actor) -> Any:
    """Make the unit connect: a sync in real time, a wake-up SMS for others. The row of what was sent."""
    product = units.fetch(product.product_imei, by=by, lock=True)
    return (request_sync if product.rtc_enabled_flag else send_wakeup)(product, by=by)


@action(level=Level.ADMIN)
def set_online_status(product: Product, *, status: str, by: Actor) -> Product:
    """Note that the unit is on or off line. As it was already: nothing happens."""
    product = _fetch(product, by)
    note_online(product, status == ONLINE, reason="user-request", by=by)
    return product


@action(level=None)
def note_online(product: Product, online: bool, *, reason: str, by: Actor, heard: bool = False) -> None:
    """For whoever holds the unit's row. `heard`: a message came in just now."""
    now, latest = timezone.now(), product.latest_rtc_connection_history
    status = ONLINE if online else OFFLINE
    if latest is not None and latest.connection_status == status:
        if heard:
            latest.latest_message_time = now
            latest.save(update_fields=["latest_message_time"])
        return
    product.latest_rtc_connection_history = new(
        RtcConnectionHistory, by=by, product=product, connection_status=status, connection_status_time=now,
        connection_status_reason=reason,
        latest_message_time=now if heard else latest.latest_message_time if latest else None,
    )  # fmt: skip
    touch(product, "latest_rtc_connection_history", by=by)
    announce("product.messaged", product, by=by, message="rtc", status=status)


@action(level=None)
def queue_status_update(
    product: Product, *, by: Actor, order: int | None = None, tamper_order: int | None = None, cause: int | None = None
) -> RtcMessageHistory:
    """For whoever holds the unit's row. Status updates that still wait are overtaken by this one."""
    waiting = RtcMessageHistory.objects.filter(product=product, kind=Kind.STATUS_UPDATE, step=Step.QUEUED)
    for row in waiting.select_for_update(of=("self",), no_key=True):
        # What still stands of what it was to tell goes with the new one, a tamper switch's order with a later one to
        # the power switch: the way of that order goes on there.
        if order is None and not queries.is_overtaken(product, order=row.order_id, tamper_order=None):
            order, row.order_id = row.order_id, None
        if tamper_order is None and not queries.is_overtaken(product, order=None, tamper_order=row.tamper_order_id):
            tamper_order, row.tamper_order_id = row.tamper_order_id, None
        row.save(update_fields=["order", "tamper_order"])
        _fail(row, "superseded", step=Step.DROPPED, by=by)
    letter = [letters.STATUS_UPDATE, letters.orders_of(product)]
    row = _queue(product, Kind.STATUS_UPDATE, letter, by=by, order_id=order, tamper_order_id=tamper_order, cause=cause)
    product.latest_rtc_mt_status_update_time = row.message_sent_time
    touch(product, "latest_rtc_mt_status_update_time", by=by)
    return row


def _fetch(product: Product, by: Actor) -> Product:
    product = units.fetch(product.product_imei, by=by, lock=True)
    refuse_if(not product.rtc_enabled_flag, "product", "is not RTC enabled")
    return product


def _queue(product: Product, kind: Kind, letter: list[Any], *, by: Actor, **also: Any) -> RtcMessageHistory:
    now = timezone.now()
    row: RtcMessageHistory = new(
        RtcMessageHistory, by=by, product=product, kind=kind, message_reference=secrets.token_hex(16),
        message_bin=letters.pack(letter), message_json=letters.as_json(letter), message_sent_time=now, created_at=now,
        step=Step.QUEUED, due_at=now, **also,
    )  # fmt: skip
    transaction.on_commit(_wake, robust=True)
    return row


@action(level=None)
def claim_letter(*, by: Actor) -> RtcMessageHistory | None:
    """The letter that has waited longest, ours until the lease ends and still QUEUED; or put aside just now, where its
    order has been overtaken or its time has run out. One a transaction, however many are to be put aside."""
    now = timezone.now()
    row: RtcMessageHistory | None = queries.longest_waiting(RtcMessageHistory, now)
    if row is None:
        return None
    if row.created_at + LONGEST_LIFE <= now:
        _fail(row, "no broker took it in time", by=by)
    elif queries.is_overtaken(row.product, order=row.order_id, tamper_order=row.tamper_order_id):
        _fail(row, "superseded", step=Step.DROPPED, by=by)
    else:
        if row.kind == Kind.STATUS_UPDATE:
            # It may have waited, or go out once more: what was true when it was queued may be overtaken or over.
            _write(row, [letters.STATUS_UPDATE, letters.orders_of(row.product)])
        row.due_at, row.attempts = now + LEASE, row.attempts + 1
        row.save(update_fields=["due_at", "attempts", "message_bin", "message_json"])
    return row


def _write(row: RtcMessageHistory, letter: list[Any]) -> None:
    row.message_bin, row.message_json = letters.pack(letter), letters.as_json(letter)


@action(level=None)
def letter_published(row: RtcMessageHistory, *, by: Actor) -> None:
    """The broker has it and said so."""
    now = timezone.now()
    rows = RtcMessageHistory.objects.filter(pk=row.pk, step=Step.QUEUED, attempts=row.attempts)
    rows.update(step=Step.SENT, message_sent_time=now, taken_at=now, due_at=now + REPLY_WITHIN, detail="")


@action(level=None)
def letter_away(row: RtcMessageHistory, *, reason: str, by: Actor) -> None:
    """The broker was away: that was no try."""
    rows = RtcMessageHistory.objects.filter(pk=row.pk, step=Step.QUEUED, attempts=row.attempts)
    rows.update(due_at=timezone.now() + AWAY, attempts=F("attempts") - 1, detail=reason[:500])


@action(level=None)
def look_after_letters(*, by: Actor, most: int) -> int:
    """Letters without a reply: published again, and after some times failed. How many were looked at; as many as
    `most`: there may be more."""
    now = timezone.now()
    due = RtcMessageHistory.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
    rows = list(due.filter(step=Step.SENT, due_at__lte=now).order_by("due_at", "pk")[:most])
    for row in rows:
        if row.attempts >= MOST_TIMES or row.created_at + LONGEST_LIFE <= now:
            _fail(row, "no reply", by=by)
        else:
            row.step, row.due_at = Step.QUEUED, now
            row.save(update_fields=["step", "due_at"])
    return len(rows)


@action(level=None)
def settle_letter(row: RtcMessageHistory, *, delivered: bool, info: str | None, by: Actor) -> None:
    """What the network said. What was delivered stays so."""
    if row.delivery_status == RtcMessageHistory.DELIVERED:
        return
    status = RtcMessageHistory.DELIVERED if delivered else RtcMessageHistory.FAILED
    _end(row, status, info, Step.DONE, by)


def _fail(row: RtcMessageHistory, info: str, *, by: Actor, step: Step = Step.DONE) -> None:
    row.detail = info
    _end(row, RtcMessageHistory.FAILED, info, step, by)


def _end(row: RtcMessageHistory, status: str, info: str | None, step: Step, by: Actor) -> None:
    now = timezone.now()
    row.delivery_status, row.delivery_status_time, row.delivery_status_info = status, now, info
    row.step, row.due_at, row.settled_at = step, None, now
    names = (
        "delivery_status",
        "delivery_status_time",
        "delivery_status_info",
        "step",
        "due_at",
        "settled_at",
        "detail",
    )
    touch(row, *names, by=by)
    announce("product.messaged", row.product, by=by, message="rtc", key=row.pk)


@action(level=None)
def remind(*, key: int, asked: dt.datetime, by: Actor) -> bool:
    """The fallback process, of one unit (queries.silent_units): tell it once more, and count it as off line meanwhile.
    False where it has been told something since `asked`, or is busy just now."""
    rows = Product.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    product = rows.filter(pk=key, rtc_enabled_flag=True, latest_rtc_mt_status_update_time=asked).first()
    if product is None:
        return False
    latest = product.latest_rtc_connection_history
    if queries.is_online(product) and latest is not None and (latest.latest_message_time or asked) <= asked:
        note_online(product, False, reason="inactivity", by=by)
    queue_status_update(product, by=by)
    new(RtcFallbackMessageHistory, by=by, product=product, message_sent_time=timezone.now())
    return True


def _wake() -> None:
    from apps.events.wake import wake_soon

    wake_soon("apps.connectivity.tasks.publish_letters")
