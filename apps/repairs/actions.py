"""What happens in repairs, and to what sits in units."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from apps.accounts.models import UserRepairCentreLink
from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import Invalid, refuse_if
from apps.core.rows import new, touch
from apps.parts.models import DefaultEnergyLimit, Part, PartParameter
from apps.products import queries as products
from apps.products.actions import order_parameter
from apps.products.actions.announce import announce
from apps.products.actions.parameters import PENDING, newest_stands, settle
from apps.products.models import ParameterType, Product, ProductParameter
from apps.products.parameters import check, check_written, parameter_type, same_value, text_of
from apps.products.states import ACTIVATED, IN_REPAIR_SYSTEM, MONITORED, NON_EXISTANT
from apps.repairs import queries
from apps.repairs.models import Repair

ENERGY_LIMIT, ACCESSORY_ENERGY = "energy_limit", "total_accessory_energy"
LIMITED_IN = (ACTIVATED, MONITORED, IN_REPAIR_SYSTEM)


@action(level=Level.TECHNICAL)
def repair_written(repair: Repair, *, by: Actor) -> None:
    """A repair belongs to the repair centre of the user who opened it."""
    if repair.repair_centre_id is None and repair.modified_at is None:
        link = UserRepairCentreLink.objects.filter(username__iexact=by.name_for_record).first()
        if link is not None:
            repair.repair_centre_id = link.repair_centre_id
            repair.save(update_fields=["repair_centre"])


@action(level=Level.SYSTEM)
def delete_repair(repair: Repair, *, by: Actor) -> None:
    """Not one that a workflow runs: its unit would stand in the repair system without it."""
    refuse_if(repair.running, "repair_id", "is running; bring it to its end first")
    repair.delete()


@action(level=Level.SYSTEM)
def set_part_parameter(
    product: Product, *, part_id: int, kind: ParameterType, value: str, by: Actor
) -> PartParameter | None:
    """Order a value for a part that sits in this unit; None where it is ordered already, or holds already with nothing
    else ordered. The table lets SYSTEM do it only."""
    product = products.fetch(product.product_imei, by=by, lock=True)
    refuse_if(not queries.fitted(product).filter(part_id=part_id).exists(), "part", "does not sit in this unit")
    check(kind, value)
    held = queries.part_parameter(part_id, kind.pk)
    if held is not None and same_value(kind, held.value, value) and not kind.repeatable:
        return None
    row: PartParameter = new(PartParameter, by=by, part_id=part_id, parameter_type=kind, value=value, status=PENDING)
    part_parameter_row_written(row, by=by)
    return row


@action(level=None)
def part_parameter_row_written(row: PartParameter, *, by: Actor) -> None:
    """An order through its table. It goes with the instructions of the unit that the part sits in; a part on a shelf
    is told when it has been fitted."""
    check_written(row)
    imei = row.part.part_product_linker.filter(date_removed=None).values_list("product_id", flat=True).first()
    product = imei and Product.objects.select_for_update(of=("self",), no_key=True).get(product_imei=imei)
    # Who writes another at the same moment waits here, on a shelf too.
    Part.objects.select_for_update(no_key=True).get(pk=row.part_id)
    newest_stands(_siblings(row), row, by=by)
    if product:
        product.order_seq += 1
        touch(product, "order_seq", by=by)
        announce("product.parameter_ordered", product, by=by, parameter=row.parameter_type.name, part_id=row.part_id)


@action(level=None)
def settle_part_parameters(product: Product, *, reported: Mapping[str, Mapping[str, Any]], by: Actor) -> None:
    """The unit, whose row the caller holds, names values that its parts have taken over: {part_id: {name: value}}.
    A part that does not sit in it says nothing."""
    pending = queries.pending_part_parameters(product)
    confirmed = []
    for part_id, values in reported.items():
        confirmed += settle(pending.filter(part_id=int(part_id)), values, _siblings, by=by)
    if confirmed:
        announce("product.parameters_reported", product, by=by, parameters=confirmed)


def _siblings(row: PartParameter) -> QuerySet[PartParameter]:
    return PartParameter.objects.filter(part=row.part_id, parameter_type=row.parameter_type_id)


@dataclass(frozen=True)
class EnergyLimit:
    """What was asked for, what was ordered, and the bounds (None: there are none)."""

    requested: float
    applied: float
    least: float | None
    most: float | None

    @property
    def bounded(self) -> bool:
        return self.requested != self.applied


@action(level=Level.TECHNICAL)
def suggest_energy_limit(product: Product, *, energy_limit: float, by: Actor) -> EnergyLimit:
    """Order this energy limit, raised or cut to what the battery allows in this state (and for this entity).

    Refused where the energy of the accessories is known, by which the limit is set, and outside of LIMITED_IN.
    """
    product = products.fetch(product.product_imei, by=by, lock=True)
    state = product.latest_state.current_state_type_id if product.latest_state else NON_EXISTANT
    refuse_if(state not in LIMITED_IN, "state", "must be ACTIVATED, MONITORED or IN_REPAIR_SYSTEM for an energy limit")
    held = ProductParameter.objects.filter(
        product=product, parameter_type__name=ACCESSORY_ENERGY, status__in=("active", PENDING)
    )
    refuse_if(held.exists(), "energy_limit", "may not be changed while total_accessory_energy is set")
    bounds = _bounds(product, state)
    applied = energy_limit
    if bounds is not None:
        applied = min(max(energy_limit, bounds.min_energy_limit), bounds.max_energy_limit)
    try:
        order_parameter(product, kind=parameter_type(ENERGY_LIMIT, "Wh"), value=text_of(applied), by=by)
    except Invalid as refused:  # by the rules of that type of parameter, whose value it is
        raise Invalid({"energy_limit": refused.errors["value"]}, code=refused.code) from None
    least, most = (bounds.min_energy_limit, bounds.max_energy_limit) if bounds else (None, None)
    return EnergyLimit(energy_limit, applied, least, most)


def _bounds(product: Product, state: int) -> DefaultEnergyLimit | None:
    """For the battery in the unit and its state: the row of one of its entities, the earliest first; else the row for
    all entities."""
    battery = queries.battery_type(product)
    rows = {
        row.entity_id: row
        for row in DefaultEnergyLimit.objects.filter(battery_type=battery, state_type=state).order_by("-pk")
    }
    return next((rows[key] for key in (*products.entity_ids(product), None) if key in rows), None)
