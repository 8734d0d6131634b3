"""Letters that come in: what a unit says (queue RTC-MO), and what became of a letter to one (RTC-MT.Reply).

What a letter tells is settled by the very actions that settle it at /v1/rc_data; a letter that comes twice, as brokers
deliver, does nothing the second time. Nor does a status report that the network took before one that was settled (it
was a dead letter, or another reader was faster): it says how the unit stood, and would confirm what is so no more.
"""

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from apps.connectivity import letters
from apps.connectivity.actions.rtc import note_online, settle_letter
from apps.connectivity.models import RtcDeadLetter, RtcMessageHistory, RtcMoMessageHistory
from apps.core.actions import action
from apps.core.actors import Actor, unit
from apps.core.refusals import Refused
from apps.core.rows import new, touch
from apps.products.models import Product

log = logging.getLogger(__name__)

BROKE = "something broke on our side; it has been recorded"
OVERTAKEN = "a later report was settled before"


@action(level=None)
def take_letter(*, queue: str, body: bytes | str, by: Actor) -> str | None:
    """Settle a letter out of this queue. None when that is done, else why it can't be: then it is a dead letter. Raises
    only where the database is away, so that the letter is not lost."""
    try:
        payload = letters.read_payload(body)
        return _take_reply(payload, by) if queue == RtcDeadLetter.REPLY else _take_message(payload)
    except letters.NoLetter as error:
        return str(error)


def _take_reply(payload: Mapping[str, Any], by: Actor) -> str | None:
    reference, status = payload.get("correlation_id"), payload.get("status")
    if status not in (RtcMessageHistory.DELIVERED, RtcMessageHistory.FAILED):
        return "status is neither delivered nor failed"
    row = None
    if _is_text(reference, 255):
        rows = RtcMessageHistory.objects.select_for_update(of=("self",), no_key=True)
        row = rows.filter(message_reference=reference).first()
    if row is None:
        return "answers no letter of ours"
    info = payload.get("info")
    told = info[:2000] if isinstance(info, str) and _is_text(info) else None
    settle_letter(row, delivered=status == RtcMessageHistory.DELIVERED, info=told, by=by)
    return None


def _is_text(value: Any, most: int | None = None) -> bool:
    """A text that a database takes."""
    if not isinstance(value, str) or "\x00" in value or (most is not None and len(value) > most):
        return False
    return value.isascii() or value == value.encode("utf-8", "ignore").decode()


def _take_message(payload: Mapping[str, Any]) -> str | None:
    product = _unit_of(payload)
    if isinstance(product, str):
        return product
    by, packed = unit(product.product_imei), letters.message_of(payload)
    reference = payload.get("correlation_id")
    reference = reference if _is_text(reference, 64) else None
    kept = reference and RtcMoMessageHistory.objects.filter(product=product, correlation_id=reference).first()
    if kept and kept.processing_status == RtcMoMessageHistory.PROCESSED:
        return None
    row = kept or new(
        RtcMoMessageHistory, by=by, product=product, message_bin=packed[: letters.LONGEST],
        message_received_time=timezone.now(), correlation_id=reference,
    )  # fmt: skip
    problem = _settle(row, product, packed, letters.taken_at(payload), by)
    row.processing_status = RtcMoMessageHistory.FAILED if problem else RtcMoMessageHistory.PROCESSED
    if problem:
        row.processing_status_info = problem[:2000]
    touch(row, "processing_status", "processing_status_info", "message_json", "said_at", by=by)
    note_online(product, True, reason="message-received", by=by, heard=True)
    return problem


def _settle(
    row: RtcMoMessageHistory, product: Product, packed: bytes, said_at: dt.datetime | None, by: Actor
) -> str | None:
    row.processing_status_info = None
    try:
        letter = letters.unpack(packed)
        row.message_json = letters.as_json(letter)
        handler = letters.hears(letter[0])
        if letter[0] not in (letters.STATUS, letters.TELEMETRY, letters.REPLY, letters.LOG):
            return f"is of no kind that is known here ({letter[0]})"
        if letter[0] == letters.STATUS and said_at is not None:
            later = RtcMoMessageHistory.objects.filter(product=product, said_at__gt=said_at)
            if later.exists():
                row.processing_status_info = OVERTAKEN
                return None
        with transaction.atomic():
            if handler is not None:
                handler(product, letter[1] if len(letter) > 1 else {}, by=by)
            if letter[0] == letters.STATUS:
                product.latest_rtc_mo_status_report_time = timezone.now()
                product.save(update_fields=["latest_rtc_mo_status_report_time"])
                # A network's clock that runs ahead overtakes nothing that comes after it.
                row.said_at = said_at and min(said_at, timezone.now())
    except (letters.NoLetter, Refused) as error:
        return str(error)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("a letter of unit %s broke off", product.product_imei)
        return BROKE
    return None


def _unit_of(payload: Mapping[str, Any]) -> Product | str:
    """The unit that `ident` names, its row locked; or why there is none. `Aeris/10.112.89.62`: network and address."""
    ident, kind = payload.get("ident"), payload.get("ident_type", "IP")
    if not _is_text(ident, 80) or kind not in ("IP", "IMEI"):
        return "names no unit"
    rows = Product.objects.select_for_update(of=("self",), no_key=True).filter(rtc_enabled_flag=True)
    if kind == "IMEI":
        found = list(rows.filter(product_imei=ident))
    else:
        network, _, address = str(ident).partition("/")
        found = list(rows.filter(rtc_network_name=network, ip_address=address)[:2]) if address else []
    if len(found) == 1:
        return found[0]
    return "several units have this address" if found else "no RTC enabled unit has this address"
