"""Making boards and units (contract/actions.md, "Making units and parts").

One transaction each: board, SIM, serial, unit, fittings, or nothing. A repeated IMEI, IMSI, ICCID or device key is
refused by the field's name.
"""

from dataclasses import dataclass

from django.utils import timezone

from apps.core import rules
from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.crypto import keyed_digest
from apps.core.levels import Level
from apps.core.refusals import Invalid
from apps.core.rows import new
from apps.factory.serials import draw
from apps.parts.models import Part, PartType
from apps.products.actions import register_product
from apps.products.models import Product
from apps.repairs.models import PartProductLinker

SIM = 43
TAKEN = "is already in use"


@dataclass(frozen=True)
class Board:
    """A family of boards: its default part type and the code its serials begin with."""

    part_type_id: int
    code: str


HYENA = Board(part_type_id=77, code="HB000501")
HUB_2 = 7  # product type


@dataclass(frozen=True)
class Made:
    """What one call made, for the answer that shows it once."""

    product: Product
    pcb: Part
    sim: Part


@action(level=Level.FACTORY)
def create_hub2(
    *,
    imei: str,
    imsi: str,
    device_key: str,
    iccid: str | None,
    pcb_part_type_id: int | None,
    sim_part_type_id: int | None,
    assembler: str | None,
    manufacturer: str | None,
    by: Actor,
) -> Made:
    """A hyena board with its SIM, and the Hub 2 around them."""
    pcb, sim, serial = _create_board(
        HYENA, imei=imei, imsi=imsi, device_key=device_key, iccid=iccid, pcb_part_type_id=pcb_part_type_id,
        sim_part_type_id=sim_part_type_id, manufacturer=manufacturer, by=by,
    )  # fmt: skip
    product = register_product(
        product_imei=imei, imsi=imsi, iccid=iccid, device_key=device_key, serial_number=serial,
        product_type_id=HUB_2, assembler=assembler, by=by,
    )  # fmt: skip
    for part in (pcb, sim):
        new(PartProductLinker, by=by, part=part, product=product, date_added=timezone.now())
    return Made(product, pcb, sim)


def _create_board(
    board: Board,
    *,
    imei: str,
    imsi: str,
    device_key: str,
    iccid: str | None,
    pcb_part_type_id: int | None,
    sim_part_type_id: int | None,
    manufacturer: str | None,
    by: Actor,
) -> tuple[Part, Part, str]:
    """The board and its SIM as parts, and the serial drawn with the board and kept in its properties."""
    pcb_type = pcb_part_type_id or board.part_type_id
    sim_type = sim_part_type_id or SIM
    sim_serial = iccid or imsi
    errors: dict[str, str] = {}
    for field, key in (("pcb_part_type_id", pcb_type), ("sim_part_type_id", sim_type)):
        if not PartType.objects.filter(pk=key).exists():
            errors[field] = "points to no row that exists"
    rules.check(Product, {"imsi": imsi, "iccid": iccid})
    unit = Product(product_imei=imei, imsi=imsi, iccid=iccid)
    strange = unit.conflicts(("product_imei", "imsi", "iccid"))
    held = {
        "imei": Product.objects.filter(product_imei=imei).exists() or Part.objects.filter(serial_number=imei).exists(),
        "imsi": Product.objects.filter(imsi=imsi).exists() or Part.objects.filter(serial_number=imsi).exists(),
        "device_key": Product.objects.filter(
            device_key_digest=keyed_digest(device_key, "products.product.device_key")
        ).exists(),
    }
    if iccid:
        held["iccid"] = (
            Product.objects.filter(iccid=iccid).exists() or Part.objects.filter(serial_number=iccid).exists()
        )
    errors |= {name.removeprefix("product_"): text for name, text in strange.items()}
    errors |= {field: TAKEN for field, taken in held.items() if taken}
    if errors:
        raise Invalid(errors, code="duplicate" if TAKEN in errors.values() else None)
    serial = draw(board.code, by=by)
    properties = {"device_key": device_key, "imei": imei, "imsi": imsi, "serial_number": serial}
    if iccid:
        properties["iccid"] = iccid
    pcb = new(
        Part,
        by=by,
        part_type_id=pcb_type,
        serial_number=imei,
        properties=properties,
        manufacturer=manufacturer,
    )
    sim = new(Part, by=by, part_type_id=sim_type, serial_number=sim_serial)
    return pcb, sim, serial
