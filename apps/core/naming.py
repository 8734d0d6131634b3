"""Tables, columns and options are called in the reader's language. The models name them in English; the French stands
with all other French in backoffice/locale, collected by `manage.py messages`."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy, override
from django.utils.translation import gettext_noop as noop

from apps.core.fields import OptionField
from apps.core.models import Row

# The contract's names are made for programs. Where people say it otherwise, pages say it as people do.
TABLES: Mapping[str, tuple[str, str]] = {
    "product": ("unit", "units"),
    "product type": ("unit type", "unit types"),
    "product group": ("unit group", "unit groups"),
    "product note": ("note on a unit", "notes on units"),
    "product parameter": ("parameter of a unit", "parameters of units"),
    "product entity linker": ("entity of a unit", "entities of units"),
    "product software linker": ("software of a unit", "software of units"),
    "product product group linker": ("unit in a group", "units in groups"),
    "part product linker": ("fitted part", "fitted parts"),
    "state": ("change of state", "changes of state"),
    "state type": ("state", "states"),
    "enable history": ("switching", "switchings"),
    "tamper enable history": ("tamper switching", "tamper switchings"),
    "home2 stock preparation tracking": ("Home 2 stock preparation", "Home 2 stock preparations"),
    "influx shard data": ("telemetry shard", "telemetry shards"),
    "analysis history": ("analysis", "analyses"),
    "sms history": ("SMS", "SMS messages"),
    "skipped wake up": ("wake-up that was skipped", "wake-ups that were skipped"),
    "rtc connection history": ("real-time connection", "real-time connections"),
    "rtc message history": ("real-time message", "real-time messages"),
    "rtc mo message history": ("real-time message from a unit", "real-time messages from units"),
    "rtc fallback message history": ("fallback message", "fallback messages"),
    "rtc dead letter": ("dead letter", "dead letters"),
    "user repair centre link": ("repair centre of a user", "repair centres of users"),
    "entity facility linker": ("workshop equipment", "workshop equipment of entities"),
    "action type product type linker": ("action – unit type", "actions – unit types"),
    "symptom type product type linker": ("symptom – unit type", "symptoms – unit types"),
    "part type product type linker": ("part type – unit type", "part types – unit types"),
    "part type replacement linker": ("replacement part type", "replacement part types"),
    "product type software version type linker": ("unit type – software", "unit types – software"),
    "alert type product type linker": ("alert type – unit type", "alert types – unit types"),
    "alert type state type linker": ("alert type – state", "alert types – states"),
    "alert type entity anti linker": ("alert type – entity without it", "alert types – entities without them"),
    "repair symptom type linker": ("symptom of a repair", "symptoms of repairs"),
    "repair action type linker": ("action of a repair", "actions of repairs"),
    "repair part type linker": ("part of a repair", "parts of repairs"),
    "repair product linker": ("units of a repair", "units of repairs"),
    "sim part type sim provider linker": ("SIM type – provider", "SIM types – providers"),
    "sim provider network linker": ("SIM provider – network", "SIM providers – networks"),
    "appliance symptom appliance type linker": ("symptom – appliance type", "symptoms – appliance types"),
    "appliance action type appliance type linker": ("action – appliance type", "actions – appliance types"),
    "appliance part type replacement linker": ("replacement appliance part", "replacement appliance parts"),
    "appliance repair appliance symptom linker": (
        "symptom of an appliance repair", "symptoms of appliance repairs"),
    "appliance repair appliance action type linker": (
        "action of an appliance repair", "actions of appliance repairs"),
    "appliance repair appliance part type linker": ("part of an appliance repair", "parts of appliance repairs"),
}  # fmt: skip
COLUMNS: Mapping[str, str] = {
    "product imei": "IMEI", "imsi": "IMSI", "iccid": "ICCID", "mcc": "MCC", "mnc": "MNC", "url": "URL", "guid": "GUID",
    "geic": "GEIC", "ip address": "IP address", "erp code": "ERP code", "gps lat": "GPS latitude",
    "gps lon": "GPS longitude", "usb diag tool": "USB diagnostic tool", "is payg": "pay as you go", "product": "unit",
    "product type": "unit type", "product group": "unit group", "bboxx company flag": "Bboxx company",
    "current enable flag": "is on", "desired enable flag": "ordered on", "current tamper flag": "tamper switch on",
    "desired tamper flag": "tamper switch ordered on", "dcm enabled flag": "credit kept by the unit",
    "units": "unit of measure", "email": "e-mail address", "permissions": "level", "prev state type": "state before",
    "current state type": "state after", "prev enable state": "before", "current enable state": "after",
    "state type": "state", "sms timeout": "SMS timeout", "cooling off period": "cooling-off period",
    "rtc enabled flag": "real time on",
    "rtc network name": "real-time network", "latest enable history": "latest switching",
    "enable history": "switching", "at": "when", "door": "by which door", "source": "address",
    "agent": "browser or program",
}  # fmt: skip

# What the numbers of a column count, by the column's name; its label says it wherever the column is named. Seconds are
# shown as people count them (cells.py).
SECONDS = "s"
MEASURES: Mapping[str, str] = {
    "gps_lat": "°", "gps_lon": "°", "latitude": "°", "longitude": "°", "error_radius": "m", "balance": SECONDS,
    "final_balance": SECONDS, "total_added": SECONDS, "sms_timeout": SECONDS, "cooling_off_period": SECONDS,
    "analysis_frequency": SECONDS,
    **{f"cell_{number}_signal": "dBm" for number in range(1, 8)},
}  # fmt: skip
ELSEWHERE: Mapping[str, str] = {"dcm.PaymentCommand.value": SECONDS}  # columns whose name means other things too
WORDS: Mapping[str, tuple[str, ...]] = {"dcm.PaymentCommand.status": ("acknowledged",)}  # values of columns of text
# Django's own titles, whose French does not fit every name.
TITLES = (
    noop("View %s"), noop("Change %s"), noop("Add %s"), noop("Select %s"), noop("Select %s to change"),
    noop("Select %s to view"), noop("The {name} “{obj}” was added successfully."),
    noop("The {name} “{obj}” was changed successfully."),
    noop("The %(name)s “%(obj)s” was deleted successfully."),
)  # fmt: skip

OPTIONS: Mapping[str, str] = {
    "acknowledged": "taken over by the unit",
    "bool": "yes or no", "datetime": "date and time", "float": "number", "int": "whole number", "string": "text",
    "gas": "gas", "time": "time", "bad": "bad", "beta": "beta", "outdated": "outdated", "stable": "stable",
    "offline": "offline", "online": "online", "inactivity": "inactivity", "low-battery-voltage": "low battery voltage",
    "message-received": "message received", "sleep-mode": "asleep", "user-request": "asked for by a user",
    "unknown": "unknown", "known": "known", "hidden": "hidden", "active": "active", "expired": "expired",
    "pending": "pending", "removed": "removed", "Broken on Arrival": "broken on arrival",
    "Repair and Return": "repair and return", "Replaced": "replaced", "Repossessed": "repossessed",
    "delivered": "delivered", "failed": "failed", "processed": "processed", "discarded": "discarded",
    "replayed": "replayed", "running": "running", "stopped": "stopped", "done": "done", "failure": "failed",
    "success": "succeeded", "bad-payment": "bad payment",
    "force-reset": "forced reset", "payment": "payment", "zero-command": "zeroing", "phone": "phone", "sms": "SMS",
    "visit": "visit", "init": "never switched", "enabled": "enabled", "disabled": "disabled",
    "issued": "issued", "entered": "entered", "dead": "taken no more",
    "quota_unit": "the unit's quota", "quota_entity": "the entity's quota",
    "reuse": "to be reused", "refurbish": "to be refurbished", "scrap": "scrap",
    "pending_enabled": "pending: enable", "pending_disabled": "pending: disable",
}  # fmt: skip

BESIDE = (
    "accounts.SignIn",
    "gateway.LastExchange",
    "connectivity.SkippedWakeUp",
    "dcm.TokenKey",
    "dcm.OfflineToken",
)  # no tables of the contract, but shown in the admin


def translate_names() -> None:
    """Once all models are there. Migrations keep what the models say, untranslated."""
    for model in _rows():
        meta: Any = model._meta
        one, many = _called(meta)
        meta.verbose_name, meta.verbose_name_plural = gettext_lazy(one), gettext_lazy(many)
        for field in meta.concrete_fields:
            said = str(field.verbose_name)
            label: Any = gettext_lazy(COLUMNS.get(said, said))
            field.counts = measure = counted_in(field)
            field.bare_name = label
            field.verbose_name = format_lazy("{} ({})", label, measure) if measure else label
            if words := WORDS.get(f"{meta.label}.{field.column}"):
                field.said = {word: gettext_lazy(OPTIONS[word]) for word in words}
            if isinstance(field, OptionField):
                values = [value for value, _label in field.flatchoices if value in OPTIONS]
                field.said = {value: gettext_lazy(OPTIONS[value]) for value in values}


def counted_in(field: Any) -> str:
    """The unit of a column's numbers; "" where they have none, or what stands there is no number."""
    name = str(field.column)
    return ELSEWHERE.get(f"{field.model._meta.label}.{name}") or MEASURES.get(name, "")


def called(field: Any) -> str | Promise:
    """A column's name without the unit of its numbers."""
    name: str | Promise = getattr(field, "bare_name", field.verbose_name)
    return name


def _called(meta: Any) -> tuple[str, str]:
    one, many = str(meta.verbose_name), str(meta.verbose_name_plural)
    return TABLES.get(one, (one, many))


def names() -> Iterator[str]:
    """Every name that a page may show, in English."""
    with override(None):
        for model in _rows():
            meta: Any = model._meta
            yield from (str(meta.verbose_name), str(meta.verbose_name_plural))
            yield from (str(called(field)) for field in meta.concrete_fields)
    yield from OPTIONS.values()


def _rows() -> list[Any]:
    return [model for model in apps.get_models() if issubclass(model, Row) or model._meta.label in BESIDE]
