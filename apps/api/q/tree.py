"""The checked tree of a filter: parse() knows the table and the bounds, and what it returns can always be built."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.api.q import values
from apps.api.q.errors import BadQuery, shown
from apps.api.q.relations import Relation, relations_of
from apps.core.columns import Column, columns_of
from apps.core.models import Row

MOST_HOPS, MOST_NODES, MOST_DEPTH, MOST_VALUES = 3, 50, 10, 1000

OPERATORS = {
    name: operator
    for operator, names in {
        "eq": ("==", "eq", "equals", "equal_to", "equals_to"),
        "ne": ("!=", "ne", "neq", "not_equal_to", "does_not_equal"),
        "gt": (">", "gt"),
        "ge": (">=", "ge", "gte", "geq"),
        "lt": ("<", "lt"),
        "le": ("<=", "le", "lte", "leq"),
        "in": ("in",),
        "not_in": ("not_in",),
        "is_null": ("is_null",),
        "is_not_null": ("is_not_null",),
        "like": ("like",),
        "ilike": ("ilike",),
        "has": ("has",),
        "any": ("any",),
    }.items()
    for name in names
}
ORDERED = ("gt", "ge", "lt", "le")
PATTERNS = ("like", "ilike")
LISTS = ("in", "not_in")
NULLS = ("is_null", "is_not_null")
RELATIONAL = ("has", "any")


@dataclass(frozen=True)
class All:
    nodes: tuple["Node", ...]


@dataclass(frozen=True)
class Any_:
    nodes: tuple["Node", ...]


@dataclass(frozen=True)
class Compare:
    """column `operator` value; for in and not_in a list, in which None stands for a null that was given."""

    column: Column
    operator: str
    value: Any


@dataclass(frozen=True)
class CompareColumns:
    column: Column
    operator: str
    other: Column


@dataclass(frozen=True)
class Related:
    """Some related row (to-one: the one) meets the condition; `negated`: there is none."""

    relation: Relation
    node: "Node | None"
    negated: bool = False


Node = All | Any_ | Compare | CompareColumns | Related


class Parser:
    """One use a query: counts nodes over all of its filters."""

    def __init__(self) -> None:
        self.count = 0

    def filters(self, model: type[Row], given: Any) -> All:
        if given == {}:
            return All(())
        if not isinstance(given, list):
            raise BadQuery(f"filters: {shown(given)}: must be a list of filter objects")
        return All(tuple(self.node(model, item, hops=0, depth=1) for item in given))

    def node(self, model: type[Row], given: Any, *, hops: int, depth: int) -> Node:
        self.count += 1
        if self.count > MOST_NODES:
            raise BadQuery(f"more than {MOST_NODES} conditions")
        if depth > MOST_DEPTH:
            raise BadQuery(f"nested deeper than {MOST_DEPTH}")
        if not isinstance(given, dict):
            raise BadQuery(f"{shown(given)}: a filter must be an object")
        for word, kind in (("or", Any_), ("and", All)):
            if word in given:
                return kind(self._formula(model, word, given[word], hops, depth))
        return self._condition(model, given, hops, depth)

    def _formula(self, model: type[Row], word: str, given: Any, hops: int, depth: int) -> tuple[Node, ...]:
        if not isinstance(given, list):
            raise BadQuery(f"{word}: {shown(given)}: must be a list of filter objects")
        return tuple(self.node(model, item, hops=hops, depth=depth + 1) for item in given)

    def _condition(self, model: type[Row], given: Mapping[str, Any], hops: int, depth: int) -> Node:
        name, word = given.get("name"), given.get("op")
        if not isinstance(name, str) or not name:
            raise BadQuery(f"{shown(dict(given))}: a filter needs a name")
        operator = OPERATORS.get(word) if isinstance(word, str) else None
        if operator is None:
            raise BadQuery(f"{name[:60]}: {shown(word)}: no such operator")
        relation, column = resolve(model, name, relational=operator in RELATIONAL)
        if relation is not None:
            return self._related(relation, column, operator, given, hops, depth)
        assert column is not None
        return _on_column(model, column, operator, given)

    def _related(
        self, relation: Relation, column: Column | None, operator: str, given: Mapping[str, Any], hops: int, depth: int
    ) -> Node:
        if hops + 1 > MOST_HOPS:
            raise BadQuery(f"{relation.name}: more than {MOST_HOPS} relations after one another")
        if operator in NULLS:
            return Related(relation, None, negated=operator == "is_null")
        if operator not in RELATIONAL:
            if column is None:
                raise BadQuery(f"{relation.name}: a relation is asked with has, any, is_null or is_not_null")
            return Related(relation, _on_column(relation.model, column, operator, given))
        if (operator == "any") != relation.to_many:
            right = "any" if relation.to_many else "has"
            raise BadQuery(f"{relation.name}: this relation is asked with {right}")
        value = given.get("val")
        if isinstance(value, dict) and value:
            return Related(relation, self.node(relation.model, value, hops=hops + 1, depth=depth + 1))
        if column is None or value is None or isinstance(value, dict | list):
            raise BadQuery(f"{relation.name}: val: {shown(value)}: must be a filter object")
        return Related(relation, Compare(column, "eq", values.take(column, value)))


def resolve(model: type[Row], name: str, *, relational: bool = False) -> tuple[Relation | None, Column | None]:
    """(relation, column) that a name means: a column, a relation, or `relation__column`. Raises BadQuery.

    `relational`: has and any look for a relation first, since a key such as `software_lock` names both.
    """
    relations = relations_of(model)
    if relational and name in relations:
        return relations[name], None
    column = column_of(model, name)
    if column is not None:
        return None, column
    if name in relations:
        return relations[name], None
    first, _, rest = name.partition("__")
    if rest and first in relations:
        inner = column_of(relations[first].model, rest)
        if inner is not None:
            return relations[first], inner
    raise BadQuery(f"{name[:60]}: no such column or relation")


def column_of(model: type[Row], name: str) -> Column | None:
    """A column that may be asked about; a secret one is as unknown as one that does not exist."""
    column = columns_of(model).get(name)
    return None if column is None or column.secret else column


def _on_column(model: type[Row], column: Column, operator: str, given: Mapping[str, Any]) -> Node:
    kind = values.kind_of(column)
    if operator in NULLS:
        return Compare(column, operator, None)
    if operator in RELATIONAL:
        raise BadQuery(f"{column.name}: {operator} is for relations; this is a column")
    if kind == values.OPAQUE:
        raise BadQuery(f"{column.name}: its values can't be compared")
    if kind == values.BOOLEAN and operator in ORDERED:
        raise BadQuery(f"{column.name}: {operator} is not for true and false")
    other = given.get("field") or given.get("fieldname")
    if other:
        return _columns(model, column, operator, other)
    value = given.get("val")
    if value is None:
        raise BadQuery(f"{column.name}: {operator} needs a val")
    if operator in PATTERNS:
        return Compare(column, operator, values.pattern(column, value))
    if operator not in LISTS:
        return Compare(column, operator, values.take(column, value))
    if isinstance(value, str | dict):
        value = list(value)  # its characters, or its keys
    if not isinstance(value, list):
        raise BadQuery(f"{column.name}: {shown(value)}: {operator} needs a list")
    if len(value) > MOST_VALUES:
        raise BadQuery(f"{column.name}: more than {MOST_VALUES} values")
    return Compare(column, operator, [None if item is None else values.take(column, item) for item in value])


def _columns(model: type[Row], column: Column, operator: str, name: Any) -> Node:
    other = column_of(model, name) if isinstance(name, str) else None
    if other is None:
        raise BadQuery(f"{shown(name)}: no such column")
    if operator in LISTS:
        raise BadQuery(f"{column.name}: {operator} needs a list, not a field")
    kinds = {values.kind_of(column), values.kind_of(other)}
    if len(kinds) > 1 and kinds != {values.MOMENT, values.DAY}:
        raise BadQuery(f"{column.name} and {other.name} can't be compared")
    if operator in PATTERNS and kinds != {values.TEXT}:
        raise BadQuery(f"{column.name}: like and ilike are for texts")
    if values.OPAQUE in kinds:
        raise BadQuery(f"{other.name}: its values can't be compared")
    return CompareColumns(column, operator, other)
