"""Orders to the parts of units: which of them is said by its kind for many units, by itself for one."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.actors import Actor
from apps.core.refusals import Invalid, refuse_if
from apps.core.telling import join, step, tell
from apps.parts.models import PartTypeCategory
from apps.products.bulk import OnUnits, Standing
from apps.products.bulk_orders import ParameterForm
from apps.products.models import ParameterType, Product
from apps.products.not_after import NAME
from apps.repairs import actions, queries


class SetPartParameter(OnUnits):
    title, icon, level = _("Order a parameter's value for a part"), "memory", actions.set_part_parameter.level  # type: ignore[assignment]

    def form(self, *, by: Actor, data: Any = None) -> forms.Form:
        return PartParameterForm(data)

    def narrow(self, form: Any, unit: Product) -> None:
        parts = [(row.part_id, str(row.part.called)) for row in _fitted(unit)]
        form.fields["part"] = forms.ChoiceField(label=_("Part"), choices=[("", "–"), *parts] if parts else [])

    def params(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        part = cleaned["part"]
        which = {"category": part.pk} if isinstance(part, PartTypeCategory) else {"part": int(part)}
        return {**which, "parameter": cleaned["parameter"].pk, "value": cleaned["value"]}

    def told(self, params: Mapping[str, Any]) -> str:
        kind = ParameterType.objects.filter(pk=params["parameter"]).first()
        category = PartTypeCategory.objects.filter(pk=params.get("category", 0)).first()
        where = f"{category.name}: " if category else ""
        return f"{where}{kind.name if kind else params['parameter']} = {params['value']}"

    def done(self, told: str) -> Any:
        return _("Ordered; pending until the unit confirms it.")

    def rests(self, unit: Product, params: Mapping[str, Any], by: Actor) -> dict[Any, Standing]:
        held = [f"{row.part.called}: {_value(row.part_id, params['parameter'])}" for row in _meant(unit, params)]
        return {**super().rests(unit, params, by), _("Value"): Standing("; ".join(held), "; ".join(held))}

    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        kind = ParameterType.objects.filter(pk=params["parameter"]).first()
        if kind is None:
            raise Invalid({"parameter": "points to no row that exists"})
        meant = _meant(unit, params)
        refuse_if(not meant, "part", "is not in this unit")
        told: list[Any] = []
        for row in meant:
            before = _value(row.part_id, kind.pk)
            order = actions.set_part_parameter(unit, part_id=row.part_id, kind=kind, value=params["value"], by=by)
            if order is not None:
                change = step(f"{kind.name} = {before}", order.value)
                told.append(tell("%(what)s: %(change)s", what=row.part.called, change=change))
        return join(told, "; ") if told else None


class PartParameterForm(ParameterForm):
    headings: ClassVar[Any] = {**ParameterForm.headings, "part": _("Part")}

    part = forms.ModelChoiceField(label=_("Part"), queryset=PartTypeCategory.objects.none())

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        del self.fields[NAME]  # a part may lie on a shelf for as long as it likes
        self.order_fields(["part"])
        box: Any = self.fields["part"]
        box.queryset = PartTypeCategory.objects.order_by("name")
        box.label_from_instance = lambda category: category.name


def _fitted(unit: Product) -> Any:
    return queries.fitted(unit).select_related("part__part_type").order_by("part__part_type__name", "pk")


def _meant(unit: Product, params: Mapping[str, Any]) -> list[Any]:
    if "part" in params:
        return list(_fitted(unit).filter(part=params["part"]))
    return list(_fitted(unit).filter(part__part_type__part_type_category=params["category"]))


def _value(part_id: int, kind: int) -> str:
    held = queries.part_parameter(part_id, kind)
    return held.value if held is not None else "–"
