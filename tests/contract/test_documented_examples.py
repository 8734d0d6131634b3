"""The documentation's examples of actions on units (seed 004, "Product Actions", "RTC Dead Letter Actions"), replayed in
its order: request, status, message, keys of `data`. Those of boards and units are replayed in apps/factory/tests.

Its slips, which are not followed:

- lock_software's text says "update the software a unit"; the blank payload of its second example is `{"software": null}`.
- assign_entity's message names the entity of its request; change_entity's and remove_entity's name another than their
  requests do, and change_entity's reads as if nothing had been left.
- The answers of change_state have no `data`, those of locations and available_networks no `message`, that of locations
  no `status`: every answer here is the one envelope.
- locations asks for 100,000,000 rows a page; at most 10,000 are given.
- send_wakeup's `message_reference` is there before any gateway has taken the message; here it is null until then.
- rtc_online_status and command_request show a body and do not send it.
- enable and the tamper switches quote `"message'` with two different quotes.
"""

import json
import re

import pytest
from django.utils import timezone

from apps.connectivity.tests.letters import PAYLOAD, dead_letter
from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.products.actions import change_state
from apps.products.models import (
    ParameterType,
    ProductTypeSoftwareVersionTypeLinker,
    SoftwareVersionType,
    WakeUpSoftware,
)
from apps.products.states import ACTIVATED, SHIPPED
from tests.cast import make_unit

pytestmark = pytest.mark.django_db
IMEI = "111010101010101"
RECORD = {"created_at", "created_by", "modified_at", "modified_by"}
SMS = RECORD | {
    "sms_history_id", "product_imei", "attempted_retries", "enable_history_id", "sent_time", "sms_timeout", "status",
    "trigger", "message", "message_reference",
}  # fmt: skip
PARAMETER = RECORD | {"status", "date_added", "date_removed", "parameter_type_id", "value"}
NOTHING, ANYTHING = object(), object()


@pytest.fixture
def unit(cast):
    unit = make_unit(IMEI, entity=cast.a, rtc_enabled_flag=True, serial_number="XX-1")
    version = SoftwareVersionType.objects.get(name="3.6")
    for name in ("3.6", "3.6a"):
        version = SoftwareVersionType.objects.get(name=name)
        ProductTypeSoftwareVersionTypeLinker.objects.get_or_create(
            product_type=unit.product_type, software_version_type=version, defaults={"created_by": "system"}
        )
    WakeUpSoftware.objects.get_or_create(name="3.6", defaults={"created_by": "system"})
    unit.reported_software = "3.6"
    unit.save(update_fields=["reported_software"])
    for state in (SHIPPED, ACTIVATED):
        change_state(unit, new_state=state, by=SYSTEM)
    return unit


def of_unit(action):
    return f"/v1/products/{IMEI}/{action}"


# (method, path, body, status, message, what `data` is: a set of keys, a value, NOTHING, ANYTHING)
EXAMPLES = [
    ("PUT", of_unit("enable"), None, 200, "Product enabled", NOTHING),
    ("PUT", of_unit("disable"), None, 200, "Product disabled", NOTHING),
    ("PUT", of_unit("update_software"), {"software": "3.6a"}, 200, f"#{IMEI} updated to software_version 3.6a", NOTHING),
    ("PUT", of_unit("lock_software"), {"software": "3.6a"}, 200,
     f"#{IMEI} updated and locked to software_version 3.6a", {"software_lock_id", "software_lock_name"}),
    ("PUT", of_unit("lock_software"), {"software": None}, 200, f"#{IMEI} software_lock is now removed",
     {"software_lock_id": None, "software_lock_name": None}),
    ("PUT", of_unit("expire_software_updates"), None, 200, f"Product {IMEI} had 1 software update(s) expired", NOTHING),
    ("PUT", of_unit("expire_software_updates"), None, 200, f"Product {IMEI} had no pending updates to expire", NOTHING),
    ("PUT", of_unit("assign_entity"), {"entity_id": "<b>"}, 200, f"Product #{IMEI} assigned to entity: <b>", {IMEI}),
    ("PUT", of_unit("remove_entity"), {"entity_id": "<b>"}, 200, f"Entity #<b> removed from Product #{IMEI}", {IMEI}),
    ("PUT", of_unit("change_entity"), {"old_entity_id": "<a>", "new_entity_id": "<b>"}, 200,
     f"Product #{IMEI} assigned to entity: <b>", {IMEI: ["Entity B"]}),
    ("PUT", of_unit("enable_tamper_switch"), None, 200, f"Product #{IMEI} tamper_switch_enabled", NOTHING),
    ("PUT", of_unit("disable_tamper_switch"), None, 200, f"Product #{IMEI} tamper_switch_disabled", NOTHING),
    ("POST", of_unit("send_wakeup"), None, 200, "sms successfully sent", SMS),
    ("GET", of_unit("parts"), None, 200, "Parts found.", ANYTHING),
    ("PUT", of_unit("change_state"), {"new_state": 2}, 400, None,
     {"state_transition": " A unit may not transition from state '5' to state '2'"}),
    ("PUT", of_unit("change_state"), {"new_state": 8}, 200, "Product state changed", ANYTHING),
    ("PUT", of_unit("suggest_energy_limit"), {"energy_limit": "120.5"}, 200, f"Energy limit of #{IMEI} set to 120.5",
     {"requested", "applied", "max_energy_limit", "min_energy_limit", "bounded"}),
    ("GET", "/v1/products/locations?page=1&results_per_page=10000", None, 200, ANYTHING, []),
    ("GET", of_unit("parameters/history"), None, 200, f"Full parameter history for #{IMEI} returned successfully",
     {"part_parameters", "product_parameters"}),
    ("GET", of_unit("connectivity_reliability_rate"), None, 200,
     "Successfully computed product connectivity reliability rate", {"connectivity_reliability_rate"}),
    ("GET", of_unit("connectivity_reliability_rate"), {"start": "2017-01-01 00:00:00", "end": "2017-06-01 00:00:00"}, 200,
     "Successfully computed product connectivity reliability rate", {"connectivity_reliability_rate"}),
    ("GET", of_unit("available_networks?mcc=635"), None, 200, ANYTHING, {"networks"}),
    ("POST", of_unit("command_request"), {"command": "atc 60 AT+CPOL=?;+COPS=?"}, 200, "command successfully sent", {}),
    ("POST", of_unit("sync"), None, 200, "sync request successfully sent", {}),
    ("POST", of_unit("status_update"), None, 200, "status update successfully sent", {}),
    ("POST", of_unit("rtc_online_status"), {"status": "online"}, 200, "RTC online status set", {}),
    ("POST", of_unit("force_connection"), None, 200, "Force connection request sent", {}),
    ("GET", of_unit("get_repair"), None, 200, "Repair found", {"repair_id", "config"}),
    ("POST", "/v1/rtc_import_mo_dead_letters", None, 200, "MO dead letters imported", {}),
    ("POST", "/v1/rtc_import_mt_reply_dead_letters", None, 200, "MT Reply dead letters imported", {}),
    ("GET", "/v1/rtc_dead_letters/<letter>/decode", None, 200, "Dead letter message decoded",
     re.compile(r"Decoded message: \[.*\]")),
    ("PUT", "/v1/rtc_dead_letters/<letter>/discard", None, 200, "Dead letter message discarded", NOTHING),
]  # fmt: skip


def test_they_answer_as_documented(cast, call, unit):
    kind = new(ParameterType, by=SYSTEM, name="a_setting", data_type="string", repeatable=False, setting=True)
    made = call(cast.root, "POST", "/v1/product_parameters", {
        "product_imei": IMEI, "parameter_type_id": kind.pk, "value": "test", "status": "active",
        "date_added": timezone.now().isoformat()[:19],
    })  # fmt: skip
    assert (made.status_code, set(made.json())) == (201, PARAMETER | {"product_parameter_id", "product_imei"})
    held = {"<a>": cast.a.pk, "<b>": cast.b.pk, "<letter>": dead_letter(PAYLOAD).pk}
    failed = []
    for method, path, body, status, message, data in EXAMPLES:
        body = {
            name: held.get(value, value) if isinstance(value, str) else value for name, value in (body or {}).items()
        }
        answer = call(cast.root, method, filled(path, held), body or None)
        told = answer.json()
        wanted = filled(message, held) if isinstance(message, str) else message
        fits = (
            answer.status_code == status
            and wanted in (ANYTHING, None, told.get("message"))
            and like(told["data"], data)
        )
        if not fits:
            failed.append(f"{method} {path}: {answer.status_code} {json.dumps(told)[:500]}")
    assert not failed, "\n".join(failed)


def filled(text, held):
    for name, value in held.items():
        text = text.replace(name, str(value))
    return text


def like(found, wanted):
    if wanted is ANYTHING:
        return True
    if wanted is NOTHING:
        return found is None
    if isinstance(wanted, re.Pattern):
        return bool(wanted.fullmatch(found))
    return set(found) == wanted if isinstance(wanted, set) else found == wanted
