"""Messages to and from a unit in its line of time: what was sent and what became of it, what it said, when it was on
line."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.connectivity import letters
from apps.connectivity.models import Outgoing, RtcMessageHistory, RtcMoMessageHistory, SkippedWakeUp, SmsHistory
from apps.console.orders import in_words
from apps.core.naming import OPTIONS
from apps.core.refusal_words import translated
from apps.products.models import Product, RtcConnectionHistory

LETTERS: Mapping[str | None, Promise] = {
    "sync": gettext_lazy("asked for its status"), "status_update": gettext_lazy("told its orders"),
    "command": gettext_lazy("a command"),
}  # fmt: skip
SAID: Mapping[int, Promise] = {
    letters.STATUS: gettext_lazy("its status"),
    letters.TELEMETRY: gettext_lazy("telemetry"),
}
Told = tuple[dt.datetime, str, str | None, Any]  # when, what, by whom, and the row
LONGEST = 200  # of a letter


def sms(product: Product, most: int) -> list[Told]:
    found = [_of_sms(row) for row in SmsHistory.objects.filter(product=product).order_by("-pk")[:most]]
    skipped = (
        SkippedWakeUp.objects.filter(product=product)
        .select_related("enable_history", "tamper_order")
        .order_by("-pk")[:most]
    )
    for row in skipped:
        of_unit = row.reason == SkippedWakeUp.Reason.UNIT
        text = (
            _("wake-up skipped: the unit's quota of the day was spent")
            if of_unit
            else _("wake-up skipped: the entity's quota of the day was spent")
        )
        found.append((row.at, text, order.user if (order := row.enable_history or row.tamper_order) else None, None))
    return found


def _of_sms(row: SmsHistory) -> Told:
    text = row.message or (_("wake-up") if row.trigger == SmsHistory.WAKE_UP else row.trigger or _("message"))
    if row.status == SmsHistory.DELIVERED:
        told = _("%(text)s delivered")
    elif row.step == Outgoing.Step.DROPPED:
        told = _("%(text)s not sent: the order was overtaken")
    elif row.status == SmsHistory.EXPIRED:
        told = _("%(text)s expired: it did not reach the unit within an hour")
    elif row.message_reference:
        told = _("%(text)s sent, not delivered yet")
    else:
        told = _("%(text)s queued")
    return (row.settled_at or row.taken_at or row.created_at, told % {"text": text}, row.created_by, row)


def rtc(product: Product, most: int) -> list[Told]:
    found: list[Told] = []
    for row in RtcMessageHistory.objects.filter(product=product).order_by("-pk")[:most]:
        text = _("%(name)s: %(text)s") % {"name": LETTERS.get(row.kind, _("message")), "text": _became(row)}
        found.append((row.delivery_status_time or row.message_sent_time, text, row.created_by, row))
    for heard in RtcMoMessageHistory.objects.filter(product=product).order_by("-pk")[:most]:
        text = _("it said: %(text)s") % {"text": said_in(heard.message_json)[:LONGEST]}
        if heard.processing_status == RtcMoMessageHistory.FAILED:
            text = _("%(text)s, which could not be handled: %(why)s") % {
                "text": text, "why": translated(heard.processing_status_info or ""),
            }  # fmt: skip
        found.append((heard.message_received_time, text, heard.created_by, heard))
    for line in RtcConnectionHistory.objects.filter(product=product).order_by("-pk")[:most]:
        text = _("on line (%(why)s)") if line.connection_status == "online" else _("off line (%(why)s)")
        why = _(OPTIONS.get(line.connection_status_reason, line.connection_status_reason))
        found.append((line.connection_status_time, text % {"why": why}, line.created_by, line))
    return found


def said_in(text: str | None) -> str:
    """A letter of a unit for people: the lines of its log, else what it is about."""
    try:
        letter = json.loads(text or "")
        kind = letter[0]
        lines = [str(line[1]) for line in letter[1]] if kind == letters.LOG else []
    except (ValueError, TypeError, LookupError):
        return text or "–"
    if lines:
        return " · ".join(lines)
    return str(SAID.get(kind, text)) if kind != letters.REPLY else str(letter[1:])


def _became(row: RtcMessageHistory) -> str:
    if row.delivery_status == RtcMessageHistory.DELIVERED:
        return _("delivered")
    if row.step == Outgoing.Step.DROPPED:
        return _("not sent, a later one took its place")
    if row.delivery_status == RtcMessageHistory.FAILED:
        return _("failed (%(why)s)") % {"why": in_words(row.delivery_status_info or "–")}
    return _("sent, not delivered yet") if row.step == Outgoing.Step.SENT else _("queued")
