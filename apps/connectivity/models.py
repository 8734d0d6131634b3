"""Networks, SIM cards, and messages to and from units."""

from typing import ClassVar

from django.db import models

from apps.accounts.models import Entity
from apps.connectivity.cells import Cell, LocationSweep  # noqa: F401  # models of this room
from apps.core.fields import OptionField, options
from apps.core.models import Row
from apps.core.scope import Follows, GlobalOnly, Reference
from apps.parts.models import PartType
from apps.products.models import EnableHistory, TamperEnableHistory, of_product


class Network(Row):
    """A mobile network; its key is MCC and MNC written together."""

    SCOPE = Reference()

    mccmnc = models.IntegerField(primary_key=True)
    name = models.CharField(max_length=255)
    mcc = models.IntegerField(null=True)
    mnc = models.IntegerField(null=True)


class SimProvider(Row):
    """A company that provides SIM cards."""

    SCOPE = Reference()

    sim_provider_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)


class SimProviderNetworkLinker(Row):
    """Which networks a SIM provider reaches."""

    SCOPE = Reference()

    sim_provider_network_linker_id = models.AutoField(primary_key=True)
    sim_provider = models.ForeignKey(SimProvider, models.PROTECT, related_name="sim_provider_network_linker")
    network = models.ForeignKey(Network, models.PROTECT, related_name="sim_provider_network_linker")


class SimPartTypeSimProviderLinker(Row):
    """Which provider a type of SIM card comes from."""

    SCOPE = Reference()

    sim_part_type_sim_provider_linker_id = models.AutoField(primary_key=True)
    sim_part_type = models.OneToOneField(PartType, models.PROTECT, related_name="sim_part_type_sim_provider_linker")
    sim_provider = models.ForeignKey(SimProvider, models.PROTECT, related_name="sim_part_type_sim_provider_linker")


class Outgoing(Row):
    """A message on its way out of the house. The row is the truth of what is still to do; brokers and gateways only
    carry it. `due_at`: when somebody is to look at it again, moved past a lease by whoever claims it."""

    class Step(models.TextChoices):
        RECORDED = "recorded"  # written by hand or moved in: nothing is to be done
        QUEUED = "queued"
        SENT = "sent"
        DONE = "done"  # what became of it stands in the contract's columns
        DROPPED = "dropped"  # never sent: what it was to tell is overtaken

    HIDDEN: ClassVar[tuple[str, ...]] = (
        "step",
        "due_at",
        "attempts",
        "cause",
        "detail",
        "taken_at",
        "settled_at",
        "tamper_order_id",
    )

    step = OptionField(max_length=10, choices=Step.choices, default=Step.RECORDED)
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # The event it follows from: a consequence that is carried out twice makes no second message.
    cause = models.BigIntegerField(null=True, unique=True)
    detail = models.TextField(default="", blank=True)
    taken_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    # The order of a tamper switch that it serves; one of the unit itself stands in a column of each.
    tamper_order = models.ForeignKey(TamperEnableHistory, models.SET_NULL, null=True, related_name="+")

    class Meta:
        abstract = True


WAITING = models.Q(step__in=(Outgoing.Step.QUEUED, Outgoing.Step.SENT))


class SmsHistory(Outgoing):
    """A text message to a unit and what became of it: `status` is empty, Delivered or Expired; `sms_timeout` in
    seconds. `message_reference` is empty until the gateway took it."""

    SCOPE = Follows("product")
    DELIVERED, EXPIRED = "Delivered", "Expired"
    WAKE_UP = "wakeup"  # the trigger

    sms_history_id = models.AutoField(primary_key=True)
    attempted_retries = models.IntegerField()
    # RESTRICT: it holds an order's row, and goes with its unit.
    enable_history = models.ForeignKey(EnableHistory, models.RESTRICT, null=True, related_name="sms_history")
    message_reference = models.CharField(max_length=255, null=True)
    message = models.TextField(null=True)
    product = of_product("sms_history")
    sent_time = models.DateTimeField()
    sms_timeout = models.FloatField()
    status = models.CharField(max_length=255, null=True)
    trigger = models.CharField(max_length=255, null=True)

    class Meta:
        verbose_name_plural = "sms histories"
        indexes = [models.Index(fields=["due_at"], name="connectivity_sms_due", condition=WAITING)]


class SmsCount(models.Model):
    """How many wake-ups went to an entity's units on a day (UTC), for its quota."""

    entity = models.ForeignKey(Entity, models.CASCADE, related_name="+")
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entity", "day"], name="connectivity_sms_count_once")]

    def __str__(self) -> str:
        return f"{self.count} of entity {self.entity_id} on {self.day}"


class SkippedWakeUp(models.Model):
    """A wake-up that an order was to bring about and that did not go out; `reason`: whose quota was spent."""

    class Reason(models.TextChoices):
        UNIT = "quota_unit"
        ENTITY = "quota_entity"

    product = of_product("+")
    enable_history = models.ForeignKey(EnableHistory, models.CASCADE, null=True, related_name="+")
    tamper_order = models.ForeignKey(TamperEnableHistory, models.CASCADE, null=True, related_name="+")
    cause = models.BigIntegerField(unique=True)
    reason = OptionField(max_length=20, choices=Reason.choices)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.reason} of unit {self.product_id}"


class RtcMessageHistory(Outgoing):
    """A real-time message to a unit and what became of it; `message_bin` its CBOR, `message_json` the same to read."""

    class Kind(models.TextChoices):
        SYNC = "sync"
        STATUS_UPDATE = "status_update"
        COMMAND = "command"

    SCOPE = Follows("product")
    HIDDEN = (*Outgoing.HIDDEN, "kind", "order_id")
    DELIVERED, FAILED = "delivered", "failed"

    rtc_message_history_id = models.AutoField(primary_key=True)
    product = of_product("rtc_message_history")
    message_reference = models.CharField(max_length=255, null=True)
    message_bin = models.BinaryField(null=True)
    message_sent_time = models.DateTimeField()
    delivery_status = OptionField(max_length=255, null=True, choices=options("delivered", "failed"))
    delivery_status_time = models.DateTimeField(null=True)
    delivery_status_info = models.TextField(null=True)
    message_json = models.TextField(null=True)
    kind = OptionField(max_length=20, null=True, choices=Kind.choices)
    order = models.ForeignKey(EnableHistory, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name_plural = "rtc message histories"
        indexes = [
            models.Index(fields=["due_at"], name="connectivity_rtc_due", condition=WAITING),
            models.Index(fields=["message_reference"], name="connectivity_rtc_reference"),
            models.Index(fields=["created_at"], name="connectivity_rtc_told", condition=models.Q(kind="status_update")),
        ]


class RtcMoMessageHistory(Row):
    """A real-time message from a unit. The network's own mark of a letter tells one that is delivered twice;
    `said_at`, of a status report that was settled, when the network took it, which tells one that comes late."""

    SCOPE = Follows("product")
    HIDDEN = ("correlation_id", "said_at")
    PROCESSED, FAILED = "processed", "failed"

    rtc_mo_message_history_id = models.AutoField(primary_key=True)
    product = of_product("rtc_mo_message_history")
    message_bin = models.BinaryField(null=True)
    message_json = models.TextField(null=True)
    message_received_time = models.DateTimeField()
    processing_status = OptionField(max_length=255, null=True, choices=options("failed", "processed"))
    processing_status_info = models.TextField(null=True)
    correlation_id = models.CharField(max_length=64, null=True)
    said_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "rtc mo message histories"
        constraints = [models.UniqueConstraint(fields=["product", "correlation_id"], name="connectivity_mo_once")]
        indexes = [
            models.Index(
                fields=["product", "said_at"], name="connectivity_mo_said", condition=models.Q(said_at__isnull=False)
            ),
        ]


class RtcFallbackMessageHistory(Row):
    """A status update that was sent once more because the unit stayed silent."""

    SCOPE = Follows("product")

    rtc_fallback_message_history_id = models.AutoField(primary_key=True)
    product = of_product("rtc_fallback_message_history")
    message_sent_time = models.DateTimeField()

    class Meta:
        verbose_name_plural = "rtc fallback message histories"


class RtcDeadLetter(Row):
    """A real-time message that could not be handled. `payload` is the letter as it lay in the queue, JSON."""

    SCOPE = GlobalOnly()
    HIDDEN = ("digest",)
    MO, REPLY = "RTC-MO", "RTC-MT.Reply"
    DISCARDED, REPLAYED, SUCCESS, FAILURE = "discarded", "replayed", "success", "failure"

    rtc_dead_letter_id = models.AutoField(primary_key=True)
    queue_name = OptionField(max_length=20, choices=options("RTC-MO", "RTC-MT.Reply"))
    payload = models.TextField()
    status = OptionField(max_length=20, null=True, choices=options("discarded", "replayed"))
    status_time = models.DateTimeField(null=True)
    replay_status = OptionField(max_length=20, null=True, choices=options("failure", "success"))
    replay_status_text = models.TextField(null=True)
    replay_status_time = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, null=True, unique=True)  # of queue and payload: imported once
