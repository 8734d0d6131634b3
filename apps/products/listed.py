"""Units that a list names: a spreadsheet's file, or lines that somebody pasted.

The first row may be a heading. Then one column says which unit (IMEI, serial number or SIM), and others may say what an
act would ask for (the entity, the state, the note), a value for each unit.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from django import forms
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from apps.core import sheets
from apps.core.columns import columns_of
from apps.core.refusal_words import translated
from apps.core.refusals import Invalid, refuse_if
from apps.jobs.actions import MOST_ITEMS
from apps.products.models import Product

UNIT = ""  # no form has a field of that name
CALLED = (noop("unit"), "imei", "serial", "product_imei", "serial_number", "iccid", "imsi")
LONGEST = 255


def from_text(text: str) -> bytes:
    """What was pasted, as a file: a table of a spreadsheet (it comes with tabs), or numbers with anything between."""
    first = text.strip().partition("\n")[0]
    headed = any(sheets.bare(cell) in _known(None) for cell in re.split("[,;]", first)) and re.search("[,;]", first)
    lines = text if headed or "\t" in text else "\n".join(re.split(r"[\s,;]+", text.strip()))
    return lines.encode()


def units_of(content: bytes, form: Any) -> Iterator[tuple[str, dict[str, str] | None]]:
    """What each line calls its unit, and what it says of the form's fields; None where the list has no such column."""
    rows = sheets.read("", content)
    first = next(rows, [])
    columns = _heading(first, form)
    if UNIT not in columns:
        refuse_if(columns, "file", _("has no column of units; head one IMEI or serial number"))
        columns, rows = {UNIT: 0}, chain([first], rows)
    details = [name for name in columns if name != UNIT]
    seen = set()
    for number, row in enumerate(rows):
        if number >= MOST_ITEMS:
            raise Invalid({"file": _("holds more than %(most)d rows; cut it into several") % {"most": MOST_ITEMS}})
        cells = {name: _text(row[place]) if place < len(row) else "" for name, place in columns.items()}
        key, payload = cells.pop(UNIT)[:LONGEST], cells if details else None
        line = (key, *cells.values())
        if line not in seen and any(line):
            seen.add(line)
            yield key or "–", payload


def _heading(row: list[Any], form: forms.Form | None) -> dict[str, int]:
    """Which column holds what; the first that says which unit counts."""
    known = _known(form)
    found: dict[str, int] = {}
    for place, cell in enumerate(row):
        if (name := known.get(sheets.bare(cell))) is not None:
            refuse_if(name in found and name != UNIT, "file", _("names the column %(name)s twice") % {"name": cell})
            found.setdefault(name, place)
    return found


def _known(form: forms.Form | None) -> dict[str, str]:
    """{heading: name}, in all languages of ours."""
    known: dict[str, str] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            fields = form.fields if form else {}
            headings = getattr(form, "headings", {})
            known |= {sheets.bare(field.label): name for name, field in fields.items()}
            known |= {sheets.bare(heading): name for name, heading in headings.items()}
            known |= {sheets.bare(name): name for name in fields}
            labels = (column.field.verbose_name for name, column in columns_of(Product).items() if name in CALLED)
            known |= {sheets.bare(_(word)): UNIT for word in CALLED} | {sheets.bare(label): UNIT for label in labels}
    return known


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # spreadsheets keep long numbers as such
    return str(sheets.unescaped(value)).replace("\x00", "").strip()


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
        return sheets.option(given, [*choices, *also.items()])
    return given


def cleaned(form: forms.Form, payload: Mapping[str, str]) -> dict[str, Any]:
    """The form's values, or Invalid with what its line says and why that won't do."""
    if form.is_valid():
        return form.cleaned_data
    name, problems = next(iter(form.errors.items()))
    field, given = form.fields[str(name)], payload.get(str(name), "")
    why = problems[0]
    if given and isinstance(field, forms.ModelChoiceField):
        why = _("no such name in your scope")
    elif given and isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        why = translated(f"must be one of: {', '.join(str(label) for _key, label in choices)}")
    raise Invalid({str(name): _("“%(given)s”: %(why)s") % {"given": given[:80] or "–", "why": why}})
