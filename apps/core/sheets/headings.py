"""Finding the heading of a list: not always the first line, for people write titles above it."""

import re
from collections.abc import Collection, Iterator
from itertools import chain, islice

from apps.core.refusal_words import translated
from apps.core.refusals import Invalid, refuse_if
from apps.core.sheets import cells
from apps.core.sheets.reading import Line
from apps.core.telling import tell

LOOKED_AT = 10
DIGITS = 8  # in one, of a number that some unit may bear
_RUNS = re.compile(r"\d+")


def below(lines: Iterator[Line], known: Collection[str]) -> tuple[Line | None, Iterator[Line]]:
    """The line among the first ten that names most of the `known` headings (bare() texts), and all that follow it; None
    and every line where none names any. What stands above a heading is a title. It must not hold what looks like data.
    """
    first = list(islice(lines, LOOKED_AT))
    ranked = [sum(cells.bare(cell) in known for cell in line.cells) for line in first]
    if not any(ranked):
        return None, chain(first, lines)
    place = ranked.index(max(ranked))
    for line in first[:place]:
        held = any(_holds_a_number(cell) for cell in line.cells)
        refuse_if(held, "file", tell("has values above its heading, in line %(line)s", line=line.number))
    return readable(first[place]), chain(first[place + 1 :], lines)


def _holds_a_number(cell: object) -> bool:
    """Such as a unit bears: not a day, nor a sentence in which there are several numbers."""
    return not isinstance(cell, dict) and any(len(run) >= DIGITS for run in _RUNS.findall(str(cell)))


def readable(heading: Line) -> Line:
    """The line, none of whose cells is refused."""
    for column, cell in enumerate(heading.cells):
        if isinstance(cell, dict) and "refused" in cell:
            where = {"line": heading.number, "column": cells.place(column)}
            why = tell("%(why)s (line %(line)s, column %(column)s)", why=translated(str(cell["refused"])), **where)
            raise Invalid({"file": why})
    return heading
