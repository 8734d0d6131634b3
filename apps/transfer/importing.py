"""Rows from a CSV or XLSX file into a table, each by the rules of the table (core.rows), after a trial of all."""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest
from typing import Any, cast

from django.conf import settings
from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy

from apps.core import catalogue, identifiers, jsons, naming, rules, sheets
from apps.core.actors import Actor
from apps.core.admin.cells import IDENTIFYING, label_of
from apps.core.columns import MASK, BadValue, Column
from apps.core.levels import Level
from apps.core.models import Row
from apps.core.refusal_words import labelled, translated
from apps.core.refusals import Invalid, NotFound
from apps.core.rows import create_row, fetch_row, update_row
from apps.core.sheets import cells
from apps.core.tables import Table
from apps.core.telling import Told, join, step, tell
from apps.jobs.kinds import Kind, Pulse
from apps.jobs.models import Job

MOST_ROWS, MOST_TOLD = 100_000, 500


def importable(table: Table) -> bool:
    return not catalogue.is_history(table) and (table.create is not None or table.edit is not None)


NOTHING = "–"  # heads a column that is there for people


class Import(Kind):
    """The key of an item is its line; its payload {column: what the file says}."""

    title, icon, level = gettext_lazy("Take rows in from a file"), "upload_file", Level.ADMIN

    def field_of(self, params: Mapping[str, Any]) -> Callable[[str], Any]:
        columns = catalogue.tables()[params["table"]].columns
        return lambda name: columns[name].field.verbose_name if name in columns else name

    def told(self, params: Mapping[str, Any]) -> str:
        return f"{catalogue.named(params['table'])} – {params['name']}"

    def read(self, job: Job, pulse: Pulse) -> Iterator[tuple[str, Any]]:
        table = catalogue.tables()[job.params["table"]]
        content = b"".join(file.content for file in job.files.order_by("pk"))
        known = _known(table)
        head, lines = sheets.headings.below(sheets.lines(content, pulse=pulse), known)
        head = head or next(lines, None)
        names = _heading(table, sheets.headings.readable(head).cells if head else [], known)
        for count, line in enumerate(lines, start=1):
            if count > MOST_ROWS:
                raise Invalid({"file": tell("holds more than %(most)s rows; cut it into several", most=MOST_ROWS)})
            payload: dict[str, Any] = dict(zip(names, [*line.cells, *[""] * len(names)], strict=False))
            headless = [cell for name, cell in zip_longest(names, line.cells, fillvalue="") if not name]
            payload.pop("", None)
            payload.pop(NOTHING, None)
            if any(not cells.is_empty(cell) for cell in headless):
                payload[table.key.name] = {"refused": "has a value in this line that stands under no heading"}
            yield str(line.number), payload

    def apply(self, key: str, payload: Any, params: Mapping[str, Any], *, by: Actor) -> str | None:
        table = catalogue.tables()[params["table"]]
        values, errors = {}, {}
        for name, given in payload.items():
            try:
                values[name] = _value(table.columns[name], given, by)
            except BadValue as bad:
                errors[name] = bad.args[0]
        if errors:
            raise Invalid({name: _quoted(table, name, payload, why) for name, why in errors.items()})
        try:
            return self._write(table, values, by)
        except Invalid as refused:
            texts = {name: _quoted(table, name, payload, why) for name, why in refused.errors.items()}
            raise Invalid(texts, code=refused.code) from None

    def _write(self, table: Table, values: Mapping[str, Any], by: Actor) -> str | None:
        own = values.get(table.key.name)
        if own is not None:
            row = _held(table, own, by)
            if row is not None:
                return _change(table, row, values, by)
            if table.key.name not in table.fixed:  # keys that we give ourselves
                raise Invalid({table.key.name: tell("is of no row that exists; leave it empty to make a new one")})
        given = {name: value for name, value in values.items() if value not in (None, "") and _writable(table, name)}
        made = create_row(table, given, by=by)
        told: list[Told] = []
        for name, value in given.items():
            if sum(map(len, told)) < MOST_TOLD:
                column = table.columns[name]
                told.append(join([column.field.verbose_name, _said(column, column.take(value), by)], " "))
        return tell("new: %(row)s", row=join(told, ", ") if told else made)


def _quoted(table: Table, name: str, payload: Mapping[str, Any], why: str) -> str:
    """What the file says there, before why it won't do."""
    given = payload.get(name)
    column = table.columns.get(name)
    if column is None or column.secret or cells.is_empty(given) or not isinstance(given, str | int | float):
        return why
    return tell("“%(given)s”: %(why)s", given=str(given).strip()[:80], why=translated(why))


def _held(table: Table, own: Any, by: Actor) -> Row | None:
    """The row whose key a file names; a text key also as scanners, labels and spreadsheets leave it."""
    text = isinstance(table.key.value_field, models.CharField)
    for key in _as_meant(table.key, own) if text else [own]:
        with contextlib.suppress(NotFound):
            row: Row = fetch_row(table, key, by=by, lock=True)
            return row
    return None


def _as_meant(column: Column, given: Any) -> list[str]:
    found = [str(given), *identifiers.readings(str(given))]
    if column.name == "product_imei":
        found += [identifiers.with_zeros(one) for one in found]
    return list(dict.fromkeys(found))


def _known(table: Table) -> dict[str, str]:
    """{heading: column}: the contract's names, and the labels in each language of ours."""
    known: dict[str, str] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for column in table.columns.values():
                known.setdefault(cells.bare(column.field.verbose_name), column.name)
                known.setdefault(cells.bare(naming.called(column.field)), column.name)
    known |= {cells.bare(names_of(name)): NOTHING for name in table.columns}
    return known | {cells.bare(name): name for name in table.columns}


def names_of(name: str) -> str:
    """What heads the column of names that an export puts beside this pointer; coming in again it says nothing."""
    return f"{name} (name)"


def _heading(table: Table, line: list[Any], known: Mapping[str, str]) -> list[str]:
    """The column that each heading names."""
    found, unknown = [], []
    for heading in line:
        name = known.get(cells.bare(heading), "")
        found.append(name)
        if not cells.is_empty(heading) and not name:
            unknown.append(str(heading)[:60])
    if unknown:
        raise Invalid({"file": tell(
            "%(names)s: no such column; there are %(known)s",
            names=", ".join(unknown[:5]),
            known=join([column.field.verbose_name for column in table.columns.values()], ", "),
        )})  # fmt: skip
    twice = {name for name in found if name not in ("", NOTHING) and found.count(name) > 1}
    if twice:
        label = table.columns[min(twice)].field.verbose_name
        raise Invalid({"file": tell("names the column %(name)s twice", name=label)})
    return found


def _writable(table: Table, name: str) -> bool:
    column = table.columns[name]
    if column is table.key:
        return name in table.fixed or not isinstance(column.field, models.AutoField)
    return not (column.is_system_set or name in table.owned)


def _change(table: Table, row: Row, values: Mapping[str, Any], by: Actor) -> str | None:
    changed, told = {}, []
    for name, value in values.items():
        column = table.columns[name]
        if not _writable(table, name) or column is table.key or (column.secret and value == MASK):
            continue
        before = getattr(row, column.attname)
        if value in (None, "") and before in (None, ""):
            continue
        if value == "" and not column.field.null:  # as in the form
            raise Invalid({name: "is required"})
        try:
            taken = column.take(value)
        except BadValue as bad:
            raise Invalid({name: bad.args[0]}) from None
        if taken != before:
            changed[name] = value
            changes = step(_said(column, before, by), _said(column, taken, by))
            told.append(labelled(column.field.verbose_name, changes))
    if not changed:
        return None
    update_row(table, getattr(row, table.key.attname), changed, by=by)
    return join(told, "; ")


def _said(column: Column, value: Any, by: Actor) -> Any:
    """In the words of the preview, which is kept: neither a secret nor what may hold one."""
    if column.secret or isinstance(column.value_field, models.JSONField):
        return MASK if column.secret else "{…}"
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return tell("yes") if value else tell("no")
    if isinstance(value, dt.datetime):
        return value
    if isinstance(column.field, models.ForeignKey):
        rows: Any = cast(type[Row], column.field.related_model).objects.visible_to(by)
        row = rows.filter(**{column.field.target_field.attname: value}).first()
        return value if row is None else label_of(row)
    return dict(column.field.flatchoices).get(value, str(value)[:80]) if column.field.choices else str(value)[:80]


def _value(column: Column, given: Any, by: Actor) -> Any:
    """What the file says as a client of the API would send it. Raises BadValue."""
    if cells.is_empty(given):
        empty_stays = isinstance(column.value_field, models.CharField | models.TextField) and not column.field.null
        return "" if empty_stays else None
    field = column.value_field
    if isinstance(column.field, models.ForeignKey):
        return _pointed_at(column, given, by)
    if column.field.choices:
        return cells.option(cells.text(given), column.field.flatchoices)
    if isinstance(field, models.BooleanField):
        return cells.truth(given)
    if isinstance(field, models.IntegerField | models.FloatField):
        return cells.number(given, whole=isinstance(field, models.IntegerField))
    if isinstance(field, models.DateTimeField | models.DateField):
        return cells.moment(given)
    if isinstance(field, models.JSONField):
        return _json(cells.plain(given))
    text = cells.text(given)
    if column.rule in (rules.LATITUDE, rules.LONGITUDE) and "," in text:  # numbers, in columns of texts
        return str(cells.number(text))
    return text


def _json(given: Any) -> Any:
    """From a cell: its text, or a number or truth that the spreadsheet kept as it was."""
    if isinstance(given, dict):
        raise BadValue("was made a date by a spreadsheet; format that column as text")
    if isinstance(given, int | float) and abs(given) >= cells.EXACT:
        raise BadValue(identifiers.WAS_SHORTENED)
    try:
        return jsons.loads(given) if isinstance(given, str) else given
    except jsons.Unbounded as error:
        raise BadValue(str(error)) from None
    except ValueError:
        raise BadValue("must be JSON") from None


def _pointed_at(column: Column, given: Any, by: Actor) -> Any:
    """The key of the row that a cell names: by that key, or by what people know the row by."""
    if not isinstance(column.value_field, models.CharField):
        try:
            column.take(key := cells.number(given, whole=True))
        except BadValue:
            pass
        else:
            return key
    text = cells.text(given)
    model = cast(type[Row], column.field.related_model)
    target = cast(models.ForeignKey, column.field).target_field.attname
    names = [
        field
        for field in model._meta.concrete_fields
        if field.column in IDENTIFYING and field.column not in model.SECRET
    ]
    meant = [text, *identifiers.readings(text)] if names else []
    for reading in dict.fromkeys(meant):
        found = models.Q()
        for field in names:
            others = {reading, identifiers.with_zeros(reading)} if field.column == "product_imei" else {reading}
            found |= models.Q(**{f"{field.attname}__in": others})
        keys = list(dict.fromkeys(model.objects.visible_to(by).filter(found).values_list(target, flat=True)[:2]))
        if reading in keys:
            return reading
        if len(keys) > 1:
            raise BadValue(tell("is the name of several rows; give the key"))
        if keys:
            return keys[0]
    return text
