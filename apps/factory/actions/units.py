"""A unit of a board: in two steps, or of a new board in one call."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from apps.core import rules
from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.identifiers import is_blank
from apps.core.levels import Level
from apps.core.locks import alone
from apps.core.refusals import Invalid, refuse_if
from apps.core.rows import new
from apps.factory import numbers
from apps.factory.actions.boards import MadeBoard, create_board
from apps.factory.free_boards import ready
from apps.factory.kinds import ENTERPRISE, HUB2, HYENA, Unit, board_of
from apps.parts.models import Part
from apps.products.actions import register_product
from apps.products.models import Product, ProductParameter
from apps.products.models.product import LOCK
from apps.products.parameters import parameter_type, text_of
from apps.repairs.models import PartProductLinker

WATTAGE = "solar_panel_wattage"


@dataclass(frozen=True)
class Battery:
    part_type_id: int
    serial_number: str


@dataclass(frozen=True)
class Made:
    """What a call made, for the answer that shows the device key once. `warnings`: {field: what looks like a slip}."""

    product: Product
    pcb: Part
    sim: Part
    battery: Part | None
    device_key: str
    warnings: dict[str, str]


@action(level=Level.FACTORY)
def create_product(
    *,
    kind: Unit,
    pcb_imei: str,
    battery: Battery | None = None,
    solar_panel_wattage: float | None = None,
    assembler: str | None = None,
    by: Actor,
) -> Made:
    """A unit of a board that is there. Invalid, which names `pcb_imei`, where there is none for this type of unit."""
    boards = Part.objects.visible_to(by).select_for_update(of=("self",), no_key=True)
    pcb = boards.filter(serial_number=pcb_imei, part_type__part_type_category__name__iexact=numbers.PCB).first()
    if pcb is None:
        raise Invalid({"pcb_imei": "is no board that is known here"})
    refuse_if(board_of(pcb.board, pcb.part_type_id) is not kind.board, "pcb_imei", f"is no {kind.board.name} board")
    alone(LOCK)
    errors = _errors_of_battery(kind, battery)
    sim, wrong = ready(pcb, by=by)
    if wrong:
        errors["pcb_imei"] = wrong
    numbers.refuse(errors)
    assert sim is not None  # noqa: S101  # a board without one is refused above
    return _assemble(
        kind, pcb=pcb, sim=sim, battery=battery, wattage=solar_panel_wattage, assembler=assembler, warnings={}, by=by
    )


@action(level=Level.FACTORY)
def create_hub2(*, assembler: str | None = None, by: Actor, **board: Any) -> Made:
    """A hyena board with its SIM, and the Hub 2 around them. `board`: as create_board has it."""
    return _of_a_new_board(HUB2, battery=None, wattage=None, assembler=assembler, board=board, by=by)


@action(level=Level.FACTORY)
def create_enterprise(
    *,
    battery: Battery,
    solar_panel_wattage: float | None = None,
    assembler: str | None = None,
    by: Actor,
    **board: Any,
) -> Made:
    """A hyena board with its SIM, and the Enterprise unit around them. `board`: as create_board has it."""
    return _of_a_new_board(
        ENTERPRISE, battery=battery, wattage=solar_panel_wattage, assembler=assembler, board=board, by=by
    )


def _of_a_new_board(
    kind: Unit,
    *,
    battery: Battery | None,
    wattage: float | None,
    assembler: str | None,
    board: Mapping[str, Any],
    by: Actor,
) -> Made:
    errors = _errors_of_battery(kind, battery)
    try:
        made: MadeBoard = create_board(board=HYENA, by=by, **board)
    except Invalid as refused:
        raise Invalid({**refused.errors, **errors}, code=refused.code) from None
    numbers.refuse(errors)
    return _assemble(
        kind, pcb=made.pcb, sim=made.sim, battery=battery, wattage=wattage, assembler=assembler,
        warnings=made.warnings, by=by,
    )  # fmt: skip


def _assemble(
    kind: Unit,
    *,
    pcb: Part,
    sim: Part,
    battery: Battery | None,
    wattage: float | None,
    assembler: str | None,
    warnings: dict[str, str],
    by: Actor,
) -> Made:
    held: Part | None = None
    if battery is not None:
        with numbers.free("battery.serial_number"):
            held = new(Part, by=by, part_type_id=battery.part_type_id, serial_number=battery.serial_number)
    product: Product = register_product(
        product_imei=pcb.serial_number, imsi=pcb.imsi, iccid=pcb.iccid, device_key=pcb.device_key,
        serial_number=pcb.unit_serial, product_type_id=kind.product_type_id, assembler=assembler, by=by,
    )  # fmt: skip
    now = timezone.now()
    for part in (pcb, sim, held):
        if part is not None:
            new(PartProductLinker, by=by, part=part, product=product, date_added=now)
    if wattage is not None:
        new(
            ProductParameter, by=by, product=product, parameter_type=parameter_type(WATTAGE, "W"),
            value=text_of(wattage), status="active", date_added=now,
        )  # fmt: skip
    return Made(product, pcb, sim, held, str(pcb.device_key), warnings)


def _errors_of_battery(kind: Unit, battery: Battery | None) -> dict[str, str]:
    if battery is None:
        return {"battery": "is required"} if kind.battery else {}
    if not kind.battery:
        return {"battery": "is not put into this type of unit here"}
    errors = numbers.errors_of_type("battery.part_type_id", battery.part_type_id, numbers.BATTERY)
    try:
        rules.check(Part, {"serial_number": battery.serial_number})
    except Invalid as refused:
        errors["battery.serial_number"] = refused.errors["serial_number"]
    if is_blank(battery.serial_number):
        errors["battery.serial_number"] = "may not be blank"
    elif Part.objects.filter(serial_number=battery.serial_number).exists():
        errors["battery.serial_number"] = numbers.TAKEN
    return errors
