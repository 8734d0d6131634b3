"""Two people, or two tabs, at one row's form (docs/adr/0018).

A form takes with it what it showed when it was opened. What is saved is what its person changed against that, and
nothing else; where somebody changed the same meanwhile, both values are shown and the person chooses.
"""

import datetime as dt
import functools
import json
from typing import Any, ClassVar

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.core.actors import called
from apps.core.admin.cells import moment
from apps.core.admin.scope import hide_strangers, is_row

OPENED = "_opened"
CHOICE = "_choice-"  # + field: "theirs" or "mine"
THEIRS, MINE = "theirs", "mine"
SALT = "form as opened"
LONGEST_TOLD = 300
Shown = dict[str, Any]  # {field: its value as JSON}


class MeanwhileForm(forms.ModelForm):
    """The base of every form of the admin that writes a row."""

    by: ClassVar[Any] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.theirs: set[str] = set()  # fields that somebody changed meanwhile and that stay as they are now
        self.asked: set[str] = set()  # fields of which the person has been shown both values
        self.questions: dict[str, ValidationError] = {}  # by field: which of two values is to stand
        self.opened: Shown | None = None
        self.is_foreign = False

    def _read_opened(self) -> None:
        """What the form showed when it was opened; forms sent without, by programs, save what they hold."""
        if not self.is_bound or OPENED not in self.data or self.instance._state.adding:
            return
        try:
            held = signing.loads(self.data[OPENED], salt=SALT)
            if held["row"] != self._row():
                raise signing.BadSignature
        except signing.BadSignature:
            self.is_foreign = True
            return
        self.opened = {name: value for name, value in held["shown"].items() if name in self.fields}
        self.asked = set(held["asked"]) & set(self.opened)
        self.initial.update({name: _alive(value) for name, value in self.opened.items()})

    def _row(self) -> str:
        return f"{self.instance._meta.label} {self.instance.pk}"

    def shown(self) -> Shown:
        return {name: _plain(self.get_initial_for_field(field, name)) for name, field in self.fields.items()}

    def opened_box(self) -> SafeString:
        """For the form's template (templates/admin/change_form.html)."""
        if self.instance._state.adding:
            return SafeString("")
        shown = self.shown() if self.opened is None else self.opened
        held = signing.dumps(
            {"row": self._row(), "shown": shown, "asked": sorted(self.asked)}, salt=SALT, compress=True
        )
        return format_html('<input type="hidden" name="{}" value="{}">', OPENED, held)

    @property
    def changed_data(self) -> list[str]:
        return [name for name in self._changed if name not in self.theirs]

    @functools.cached_property
    def _changed(self) -> list[str]:
        return [name for name in super().changed_data if self._differs(name, self[name].initial)]

    def _differs(self, name: str, stood: Any) -> bool:
        """Whether somebody typed another thing than stood there. Browsers write line ends in their own way, and boxes
        leave out blanks around a text: that is nobody's change."""
        field, typed = self.fields[name], self[name].data
        if isinstance(field, forms.CharField) and isinstance(typed, str) and isinstance(stood, str):
            return _as_typed(field, typed) != _as_typed(field, stood)
        return bool(field.has_changed(stood, typed))

    def full_clean(self) -> None:
        self._read_opened()
        super().full_clean()

    def _clean_form(self) -> None:
        """What somebody changed meanwhile is asked after the rules have looked at the values as they were typed: what
        is wrong with those is said in the same breath."""
        super()._clean_form()  # type: ignore[misc]
        for name, question in self.questions.items():
            self.add_error(name, question)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.is_foreign:
            self.add_error(None, _("This page was open for too long. Reload it, and change it anew."))
        elif self.opened is not None:
            self._merge(cleaned, self.opened)
        return cleaned

    def _merge(self, cleaned: dict[str, Any], opened: Shown) -> None:
        """Against the row as it is now, ours until the request ends."""
        rows = type(self.instance)._base_manager.select_for_update(of=("self",), no_key=True)
        fresh = rows.filter(pk=self.instance.pk).first()
        if fresh is None:
            self.add_error(None, _("Somebody has deleted this meanwhile."))
            return
        held = type(self)(instance=fresh)
        now = held.shown()
        for name in opened:
            if name in self._changed:
                self._settle(name, now[name], cleaned)
            if name not in self._changed or name in self.theirs:  # it stays as it stands
                cleaned.pop(name, None)
                if not isinstance(self.fields[name], forms.ModelChoiceField):
                    cleaned[name] = held.get_initial_for_field(self.fields[name], name)
        for field in fresh._meta.concrete_fields:
            setattr(self.instance, field.attname, getattr(fresh, field.attname))
        if self.by is not None and is_row(type(self.instance)):
            hide_strangers([self.instance], self.by)

    def _settle(self, name: str, now: Any, cleaned: dict[str, Any]) -> None:
        opened, choice = self.opened or {}, self.data.get(f"{CHOICE}{name}")
        changed_meanwhile = now != opened[name]
        if not changed_meanwhile and name not in self.asked:
            return
        if not self._differs(name, _alive(now)):
            self.theirs.add(name)  # both did the same
            return
        if not changed_meanwhile and choice == MINE:
            self.asked.discard(name)
            return
        if not changed_meanwhile and choice == THEIRS:
            self.theirs.add(name)
            return
        self.asked.add(name)
        opened[name] = now
        self.questions[name] = self._question(name, now, cleaned.get(name))

    def _question(self, name: str, now: Any, mine: Any) -> ValidationError:
        field = self.fields[name]
        who = self._last_change(name)
        said = _("Somebody has changed this meanwhile. Choose what is to stand:")
        if who:
            said = _("%(who)s changed this meanwhile (%(when)s). Choose what is to stand:") % who
        choices = [
            (THEIRS, _("theirs: “%(value)s”"), told(field, _alive(now))),
            (MINE, _("yours: “%(value)s”"), told(field, mine)),
        ]
        lines = [
            format_html(
                '<label class="block mt-1"><input type="radio" name="{}{}" value="{}"> {}</label>',
                CHOICE, name, value, text % {"value": shown},
            )
            for value, text, shown in choices
        ]  # fmt: skip
        return ValidationError(format_html("{}{}{}", said, *lines), code="meanwhile")

    def _last_change(self, name: str) -> dict[str, Any] | None:
        if not is_row(type(self.instance)):
            return None
        from apps.core import history

        column = self.instance._meta.get_field(name).column
        for image in history.images(type(self.instance), [self.instance.pk])[:20]:
            if column in (image.history_change_reason or {}):
                return {"who": called(image.history_user_id), "when": moment(image.history_date)}
        return None


def _as_typed(field: forms.CharField, text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.strip() if field.strip else text


def told(field: forms.Field, value: Any) -> str:
    """A value as its box would say it."""
    if value in (None, ""):
        return "–"
    if isinstance(field, forms.ModelChoiceField):
        target = field.to_field_name or "pk"
        rows: Any = field.queryset
        row = value if isinstance(value, Model) else rows.filter(**{target: value}).first()
        return str(field.label_from_instance(row)) if row is not None else str(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dt.datetime):
        return moment(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)[:LONGEST_TOLD]
    options = dict(getattr(field, "choices", ()))
    return str(options.get(value, value))[:LONGEST_TOLD]


def _plain(value: Any) -> Any:
    """As JSON, with its kind where JSON has none."""
    match value:
        case dt.datetime():
            return ["at", value.isoformat()]
        case dt.date():
            return ["day", value.isoformat()]
        case None | str() | bool() | int() | float() | dict() | list():
            return ["", value]
        case _:
            return ["text", str(value)]


def _alive(plain: Any) -> Any:
    kind, value = plain
    read = {"at": dt.datetime.fromisoformat, "day": dt.date.fromisoformat}.get(kind)
    return read(value) if read else value
