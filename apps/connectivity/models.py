"""Networks, SIM cards, and messages to and from units."""

from django.db import models

from apps.connectivity.cells import Cell, LocationSweep  # noqa: F401  # models of this room
from apps.core.fields import OptionField, options
from apps.core.models import Row
from apps.core.scope import Follows, GlobalOnly, Reference
from apps.parts.models import PartType
from apps.products.models import EnableHistory, of_product


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


class SmsHistory(Row):
    """A text message to a unit and what became of it; `sms_timeout` is in seconds."""

    SCOPE = Follows("product")

    sms_history_id = models.AutoField(primary_key=True)
    attempted_retries = models.IntegerField()
    enable_history = models.ForeignKey(EnableHistory, models.PROTECT, null=True, related_name="sms_history")
    message_reference = models.CharField(max_length=255, null=True)
    message = models.TextField(null=True)
    product = of_product("sms_history")
    sent_time = models.DateTimeField()
    sms_timeout = models.FloatField()
    status = models.CharField(max_length=255, null=True)
    trigger = models.CharField(max_length=255, null=True)

    class Meta:
        verbose_name_plural = "sms histories"


class RtcMessageHistory(Row):
    """A real-time message to a unit and what became of it."""

    SCOPE = Follows("product")

    rtc_message_history_id = models.AutoField(primary_key=True)
    product = of_product("rtc_message_history")
    message_reference = models.CharField(max_length=255, null=True)
    message_bin = models.BinaryField(null=True)
    message_sent_time = models.DateTimeField()
    delivery_status = OptionField(max_length=255, null=True, choices=options("delivered", "failed"))
    delivery_status_time = models.DateTimeField(null=True)
    delivery_status_info = models.TextField(null=True)
    message_json = models.TextField(null=True)

    class Meta:
        verbose_name_plural = "rtc message histories"


class RtcMoMessageHistory(Row):
    """A real-time message from a unit."""

    SCOPE = Follows("product")

    rtc_mo_message_history_id = models.AutoField(primary_key=True)
    product = of_product("rtc_mo_message_history")
    message_bin = models.BinaryField(null=True)
    message_json = models.TextField(null=True)
    message_received_time = models.DateTimeField()
    processing_status = OptionField(max_length=255, null=True, choices=options("failed", "processed"))
    processing_status_info = models.TextField(null=True)

    class Meta:
        verbose_name_plural = "rtc mo message histories"


class RtcFallbackMessageHistory(Row):
    """A real-time message that went out by text message instead."""

    SCOPE = Follows("product")

    rtc_fallback_message_history_id = models.AutoField(primary_key=True)
    product = of_product("rtc_fallback_message_history")
    message_sent_time = models.DateTimeField()

    class Meta:
        verbose_name_plural = "rtc fallback message histories"


class RtcDeadLetter(Row):
    """A real-time message that could not be handled."""

    SCOPE = GlobalOnly()

    rtc_dead_letter_id = models.AutoField(primary_key=True)
    queue_name = OptionField(max_length=20, choices=options("RTC-MO", "RTC-MT.Reply"))
    payload = models.TextField()
    status = OptionField(max_length=20, null=True, choices=options("discarded", "replayed"))
    status_time = models.DateTimeField(null=True)
    replay_status = OptionField(max_length=20, null=True, choices=options("failure", "success"))
    replay_status_text = models.TextField(null=True)
    replay_status_time = models.DateTimeField(null=True)
