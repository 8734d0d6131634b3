"""Sending: what waits in the database is carried to SMS gateway and broker. Woken after each commit, and swept."""

import datetime as dt
import json
import logging
import time
from contextlib import suppress
from typing import Any

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from apps.connectivity import actions, letters, queries, reports, sweeping
from apps.connectivity.models import RtcMessageHistory, SmsHistory
from apps.connectivity.wire import broker, sms
from apps.core.actors import SYSTEM
from apps.core.times import iso
from apps.events.wake import wake_soon

log = logging.getLogger(__name__)

SLICE = 20.0  # seconds before other tasks of this worker get their turn


@shared_task(name="apps.connectivity.tasks.send_messages")
def send_messages() -> None:
    gateway = sms.gateway()
    begun, sent = time.monotonic(), 0
    while (row := actions.claim_sms(by=SYSTEM)) is not None:
        if not _send(gateway, row):
            break  # it is away: the sweep tries again
        sent += 1
        if time.monotonic() - begun > SLICE:
            wake_soon("apps.connectivity.tasks.send_messages")
            break
    actions.look_after_sms(by=SYSTEM)
    if sent and gateway.reports_in is not None:
        with suppress(Exception):  # a hint; the sweep finds them too
            send_messages.apply_async(countdown=gateway.reports_in + 0.5, retry=False)


def _send(gateway: sms.Gateway, row: SmsHistory) -> bool:
    left = row.sms_timeout - (timezone.now() - row.created_at).total_seconds()
    try:
        reference = gateway.send(
            to=queries.number_of(row.product), text=row.message or settings.SMS_WAKEUP_TEXT,
            report_to=reports.address(row.pk, row.attempts), seconds=left,
        )  # fmt: skip
    except (sms.NotTaken, sms.Away) as problem:
        log.warning("the SMS gateway took no message (%s)", problem)
        actions.sms_refused(row, reason=str(problem), by=SYSTEM)
        return isinstance(problem, sms.NotTaken)
    actions.sms_taken(row, reference=f"{reference}/{row.pk}", reports_in=gateway.reports_in, by=SYSTEM)
    return True


@shared_task(name="apps.connectivity.tasks.publish_letters")
def publish_letters() -> None:
    actions.look_after_letters(by=SYSTEM)
    row, begun = actions.claim_letter(by=SYSTEM), time.monotonic()
    if row is None:
        return
    try:
        with broker.connected() as channel:
            while row is not None and time.monotonic() - begun < SLICE:
                broker.publish(channel, broker.MT, _letter(row), reference=row.message_reference)
                actions.letter_published(row, by=SYSTEM)
                row = actions.claim_letter(by=SYSTEM)
    except broker.away_errors() as error:
        log.warning("the broker took no letter (%s: %s)", type(error).__name__, str(error)[:200])
        if row is not None:
            actions.letter_away(row, reason=type(error).__name__, by=SYSTEM)
        return
    if row is not None:
        actions.letter_away(row, reason="", by=SYSTEM)
        wake_soon("apps.connectivity.tasks.publish_letters")


def _letter(row: RtcMessageHistory) -> str:
    """As it lies in the queue RTC-MT (docs/units.md)."""
    unit = row.product
    by_address = bool(unit.rtc_network_name and unit.ip_address)
    payload: dict[str, Any] = {
        "ident": f"{unit.rtc_network_name}/{unit.ip_address}" if by_address else unit.product_imei,
        "ident_type": "IP" if by_address else "IMEI",
        "message": letters.in_base64(bytes(row.message_bin or b"")),
        "correlation_id": row.message_reference,
        "timestamp": iso(timezone.now().astimezone(dt.UTC)),
    }
    return json.dumps(payload)


@shared_task(name="apps.connectivity.tasks.remind")
def remind() -> None:
    """The fallback process."""
    actions.remind_silent_units(by=SYSTEM)


@shared_task(name="apps.connectivity.tasks.locate")
def locate() -> None:
    """Give connections without GPS a place by their cells; each minute. sweeping.py says how."""
    sweeping.sweep()
