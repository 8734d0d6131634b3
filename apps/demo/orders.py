"""Software and settings in the demo: what holds, what waits, what was overtaken, and a version on its way to all."""

import datetime as dt
from collections.abc import Callable, Sequence

from apps.core.actors import SYSTEM, Actor, unit
from apps.demo.clock import Clock
from apps.products import actions, parameters
from apps.products.models import Product, ProductType, SoftwareRollout, SoftwareVersionType
from apps.repairs import actions as repairs
from apps.repairs.queries import fitted

NEWER, HOME_2 = "3.6a", 6
LIMITED = (2, 4, 10, 22)  # units
WITH_BATTERY = (7, 8)  # units whose battery is a part of its own
LIMITS = ("80", "100", "120")  # Wh


def orders(
    clock: Clock, now: dt.datetime, imeis: Callable[[int], str], silent: Sequence[int], *, by: Actor
) -> list[str]:
    """Once; a demo that has a roll-out has had it. Returns the subjects of the units."""
    if SoftwareRollout.objects.exists():
        return []
    kind = parameters.parameter_type("energy_limit", "Wh")
    for number in LIMITED:  # limits that were raised as the batteries proved good
        for step, value in enumerate(LIMITS[: 1 + number % 3]):
            clock.moment = now - dt.timedelta(days=60 - 20 * step, hours=number)
            product = _held(imeis(number))
            if product is None:
                continue
            actions.set_parameter(product, kind=kind, value=value, by=by)
            clock.moment += dt.timedelta(hours=2)
            actions.settle_parameters(product, reported={"energy_limit": value}, by=unit(product.product_imei))
    clock.moment = now - dt.timedelta(days=20)
    _of_batteries([imeis(number) for number in (*WITH_BATTERY, silent[-1])], by)
    clock.moment = now - dt.timedelta(days=1, hours=5)
    for number in silent:  # overtaken by the second order, which waits
        product = _held(imeis(number))
        if product is not None:
            for value in LIMITS[:2]:
                actions.set_parameter(product, kind=kind, value=value, by=by)
            actions.update_software(product, software=NEWER, by=by)
    _lapsed(clock, now, imeis(silent[-1]), by)
    locked = _held(imeis(4))
    if locked is not None and locked.reported_software is not None:
        actions.lock_software(locked, software=locked.reported_software, by=by)
    clock.moment = now - dt.timedelta(hours=3)
    rollout = actions.begin_rollout(
        version=SoftwareVersionType.objects.get(name=NEWER), product_type=ProductType.objects.get(pk=HOME_2),
        entity=None, stop_at=5.0, by=by,
    )  # fmt: skip
    actions.begin_next_group(rollout, by=by)
    return [f"product:{imeis(number)}" for number in {*LIMITED, *WITH_BATTERY, *silent}]


def _of_batteries(imeis: Sequence[str], by: Actor) -> None:
    """A cut-off that each battery was set to, and a higher one for the last, which waits."""
    kind = parameters.parameter_type("cutoff_voltage", "V")
    for product in [one for one in map(_held, imeis) if one is not None]:
        fittings = fitted(product).filter(part__part_type__part_type_category__name__iexact="battery")
        for row in fittings:
            repairs.set_part_parameter(product, part_id=row.part_id, kind=kind, value="11.1", by=by)
            reported = {str(row.part_id): {kind.name: "11.1"}}
            repairs.settle_part_parameters(product, reported=reported, by=unit(product.product_imei))
            repairs.set_part_parameter(product, part_id=row.part_id, kind=kind, value="11.3", by=by)
            if product.product_imei != imeis[-1]:
                reported = {str(row.part_id): {kind.name: "11.3"}}
                repairs.settle_part_parameters(product, reported=reported, by=unit(product.product_imei))


def _lapsed(clock: Clock, now: dt.datetime, imei: str, by: Actor) -> None:
    """A switch and a setting that were to hold for some hours, of a unit that was not heard in them."""
    clock.moment = now - dt.timedelta(days=3)
    product = _held(imei)
    if product is None:
        return
    until = clock.moment + dt.timedelta(hours=8)
    order = actions.disable_product if product.desired_enable_flag else actions.enable_product
    product = order(product, valid_until=until, by=by)
    kind = parameters.parameter_type("low_voltage_cutoff", "V")
    actions.set_parameter(product, kind=kind, value="11.4", valid_until=until, by=by)
    clock.moment = until + dt.timedelta(minutes=1)
    held = _held(imei)
    if held is not None:
        actions.lapse_orders(held, by=SYSTEM)
    clock.moment = now - dt.timedelta(days=1, hours=5)


def _held(imei: str) -> Product | None:
    return Product.objects.select_for_update(no_key=True, of=("self",)).filter(product_imei=imei).first()
