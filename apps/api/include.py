"""`?include=notes,repairs`: related rows beside a record, one level deep, in scope, at most 100 each; at most 100
records a page. `changes` stands for who changed the row, when, from what to what (core.history).
"""

import functools
from collections.abc import Iterable
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from apps.api import reading
from apps.api.q.relations import Relation, relations_of
from apps.core import history
from apps.core.actors import Actor
from apps.core.columns import columns_of
from apps.core.models import Row
from apps.core.refusals import Invalid
from apps.core.tables import Table

MOST, MOST_RELATIONS = 100, 10
MOST_RECORDS = 100  # a page with included rows is at most this long
CHANGES = "changes"


def wanted(table: Table, text: str | None) -> list[Relation | None]:
    """The relations that an `include` parameter names; None for the row's changes."""
    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    known: dict[str, Relation | None] = {**relations_of(table.model), CHANGES: None}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Invalid({"include": f"{unknown[0][:60]!r} is no relation; there are {', '.join(sorted(known))}"})
    if len(names) > MOST_RELATIONS:
        raise Invalid({"include": f"names more than {MOST_RELATIONS} relations"})
    return [known[name] for name in dict.fromkeys(names)]


def add(records: list[dict[str, Any]], table: Table, relations: Iterable[Relation | None], by: Actor) -> None:
    """Put each relation's rows into the records under its name: a list for to-many, a record or null for to-one."""
    for relation in relations:
        if relation is None:
            _add_changes(records, table)
            continue
        inner = _plain_table(relation.model)
        near, far = _column(table.model, relation.near), _column(relation.model, relation.far)
        keys = {record[near] for record in records if record[near] is not None}
        rows: Any = relation.model.objects.visible_to(by).filter(**{f"{relation.far}__in": keys})
        key = inner.key.field.name
        number = Window(RowNumber(), partition_by=F(relation.far), order_by=F(key).asc())
        rows = rows.annotate(number_of_its=number).filter(number_of_its__lte=MOST).order_by(key)
        found: dict[Any, list[dict[str, Any]]] = {}
        for one in reading.records(inner, rows):
            found.setdefault(one[far], []).append(one)
        for record in records:
            its = found.get(record[near], [])
            record[_name(table, relation)] = its if relation.to_many else (its[0] if its else None)


def _add_changes(records: list[dict[str, Any]], table: Table) -> None:
    """The records are in scope already, and who may see a row may see what was done to it."""
    keys = [record[table.key.name] for record in records]
    model: Any = table.model
    rows = dict(model._base_manager.filter(**{f"{table.key.attname}__in": keys}).values_list(table.key.attname, "pk"))
    found = history.records(model, rows.values())
    for record in records:
        record[CHANGES] = found.get(rows.get(record[table.key.name]), [])


def _name(table: Table, relation: Relation) -> str:
    """A key such as `software_lock` names its column too; the row then stands beside it."""
    return f"{relation.name}_row" if relation.name in table.columns else relation.name


def _column(model: type[Row], attname: str) -> str:
    return next(column.name for column in columns_of(model).values() if column.attname == attname)


@functools.cache
def _plain_table(model: type[Row]) -> Table:
    return Table(path=f"include:{model._meta.label_lower}", model=model)
