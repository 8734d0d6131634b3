"""What may be sent to a unit, what it costs, and what became of what was sent."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import number_format

from apps.connectivity import letters
from apps.connectivity.models import (
    Outgoing,
    RtcDeadLetter,
    RtcFallbackMessageHistory,
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
TIMEOUT = 3600.0  # seconds that a wake-up may take, retries and all
LONGEST = 30 * 86400.0


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


def left_today(entity_ids: Iterable[int]) -> dict[int, int]:
    """How many wake-ups the units of each of these entities may still be sent today."""
    keys = set(entity_ids)
    counted = dict(SmsCount.objects.filter(entity__in=keys, day=today()).values_list("entity_id", "count"))
    return {key: max(0, settings.SMS_PER_ENTITY - counted.get(key, 0)) for key in keys}


def until(sms: SmsHistory) -> dt.datetime:
    """When the message's time runs out; SYSTEM may write what it likes into that column."""
    seconds = sms.sms_timeout if 0 <= sms.sms_timeout <= LONGEST else TIMEOUT
    return sms.created_at + dt.timedelta(seconds=seconds)


def cost_of(messages: int) -> str:
    """`12.50 USD`, as the reader writes numbers; empty where no price is set."""
    if not settings.SMS_COST:
        return ""
    amount = number_format(Decimal(settings.SMS_COST) * messages, 2, force_grouping=True)
    return f"{amount} {settings.SMS_CURRENCY}"


def longest_waiting(kind: type[SmsHistory] | type[RtcMessageHistory], now: dt.datetime) -> Any:
    """The message of this kind that is to go out next, its row ours until the transaction ends; those that somebody
    else holds are passed over."""
    rows = kind._base_manager.select_for_update(skip_locked=True, of=("self",), no_key=True)
    return rows.filter(step=Step.QUEUED, due_at__lte=now).order_by("due_at", "pk").first()


def waiting(kind: type[SmsHistory] | type[RtcMessageHistory]) -> dict[str, Any]:
    """Messages that are to go out: {count, late_s: seconds since the first of them was queued, problem: what the
    gateway or the broker last said of one}."""
    rows: Any = kind._base_manager.filter(step=Step.QUEUED)
    found = rows.aggregate(count=Count("pk"), since=Min("created_at"))
    late = round((timezone.now() - found["since"]).total_seconds()) if found["since"] else 0
    told = rows.exclude(detail="").order_by("-due_at").values_list("detail", flat=True).first()
    return {"count": found["count"], "late_s": max(0, late), "problem": told or ""}


def silent_units(now: dt.datetime, most: int) -> list[tuple[int, dt.datetime]]:
    """(row_no, when it was told) of units that have answered a status update of the last day neither in real time nor
    by connecting, and are to be told again: after RTC_FALLBACK_SECONDS, and twice as long after each reminder of that
    day, RTC_FALLBACK_MOST times. Who has waited longest comes first."""
    day, wait = now - dt.timedelta(days=1), settings.RTC_FALLBACK_SECONDS
    told, heard = "latest_rtc_mt_status_update_time", "latest_rtc_mo_status_report_time"
    lately_told = RtcMessageHistory.objects.filter(kind=RtcMessageHistory.Kind.STATUS_UPDATE, created_at__gte=day)
    reminders = RtcFallbackMessageHistory.objects.filter(product=OuterRef("product_imei"), message_sent_time__gte=day)
    counted = reminders.order_by().values("product").annotate(number=Count("pk")).values("number")
    due = Q(pk__in=[])
    for number in range(settings.RTC_FALLBACK_MOST):
        if wait * 2**number < 86400:  # after a day nobody waits any more
            due |= Q(reminders=number, **{f"{told}__lte": now - dt.timedelta(seconds=wait * 2**number)})
    rows = (
        # By an index on what was told, instead of through a million units.
        Product.objects.filter(product_imei__in=lately_told.values("product_id"), rtc_enabled_flag=True)
        .filter(Q(**{heard: None}) | Q(**{f"{heard}__lt": F(told)}))
        .filter(Q(latest_connection=None) | Q(latest_connection__date__lt=F(told)), **{f"{told}__gte": day})
        .annotate(reminders=Coalesce(Subquery(counted), 0))
        .filter(due)
    )
    found: Any = rows.order_by(told, "pk").values_list("pk", told)
    return list(found[:most])


def fetch_dead_letter(key: int, *, by: Actor, lock: bool = False) -> RtcDeadLetter:
    rows: Any = RtcDeadLetter.objects.visible_to(by)
    row: RtcDeadLetter | None = (rows.select_for_update(no_key=True) if lock else rows).filter(pk=key).first()
    if row is None:
        raise NotFound()
    return row


def held_in(row: RtcDeadLetter) -> Any:
    """What is in it; raises letters.NoLetter."""
    payload = letters.read_payload(row.payload)
    return letters.unpack(letters.message_of(payload)) if "message" in payload else payload


def decoded(row: RtcDeadLetter) -> str:
    """What is in it, as the API's answer writes it; raises letters.NoLetter."""
    return repr(held_in(row))


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


def wakeups_without_order(product: Product, since: dt.datetime) -> list[Sent]:
    """What became of wake-ups to the unit since then that served no order to a switch: those for its credit, and those
    that somebody sent by hand."""
    rows = SmsHistory.objects.filter(
        product=product, created_at__gte=since, enable_history_id=None, tamper_order_id=None
    )
    return [step for sms in rows.order_by("pk")[:MOST_TOLD] for step in steps_of_sms(sms)]


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
