"""A table of the contract is one line: `Table(path="symptom_types", model=SymptomType)` in its room's tables.py."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.core.columns import Column, columns_of
from apps.core.levels import Level
from apps.core.models import Row


@dataclass(frozen=True, kw_only=True)
class Table:
    """What /v1/<path> offers. A level of None: that method does not exist (405).
    `also_at`: other paths of the same table.

    `owned`: columns that actions own, ignored in a body; `owned_of`: those that they own in this row.
    `fixed`: natural keys, required on POST, never changed.
    `on_edit`: column → action(row, value=, by=) that a PUT of that column calls instead of writing it.
    `defaults`: what a POST that does not name the column is given.
    `after_write`: the action(row, by=) that follows a POST or a PUT, in the same transaction.
    `remove`: the action(row, by=) that deletes a row where the plain deletion would leave a pointer behind.
    """

    path: str
    model: type[Row]
    also_at: tuple[str, ...] = ()
    read: Level | None = Level.OVERVIEW
    create: Level | None = Level.SYSTEM
    edit: Level | None = Level.SYSTEM
    delete: Level | None = Level.SYSTEM
    owned: tuple[str, ...] = ()
    owned_of: Callable[[Any], tuple[str, ...]] | None = None
    fixed: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    on_edit: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    remove: Callable[..., Any] | None = None
    after_write: Callable[..., Any] | None = None

    def __hash__(self) -> int:
        return hash(self.path)

    @functools.cached_property
    def columns(self) -> dict[str, Column]:
        return columns_of(self.model)

    @functools.cached_property
    def key(self) -> Column:
        name = self.model.KEY or str(self.model._meta.pk.column)
        return self.columns[name]

    def level_of(self, method: str) -> Level | None:
        return {"GET": self.read, "POST": self.create, "PUT": self.edit, "DELETE": self.delete}.get(method)
