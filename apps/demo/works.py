"""The factory of the demo: units built in its two steps, boards that still lie there, and what the test jigs wrote."""

import datetime as dt
import json
from typing import Any

from apps.accounts.models import User
from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.factory.actions import create_board, create_hub2, create_product, upload_tool_log
from apps.factory.actions.units import Battery
from apps.factory.kinds import BOARDS, UNITS
from apps.factory.models import BatteryTestResult, FactoryLog
from apps.parts.models import Part
from apps.products.models import Product
from apps.repairs.models import PartProductLinker, Repair

LINE = "Nairobi assembly line"
BATTERIES = {"home2": 45, "home3": 18004, "enterprise": 72}
WATTS = {"enterprise": 200, "home3": 80, "home2": 50}
ON_THE_SHELF = ("tiger", "hyena", "jackal", "koala", "hyena", "koala")
FAILED_FIRST = {4, 14, 31}  # units that the jig turned back once
JIG_OF = {"tiger": "tiger_test_jig_production", "koala": "koala_test_jig_production"}


def built(kind: str, number: int, board: dict[str, Any], *, by: User) -> Product:
    """A Hub 2 in one call, the others of a board that is made first."""
    if kind == "hub2":
        hub: Product = create_hub2(**board, assembler=LINE, by=by).product
        return hub
    create_board(board=UNITS[kind].board, **board, by=by)
    battery = Battery(BATTERIES[kind], f"BT{number:06d}")
    product: Product = create_product(
        kind=UNITS[kind], pcb_imei=board["imei"], battery=battery, solar_panel_wattage=WATTS[kind], assembler=LINE,
        by=by,
    ).product  # fmt: skip
    return product


def shelf(*, imei_of: Any, iccid_of: Any, by: User) -> None:
    """Boards that wait to become units, and koalas, which stay boards; the jig has seen them all."""
    for place, kind in enumerate(ON_THE_SHELF):
        number = 9_990_000 + place
        imei = imei_of(number)
        if Part.objects.filter(serial_number=imei).exists():
            continue
        made = create_board(
            board=BOARDS[kind], imei=imei, imsi=f"90170{number:010d}", iccid=iccid_of(number),
            device_key=f"{number:024d}", manufacturer="Board works", by=by,
        )  # fmt: skip
        if kind in JIG_OF:
            given = {"serial_number": made.pcb.unit_serial, "passed": True, "jig_id": "TJ-2", "machine_id": "7c9e21f0"}
            now = made.pcb.created_at
            upload_tool_log(toolname=JIG_OF[kind], time=now, message=_found(place), fields=given, by=SYSTEM)


def checked(product: Product, number: int, *, at: dt.datetime, by: User, repair: Repair | None = None) -> None:
    """What the jig found of a unit when it was made, or when it left the bench; of the bench the battery, too."""
    verdicts = [False, True] if repair is None and number in FAILED_FIRST else [True]
    tool = "tiger_test_jig_repair" if repair else "tiger_test_jig_production"
    for turn, passed in enumerate(verdicts):
        given: dict[str, Any] = {
            "jig_id": f"TJ-{number % 3 + 1}", "machine_id": f"{0x593BFA0C + number % 3:x}", "software_version": "2.4.1",
            "serial_number": product.serial_number, "passed": passed, "user": by.email,
        }  # fmt: skip
        if repair:
            given |= {"product_imei": product.product_imei, "count": 1}
        moment = at + dt.timedelta(minutes=20 * turn)
        log = upload_tool_log(toolname=tool, time=moment, message=_found(number, passed), fields=given, by=SYSTEM)
        if repair:
            FactoryLog.objects.filter(pk=log.pk).update(repair=repair)
    battery = PartProductLinker.objects.filter(
        product=product, date_removed=None, part__part_type__part_type_category__name="Battery"
    ).first()
    if repair and battery:
        new(
            BatteryTestResult, by=by, product=product, battery_part=battery.part, type="discharge", result="pass",
            energy=round(196.0 + number % 9 * 2.5, 1), lvd_time=at - dt.timedelta(hours=3),
        )  # fmt: skip


def _found(number: int, passed: bool = True) -> str:
    """As jigs write it: a text that is JSON."""
    usb = 5.08 if passed else 3.41
    measured = {
        "input_pv": {"value": f"{17.9 + number % 7 / 10:.3f}", "pass": True},
        "output_usb": {"value": f"{usb:.3f}", "pass": passed},
        "output_12v": {"value": f"{12.1 + number % 5 / 10:.3f}", "pass": True},
    }
    return json.dumps(measured)
