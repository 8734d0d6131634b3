"""A repair centre with somebody at the bench, and units in repair there."""

from django.utils import timezone

from apps.accounts.models import RepairCentre, UserRepairCentreLink
from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.parts.models import Part, PartType, PartTypeReplacementLinker
from apps.products.actions import change_state
from apps.products.states import IN_REPAIR_SYSTEM, SHIPPED
from apps.repairs import fittings
from apps.repairs.models import PartProductLinker
from apps.workflows import actions
from tests.cast import make_unit

HOME, BATTERY = 6, 45


def centre_of(entity, user):
    centre = new(RepairCentre, by=SYSTEM, name=f"Workshop of {entity.name}", entity=entity)
    new(UserRepairCentreLink, by=SYSTEM, username=user.email, repair_centre=centre)
    return centre


def in_repair(imei, entity, by):
    """A home unit with a battery in it, whose repair has begun."""
    unit = make_unit(imei, entity=entity, product_type_id=HOME)
    unit.refresh_from_db()
    for state in (SHIPPED, IN_REPAIR_SYSTEM):
        change_state(unit, new_state=state, by=SYSTEM)
    part = new(Part, by=SYSTEM, part_type_id=BATTERY, serial_number=f"OLD-{imei}")
    new(PartProductLinker, by=SYSTEM, part=part, product=unit, date_added=timezone.now())
    kind = PartType.objects.get(pk=BATTERY)
    if not PartTypeReplacementLinker.objects.filter(existing_part_type=kind, replacement_part_type=kind).exists():
        new(
            PartTypeReplacementLinker, by=SYSTEM, existing_part_type=kind, replacement_part_type=kind,
            product_type_id=HOME, default_part_type=True, critical_part_type=False, non_transferable=False,
        )  # fmt: skip
    return actions.open_repair(unit, by=by)


def wish(repair, by, at=None):
    return fittings.wish(repair, PartType.objects.get(pk=BATTERY), at=at or timezone.now(), by=by)


def a_battery(serial):
    return new(Part, by=SYSTEM, part_type_id=BATTERY, serial_number=serial)


class AtFitting:
    """A repair walked over the API to the step that fits parts, and back."""

    def __init__(self, call, user, repair):
        self.call, self.user, self.key = call, user, repair.pk

    def send(self, what, body=None):
        answer = self.call(self.user, "PUT", f"/v1/repairs/{self.key}/{what}", body)
        assert answer.status_code == 200, answer.content

    def ask_for_a_battery(self):
        self.send("send_inputs", {"condition": "good", "starts": "yes"})
        self.send("send_events", {"event": "checked"})
        self.send("send_inputs", {"casing": "intact", "dust": "no"})
        self.send("send_inputs", {"usb_voltage": 2})
        self.send("send_events", {"event": "usb_failed"})
        self.send("send_inputs", {"replacement_part_type": [BATTERY]})
        self.send("send_events", {"event": "parts_here"})
        return self

    def fit(self, serial):
        self.send("send_inputs", {"new_part_serial": serial})
        self.send("send_events", {"event": "fitted_all"})
        return self
