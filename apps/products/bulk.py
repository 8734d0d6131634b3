"""The acts on many units: each one unit at a time, by the action that every other door calls too."""

import abc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Entity
from apps.core.actors import Actor
from apps.core.refusals import Invalid, Refused, refuse_if
from apps.core.rows import create_row
from apps.core.telling import kept, step, tell
from apps.jobs.kinds import Kind, Pulse, Rests
from apps.jobs.models import Job
from apps.products import actions, listed, not_after, queries
from apps.products.models import EnableState, Product, ProductNote
from apps.products.states import NAMES, NON_EXISTANT, TERMINATED, moves_from
from apps.products.tables import NOTES
from apps.products.words import LABELS, STATES, state_called

SEEN, SURE = "_stands", "sure"  # fields that the pages of one unit add to an act's form


@dataclass(frozen=True)
class Standing:
    """What an act would replace: `key` tells it apart, `words` say it. Empty where there is nothing to replace."""

    key: str = ""
    words: str | Promise = ""


class Unsure(Exception):
    """An act on one unit that is asked about first; its text is the question."""


class Unfilled(Exception):
    """The form of an act is not rightly filled in; it says itself what is wrong."""


class OnUnits(Kind, abc.ABC):
    """The key is the IMEI, or what somebody's list calls the unit; a payload holds the details that its line gives."""

    def read(self, job: Job, pulse: Pulse) -> Iterator[tuple[str, Any]]:
        content = b"".join(file.content for file in job.files.order_by("pk"))
        return listed.units_of(content, self.form_of_lines(by=job.owner), pulse)

    def asks(self, job: Job) -> bool:
        return super().asks(job) and self._has_plain_items(job)

    def takes(self, job: Job) -> bool:
        """Not where each line of a list has brought its own."""
        return super().takes(job) and (not super().asks(job) or self._has_plain_items(job))

    def _has_plain_items(self, job: Job) -> bool:
        return job.items.filter(sealed__isnull=True).exists()

    def form_of_lines(self, *, by: Actor, data: Any = None) -> forms.Form | None:
        """What a line of a list may say for its unit. A time is none of it: a list does not say by whose clock."""
        form = self.form(by=by, data=data)
        if form is not None:
            form.fields.pop(not_after.NAME, None)
        return form if form is not None and form.fields else None

    def apply(self, key: str, payload: Any, params: Mapping[str, Any], *, by: Actor) -> str | None:
        unit = self._named(key, payload, by)
        params = self._details(payload, params, by)
        told = None if self.was_done(unit, params, by) else self.act(unit, params, by)
        # Whoever wrote another number sees which unit was understood.
        return (
            told
            if told is None or key == unit.product_imei
            else tell("%(name)s: %(text)s", name=unit.product_imei, text=told)
        )

    def rests_on(self, key: str, payload: Any, params: Mapping[str, Any], *, by: Actor) -> Rests:
        unit = self._named(key, payload, by)
        found = self.rests(unit, self._details(payload, params, by), by)
        return {kept(name): [one.key, kept(one.words)] for name, one in found.items()}

    def rests(self, unit: Product, params: Mapping[str, Any], by: Actor) -> dict[Any, Standing]:
        """{what people call it: what stands there} of all that makes the act on this unit right: whose it is, and that
        it is still in use."""
        ended = _state(unit) == TERMINATED
        return {
            _("Entities"): _standing_entities(unit, by),
            _("State"): Standing(str(ended), state_called(_state(unit))),
        }

    def _named(self, key: str, payload: Any, by: Actor) -> Product:
        if payload is not None and "refused" in payload:
            raise Invalid({"unit": payload["refused"]})
        return queries.named(key, by=by, lock=True)

    def _details(self, payload: Any, params: Mapping[str, Any], by: Actor) -> Mapping[str, Any]:
        """Those of the job, or of a line that gives its own."""
        if payload is None:
            return params
        form: Any = self.form_of_lines(by=by, data=listed.as_typed(payload, self.form_of_lines(by=by)))
        given = {not_after.NAME: params[not_after.NAME]} if not_after.NAME in params else {}
        return given | self.params(listed.cleaned(form, payload))

    def form_for(self, unit: Product, *, by: Actor, data: Any = None) -> forms.Form | None:
        """The form for this one unit: it offers what would change it and nothing else."""
        form = self.form(by=by, data=data)
        if form is not None:
            self.narrow(form, unit)
        return form

    def on_one(self, imei: str, form: Any, given: Mapping[str, Any], *, by: Actor) -> str | None:
        """The act on the one unit that somebody has before them, from whichever page. `given`: the form as sent. Nobody
        replaces what they have not seen (SEEN: the key of what stood there), and what has no way back is asked about.

        Raises Refused, Unsure, or Unfilled.
        """
        with transaction.atomic():
            unit = queries.fetch(imei, by=by, lock=True)
            now = self.stands(unit, by)
            if given.get(SEEN, now.key) != now.key:
                text = _("Somebody has changed this meanwhile; now it is: %(now)s. Do it all the same?")
                raise Refused(text % {"now": now.words})
            if form is not None and not form.is_valid():
                raise Unfilled
            params = self.params(form.cleaned_data) if form is not None else {}
            if (question := self.doubt(params)) and not given.get(SURE):
                raise Unsure(question)
            return self.act(unit, params, by)

    def narrow(self, form: Any, unit: Product) -> None:
        """Take from the form what would not change this unit."""

    def stands(self, unit: Product, by: Actor) -> Standing:
        return Standing()

    def doubt(self, params: Mapping[str, Any]) -> str | Promise:
        """What is asked before this is done to one unit; empty where it can be taken back."""
        return ""

    def done(self, told: str) -> Any:
        """What somebody reads who has just done it to one unit."""
        return told

    def was_done(self, unit: Product, params: Mapping[str, Any], by: Actor) -> bool:
        """For jobs, which may be repeated: whether the unit bears this already, though the act would add it again."""
        return False

    @abc.abstractmethod
    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        """Do it to this unit, whose row is ours; the words for what changed, or None where it was so already."""


class Switching(OnUnits):
    order: ClassVar[Any]
    latest = "latest_enable_history"

    def done(self, told: str) -> Any:
        return _("Ordered; pending until the unit confirms it.")

    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        before = getattr(unit, self.latest)
        after = getattr(self.do(unit, params, by), self.latest)
        if (after and after.pk) != (before and before.pk):
            return step(_switched(before), _switched(after))
        if before and after.valid_until != before.valid_until:
            return tell("%(order)s holds longer", order=_switched(after))
        return None

    def do(self, unit: Product, params: Mapping[str, Any], by: Actor) -> Product:
        switched: Product = type(self).order(unit, by=by)
        return switched


class PowerSwitching(Switching):
    """With a time after which the order holds no more, if need be."""

    def form(self, *, by: Actor, data: Any = None) -> forms.Form:
        return not_after.NotAfterForm(data)

    def params(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        return not_after.as_param(cleaned)

    def told(self, params: Mapping[str, Any]) -> str:
        return not_after.in_words(params)

    def do(self, unit: Product, params: Mapping[str, Any], by: Actor) -> Product:
        switched: Product = type(self).order(unit, valid_until=not_after.of_params(params), by=by)
        return switched


class Enable(PowerSwitching):
    title, icon, level = _("Switch units on"), "lightbulb", actions.enable_product.level  # type: ignore[assignment]
    order = actions.enable_product


class Disable(PowerSwitching):
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

    def narrow(self, form: Any, unit: Product) -> None:
        moves = [(key, state_called(key)) for key in sorted(moves_from(_state(unit)))]
        form.fields["new_state"].choices = [("", "–"), *moves] if moves else []

    def stands(self, unit: Product, by: Actor) -> Standing:
        return Standing(str(_state(unit)), state_called(_state(unit)))

    def rests(self, unit: Product, params: Mapping[str, Any], by: Actor) -> dict[Any, Standing]:
        return {**super().rests(unit, params, by), _("State"): self.stands(unit, by)}

    def doubt(self, params: Mapping[str, Any]) -> str | Promise:
        last = params["new_state"] == TERMINATED
        return _("A unit that is terminated never comes back. Terminate it?") if last else ""

    def told(self, params: Mapping[str, Any]) -> str:
        return str(state_called(params["new_state"]))

    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        new = params["new_state"]
        before = _state(unit)
        if before == new:
            return None
        try:
            actions.change_state(unit, new_state=new, by=by)
        except Invalid as refused:
            if "state_transition" in refused.errors:  # the API's words name states by number
                words = {"from": state_called(before), "to": state_called(new)}
                raise Invalid({"state_transition": tell("may not go from “%(from)s” to “%(to)s”", **words)}) from None
            raise
        return step(state_called(before), state_called(new))


class ChangeEntity(OnUnits):
    title, icon, level = _("Move units to another entity"), "domain", actions.change_entity.level  # type: ignore[assignment]

    def form(self, *, by: Actor, data: Any = None) -> forms.Form:
        return MoveForm(data, by=by)

    def params(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        old, new = cleaned.get("old_entity"), cleaned["new_entity"]  # not asked of a unit that has only one
        return {"old": old and old.pk, "new": new.pk}

    def narrow(self, form: Any, unit: Product) -> None:
        here = _not_here(form, unit)
        if len(here) < 2:  # it leaves the only one
            del form.fields["old_entity"]
        else:
            form.fields["old_entity"].queryset = form.fields["old_entity"].queryset.filter(pk__in=here)
            form.fields["old_entity"].empty_label = "–"

    def stands(self, unit: Product, by: Actor) -> Standing:
        return _standing_entities(unit, by)

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
        before = _names(unit, by)
        old = params["old"] or held[0]
        actions.change_entity(unit, old_entity_id=old, new_entity_id=params["new"], by=by)
        return step(before, _names(unit, by))


class AddEntity(OnUnits):
    title, icon, level = _("Give units a further entity"), "domain_add", actions.assign_entity.level  # type: ignore[assignment]

    def form(self, *, by: Actor, data: Any = None) -> forms.Form:
        return EntityForm(data, by=by)

    def narrow(self, form: Any, unit: Product) -> None:
        _not_here(form, unit)

    def params(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        return {"new": cleaned["new_entity"].pk}

    def told(self, params: Mapping[str, Any]) -> str:
        return _entity(params["new"])

    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        held, before = queries.entity_ids(unit), _names(unit, by)
        actions.assign_entity(unit, entity_id=params["new"], by=by)
        return None if queries.entity_ids(unit) == held else step(before, _names(unit, by))


class AddNote(OnUnits):
    title, icon, level = _("Add a note to units"), "note_add", NOTES.create  # type: ignore[assignment]

    def form(self, *, by: Actor, data: Any = None) -> forms.Form:
        return NoteForm(data)

    def told(self, params: Mapping[str, Any]) -> str:
        return str(params["note_text"])

    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        create_row(NOTES, {"product_imei": unit.product_imei, "note_text": params["note_text"]}, by=by)
        return str(params["note_text"])

    def done(self, told: str) -> Any:
        return _("Your note is kept.")

    def was_done(self, unit: Product, params: Mapping[str, Any], by: Actor) -> bool:
        said = ProductNote.objects.filter(product=unit, note_text=params["note_text"], created_by=by.name_for_record)
        return said.exists()


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


def _names(unit: Product, by: Actor) -> str:
    return ", ".join(queries.entity_names(unit, by=by))


def _standing_entities(unit: Product, by: Actor) -> Standing:
    return Standing(",".join(map(str, sorted(queries.entity_ids(unit)))), _names(unit, by))


def _not_here(form: Any, unit: Product) -> list[int]:
    """Offer no entity that the unit belongs to already; the keys of those."""
    here = queries.entity_ids(unit)
    form.fields["new_entity"].queryset = form.fields["new_entity"].queryset.exclude(pk__in=here)
    form.fields["new_entity"].empty_label = "–"
    return here


def _switched(history: Any) -> str | Promise:
    return LABELS[EnableState(history.current_enable_state)] if history else "–"


def _entity(key: int) -> str:
    return str(Entity.objects.filter(pk=key).values_list("name", flat=True).first() or key)
