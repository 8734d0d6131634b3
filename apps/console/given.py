"""What was given in the steps of a repair, in words: the bench, the sheet and a unit's earlier repairs say it alike."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Model
from django.utils.formats import number_format

from apps.alerts.models import Alert
from apps.parts.models import PartType
from apps.repairs.models import ActionType, SymptomType
from apps.workflows.definition.shape import Definition, Input

# The table that a selection's values are rows of, by its `options_from`.
_TABLES: dict[str, type[Model]] = {
    "symptoms": SymptomType, "actions": ActionType, "replacement_part_types": PartType,
    "fitted_part_types": PartType, "open_alerts": Alert,
}  # fmt: skip


class Given:
    """The (label, value) pairs of many steps, given as (state, payload); values that are rows of tables are looked up
    at once, a query a table. What is gone from its table is said by its number."""

    def __init__(
        self, definition: Definition | None, payloads: Iterable[tuple[str | None, Any]], *, language: str
    ) -> None:
        self.definition, self.language = definition, language
        keys: dict[str, set[int]] = {}
        for state, payload in payloads:
            for spec, value in self._specs(state, payload):
                if spec.options_from:
                    keys.setdefault(spec.options_from, set()).update(one for one in _listed(value) if type(one) is int)
        self._rows = {name: self._called(_TABLES[name], wanted) for name, wanted in keys.items()}

    def of(self, state: str | None, payload: Any) -> list[tuple[str, str]]:
        given = self._specs(state, payload)
        return [(spec.label.said(self.language), self._said(spec, value)) for spec, value in given]

    def _specs(self, state: str | None, payload: Any) -> list[tuple[Input, Any]]:
        at = self.definition.states.get(state or "") if self.definition else None
        if at is None or not isinstance(payload, dict):
            return []
        return [(spec, payload[spec.ident]) for spec in at.inputs if payload.get(spec.ident) is not None]

    def _said(self, spec: Input, value: Any) -> str:
        names: dict[Any, str] = {one.value: one.label.said(self.language) for one in spec.options or ()}
        names |= self._rows.get(spec.options_from or "", {})
        text = ", ".join(names.get(one) or _plain(one) for one in _listed(value))
        return f"{text} {spec.unit}" if spec.unit else text

    def _called(self, model: type[Model], keys: set[int]) -> dict[Any, str]:
        rows: Any = model._default_manager.filter(pk__in=keys)
        if model is Alert:
            return {row.pk: row.alert_type.label for row in rows.select_related("alert_type")}
        if model is PartType:
            return {row.pk: row.name for row in rows}
        return {row.pk: row.said(self.language) for row in rows}


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _plain(value: Any) -> str:
    """Numbers as the reader writes them: 9,2 in French."""
    return number_format(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
