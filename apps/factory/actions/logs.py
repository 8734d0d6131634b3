"""What tools of factories and workshops write down."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from apps.core import jsons
from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import Invalid
from apps.core.rows import new
from apps.core.times import iso
from apps.factory.models import FactoryLog, TestJigTestResult
from apps.factory.tools import ALWAYS, TOOLS
from apps.parts.models import Part
from apps.products.actions.announce import announce
from apps.products.models import Product
from apps.repairs.models import Repair
from apps.telemetry import store

MEASUREMENT = "tool_log"
# What a log is told apart by: the rest is what it says.
TAGS = ("jig_id", "machine_id", "hostname", "user", "software_version", "control_board_revision")


@action(level=Level.SYSTEM)
def upload_tool_log(
    *, toolname: str, time: dt.datetime, message: str, fields: Mapping[str, Any], by: Actor
) -> FactoryLog:
    """Keep what a tool found: as telemetry, as a factory log at the tool's own time (with the repair that is open for
    the unit), and a test jig's word on a known unit as its test result. Invalid for an unknown tool and for fields that
    this tool does not send.

    Of `fields` what is None says nothing; an absent `user` is whoever sent it.
    """
    tool = TOOLS.get(toolname)
    if tool is None:
        raise Invalid({"toolname": f"is no tool that is known here; there are {', '.join(TOOLS)}"})
    allowed = ", ".join(sorted({*ALWAYS, *tool.fields}))
    if strange := [name for name in fields if name not in tool.fields]:
        raise Invalid({name: f"is not sent by {toolname}; it sends {allowed}" for name in strange})
    fields = {"user": by.name_for_record, **{name: value for name, value in fields.items() if value is not None}}
    unit, imei = _unit_of(fields, by)
    said = {name: value for name, value in fields.items() if name not in TAGS}
    store.write(_subject(unit, toolname, fields), _points(toolname, time, message, fields))
    repair = Repair.objects.filter(product=unit, running=True).first() if unit else None
    log: FactoryLog = new(
        FactoryLog, by=by, app_name=toolname, product_imei=imei, timestamp=time, repair=repair,
        tags={name: fields[name] for name in TAGS if name in fields}, fields={"message": message, **said},
    )  # fmt: skip
    if tool.jig and unit is not None and "passed" in fields:
        new(
            TestJigTestResult, by=by, product=unit, user=fields["user"], passed=fields["passed"],
            jig_id=_text(fields, "jig_id"), machine_id=_text(fields, "machine_id"),
            jig_software_version=_text(fields, "software_version"), results=_results(message),
        )  # fmt: skip
        announce("product.tested", unit, by=by, passed=fields["passed"])  # its page at the bench is open
    return log


def _unit_of(fields: Mapping[str, Any], by: Actor) -> tuple[Product | None, str | None]:
    """(the unit in scope that the log speaks of, the IMEI to keep with it). A board that is no unit yet has one too;
    of an IMEI that is no unit of theirs, those who see all keep it in its place and others among the fields only."""
    imei, serial = fields.get("product_imei"), fields.get("serial_number")
    units = Product.objects.visible_to(by)
    if imei is not None:
        unit = units.filter(product_imei=imei).first()
        return unit, imei if unit or by.is_global else None
    if serial is None:
        return None, None
    unit = units.filter(serial_number=serial).first()
    board = None if unit else Part.objects.visible_to(by).filter(unit_serial=serial).first()
    return unit, unit.product_imei if unit else _imei(board)


def _imei(board: Part | None) -> str | None:
    imei = board.serial_number if board else None
    return imei if imei is not None and len(imei) <= 20 else None


def _subject(unit: Product | None, toolname: str, fields: Mapping[str, Any]) -> str:
    """Of a unit the unit's; else one of the board that was tested, or of the machine."""
    if unit is not None:
        return unit.subject
    thing = fields.get("product_imei") or fields.get("serial_number")
    return f"board:{thing}"[:120] if thing else f"tool:{toolname}:{fields.get('machine_id', '')}"[:120]


def _points(toolname: str, time: dt.datetime, message: str, fields: Mapping[str, Any]) -> store.Upload:
    values = {"message": message, **fields}
    pairs = {name: [[iso(time), value]] for name, value in values.items()}
    return store.check({"measurement": MEASUREMENT, "tags": {"toolname": toolname}, "fields": pairs})


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    return str(fields[name]) if name in fields else None


def _results(message: str) -> Any:
    """The message, which often is a JSON text, as what it says; any other as the text that it is."""
    try:
        value = jsons.loads(message)
        jsons.bounded(value)
    except ValueError:
        return message
    return value if isinstance(value, dict | list) else message
