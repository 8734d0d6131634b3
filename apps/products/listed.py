"""Units that a list names: a spreadsheet's file, or lines that somebody pasted.

The first row may be a heading. Then one column says which unit (IMEI, serial number or SIM), and others may say what an
act would ask for (the entity, the state, the note), a value for each unit.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from apps.core import identifiers, sheets
from apps.core.columns import BadValue, columns_of
from apps.core.refusal_words import translated
from apps.core.refusals import Invalid, refuse_if
from apps.core.sheets import cells
from apps.core.telling import join, kept, tell
from apps.jobs.actions import MOST_ITEMS
from apps.products.models import Product

UNIT = ""  # no form has a field of that name
CALLED = (
    noop("unit"), "imei", "serial", "product_imei", "serial_number", "iccid", "imsi", "serial no", "serial number",
    "s/n", "sn",
    "n° de série", "nº de série", "no de série", "numéro de série",
)  # fmt: skip
LONGEST = 255
SHORTEST_NUMBER = 12  # digits of a whole number of a unit; shorter ones are its groups
WHOLE = re.compile(r"[0-9]{15}|89[0-9]{16,20}")  # an IMEI (or IMSI), a SIM's number: what groups may make together


def from_text(text: str) -> bytes:
    """What was pasted, as a file: a table of a spreadsheet (it comes with tabs), or numbers with anything between."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    headed = any(cells.bare(cell) in _known(None) for cell in re.split("[,;]", lines[0] if lines else ""))
    if "\t" in text or (headed and re.search("[,;]", lines[0])) or _is_table(lines):
        return text.encode()
    return "\n".join(number for piece in re.split(r"[\r\n,;]+", text) for number in _numbers(piece)).encode()


def _is_table(lines: list[str]) -> bool:
    """Several lines of as many cells, with words among them: columns, of which somebody has to say what they are."""
    for mark in ";,":
        widths = {line.count(mark) for line in lines}
        if len(lines) > 1 and len(widths) == 1 and widths != {0}:
            words = [cell for line in lines for cell in line.split(mark)]
            return any(cell.strip() and not any("0" <= one <= "9" for one in cell) for cell in words)
    return False


def _numbers(piece: str) -> list[str]:
    """`IMEI: 0135…` and `013579 024681 122` are one number; `0135… 0246…` are two, and `1234567 7654321`."""
    found: list[str] = []
    for place, part in enumerate(identifiers.LABELS.split(piece)):
        words = part.split()
        joined = "".join(words)
        groups = all(word.isdigit() and len(word) < SHORTEST_NUMBER for word in words)
        if place and len(words) == 2 and len(words[0]) == 1:  # behind a label: `IMEI 1 35790246811220`
            groups = joined.isdigit()
        found += [joined] if groups and WHOLE.fullmatch(joined) else words
    return found


def units_of(
    content: bytes, form: Any, pulse: Callable[[], None] = lambda: None
) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """What each line calls its unit, and what it says of the form's fields; None where the list has no such column.

    A line that can't be understood comes with {"refused": why}.
    """
    known = _known(form)
    head, lines = sheets.headings.below(sheets.lines(content, pulse=pulse), known)
    columns = _heading(head.cells, known) if head else {}
    refuse_if(head and UNIT not in columns, "file", tell("has no column of units; head one IMEI or serial number"))
    columns = columns or {UNIT: 0}
    width = len(head.cells) if head else None
    read = {place for place, cell in enumerate(head.cells) if cells.bare(cell) in known} if head else {0}
    details = [name for name in columns if name != UNIT]
    seen = set()
    for number, line in enumerate(lines):
        if number >= MOST_ITEMS:
            raise Invalid({"file": tell("holds more than %(most)s rows; cut it into several", most=MOST_ITEMS)})
        given = {name: line.cells[place] if place < len(line.cells) else "" for name, place in columns.items()}
        unread = any(place not in read and not cells.is_empty(cell) for place, cell in enumerate(line.cells))
        if head is None and form is None and unread:
            text = _("has several columns and no heading; head the one of the units IMEI or serial number")
            raise Invalid({"file": text})
        if form is not None and not details and unread:
            raise Invalid({"file": tell(
                "has columns that are not understood; head them IMEI and %(names)s, or leave the numbers alone",
                names=join(_headings(form).values(), ", "),
            )})  # fmt: skip
        key, problem = _name_of(given.pop(UNIT), line.number, columns[UNIT])
        values: dict[str, Any] = {}
        for name, cell in given.items():
            try:
                values[name] = cells.text(cell)
            except BadValue as bad:
                problem = problem or _refused(cell, bad, line.number, columns[name])
        if width is not None and len(line.cells) > width:
            problem = tell("line %(line)s has more cells than there are headings", line=line.number)
        payload: dict[str, Any] | None = {"refused": kept(problem)} if problem else values if details else None
        same = (key, problem, *values.values())
        if same not in seen and any(same):
            seen.add(same)
            yield key or "–", payload


def _name_of(cell: Any, line: int, column: int) -> tuple[str, str]:
    """What a line calls its unit, and what is wrong with that."""
    try:
        return cells.text(cell).replace("\x00", "")[:LONGEST], ""
    except BadValue as bad:
        shown = cell if isinstance(cell, str | int | float) else "–"
        return str(shown)[:LONGEST], _refused(cell, bad, line, column)


def _refused(cell: Any, bad: BadValue, line: int, column: int) -> str:
    """Why a cell won't do, in words that stay to be said (core.telling): what stands there, and where that is."""
    why = tell(
        "%(why)s (line %(line)s, column %(column)s)",
        why=translated(str(bad)), line=line, column=cells.place(column),
    )  # fmt: skip
    return tell("“%(given)s”: %(why)s", given=str(cell)[:80], why=why) if isinstance(cell, str | int | float) else why


def _heading(row: list[Any], known: Mapping[str, str]) -> dict[str, int]:
    """Which column holds what; the first that says which unit counts."""
    found: dict[str, int] = {}
    for place, cell in enumerate(row):
        if (name := known.get(cells.bare(cell))) is not None:
            refuse_if(name in found and name != UNIT, "file", tell("names the column %(name)s twice", name=cell))
            found.setdefault(name, place)
    return found


def _headings(form: forms.Form) -> dict[str, Any]:
    """{field: what heads its column}."""
    given = getattr(form, "headings", {})
    return {name: given.get(name, field.label) for name, field in form.fields.items() if field.required}


def _known(form: forms.Form | None) -> dict[str, str]:
    """{heading: name}, in all languages of ours."""
    known: dict[str, str] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            fields = form.fields if form else {}
            headings = getattr(form, "headings", {})
            known |= {cells.bare(field.label): name for name, field in fields.items()}
            known |= {cells.bare(heading): name for name, heading in headings.items()}
            known |= {cells.bare(name): name for name in fields}
            labels = (column.field.verbose_name for name, column in columns_of(Product).items() if name in CALLED)
            known |= {cells.bare(_(word)): UNIT for word in CALLED} | {cells.bare(label): UNIT for label in labels}
    return known


def as_typed(payload: Mapping[str, str], form: Any) -> dict[str, Any]:
    """The cells as a person would have chosen them on the page."""
    return {name: _choice(form, name, given) for name, given in payload.items() if name in form.fields}


def _choice(form: Any, name: str, given: str) -> Any:
    field = form.fields[name]
    if isinstance(field, forms.ModelChoiceField):
        rows: Any = field.queryset
        keys = list(rows.filter(name__iexact=given).values_list("pk", flat=True)[:2]) if given else []
        return keys[0] if len(keys) == 1 else given
    if isinstance(field, forms.ChoiceField):
        also = getattr(form, "also_called", {}).get(name, {})
        choices: Any = field.choices
        return cells.option(given, [*choices, *also.items()])
    return given


def cleaned(form: forms.Form, payload: Mapping[str, str]) -> dict[str, Any]:
    """The form's values, or Invalid with what its line says and why that won't do."""
    if form.is_valid():
        return form.cleaned_data
    name, problems = next(iter(form.errors.items()))
    field, given = form.fields[str(name)], payload.get(str(name), "")
    why = problems[0]
    if given and isinstance(field, forms.ModelChoiceField):
        why = tell("no such name in your scope")
    elif given and isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        why = tell("must be one of: %(options)s", options=join([label for _key, label in choices], ", "))
    raise Invalid({str(name): tell("“%(given)s”: %(why)s", given=given[:80] or "–", why=why)})
