"""Rows from a CSV or XLSX file into a table, each by the rules of the table (core.rows), after a trial of all."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from django.conf import settings
from django.db import models
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core import catalogue, sheets
from apps.core.actors import Actor
from apps.core.admin.cells import IDENTIFYING
from apps.core.columns import MASK, BadValue, Column
from apps.core.levels import Level
from apps.core.models import Row
from apps.core.refusals import Invalid, NotFound
from apps.core.rows import create_row, fetch_row, update_row
from apps.core.tables import Table
from apps.jobs.kinds import Kind
from apps.jobs.models import Job

MOST_ROWS = 100_000


def importable(table: Table) -> bool:
    return not catalogue.is_history(table) and (table.create is not None or table.edit is not None)


class Import(Kind):
    """The key of an item is its line; its payload {column: what the file says}."""

    title, icon, level = gettext_lazy("Take rows in from a file"), "upload_file", Level.ADMIN
    tells_fields = True

    def told(self, params: Mapping[str, Any]) -> str:
        return f"{catalogue.named(params['table'])} – {params['name']}"

    def read(self, job: Job) -> Iterator[tuple[str, Any]]:
        table = catalogue.tables()[job.params["table"]]
        content = b"".join(file.content for file in job.files.order_by("pk"))
        lines = sheets.read(job.params["name"], content)
        names = _heading(table, next(lines, []))
        for number, line in enumerate(lines, start=2):
            if number > MOST_ROWS:
                raise Invalid({"file": _("holds more than %(most)d rows; cut it into several") % {"most": MOST_ROWS}})
            payload = {name: value for name, value in zip(names, line, strict=False) if name}
            yield str(number), payload

    def apply(self, key: str, payload: Any, params: Mapping[str, Any], *, by: Actor) -> str | None:
        table = catalogue.tables()[params["table"]]
        values, errors = {}, {}
        for name, given in payload.items():
            try:
                values[name] = _value(table.columns[name], given, by)
            except BadValue as bad:
                errors[name] = str(bad)
        if errors:
            raise Invalid(errors)
        own = values.get(table.key.name)
        if own is not None:
            try:
                row = fetch_row(table, own, by=by, lock=True)
            except NotFound:
                if table.key.name not in table.fixed:  # keys that we give ourselves
                    text = _("is of no row that exists; leave it empty to make a new one")
                    raise Invalid({table.key.name: text}) from None
            else:
                return _change(table, row, values, by)
        values = {name: value for name, value in values.items() if value is not None and _writable(table, name)}
        made = create_row(table, values, by=by)
        told = ", ".join(f"{name} {_said(table.columns[name], value)}" for name, value in values.items())
        return _("new: %(row)s") % {"row": told[:500] or made}


def _heading(table: Table, line: list[Any]) -> list[str]:
    """The column that each heading names: by the contract's name, or by its label in any language of ours."""
    known: dict[str, str] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for column in table.columns.values():
                known.setdefault(sheets.bare(column.field.verbose_name), column.name)
    known |= {sheets.bare(name): name for name in table.columns}
    found, unknown = [], []
    for heading in line:
        name = known.get(sheets.bare(heading), "")
        found.append(name)
        if str(heading).strip() and not name:
            unknown.append(str(heading)[:60])
    if unknown:
        raise Invalid({"file": _("%(names)s: no such column; there are %(known)s") % {
            "names": ", ".join(unknown[:5]), "known": ", ".join(table.columns)}})  # fmt: skip
    twice = {name for name in found if name and found.count(name) > 1}
    if twice:
        raise Invalid({"file": _("names the column %(name)s twice") % {"name": min(twice)}})
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
        try:
            taken = column.take(value)
        except BadValue as bad:
            raise Invalid({name: str(bad)}) from None
        before = getattr(row, column.attname)
        if taken != before:
            changed[name] = value
            told.append(f"{column.field.verbose_name}: {_said(column, before)} → {_said(column, taken)}")
    if not changed:
        return None
    update_row(table, getattr(row, table.key.attname), changed, by=by)
    return "; ".join(told)


def _said(column: Column, value: Any) -> str:
    """In the words of the preview, which is kept: neither a secret nor what may hold one."""
    if column.secret or isinstance(column.value_field, models.JSONField):
        return MASK if column.secret else "{…}"
    return "–" if value is None else str(value)[:80]


def _value(column: Column, given: Any, by: Actor) -> Any:
    """What the file says as a client of the API would send it."""
    given = sheets.unescaped(given)
    if isinstance(given, str) and not given.strip():
        empty_stays = isinstance(column.value_field, models.CharField | models.TextField) and not column.field.null
        return "" if empty_stays else None
    field = column.value_field
    if isinstance(column.field, models.ForeignKey):
        return _pointed_at(column, given, by)
    if column.field.choices:
        return sheets.option(given, column.field.flatchoices)
    if isinstance(field, models.BooleanField):
        return sheets.truth(given)
    if isinstance(field, models.IntegerField | models.FloatField):
        return sheets.number(given)
    if isinstance(field, models.DateTimeField | models.DateField):
        return sheets.moment(given)
    if isinstance(field, models.JSONField) and isinstance(given, str):
        import json

        try:
            return json.loads(given)
        except ValueError:
            raise BadValue("must be JSON") from None
    if isinstance(given, float) and given.is_integer():
        given = int(given)  # spreadsheets keep long numbers as such
    return given if isinstance(given, str) else str(given)


def _pointed_at(column: Column, given: Any, by: Actor) -> Any:
    """The key of the row that a cell names: by that key, or by what people know the row by."""
    try:
        column.take(number := sheets.number(given))
        if not isinstance(column.value_field, models.CharField):
            return number
    except BadValue:
        pass
    model = cast(type[Row], column.field.related_model)
    target = cast(models.ForeignKey, column.field).target_field.attname
    for field in model._meta.concrete_fields:
        if field.column in IDENTIFYING and field.column not in model.SECRET:
            rows = model.objects.visible_to(by).filter(**{field.attname: str(given)})
            keys = list(rows.values_list(target, flat=True)[:2])
            if len(keys) > 1:
                raise BadValue(_("%(name)s is the name of several rows; give the key") % {"name": given})
            if keys:
                return keys[0]
    return given
