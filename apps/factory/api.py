"""/v1/parts/create_…_pcb, /v1/products/create_…, /v1/upload_tool_log (seed 004).

An answer shows the device key of what it has just made: once by the call that makes the board, once by the call that
makes the unit. `data.warnings` ({field: text}) is there only where a number looks like a slip.
"""

import datetime as dt
from typing import Annotated, Any

import pydantic
from django.http import HttpResponse
from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StrictInt
from rest_framework.request import Request

from apps.api.endpoint import Body, Endpoint, endpoint
from apps.api.envelope import success
from apps.core.identifiers import is_blank
from apps.factory import actions
from apps.factory.actions.units import Battery
from apps.factory.kinds import BOARDS, UNITS, Board, Unit
from apps.parts.models import Part
from apps.telemetry import store

MOST_WATTS = 1_000_000


def _digits(text: str) -> str:
    if not (text.isascii() and text.isdigit()):
        raise ValueError("must hold digits only")
    return text


def _word(text: str) -> str:
    if not (text.isascii() and text.replace("-", "").replace("_", "").isalnum()):
        raise ValueError("must hold letters, digits, - and _ only")
    return text


def _key(text: str) -> str:
    if not (text.isascii() and text.isalnum()):
        raise ValueError("must hold letters and digits only")
    return text


def _moment(value: Any) -> dt.datetime:
    try:
        return store.take_time(value)
    except ValueError as bad:
        raise ValueError(f"{bad}") from None


def _said(value: Any) -> Any:
    """A number that a tool sends for a name of its own is that name; what is blank says nothing."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None if isinstance(value, str) and is_blank(value) else value


Text = Annotated[str, Field(max_length=255)]
TypeId = Annotated[StrictInt, Field(ge=-(2**31), lt=2**31)]
Imei = Annotated[str, Field(min_length=1, max_length=20), AfterValidator(_word)]
Watts = Annotated[float, Field(gt=0, le=MOST_WATTS, strict=True)]


class Assembly(Body):
    assembler: Text | None = None


class BatteryBody(Body):
    part_type_id: TypeId
    serial_number: Annotated[str, Field(min_length=1, max_length=255)]


class BoardBody(Body):
    imei: Imei
    imsi: Annotated[str, Field(min_length=5, max_length=15), AfterValidator(_digits)]
    device_key: Annotated[str, Field(min_length=16, max_length=24), AfterValidator(_key)]
    iccid: Annotated[str, Field(min_length=18, max_length=22), AfterValidator(_digits)] | None = None
    pcb_part_type_id: TypeId | None = None
    sim_part_type_id: TypeId | None = None
    manufacturer: Text | None = None


class Hub2Body(BoardBody):
    product: Assembly = Assembly()


class EnterpriseBody(Hub2Body):
    battery: BatteryBody
    solar_panel_wattage: Watts | None = None


class UnitBody(Body):
    pcb_imei: Annotated[str, Field(min_length=1, max_length=20)]
    product: Assembly = Assembly()


class UnitWithBatteryBody(UnitBody):
    battery: BatteryBody
    solar_panel_wattage: Watts | None = None


def _board_endpoint(board: Board, message: str, status: int = 200) -> Endpoint:
    def create(request: Request, body: BoardBody) -> HttpResponse:
        made = actions.create_board(board=board, **body.model_dump(), by=request.user)
        pcb = {
            "part_type_id": made.pcb.part_type_id, "properties": _properties(made.pcb, made.device_key),
            "serial_number": made.pcb.serial_number, "manufacturer": made.pcb.manufacturer,
        }  # fmt: skip
        sim = {"part_type_id": made.sim.part_type_id, "serial_number": made.sim.serial_number}
        return success(message, _warned({"pcb": pcb, "sim": sim}, made), status)

    create.__name__ = create.__qualname__ = f"create_{board.name}_pcb"
    create.__doc__ = f"Make a {board.name} board with its SIM and the serial of the unit that it is to become."
    return endpoint("POST", level=actions.create_board.level, body=BoardBody)(create)


def _unit_endpoint(kind: Unit) -> Endpoint:
    shape = UnitWithBatteryBody if kind.battery else UnitBody

    def create(request: Request, body: Any) -> HttpResponse:
        made = actions.create_product(kind=kind, pcb_imei=body.pcb_imei, **_fittings(body), by=request.user)
        return _home3(made) if kind is UNITS["home3"] else _made(kind, made)

    create.__name__ = create.__qualname__ = f"create_product_{kind.name.lower()}"
    create.__doc__ = f"Make a {kind.name} unit of a {kind.board.name} board that sits in no unit yet."
    return endpoint("POST", level=actions.create_product.level, body=shape)(create)


SUCCESS = "new pcb part and sim successfully created"
create_tiger_pcb = _board_endpoint(BOARDS["tiger"], SUCCESS)
create_hyena_pcb = _board_endpoint(BOARDS["hyena"], SUCCESS)
create_koala_pcb = _board_endpoint(BOARDS["koala"], "new koala pcb successfully created.", 201)
create_jackal_pcb = _board_endpoint(BOARDS["jackal"], "new jackal pcb successfully created.")
create_product = {name: _unit_endpoint(kind) for name, kind in UNITS.items()}


@endpoint("POST", level=actions.create_hub2.level, body=Hub2Body)
def create_hub2(request: Request, body: Hub2Body) -> HttpResponse:
    """Make a Hub 2 of a new board and SIM; a number that is taken is a 400 by its field. Its key is shown this once."""
    board = body.model_dump(exclude={"product"})
    return _made(UNITS["hub2"], actions.create_hub2(**board, assembler=body.product.assembler, by=request.user))


@endpoint("POST", level=actions.create_enterprise.level, body=EnterpriseBody)
def create_enterprise(request: Request, body: EnterpriseBody) -> HttpResponse:
    """Make an Enterprise unit of a new board and SIM and of this battery. Its key is shown this once."""
    board = body.model_dump(exclude={"product", "battery", "solar_panel_wattage"})
    return _made(UNITS["enterprise"], actions.create_enterprise(**board, **_fittings(body), by=request.user))


def _fittings(body: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"assembler": body.product.assembler}
    if battery := getattr(body, "battery", None):
        given["battery"] = Battery(battery.part_type_id, battery.serial_number)
        given["solar_panel_wattage"] = body.solar_panel_wattage
    return given


def _made(kind: Unit, made: actions.Made) -> HttpResponse:
    product = made.product
    data: dict[str, Any] = {
        "pcb": {
            "part_id": made.pcb.part_id, "part_type_id": made.pcb.part_type_id, "serial": made.pcb.serial_number,
        },
        "product": {
            "device_key": made.device_key, "imsi": product.imsi, "product_imei": product.product_imei,
            "product_type_id": product.product_type_id, "serial_number": product.serial_number,
            "assembler": product.assembler,
        },
        "sim": {"imsi": product.imsi, "part_id": made.sim.part_id, "part_type_id": made.sim.part_type_id},
    }  # fmt: skip
    if made.battery is not None:
        battery = made.battery
        data["battery"] = {
            "part_id": battery.part_id, "part_type_id": battery.part_type_id, "serial": battery.serial_number,
        }  # fmt: skip
    name = f"{kind.name}Product: {product.serial_number} - ({product.product_imei}) created."
    return success(name, _warned(data, made))


def _home3(made: actions.Made) -> HttpResponse:
    """The documentation answers this one in another shape."""
    product = made.product
    data = {
        "battery": made.battery and _part(made.battery),
        "pcb": {**_part(made.pcb), "properties": _properties(made.pcb, made.device_key)},
        "product": {
            "device_key": made.device_key, "iccid": product.iccid, "imei": product.product_imei, "imsi": product.imsi,
            "product_imei": product.product_imei, "product_type_id": product.product_type_id,
            "serial_number": product.serial_number,
        },
        "sim": _part(made.sim),
    }  # fmt: skip
    return success("new Home3 product successfully created.", _warned(data, made))


def _part(part: Part) -> dict[str, Any]:
    return {"part_id": part.part_id, "part_type_id": part.part_type_id, "serial_number": part.serial_number}


def _properties(pcb: Part, device_key: str) -> dict[str, Any]:
    return {**(pcb.properties or {}), "device_key": device_key}


def _warned(data: dict[str, Any], made: Any) -> dict[str, Any]:
    return {**data, "warnings": made.warnings} if made.warnings else data


class ToolLogBody(Body):
    """Which of the fields a tool may send, its action knows."""

    model_config = pydantic.ConfigDict(extra="allow")

    time: Annotated[dt.datetime, BeforeValidator(_moment)]
    message: Annotated[str, Field(min_length=1)]
    toolname: Text
    jig_id: Annotated[Text | None, BeforeValidator(_said)] = None
    machine_id: Annotated[Text | None, BeforeValidator(_said)] = None
    hostname: Annotated[Text | None, BeforeValidator(_said)] = None
    user: Annotated[Text | None, BeforeValidator(_said)] = None
    software_version: Annotated[Text | None, BeforeValidator(_said)] = None
    control_board_revision: Annotated[Text | None, BeforeValidator(_said)] = None
    serial_number: Annotated[Text | None, BeforeValidator(_said)] = None
    product_imei: Annotated[Annotated[str, Field(max_length=20)] | None, BeforeValidator(_said)] = None
    passed: StrictBool | None = None
    count: Annotated[StrictInt, Field(ge=0, lt=2**31)] | None = None

    @pydantic.field_validator("message")
    @classmethod
    def _kept_whole(cls, text: str) -> str:
        if len(text.encode()) > store.LONGEST_TEXT:
            raise ValueError(f"is longer than {store.LONGEST_TEXT} bytes; send it in several logs")
        return text


@endpoint("POST", level=actions.upload_tool_log.level, body=ToolLogBody)
def upload_tool_log(request: Request, body: ToolLogBody) -> HttpResponse:
    """Keep a log of a tool of the factory or a workshop. Which fields a tool may send, its name decides."""
    given = body.model_dump(exclude={"time", "message", "toolname"}, exclude_unset=True)
    fields = {str(name)[:80]: value for name, value in given.items()}
    actions.upload_tool_log(
        toolname=body.toolname, time=body.time, message=body.message, fields=fields, by=request.user
    )
    return success("Log uploaded successfully", None, 201)
