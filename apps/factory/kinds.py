"""What is made here: boards, and the units made of them, with the constants of the documentation."""

from collections.abc import Mapping
from dataclasses import dataclass

SIM = 43  # part type


@dataclass(frozen=True)
class Board:
    """A kind of board: its default part type, the code that its serials begin with, the ERP's code where it has one."""

    name: str
    part_type_id: int
    code: str
    erp_code_override: str | None = None


@dataclass(frozen=True)
class Unit:
    """A type of unit, the kind of board it is made of, and whether a battery goes into it."""

    name: str
    product_type_id: int
    board: Board
    battery: bool = True


TIGER = Board("tiger", 44, "HB000501")
HYENA = Board("hyena", 77, "HB000501")
KOALA = Board("koala", 122, "BX0020", "PA01040102")
JACKAL = Board("jackal", 158, "PA040000", "PA04010102")
BOARDS: Mapping[str, Board] = {board.name: board for board in (TIGER, HYENA, KOALA, JACKAL)}

HOME2 = Unit("Home2", 6, TIGER)
HOME3 = Unit("Home3", 10, JACKAL)
HUB2 = Unit("Hub2", 7, HYENA, battery=False)
ENTERPRISE = Unit("Enterprise", 4, HYENA)
UNITS: Mapping[str, Unit] = {unit.name.lower(): unit for unit in (HOME2, HOME3, HUB2, ENTERPRISE)}


def board_of(name: str | None, part_type_id: int) -> Board | None:
    """The kind of a board by what it was made as; one that came another way (a table, a data set) by its part type."""
    if name is not None:
        return BOARDS.get(name)
    return next((board for board in BOARDS.values() if board.part_type_id == part_type_id), None)
