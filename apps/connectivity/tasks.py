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
from apps.connectivity.models import Outgoing, RtcMessageHistory, SmsHistory
from apps.connectivity.wire import broker, sms
from apps.core.actors import SYSTEM
from apps.core.times import iso
from apps.events.wake import wake_soon

log = logging.getLogger(__name__)

SLICE = 20.0  # seconds before other tasks of this worker get their turn
SETTLED = 200  # messages settled in one transaction
REMINDED = 500  # units in one run


@shared_task(name="apps.connectivity.tasks.send_messages")
def send_messages() -> None:
    gateway = sms.gateway()
    until, sent = time.monotonic() + SLICE, 0
    while time.monotonic() < until:
        row = actions.claim_sms(by=SYSTEM)
        if row is None:
            break
        if row.step == Outgoing.Step.QUEUED:
            if not _send(gateway, row):
                break  # it is away: the sweep tries again
            sent += 1
    else:
        wake_soon("apps.connectivity.tasks.send_messages")
    while actions.look_after_sms(by=SYSTEM, most=SETTLED) == SETTLED and time.monotonic() < until + SLICE:
        pass
    if sent and gateway.reports_in is not None:
        with suppress(Exception):  # a hint; the sweep finds them too
            send_messages.apply_async(countdown=gateway.reports_in + 0.5, retry=False)


def _send(gateway: sms.Gateway, row: SmsHistory) -> bool:
    """False where the gateway is away. What can't be put into words for it is no reason to send the others later."""
    left = (queries.until(row) - timezone.now()).total_seconds()
    try:
        reference = gateway.send(
            to=queries.number_of(row.product), text=row.message or settings.SMS_WAKEUP_TEXT,
            report_to=reports.address(row.pk, row.attempts), seconds=left,
        )  # fmt: skip
    except (sms.NotTaken, sms.Away) as problem:
        log.warning("the SMS gateway took no message (%s)", problem)
        tried = isinstance(problem, sms.NotTaken) or problem.tried
        actions.sms_refused(row, reason=str(problem), tried=tried, by=SYSTEM)
        return isinstance(problem, sms.NotTaken)
    except Exception as problem:
        log.exception("an SMS to unit %s broke off", row.product_id)
        actions.sms_refused(row, reason=type(problem).__name__, by=SYSTEM)
        return True
    actions.sms_taken(row, reference=f"{reference}/{row.pk}", reports_in=gateway.reports_in, by=SYSTEM)
    return True


@shared_task(name="apps.connectivity.tasks.publish_letters")
def publish_letters() -> None:
    until = time.monotonic() + SLICE
    while actions.look_after_letters(by=SYSTEM, most=SETTLED) == SETTLED and time.monotonic() < until:
        pass
    row = _next_letter(until)
    if row is None:
        return
    try:
        with broker.connected() as channel:
            while row is not None and time.monotonic() < until:
                broker.publish(channel, broker.MT, _letter(row), reference=row.message_reference)
                actions.letter_published(row, by=SYSTEM)
                row = _next_letter(until)
    except broker.away_errors() as error:
        log.warning("the broker took no letter (%s: %s)", type(error).__name__, str(error)[:200])
        if row is not None:
            actions.letter_away(row, reason=type(error).__name__, by=SYSTEM)
        return
    if row is not None:
        actions.letter_away(row, reason="", by=SYSTEM)
    if time.monotonic() >= until:
        wake_soon("apps.connectivity.tasks.publish_letters")


def _next_letter(until: float) -> RtcMessageHistory | None:
    """A letter to be published; what is put aside on the way is done with."""
    while time.monotonic() < until:
        row: RtcMessageHistory | None = actions.claim_letter(by=SYSTEM)
        if row is None or row.step == Outgoing.Step.QUEUED:
            return row
    return None


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
    """The fallback process. A transaction a unit, so that none waits for the others."""
    for key, asked in queries.silent_units(timezone.now(), REMINDED):
        actions.remind(key=key, asked=asked, by=SYSTEM)


@shared_task(name="apps.connectivity.tasks.locate")
def locate() -> None:
    """Give connections without GPS a place by their cells; each minute. sweeping.py says how."""
    sweeping.sweep()
