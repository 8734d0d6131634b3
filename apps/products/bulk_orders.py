"""Orders to many units that a unit confirms itself: software and parameters."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.actors import Actor
from apps.core.refusal_words import translated
from apps.core.refusals import Invalid
from apps.core.telling import step, tell
from apps.products import actions, not_after, parameters, queries
from apps.products.bulk import OnUnits, Standing
from apps.products.models import ParameterType, Product, ProductParameter, SoftwareVersionType


class UpdateSoftware(OnUnits):
    title, icon, level = _("Order a software version"), "system_update", actions.update_software.level  # type: ignore[assignment]

    def form(self, *, by: Actor, data: Any = None) -> forms.Form:
        return SoftwareForm(data)

    def params(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        return {"software": cleaned["software"].pk, **not_after.as_param(cleaned)}

    def told(self, params: Mapping[str, Any]) -> str:
        return not_after.in_words(params, _version(params["software"]))

    def stands(self, unit: Product, by: Actor) -> Standing:
        wanted = _wanted(unit)
        return Standing(wanted, wanted)

    def rests(self, unit: Product, params: Mapping[str, Any], by: Actor) -> dict[Any, Standing]:
        return {**super().rests(unit, params, by), _("Lock"): _lock(unit), _("Software"): self.stands(unit, by)}

    def narrow(self, form: Any, unit: Product) -> None:
        allowed = unit.product_type.product_type_software_version_type_linker.values("software_version_type")
        box = form.fields["software"]
        box.queryset = box.queryset.filter(pk__in=allowed).exclude(name=_wanted(unit))

    def done(self, told: str) -> Any:
        return _("Ordered; pending until the unit confirms it.")

    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        before = _wanted(unit)
        held = _until(unit)
        self.order(unit, params, by)
        after = _wanted(Product.objects.get(pk=unit.pk))
        if before == after:
            return None if held == _until(unit) else tell("%(order)s holds longer", order=after)
        return step(before, after)

    def order(self, unit: Product, params: Mapping[str, Any], by: Actor) -> None:
        actions.update_software(unit, software=params["software"], valid_until=not_after.of_params(params), by=by)


class LockSoftware(UpdateSoftware):
    title, icon, level = _("Order and lock a software version"), "lock_clock", actions.lock_software.level

    def form(self, *, by: Actor, data: Any = None) -> forms.Form:
        form = super().form(by=by, data=data)
        del form.fields[not_after.NAME]  # the lock holds for good
        return form

    def order(self, unit: Product, params: Mapping[str, Any], by: Actor) -> None:
        actions.lock_software(unit, software=params["software"], by=by)

    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        held = unit.software_lock
        told = super().act(unit, params, by)
        if held is not None and held.pk == params["software"]:
            return told
        return tell("locked to %(name)s", name=_version(params["software"]))


class UnlockSoftware(OnUnits):
    title, icon, level = _("Unlock the software"), "lock_open", actions.lock_software.level  # type: ignore[assignment]

    def rests(self, unit: Product, params: Mapping[str, Any], by: Actor) -> dict[Any, Standing]:
        return {**super().rests(unit, params, by), _("Lock"): _lock(unit)}

    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        held = unit.software_lock
        actions.lock_software(unit, software=None, by=by)
        return None if held is None else tell("was locked to %(name)s", name=held.name)


class ExpireSoftware(OnUnits):
    title, icon, level = _("Withdraw software orders"), "update_disabled", actions.expire_software_updates.level  # type: ignore[assignment]

    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        before = _wanted(unit)
        return step(before, _wanted(unit)) if actions.expire_software_updates(unit, by=by) else None


class SetParameter(OnUnits):
    title, icon, level = _("Order a parameter's value"), "tune", actions.set_parameter.level  # type: ignore[assignment]

    def form(self, *, by: Actor, data: Any = None) -> forms.Form:
        return ParameterForm(data)

    def params(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        return {"parameter": cleaned["parameter"].pk, "value": cleaned["value"], **not_after.as_param(cleaned)}

    def told(self, params: Mapping[str, Any]) -> str:
        kind = ParameterType.objects.filter(pk=params["parameter"]).first()
        return not_after.in_words(params, f"{kind.name if kind else params['parameter']} = {params['value']}")

    def done(self, told: str) -> Any:
        return _("Ordered; pending until the unit confirms it.")

    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        kind = ParameterType.objects.filter(pk=params["parameter"]).first()
        if kind is None:
            raise Invalid({"parameter": "points to no row that exists"})
        before = _value(unit, kind.pk)
        until = not_after.of_params(params)
        row = actions.set_parameter(unit, kind=kind, value=params["value"], valid_until=until, by=by)
        if row is not None and before == row.value:
            return tell("%(order)s holds longer", order=f"{kind.name} = {row.value}")
        return None if row is None else step(f"{kind.name} = {before}", row.value)

    def rests(self, unit: Product, params: Mapping[str, Any], by: Actor) -> dict[Any, Standing]:
        value = _value(unit, params["parameter"])
        return {**super().rests(unit, params, by), _("Value"): Standing(value, value)}


class SoftwareForm(not_after.NotAfterForm):
    headings: ClassVar[Any] = {"software": _("Software")}

    software = forms.ModelChoiceField(label=_("Software version"), queryset=SoftwareVersionType.objects.none())

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        box: Any = self.fields["software"]
        box.queryset = SoftwareVersionType.objects.exclude(status="bad").order_by("name")
        box.label_from_instance = lambda version: version.name


class ParameterForm(not_after.NotAfterForm):
    headings: ClassVar[Any] = {"parameter": _("Parameter"), "value": _("Value")}

    parameter = forms.ModelChoiceField(label=_("Parameter"), queryset=ParameterType.objects.none())
    value = forms.CharField(label=_("Value"), max_length=1000)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        box: Any = self.fields["parameter"]
        box.queryset = ParameterType.objects.order_by("name")
        box.label_from_instance = lambda kind: f"{kind.name} ({kind.units})" if kind.units else kind.name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "parameter" in cleaned and "value" in cleaned:
            try:
                parameters.check(cleaned["parameter"], cleaned["value"])
            except Invalid as refused:
                self.add_error("value", translated(refused.errors["value"]))
        return cleaned


def _lock(unit: Product) -> Standing:
    name = unit.software_lock.name if unit.software_lock else "–"
    return Standing(name, name)


def _until(unit: Product) -> Any:
    return queries.software_ordered(unit).order_by("-pk").values_list("valid_until", flat=True).first()


def _version(key: int) -> str:
    return str(SoftwareVersionType.objects.filter(pk=key).values_list("name", flat=True).first() or key)


def _value(unit: Product, kind: int) -> str:
    """What is ordered of this parameter, else what holds."""
    held = ProductParameter.objects.filter(product=unit, parameter_type=kind, status__in=("active", "pending"))
    return str(held.order_by("-status", "-pk").values_list("value", flat=True).first() or "–")


def _wanted(unit: Product) -> str:
    """What is ordered, else what runs."""
    ordered = queries.software_ordered(unit).order_by("-pk").values_list("software_version_type__name", flat=True)
    return str(ordered.first() or unit.reported_software or "–")
