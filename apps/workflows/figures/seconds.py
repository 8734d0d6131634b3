"""How long: seconds between two times, and of many durations the middle and the worst, worked out by the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import FloatField, Func

# The rows of each group in order: of an odd number the one in the middle, of an even one both, and the last.
_SPREAD = """
WITH given(grp, item, repair, total) AS ({inner}),
placed AS (
  SELECT grp, item, repair, total, COUNT(*) OVER (PARTITION BY grp, item) AS many,
    ROW_NUMBER() OVER (PARTITION BY grp, item ORDER BY total, repair) AS place
  FROM given
)
SELECT grp, item, repair, total, many, place FROM placed
WHERE place = many OR place = (many + 1) / 2 OR place = (many + 2) / 2
ORDER BY grp, item, place
"""


class Seconds(Func):
    """Seconds(later, earlier)."""

    arity = 2
    output_field = FloatField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template, joiner = "((julianday(%(expressions)s)) * 86400.0)", ") - julianday("
        return self.as_sql(compiler, connection, template=template, arg_joiner=joiner, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "EXTRACT(EPOCH FROM (%(expressions)s))::double precision"
        return self.as_sql(compiler, connection, template=template, arg_joiner=" - ", **context)


@dataclass(frozen=True)
class Spread:
    """`worst_repair`: the one that took longest."""

    many: int
    median: float
    worst: float
    worst_repair: int


def spreads(rows: Any) -> dict[tuple[str | None, str | None], Spread]:
    """Of rows of (group, item, repair, seconds), one query: {(group, item): how long}."""
    inner, params = rows.query.get_compiler(connection=connection).as_sql()
    found: dict[tuple[str | None, str | None], list[tuple[int, float, int, int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SPREAD.format(inner=inner), params)
        for group, item, repair, total, many, place in cursor.fetchall():
            found.setdefault((group, item), []).append((repair, float(total), many, place))
    return {key: _spread(places) for key, places in found.items()}


def _spread(places: list[tuple[int, float, int, int]]) -> Spread:
    repair, worst, many, _ = places[-1]
    middle = list(_middle(places, many))
    return Spread(many, sum(middle) / len(middle), worst, repair)


def _middle(places: list[tuple[int, float, int, int]], many: int) -> Iterator[float]:
    for _, total, _, place in places:
        if place in ((many + 1) // 2, (many + 2) // 2):
            yield total
