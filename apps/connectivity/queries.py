"""What may be sent to a unit, what it costs, and what became of what was sent."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from apps.connectivity import letters
from apps.connectivity.models import (
    Outgoing,
    RtcDeadLetter,
    RtcMessageHistory,
    SkippedWakeUp,
    SmsCount,
    SmsHistory,
)
from apps.core.actors import Actor
from apps.core.refusals import NotFound
from apps.products.models import Product, ProductSoftwareLinker, WakeUpSoftware
from apps.repairs.models import PartProductLinker

Step = Outgoing.Step


def software_of(product: Product) -> str | None:
    """The name of what runs on the unit: as it last said, else as its linker has it (units that were moved in)."""
    if product.reported_software:
        return product.reported_software
    links = ProductSoftwareLinker.objects.filter(product=product, date_added__isnull=False, date_removed=None)
    return links.order_by("-date_added", "-pk").values_list("software_version_type__name", flat=True).first()


def wakes_up(product: Product) -> bool:
    """Whether its software connects at once when a wake-up SMS comes."""
    name = software_of(product)
    return bool(name) and WakeUpSoftware.objects.filter(name=name).exists()


def is_online(product: Product) -> bool:
    latest = product.latest_rtc_connection_history
    return product.rtc_enabled_flag and latest is not None and latest.connection_status == "online"


def is_overtaken(product: Product, *, order: int | None, tamper_order: int | None) -> bool:
    """Whether nothing is left of what a message serves: other orders were given, the unit has confirmed them, or their
    time is over."""
    served = (
        (order, product.latest_enable_history_id, "latest_enable_history"),
        (tamper_order, product.latest_tamper_enable_history_id, "latest_tamper_enable_history"),
    )
    given = [one for one in served if one[0] is not None]
    return bool(given) and not any(
        key == latest and not getattr(product, name).is_past_deadline for key, latest, name in given
    )


def number_of(product: Product) -> str:
    """What a text message to the unit is addressed to: the number (`msisdn`) among the properties of its SIM, else the
    IMSI, by which providers of machine SIMs address too."""
    links = PartProductLinker.objects.filter(product=product, date_removed=None).select_related("part")
    for link in links.order_by("-pk"):
        properties = link.part.properties
        if isinstance(properties, dict) and isinstance(properties.get("msisdn"), str):
            return str(properties["msisdn"])
    return product.imsi


def today() -> dt.date:
    return timezone.now().astimezone(dt.UTC).date()


def until_midnight() -> int:
    """Seconds until a new day's quota (UTC)."""
    now = timezone.now().astimezone(dt.UTC)
    midnight = (now + dt.timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(1, int((midnight - now).total_seconds()) + 1)


def sent_today(product: Product) -> int:
    start = dt.datetime.combine(today(), dt.time(), dt.UTC)
    rows = SmsHistory.objects.filter(product=product, trigger=SmsHistory.WAKE_UP, created_at__gte=start)
    return rows.exclude(step__in=(Step.RECORDED, Step.DROPPED)).count()


def sent_today_of_entity(entity_id: int) -> int:
    counted = SmsCount.objects.filter(entity_id=entity_id, day=today())
    return counted.values_list("count", flat=True).first() or 0


def cost_of(messages: int) -> str:
    """`12.50 USD`; empty where no price is set."""
    if not settings.SMS_COST:
        return ""
    return f"{Decimal(settings.SMS_COST) * messages:,.2f} {settings.SMS_CURRENCY}"


def fetch_dead_letter(key: int, *, by: Actor, lock: bool = False) -> RtcDeadLetter:
    rows: Any = RtcDeadLetter.objects.visible_to(by)
    row: RtcDeadLetter | None = (rows.select_for_update(no_key=True) if lock else rows).filter(pk=key).first()
    if row is None:
        raise NotFound()
    return row


def decoded(row: RtcDeadLetter) -> str:
    """What is in it, in words for people; raises letters.NoLetter."""
    payload = letters.read_payload(row.payload)
    if "message" not in payload:
        return repr(payload)
    return repr(letters.unpack(letters.message_of(payload)))


@dataclass(frozen=True)
class Sent:
    """A step on an order's way by message. `step`: queued, sms_sent, sms_delivered, told, skipped or failed; `by`: sms
    or rtc; `detail` why, in English words of ours."""

    step: str
    at: dt.datetime
    by: str
    detail: str = ""


def ways_of(product: Product, orders: Iterable[int], *, tamper: bool = False) -> dict[int, list[Sent]]:
    """What messages did for these orders (keys of enable_history; with `tamper`, of tamper_enable_history) of a unit,
    oldest first: for the line of time of a command. An order without messages has no entry."""
    keys, of_sms, of_letter = list(orders), "enable_history_id", "order_id"
    if tamper:
        of_sms = of_letter = "tamper_order_id"
    found: dict[int, list[Sent]] = {}
    for sms in SmsHistory.objects.filter(product=product, **{f"{of_sms}__in": keys}).order_by("pk"):
        found.setdefault(getattr(sms, of_sms), []).extend(steps_of_sms(sms))
    for skipped in SkippedWakeUp.objects.filter(product=product, **{f"{of_sms}__in": keys}).order_by("pk"):
        step = Sent("skipped", skipped.at, "sms", skipped.reason)
        found.setdefault(getattr(skipped, of_sms), []).append(step)
    for letter in RtcMessageHistory.objects.filter(product=product, **{f"{of_letter}__in": keys}).order_by("pk"):
        found.setdefault(getattr(letter, of_letter), []).extend(steps_of_letter(letter))
    for steps in found.values():
        steps.sort(key=lambda one: one.at)
    return found


MOST_TOLD = 40


def told_by_letter(product: Product) -> list[dt.datetime]:
    """When letters with all of its orders, which reached the unit, were sent: the newest."""
    if not product.rtc_enabled_flag:
        return []
    reached = RtcMessageHistory.objects.filter(
        product=product, kind=RtcMessageHistory.Kind.STATUS_UPDATE, delivery_status=RtcMessageHistory.DELIVERED
    )
    times = reached.order_by("-pk").values_list("taken_at", flat=True)[:MOST_TOLD]
    return [at for at in times if at is not None]


def steps_of_sms(sms: SmsHistory) -> list[Sent]:
    steps = [Sent("queued", sms.created_at, "sms")]
    if sms.taken_at:
        steps.append(
            Sent("sms_sent", sms.taken_at, "sms", f"retry {sms.attempted_retries}" * bool(sms.attempted_retries))
        )
    at = sms.settled_at or sms.modified_at or sms.created_at
    if sms.status == SmsHistory.DELIVERED:
        steps.append(Sent("sms_delivered", at, "sms"))
    elif sms.step == Step.DROPPED:
        steps.append(Sent("skipped", at, "sms", sms.detail or "superseded"))
    elif sms.status == SmsHistory.EXPIRED:
        steps.append(Sent("failed", at, "sms", "expired"))
    return steps


def steps_of_letter(letter: RtcMessageHistory) -> list[Sent]:
    steps = [Sent("queued", letter.created_at, "rtc")]
    at = letter.delivery_status_time or letter.settled_at or letter.created_at
    if letter.delivery_status == RtcMessageHistory.DELIVERED:
        steps.append(Sent("told", at, "rtc"))
    elif letter.step == Step.DROPPED:
        steps.append(Sent("skipped", at, "rtc", letter.detail or "superseded"))
    elif letter.delivery_status == RtcMessageHistory.FAILED:
        steps.append(Sent("failed", at, "rtc", letter.delivery_status_info or ""))
    return steps
