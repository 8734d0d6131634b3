"""What the demo's units were sent and what they said: wake-ups in all their states, three units in real time, and two
letters that nobody could handle."""

import datetime as dt
import json
import secrets
from typing import Any

from apps.connectivity import letters
from apps.connectivity.actions import keep_dead_letters
from apps.connectivity.models import (
    Outgoing,
    RtcDeadLetter,
    RtcMessageHistory,
    RtcMoMessageHistory,
    SkippedWakeUp,
    SmsHistory,
)
from apps.core.actors import SYSTEM, Actor
from apps.core.actors import unit as unit_actor
from apps.core.rows import new
from apps.demo.clock import Clock
from apps.demo.stories import WAITING, Life
from apps.products.models import EnableHistory, Product, RtcConnectionHistory

Step = Outgoing.Step
REAL_TIME = {4, 14, 24}
WOKEN = {1, 6, 11, 21, 31, 41}  # and heard at once
UNHEARD = {8, 46}  # a wake-up that is on its way
SPENT = {28}  # an order whose wake-up was skipped
NETWORK = "Test-SIM-Provider"
HOUR = 3600.0


def talked(life: Life, product: Product) -> None:
    """`life` has been told to its end."""
    number, now = life.number, life.now
    order = product.latest_enable_history
    agent = life.company.agent
    if number in REAL_TIME:
        _real_time(life, product)
    elif number in WAITING:
        product.refresh_from_db()
        order = product.latest_enable_history
        if order is not None:
            _sms(life, product, order.date, agent, order=order, status=SmsHistory.EXPIRED, after=HOUR, retries=2)
    elif number in WOKEN and order is not None:
        _sms(
            life,
            product,
            order.date - dt.timedelta(minutes=3),
            agent,
            order=order,
            status=SmsHistory.DELIVERED,
            after=21.0,
        )
        _sms(
            life,
            product,
            now - dt.timedelta(days=2, hours=number),
            life.company.logistics,
            status=SmsHistory.DELIVERED,
            after=34.0,
        )
    elif number in UNHEARD:
        _sms(life, product, now - dt.timedelta(minutes=9), life.company.logistics)
    elif number in SPENT and order is not None:
        SkippedWakeUp.objects.create(
            product=product, enable_history=order, cause=-product.pk, reason=SkippedWakeUp.Reason.UNIT, at=order.date
        )


def _sms(
    life: Life, product: Product, at: dt.datetime, by: Actor, *, order: EnableHistory | None = None,
    status: str | None = None, after: float = 0.0, retries: int = 0,
) -> None:  # fmt: skip
    life.clock.moment = at
    sent, settled = at + dt.timedelta(seconds=2), at + dt.timedelta(seconds=after)
    new(
        SmsHistory, by=by, product=product, enable_history=order, attempted_retries=retries, sent_time=sent,
        message_reference=f"/{secrets.token_hex(8)}/0/{product.pk}", sms_timeout=HOUR, status=status,
        trigger=SmsHistory.WAKE_UP, step=Step.DONE if status else Step.SENT, attempts=retries + 1, taken_at=sent,
        settled_at=settled if status else None, due_at=None if status else at + dt.timedelta(seconds=HOUR),
        modified_at=settled if status else sent, modified_by=SYSTEM.name_for_record,
    )  # fmt: skip


def _real_time(life: Life, product: Product) -> None:
    """Four days: now and then off line at night, orders told, lines of its log."""
    number, now, clock = life.number, life.now, life.clock
    by = unit_actor(product.product_imei)
    latest: Any = None
    for days in (4, 3, 2, 1, 0):
        evening, morning = (
            now - dt.timedelta(days=days, hours=9),
            now - dt.timedelta(days=days, hours=2, minutes=number),
        )
        if days:
            _line(clock, product, evening, "offline", ("low-battery-voltage", "inactivity")[days % 2])
        latest = _line(clock, product, morning, "online", "message-received")
        clock.moment = morning
        log = [letters.LOG, [[int(morning.timestamp()), "Connected"], [int(morning.timestamp()) + 3, "Charger found"]]]
        new(
            RtcMoMessageHistory, by=by, product=product, message_bin=letters.pack(log),
            message_json=letters.as_json(log), message_received_time=morning,
            processing_status=RtcMoMessageHistory.PROCESSED,
            correlation_id=secrets.token_hex(16),
        )  # fmt: skip
    _letter(clock, product, now - dt.timedelta(days=1, hours=1), life.company.logistics, [letters.SYNC], None)
    command = [letters.COMMAND, "atc 60 AT+COPS=?"]
    _letter(clock, product, now - dt.timedelta(hours=11), life.company.logistics, command, "no reply")
    Product.objects.filter(pk=product.pk).update(
        rtc_enabled_flag=True, rtc_network_name=NETWORK, ip_address=f"10.112.0.{number}",
        latest_rtc_connection_history=latest,
    )  # fmt: skip


def _line(clock: Clock, product: Product, at: dt.datetime, status: str, why: str) -> RtcConnectionHistory:
    clock.moment = at
    row: RtcConnectionHistory = new(
        RtcConnectionHistory, by=unit_actor(product.product_imei) if status == "online" else SYSTEM, product=product,
        connection_status=status, connection_status_time=at, connection_status_reason=why, latest_message_time=at,
    )  # fmt: skip
    return row


def _letter(clock: Clock, product: Product, at: dt.datetime, by: Actor, letter: list[Any], problem: str | None) -> None:
    clock.moment = at
    kind = RtcMessageHistory.Kind.SYNC if letter[0] == letters.SYNC else RtcMessageHistory.Kind.COMMAND
    settled = at + dt.timedelta(minutes=6 if problem else 0, seconds=4)
    new(
        RtcMessageHistory, by=by, product=product, kind=kind, message_reference=secrets.token_hex(16),
        message_bin=letters.pack(letter), message_json=letters.as_json(letter), message_sent_time=at, taken_at=at,
        delivery_status="failed" if problem else "delivered", delivery_status_time=settled,
        delivery_status_info=problem, step=Step.DONE, settled_at=settled,
    )  # fmt: skip


def letters_of_nobody(clock: Clock, now: dt.datetime) -> None:
    """Two dead letters: of an address that no unit has, and of a kind that nobody knows. Again: no more of them."""
    at = now - dt.timedelta(days=1, hours=5)
    if RtcDeadLetter.objects.exists():
        return
    clock.moment = at
    lines = [[int(at.timestamp()), "Charger found"], [int(at.timestamp()) + 3, "Above reference voltage"]]
    bodies = [
        _dead(at, f"{NETWORK}/10.112.0.250", [letters.LOG, lines]),
        _dead(at, f"{NETWORK}/10.112.0.4", [99, "a kind of a later version"]),
    ]
    keep_dead_letters(queue=RtcDeadLetter.MO, bodies=bodies, by=SYSTEM)


def _dead(at: dt.datetime, ident: str, letter: list[Any]) -> bytes:
    return json.dumps({
        "ident": ident, "message": letters.in_base64(letters.pack(letter)), "correlation_id": secrets.token_hex(16),
        "timestamp": at.replace(tzinfo=None).isoformat(), "ident_type": "IP",
    }).encode()  # fmt: skip
