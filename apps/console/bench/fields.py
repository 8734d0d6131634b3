"""The inputs of a step as fields of a form: what each takes, in the reader's words, and what somebody gave."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.products.models import Product
from apps.workflows import queries
from apps.workflows.definition.shape import Input, State

PREFIX = "in."  # of the names of the form's fields
_WHOLE = re.compile(r"[+-]?\d{1,18}\Z")
_NUMBER = re.compile(r"[+-]?(\d{1,18}([.,]\d{0,18})?|[.,]\d{1,18})\Z")
_BLANKS = re.compile(r"[\s\u202f\u00a0]+")


@dataclass
class Field:
    """`kind`: number, text, lines, or choice and choices with `options` of (value as text, label, chosen)."""

    spec: Input
    language: str
    options: Sequence[Mapping[str, Any]] = ()
    given: list[str] = field(default_factory=list)  # what stands in it, as texts
    error: str = ""

    @property
    def ident(self) -> str:
        return self.spec.ident

    @property
    def name(self) -> str:
        return PREFIX + self.spec.ident

    @property
    def kind(self) -> str:
        if self.options:
            return "choices" if self.spec.selection_type == "multi" else "choice"
        return {"int": "number", "float": "number", "text": "lines"}.get(self.spec.data_type, "text")

    @property
    def label(self) -> str:
        return self.spec.label.said(self.language)

    @property
    def hint(self) -> str:
        return self.spec.hint.said(self.language) if self.spec.hint else ""

    @property
    def unit(self) -> str:
        return self.spec.unit or ""

    @property
    def example(self) -> str:
        example = self.spec.example
        if self.options or example is None:
            return {"datetime": "2026-12-31"}.get(self.spec.data_type, "")
        return str(number_format(example)) if isinstance(example, int | float) else str(example)

    @property
    def value(self) -> str:
        return self.given[0] if self.given else ""

    @property
    def tiles(self) -> list[tuple[str, str, bool]]:
        return [(str(one["value"]), str(one["label"]), str(one["value"]) in self.given) for one in self.options]

    @property
    def maxlength(self) -> int | None:
        return self.spec.validation_rules.maxlength

    @property
    def numeric(self) -> str:
        """Which keys a phone shows."""
        if self.kind != "number":
            return ""
        return "numeric" if self.spec.data_type == "int" else "decimal"

    @property
    def limits(self) -> str:
        """What it takes, in words."""
        rules = self.spec.validation_rules
        said = []
        low, high = (None if one is None else f"{number_format(f'{one:g}')}" for one in (rules.min, rules.max))
        if low is not None and high is not None:
            said.append(_("%(low)s to %(high)s") % {"low": low, "high": high})
        elif low is not None:
            said.append(_("at least %(low)s") % {"low": low})
        elif high is not None:
            said.append(_("at most %(high)s") % {"high": high})
        if said and self.unit:
            said[0] += f" {self.unit}"
        if self.spec.data_type == "text" and rules.minlength:
            letters = ngettext("at least %(n)s letter", "at least %(n)s letters", rules.minlength)
            said.append(letters % {"n": rules.minlength})
        if self.spec.optional:
            said.append(_("may be left out"))
        if self.kind == "choices":
            said.append(_("several may be chosen"))
        return ", ".join(said)


def fields_of(state: State, product: Product, language: str) -> list[Field]:
    """A selection that offers nothing is left out, as the engine leaves it out."""
    found = []
    for spec in state.inputs:
        options: Sequence[Mapping[str, Any]] = ()
        if spec.data_type == "selection":
            options = queries.options_of(spec, product, language)
            if not options:
                continue
        elif spec.validation_rules.options:
            options = [{"value": one, "label": one} for one in spec.validation_rules.options]
        found.append(Field(spec, language, options))
    return found


def fill_kept(fields: Sequence[Field], kept: Mapping[str, Any]) -> None:
    """What was given for the step already, by whomever."""
    for one in fields:
        value = kept.get(one.ident)
        if value is not None:
            one.given = [_written(item) for item in (value if isinstance(value, list) else [value])]


def fill_posted(fields: Sequence[Field], data: QueryDict) -> None:
    for one in fields:
        one.given = [text[:10_000] for text in data.getlist(one.name)]


def values_of(fields: Sequence[Field]) -> dict[str, Any]:
    """What was filled in, as send_inputs takes it; what can't be read goes as it is, and is refused there."""
    found: dict[str, Any] = {}
    for one in fields:
        texts = [text for text in one.given if text.strip()]
        if not texts:
            continue
        if one.options:
            offered = {str(option["value"]): option["value"] for option in one.options}
            chosen = [offered.get(text, text) for text in texts]
            found[one.ident] = chosen if one.kind == "choices" else chosen[0]
        elif one.kind == "number":
            found[one.ident] = _number(texts[0], whole=one.spec.data_type == "int")
        else:
            found[one.ident] = texts[0]
    return found


def _number(text: str, *, whole: bool) -> int | float | str:
    bare = _BLANKS.sub("", text)
    if whole and _WHOLE.match(bare):
        return int(bare)
    if not whole and _NUMBER.match(bare):
        return float(bare.replace(",", "."))
    return text


def _written(value: Any) -> str:
    return str(number_format(value)) if isinstance(value, float) else str(value)
