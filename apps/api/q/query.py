"""The whole of `q`: read from the query string, applied to the rows in scope."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, Max, Min, OrderBy, OuterRef, Q, QuerySet, Subquery

from apps.api.parsers import MAX_DEPTH, Undecodable
from apps.api.q import tree, values
from apps.api.q.build import condition
from apps.api.q.errors import BadQuery, shown
from apps.api.q.relations import Relation
from apps.core.actors import Actor
from apps.core.columns import Column
from apps.core.tables import Table

LONGEST = 50_000
FAR = 2**62
Place = tuple[Relation | None, Column]


@dataclass(frozen=True)
class Query:
    filters: tree.All
    order_by: tuple[tuple[Place, bool], ...] = ()  # (place, descending)
    group_by: tuple[Place, ...] = ()
    limit: int | None = None
    offset: int = 0
    single: bool = False


EMPTY = Query(tree.All(()))


def read(table: Table, text: str | None) -> Query:
    """The checked query of a `q` parameter; None: an empty one. Raises Undecodable and BadQuery."""
    if text is None:
        return EMPTY
    if len(text) > LONGEST:
        raise BadQuery(f"longer than {LONGEST} characters")
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise Undecodable("q is no JSON") from None
    if _depth(given) > MAX_DEPTH:
        raise BadQuery(f"nested deeper than {MAX_DEPTH}")
    try:
        json.dumps(given, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise BadQuery("holds half a character (a lone surrogate)") from None
    if not isinstance(given, dict):
        raise BadQuery(f"{shown(given)}: q must be an object")
    filters = tree.All(())
    if "filters" in given:
        filters = tree.Parser().filters(table.model, given["filters"])
    groups = tuple(_place(table, _keys(item, "group_by", {"field"})) for item in _list(given, "group_by"))
    if sum(1 for relation, _column in groups if relation and relation.to_many) > 1:
        raise BadQuery("group_by: more than one field of a to-many relation")
    return Query(
        filters,
        tuple(_order(table, item) for item in _list(given, "order_by")),
        groups,
        _count(given, "limit") or None,
        _count(given, "offset"),
        bool(given.get("single")),
    )


def apply(query: Query, rows: QuerySet, table: Table, by: Actor) -> QuerySet:
    """Filtered and grouped rows, unordered; each row stands once."""
    rows = rows.filter(condition(query.filters, by))
    if not query.group_by:
        return rows
    many = [place for place in query.group_by if place[0] and place[0].to_many]
    plain = [place for place in query.group_by if place not in many]
    if not many:
        firsts = Q(**_first_of(rows, plain, table, by))
    else:
        ((relation, column),) = many
        assert relation is not None
        theirs: Any = relation.model.objects.visible_to(by)
        valued = theirs.filter(relation.linked(), **{f"{column.attname}__isnull": False})
        # Rows with a value there, by the value; the others are one group more.
        lone = rows.filter(~Exists(valued) | Exists(theirs.filter(relation.linked(), **{column.attname: None})))
        firsts = _first_of_related(rows, relation, column, plain, table, by) | Q(**_first_of(lone, plain, table, by))
    return table.model._base_manager.filter(firsts)


def _first_of(rows: QuerySet, places: Sequence[Place], table: Table, by: Actor) -> dict[str, Any]:
    """The smallest key of each group of rows, as a condition."""
    key = table.key.field.name
    names = []
    for number, place in enumerate(places):
        rows = rows.annotate(**{f"group_{number}": _value(place, by, Min)})
        names.append(f"group_{number}")
    if not names:
        return {f"{key}__in": rows.order_by(key).values(key)[:1]}
    return {f"{key}__in": rows.order_by().values(*names).annotate(first_of_group=Min(key)).values("first_of_group")}


def _first_of_related(
    rows: QuerySet, relation: Relation, column: Column, places: Sequence[Place], table: Table, by: Actor
) -> Q:
    """The same where a row belongs to as many groups as it has different values there; it stands once all the same."""
    theirs: Any = relation.model.objects.visible_to(by)
    theirs = theirs.filter(**{f"{relation.far}__in": rows.values(relation.near), f"{column.attname}__isnull": False})
    names = [column.attname]
    for number, place in enumerate(places):
        ours = rows.filter(**{relation.near: OuterRef(relation.far)}).order_by()
        value = ours.annotate(of_group=_value(place, by, Min)).values("of_group")[:1]
        theirs = theirs.annotate(**{f"group_{number}": Subquery(value)})
        names.append(f"group_{number}")
    firsts = theirs.order_by().values(*names).annotate(first_of_group=Min(relation.far)).values("first_of_group")
    return Q(**{f"{relation.near}__in": firsts})


def ordered(query: Query, rows: QuerySet, table: Table, by: Actor) -> QuerySet:
    """NULLs last ascending, first descending; rows without a related row last; the key breaks ties."""
    orders: list[OrderBy] = []
    for number, (place, descending) in enumerate(query.order_by):
        relation, _column = place
        name = f"order_{number}"
        rows = rows.annotate(**{name: _value(place, by, Max if descending else Min)})
        if descending:
            nulls = {"nulls_last": True} if relation else {"nulls_first": True}
            orders.append(F(name).desc(**nulls))
        else:
            orders.append(F(name).asc(nulls_last=True))
    return rows.order_by(*orders, F(table.key.field.name).asc())


def window(query: Query, matches: int) -> tuple[int, int]:
    """(first, number) of the result set within the matches."""
    number = max(0, matches - query.offset)
    if query.limit is not None:
        number = min(number, query.limit)
    return min(query.offset, matches), number


def _value(place: Place, by: Actor, extreme: Any) -> Any:
    relation, column = place
    if relation is None:
        return F(column.attname)
    rows: Any = relation.model.objects.visible_to(by).filter(relation.linked()).order_by()
    if relation.to_many:
        rows = rows.values(relation.far).annotate(extreme=extreme(column.attname)).values("extreme")
    else:
        rows = rows.values(column.attname)
    return Subquery(rows[:1])


def _order(table: Table, item: Any) -> tuple[Place, bool]:
    given = _keys(item, "order_by", {"field", "direction"})
    direction = given.get("direction", "asc")
    if direction not in ("asc", "desc"):
        raise BadQuery(f"order_by: direction: {shown(direction)}: must be asc or desc")
    return _place(table, given), direction == "desc"


def _place(table: Table, given: Mapping[str, Any]) -> Place:
    name = given.get("field")
    if not isinstance(name, str):
        raise BadQuery(f"{shown(name)}: a field must be a text")
    relation, column = tree.resolve(table.model, name)
    if column is None:
        raise BadQuery(f"{name[:60]}: names a relation; add __ and a column of it")
    kind = values.kind_of(column)
    if kind == values.OPAQUE or (relation and relation.to_many and kind == values.BOOLEAN):
        raise BadQuery(f"{name[:60]}: its values can't be compared")
    return relation, column


def _list(given: Mapping[str, Any], name: str) -> list[Any]:
    if name not in given:
        return []
    items = given[name]
    if not isinstance(items, list):
        raise BadQuery(f"{name}: {shown(items)}: must be a list of objects")
    if len(items) > MAX_DEPTH:
        raise BadQuery(f"{name}: more than {MAX_DEPTH} fields")
    return items


def _keys(item: Any, name: str, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(item, dict) or not set(item) <= known:
        raise BadQuery(f"{name}: {shown(item)}: must be an object with {' and '.join(sorted(known))}")
    return item


def _count(given: Mapping[str, Any], name: str) -> int:
    value = given.get(name)
    if value in (None, 0, [], {}, ""):
        return 0
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise BadQuery(f"{name}: {shown(value)}: must be a positive whole number") from None
    if number < 0:
        raise BadQuery(f"{name}: {shown(value)}: must be a positive whole number")
    return min(number, FAR)


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            break
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
    return depth
