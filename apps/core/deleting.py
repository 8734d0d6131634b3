"""What a deletion takes along, and what stands against it, told before anybody is asked.

Worked out from what the models declare, as the deletion itself is: rows that go with a row (CASCADE), pointers that are
emptied (SET_NULL), and rows that hold it (PROTECT). Counted no further than MOST: a unit may have millions.
"""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q

MOST = 10_000
DEEPEST = 5


@dataclass(frozen=True)
class Group:
    """Rows of one model. `field` points to the row itself; None: they hang on something that goes along."""

    model: type[models.Model]
    count: int  # MOST + 1: more than MOST
    field: models.ForeignKey | None

    @property
    def is_more(self) -> bool:
        return self.count > MOST


@dataclass(frozen=True)
class Deletion:
    along: list[Group]
    emptied: list[Group]
    holders: list[Group]


def deletion_of(row: models.Model) -> Deletion:
    found: dict[Any, dict[type[models.Model], list[tuple[str, models.ForeignKey | None]]]] = {}
    _collect(type(row), "", (type(row),), found)
    groups = {}
    for kind in (models.CASCADE, models.SET_NULL, models.PROTECT):
        counted = [_group(model, ways, row) for model, ways in found.get(kind, {}).items()]
        groups[kind] = sorted((one for one in counted if one.count), key=lambda one: -one.count)
    return Deletion(groups[models.CASCADE], groups[models.SET_NULL], groups[models.PROTECT])


def _collect(model: type[models.Model], path: str, way: tuple[type[models.Model], ...], found: Any) -> None:
    for relation in model._meta.get_fields(include_hidden=True):
        if not (relation.one_to_many or relation.one_to_one) or not relation.auto_created or relation.concrete:
            continue
        field: Any = relation.field  # type: ignore[union-attr]
        kind = relation.on_delete  # type: ignore[union-attr]
        kind = models.PROTECT if kind is models.RESTRICT else kind
        here = f"{field.name}__{path}" if path else field.name
        found.setdefault(kind, {}).setdefault(field.model, []).append((here, None if path else field))
        if kind is models.CASCADE and field.model not in way and len(way) < DEEPEST:
            _collect(field.model, here, (*way, field.model), found)


def _group(model: Any, ways: list[tuple[str, Any]], row: models.Model) -> Group:
    """What hangs on several of the row's own kind goes once."""
    pointing = Q()
    for path, _field in ways:
        pointing |= Q(**{path: row})
    rows = model._base_manager.filter(pointing).order_by()
    direct = {field for _path, field in ways}
    return Group(model, rows[: MOST + 1].count(), direct.pop() if len(direct) == 1 else None)
