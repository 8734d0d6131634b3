"""The unit's story beside its step: what was here before, what is wrong now, what sits in it."""

from dataclasses import dataclass
from typing import Any

from apps.console.bench import words
from apps.console.given import Given
from apps.console.presenters import trace_of
from apps.parts.models import Part
from apps.products.models import Product
from apps.repairs import repeats
from apps.repairs.models import Repair
from apps.repairs.queries import fitted
from apps.workflows import queries
from apps.workflows.definition.shape import Definition
from apps.workflows.steps import inputs_of


@dataclass(frozen=True)
class Told:
    """An earlier repair in words; `intake`: (label, value) of what was said of it when it came in."""

    past: repeats.Past
    outcome: str
    intake: list[tuple[str, str]]


def of(product: Product, repair: Repair | None, reader: Any) -> dict[str, Any]:
    past = past_of(product, repair)
    back = repeats.back_of([one.past for one in past], came=repair.created_at.date() if repair else None)
    alerts = product.alerts.filter(dismissed_at=None).select_related("alert_type").order_by("-start_time", "-pk")
    return {
        "past": past, "back": back,
        "alerts": list(alerts[:20]), "trace": trace_of(product), "tree": tree_of(product),
    }  # fmt: skip


def past_of(product: Product, before: Repair | None) -> list[Told]:
    found = repeats.earlier(product, language=words.spoken(), before=before)
    known = queries.definitions_of([one.repair for one in found])
    return [
        Told(one, words.outcome_called(one.repair.outcome), _intake(one.repair, known.get(one.repair.pk)))
        for one in found
    ]


def _intake(repair: Repair, definition: Definition | None) -> list[tuple[str, str]]:
    """What was chosen in the first step: in which condition it came."""
    if definition is None:
        return []
    given = inputs_of(repair)
    fixed = {spec.ident for spec in definition.states[definition.start].inputs if spec.options is not None}
    chosen = {name: value for name, value in given.items() if name in fixed}
    return Given(definition, [], language=words.spoken()).of(definition.start, chosen)


def tree_of(product: Product) -> list[tuple[str, list[Part]]]:
    """What sits in the unit, by category."""
    rows = fitted(product).select_related("part__part_type__part_type_category")
    rows = rows.order_by("part__part_type__part_type_category__name", "part__part_type__name", "pk")
    found: dict[str, list[Part]] = {}
    for row in rows:
        found.setdefault(row.part.part_type.part_type_category.name, []).append(row.part)
    return list(found.items())
