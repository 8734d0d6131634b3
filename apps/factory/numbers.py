"""The numbers of boards and batteries: what may be given to a new one, and what looks like a slip.

Unique over boards and units together, also while the board sits in no unit. Whoever asks here stays alone with the
numbers until its transaction ends, so what is free when it asks is free when it writes.
"""

import contextlib
import re
from collections.abc import Iterator, Mapping

from django.db import IntegrityError, transaction
from stdnum import imei as imeis
from stdnum import imsi as imsis
from stdnum import luhn
from stdnum.exceptions import ValidationError

from apps.core import rules
from apps.core.columns import BadValue, columns_of
from apps.core.locks import alone
from apps.core.refusals import Invalid
from apps.parts.models import Part, PartType, boards_holding
from apps.products.models import Product
from apps.products.models.product import LOCK

TAKEN = "is already in use"
NO_ROW = "points to no row that exists"
PCB, SIM_CARD, BATTERY = "PCB", "SIM", "Battery"
_IMEI = re.compile(r"[0-9]{15}\Z", re.ASCII)
_KEY = re.compile(r"[0-9A-Za-z]{16,24}\Z", re.ASCII)


def errors_of_board(*, imei: str, imsi: str, iccid: str | None, device_key: str) -> dict[str, str]:
    """{field: why} for what a new board may not bear."""
    errors: dict[str, str] = {}
    if not _IMEI.match(imei):
        errors["imei"] = "must be 15 digits"
    if not _KEY.match(device_key):
        errors["device_key"] = "must be 16 to 24 letters and digits"
    try:
        rules.check(Product, {"imsi": imsi, "iccid": iccid})
    except Invalid as refused:
        errors |= refused.errors
    if imei == imsi:
        errors |= {"imei": "must not be the IMSI", "imsi": "must not be the IMEI"}
    if errors:
        return errors
    alone(LOCK)
    return errors_of_taken({"imei": imei, "imsi": imsi, "iccid": iccid}, device_key)


def errors_of_taken(numbers: Mapping[str, str | None], device_key: str) -> dict[str, str]:
    given = {field: number for field, number in numbers.items() if number}
    units = list(Product.holding(set(given.values()), device_key))
    boards = list(boards_holding(set(given.values()), device_key))
    parts = set(Part.objects.filter(serial_number__in=given.values()).values_list("serial_number", flat=True))
    errors: dict[str, str] = {}
    for field, number in given.items():
        column = "product_imei" if field == "imei" else field
        same = number in {getattr(unit, column) for unit in units} or number in {b.carried.get(field) for b in boards}
        if same or number in parts:
            errors[field] = TAKEN
        elif any(number in unit.numbers for unit in units):
            errors[field] = "is the number of another unit"
        elif any(number in board.numbers for board in boards):
            errors[field] = "is the number of another board"
    if device_key in [row.device_key for row in units] or device_key in [row.device_key for row in boards]:
        errors["device_key"] = TAKEN
    return errors


def unbearable(pcb: Part) -> str | None:
    """What of this board no unit can bear: one that came through a table or a data set was asked less."""
    given = {"product_imei": pcb.serial_number, "serial_number": pcb.unit_serial, "imsi": pcb.imsi, "iccid": pcb.iccid}
    for name, number in given.items():
        column = columns_of(Product)[name]
        try:
            column.check(column.take(number))
        except BadValue:
            return f"is a board whose {name} no unit can bear"
    return None


def errors_of_type(field: str, part_type_id: int, category: str) -> dict[str, str]:
    """A part type given by its id must be there, and be of this category."""
    found = PartType.objects.filter(pk=part_type_id).values_list("part_type_category__name", flat=True).first()
    if found is None:
        return {field: NO_ROW}
    return {} if found.lower() == category.lower() else {field: f"must be a part type of the category {category}"}


def warnings_of(*, imei: str, imsi: str, iccid: str | None) -> dict[str, str]:
    """{field: what looks like a slip}: check digits and countries; nothing that a number is refused for."""
    found = {}
    if not imeis.is_valid(imei):
        found["imei"] = f"its last digit should be {luhn.calc_check_digit(imei[:-1])} (Luhn); is it read right?"
    try:
        imsis.validate(imsi)
    except ValidationError:
        found["imsi"] = "begins with no known country and network (MCC, MNC); is it read right?"
    if iccid and not luhn.is_valid(iccid):
        found["iccid"] = f"its last digit should be {luhn.calc_check_digit(iccid[:-1])} (Luhn); is it read right?"
    return found


def refuse(errors: dict[str, str]) -> None:
    if errors:
        raise Invalid(errors, code="duplicate" if TAKEN in errors.values() else None)


@contextlib.contextmanager
def free(field: str) -> Iterator[None]:
    """For a part's serial number: its table is open to others while we look, and they may have been faster."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise Invalid({field: TAKEN}, code="duplicate") from None
