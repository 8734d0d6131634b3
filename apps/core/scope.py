"""How far someone sees: one queryset method, `visible_to(user)`, declared per model as a path to the entity.

A model without a declaration shows nothing to anybody, and a system check (core.E001) stops the start.
"""

import abc
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Q

if TYPE_CHECKING:
    from apps.core.models import Row


class Scope(abc.ABC):
    """What of a model an ENTITY user sees. GLOBAL users see all of every model that declares a scope."""

    writes_need_global = False

    @abc.abstractmethod
    def rows_of(self, model: "type[Row]", entity_key: int) -> Q | None:
        """The condition, or None for every row."""


class Reference(Scope):
    """Reference data: everyone reads, only GLOBAL users write."""

    writes_need_global = True

    def rows_of(self, model: "type[Row]", entity_key: int) -> Q | None:
        return None


class GlobalOnly(Scope):
    """Nobody of an entity sees a row."""

    def rows_of(self, model: "type[Row]", entity_key: int) -> Q:
        return Q(pk__in=[])


@dataclass(frozen=True)
class ByEntity(Scope):
    """Rows that belong to an entity: `path` leads to it; `while_` tells which of the links at its start still count."""

    path: str
    while_: Mapping[str, Any] = field(default_factory=dict)

    def rows_of(self, model: "type[Row]", entity_key: int) -> Q:
        first, _, rest = self.path.partition("__")
        step = model._meta.get_field(first)
        if not rest or not step.one_to_many:
            return Q(**{self.path: entity_key})
        # Many links: a subquery instead of a join, so that a row stands once, whatever is filtered beside it.
        key = step.field.target_field.attname  # type: ignore[union-attr]
        links = step.related_model._base_manager.filter(**{rest: entity_key}, **self.while_)  # type: ignore[union-attr]
        return Q(**{f"{key}__in": links.values(step.field.attname)})  # type: ignore[union-attr]


class Shared(Scope):
    """Rows that belong to nobody in particular: every reader sees them, and whoever has the level writes them."""

    def rows_of(self, model: "type[Row]", entity_key: int) -> Q | None:
        return None


@dataclass(frozen=True)
class ByText(Scope):
    """Rows that name another row by its key without a foreign key, e.g. a log by its IMEI."""

    column: str
    of: str  # "products.Product"

    def rows_of(self, model: "type[Row]", entity_key: int) -> Q | None:
        target: Any = apps.get_model(self.of)
        inner = target.SCOPE.rows_of(target, entity_key)
        if inner is None:
            return None
        return Q(**{f"{self.column}__in": target._base_manager.filter(inner).values(target.KEY)})


@dataclass(frozen=True)
class Follows(Scope):
    """Rows that follow another row's scope, e.g. what belongs to a unit. Null pointers: GLOBAL users only."""

    path: str

    def rows_of(self, model: "type[Row]", entity_key: int) -> Q | None:
        target = model._meta.get_field(self.path).related_model
        inner = target.SCOPE.rows_of(target, entity_key)  # type: ignore[union-attr]
        if inner is None:
            return None
        return Q(**{f"{self.path}__in": target._base_manager.filter(inner)})  # type: ignore[union-attr]


@dataclass(frozen=True)
class FollowsLinks(Scope):
    """Rows seen through any of their links (parts through fittings), and those never linked, which all may see.

    `links` is the reverse name of the linking model, which may stand in a later room.
    """

    links: str

    def rows_of(self, model: "type[Row]", entity_key: int) -> Q | None:
        link = model._meta.get_field(self.links).related_model
        pointer = model._meta.get_field(self.links).field.name  # type: ignore[union-attr]
        inner = link.SCOPE.rows_of(link, entity_key)  # type: ignore[union-attr]
        if inner is None:
            return None
        seen = link._base_manager.filter(inner).values(pointer)  # type: ignore[union-attr]
        return Q(pk__in=seen) | Q(**{f"{self.links}__isnull": True})
