"""A board with its SIM, and the serial of the unit it is to become. All of it in one transaction, or nothing."""

from dataclasses import dataclass

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.rows import new
from apps.factory import kinds, numbers
from apps.factory.kinds import Board
from apps.factory.serials import draw
from apps.parts.models import Part


@dataclass(frozen=True)
class MadeBoard:
    """What a call made, for the answer that shows the device key once. `warnings`: {field: what looks like a slip}."""

    pcb: Part
    sim: Part
    device_key: str
    warnings: dict[str, str]


@action(level=Level.FACTORY)
def create_board(
    *,
    board: Board,
    imei: str,
    imsi: str,
    device_key: str,
    iccid: str | None = None,
    pcb_part_type_id: int | None = None,
    sim_part_type_id: int | None = None,
    manufacturer: str | None = None,
    by: Actor,
) -> MadeBoard:
    """The board and its SIM (whose serial is the ICCID where there is one, else the IMSI) as parts.

    Invalid with every bad field; `duplicate` where a number is another board's or unit's.
    """
    pcb_type = board.part_type_id if pcb_part_type_id is None else pcb_part_type_id
    sim_type = kinds.SIM if sim_part_type_id is None else sim_part_type_id
    errors = numbers.errors_of_type("pcb_part_type_id", pcb_type, numbers.PCB)
    errors |= numbers.errors_of_type("sim_part_type_id", sim_type, numbers.SIM_CARD)
    errors |= numbers.errors_of_board(imei=imei, imsi=imsi, iccid=iccid, device_key=device_key)
    numbers.refuse(errors)
    serial = draw(board.code, by=by)
    properties = {"device_key": device_key, "imei": imei, "imsi": imsi, "serial_number": serial}
    if iccid:
        properties["iccid"] = iccid
    if board.erp_code_override:
        properties["erp_code_override"] = board.erp_code_override
    with numbers.free("imei"):
        pcb = new(
            Part, by=by, part_type_id=pcb_type, serial_number=imei, properties=properties, manufacturer=manufacturer,
            board=board.name,
        )  # fmt: skip
    with numbers.free("iccid" if iccid else "imsi"):
        sim = new(Part, by=by, part_type_id=sim_type, serial_number=iccid or imsi)
    return MadeBoard(pcb, sim, device_key, numbers.warnings_of(imei=imei, imsi=imsi, iccid=iccid))
