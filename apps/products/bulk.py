"""The acts on many units: each one unit at a time, by the action that every other door calls too."""

import abc
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Entity
from apps.core.actors import Actor
from apps.core.refusals import Invalid, refuse_if
from apps.core.rows import create_row
from apps.core.telling import step, tell
from apps.jobs.kinds import Kind, Pulse
from apps.jobs.models import Job
from apps.products import actions, listed, queries
from apps.products.models import EnableState, Product, ProductNote
from apps.products.states import NAMES, NON_EXISTANT
from apps.products.tables import NOTES
from apps.products.words import LABELS, STATES


class OnUnits(Kind, abc.ABC):
    """The key is the IMEI, or what somebody's list calls the unit; a payload holds the details that its line gives."""

    def read(self, job: Job, pulse: Pulse) -> Iterator[tuple[str, Any]]:
        content = b"".join(file.content for file in job.files.order_by("pk"))
        return listed.units_of(content, self.form(by=job.owner), pulse)

    def asks(self, job: Job) -> bool:
        return super().asks(job) and job.items.filter(sealed__isnull=True).exists()

    def apply(self, key: str, payload: Any, params: Mapping[str, Any], *, by: Actor) -> str | None:
        if payload is not None and "refused" in payload:
            raise Invalid({"unit": payload["refused"]})
        unit = queries.named(key, by=by, lock=True)
        if payload is not None:
            form: Any = self.form(by=by, data=listed.as_typed(payload, self.form(by=by)))
            params = self.params(listed.cleaned(form, payload))
        told = self.act(unit, params, by)
        # Whoever wrote another number sees which unit was understood.
        return (
            told
            if told is None or key == unit.product_imei
            else tell("%(name)s: %(text)s", name=unit.product_imei, text=told)
        )

    def stands(self, unit: Product, by: Actor) -> str:
        """What the act would replace, in words; empty where it replaces nothing that somebody may have changed."""
        return ""

    @abc.abstractmethod
    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        """Do it to this unit, whose row is ours; the words for what changed, or None where it was so already."""


class Switching(OnUnits):
    order: ClassVar[Any]
    latest = "latest_enable_history"

    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        before = getattr(unit, self.latest)
        after = getattr(type(self).order(unit, by=by), self.latest)
        if (after and after.pk) == (before and before.pk):
            return None
        return step(_switched(before), _switched(after))


class Enable(Switching):
    title, icon, level = _("Switch units on"), "lightbulb", actions.enable_product.level  # type: ignore[assignment]
    order = actions.enable_product


class Disable(Switching):
    title, icon, level = _("Switch units off"), "power_settings_new", actions.disable_product.level  # type: ignore[assignment]
    order = actions.disable_product


class EnableTamper(Switching):
    title, icon, level = _("Switch tamper switches on"), "lock", actions.enable_tamper_switch.level  # type: ignore[assignment]
    order, latest = actions.enable_tamper_switch, "latest_tamper_enable_history"


class DisableTamper(Switching):
    title, icon, level = _("Switch tamper switches off"), "lock_open", actions.disable_tamper_switch.level  # type: ignore[assignment]
    order, latest = actions.disable_tamper_switch, "latest_tamper_enable_history"


class ChangeState(OnUnits):
    title, icon, level = _("Change the state of units"), "swap_horiz", actions.change_state.level  # type: ignore[assignment]

    def form(self, *, by: Actor, data: Any = None) -> forms.Form:
        return StateForm(data)

    def params(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        return {"new_state": int(cleaned["new_state"])}

    def stands(self, unit: Product, by: Actor) -> str:
        return str(STATES[_state(unit)])

    def told(self, params: Mapping[str, Any]) -> str:
        return str(STATES.get(params["new_state"], params["new_state"]))

    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        new = params["new_state"]
        before = _state(unit)
        if before == new:
            return None
        try:
            actions.change_state(unit, new_state=new, by=by)
        except Invalid as refused:
            if "state_transition" in refused.errors:  # the API's words name states by number
                words = {"from": STATES[before], "to": STATES[new]}
                raise Invalid({"state_transition": tell("may not go from “%(from)s” to “%(to)s”", **words)}) from None
            raise
        return step(STATES[before], STATES[new])


class ChangeEntity(OnUnits):
    title, icon, level = _("Move units to another entity"), "domain", actions.change_entity.level  # type: ignore[assignment]

    def form(self, *, by: Actor, data: Any = None) -> forms.Form:
        return MoveForm(data, by=by)

    def params(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        old, new = cleaned.get("old_entity"), cleaned["new_entity"]  # not asked of a unit that has only one
        return {"old": old and old.pk, "new": new.pk}

    def stands(self, unit: Product, by: Actor) -> str:
        return ", ".join(queries.entity_names(unit, by=by))

    def told(self, params: Mapping[str, Any]) -> str:
        old = _entity(params["old"]) if params["old"] else tell("its only entity")
        return step(old, _entity(params["new"]))

    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        held = queries.entity_ids(unit)
        if held == [params["new"]]:
            return None
        refuse_if(
            params["old"] is None and len(held) > 1,
            "entity", tell("belongs to several entities; say which one it leaves"),
        )  # fmt: skip
        before = self.stands(unit, by)
        old = params["old"] or held[0]
        actions.change_entity(unit, old_entity_id=old, new_entity_id=params["new"], by=by)
        return step(before, self.stands(unit, by))


class AddEntity(OnUnits):
    title, icon, level = _("Give units a further entity"), "domain_add", actions.assign_entity.level  # type: ignore[assignment]

    def form(self, *, by: Actor, data: Any = None) -> forms.Form:
        return EntityForm(data, by=by)

    def params(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        return {"new": cleaned["new_entity"].pk}

    def told(self, params: Mapping[str, Any]) -> str:
        return _entity(params["new"])

    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        held, before = queries.entity_ids(unit), queries.entity_names(unit, by=by)
        actions.assign_entity(unit, entity_id=params["new"], by=by)
        if queries.entity_ids(unit) == held:
            return None
        return step(", ".join(before), ", ".join(queries.entity_names(unit, by=by)))


class AddNote(OnUnits):
    title, icon, level = _("Add a note to units"), "note_add", NOTES.create  # type: ignore[assignment]

    def form(self, *, by: Actor, data: Any = None) -> forms.Form:
        return NoteForm(data)

    def told(self, params: Mapping[str, Any]) -> str:
        return str(params["note_text"])

    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        text = params["note_text"]
        # A note that stands there in the same words need not stand there twice: the job may be repeated.
        if ProductNote.objects.filter(product=unit, note_text=text, created_by=by.name_for_record).exists():
            return None
        create_row(NOTES, {"product_imei": unit.product_imei, "note_text": text}, by=by)
        return text


class StateForm(forms.Form):
    headings: ClassVar[Any] = {"new_state": _("State")}
    also_called: ClassVar[Any] = {"new_state": NAMES}

    new_state = forms.ChoiceField(
        label=_("New state"), choices=lambda: [(key, name) for key, name in STATES.items() if key != NON_EXISTANT]
    )


class EntityForm(forms.Form):
    headings: ClassVar[Any] = {"new_entity": _("Entity")}

    new_entity = forms.ModelChoiceField(label=_("New entity"), queryset=Entity.objects.none())

    def __init__(self, data: Any = None, *, by: Actor) -> None:
        super().__init__(data)
        for field in self.fields.values():
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = Entity.objects.visible_to(by).order_by("name")
                field.label_from_instance = lambda entity: entity.name  # type: ignore


class MoveForm(EntityForm):
    old_entity = forms.ModelChoiceField(
        label=_("Entity they leave"), queryset=Entity.objects.none(), required=False,
        help_text=_("Needed only for units that belong to several."),
    )  # fmt: skip
    field_order = ("old_entity", "new_entity")


class NoteForm(forms.Form):
    note_text = forms.CharField(label=_("Note"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))


def _state(unit: Product) -> int:
    return unit.latest_state.current_state_type_id if unit.latest_state else NON_EXISTANT


def _switched(history: Any) -> str | Promise:
    return LABELS[EnableState(history.current_enable_state)] if history else "–"


def _entity(key: int) -> str:
    return str(Entity.objects.filter(pk=key).values_list("name", flat=True).first() or key)
