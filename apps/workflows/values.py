"""What somebody gives for an input, held against its specification (seed 004, "IRT Input Specifications"; what it
leaves open stands in contract/actions.md, "Repairs and workflows")."""

import datetime as dt
import math
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from apps.core.identifiers import is_blank
from apps.workflows.definition.shape import Input

MISSING = object()
LONGEST = 10_000
_LARGEST = 2**63 - 1
# The documentation's three forms: a time, a day, a moment in UTC.
FORMS = {
    re.compile(r"\d{2}:\d{2}:\d{2}"): "%H:%M:%S",
    re.compile(r"\d{4}-\d{2}-\d{2}"): "%Y-%m-%d",
    re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z"): "%Y-%m-%dT%H:%M:%SZ",
}


class BadInput(ValueError):
    """The value is not one of this input; the text says why."""


def check(spec: Input, value: Any, options: Sequence[dict[str, Any]] | None = None) -> Any:
    """The value as it is kept, or MISSING for a blank text; BadInput. `options`: what a selection offers just now."""
    match spec.data_type:
        case "int" | "float":
            return _number(spec, value)
        case "string" | "text":
            return _text(spec, value)
        case "datetime":
            return _moment(value)
    return _chosen(spec, value, options or ())


def _number(spec: Input, value: Any) -> int | float:
    whole = spec.data_type == "int"
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise BadInput("must be a whole number" if whole else "must be a number")
    if abs(value) > _LARGEST or not math.isfinite(value):
        raise BadInput("is too large")
    rules = spec.validation_rules
    unit = f" {spec.unit}" if spec.unit else ""
    if rules.min is not None and value < rules.min:
        raise BadInput(f"must be at least {rules.min:g}{unit}; it is {value:g}")
    if rules.max is not None and value > rules.max:
        raise BadInput(f"must be at most {rules.max:g}{unit}; it is {value:g}")
    if rules.step is not None:
        since = Fraction(str(rules.min or 0))  # of what is written, and exact however large it is beside the step
        if (Fraction(str(value)) - since) % Fraction(str(rules.step)):
            raise BadInput(f"must be in steps of {rules.step:g}{unit} from {rules.min or 0:g}")
    _among(spec, value)
    return value


def _text(spec: Input, value: Any) -> Any:
    if not isinstance(value, str):
        raise BadInput("must be a text")
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise BadInput("holds characters that cannot be stored")
    value = value.strip()
    if is_blank(value):
        return MISSING
    if spec.data_type == "string" and len(value.splitlines()) > 1:
        raise BadInput("must be on one line")
    rules = spec.validation_rules
    if len(value) < (rules.minlength or 0):
        raise BadInput(f"must have at least {rules.minlength} letters; it has {len(value)}")
    most = min(rules.maxlength or LONGEST, LONGEST)
    if len(value) > most:
        raise BadInput(f"must have at most {most} letters; it has {len(value)}")
    _among(spec, value)
    return value


def _among(spec: Input, value: Any) -> None:
    allowed = spec.validation_rules.options
    if allowed is not None and value not in allowed:
        raise BadInput(f"must be one of {', '.join(map(str, allowed))}")


def _moment(value: Any) -> str:
    for form, written in FORMS.items():
        if isinstance(value, str) and form.fullmatch(value):
            try:
                dt.datetime.strptime(value, written)  # noqa: DTZ007  # only whether there is such a time
            except ValueError:
                break
            return value
    raise BadInput("must be a time as HH:MM:SS, YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ")


def _chosen(spec: Input, value: Any, options: Sequence[dict[str, Any]]) -> Any:
    # By type too: true is not 1, and "61" not 61.
    offered = {(type(option["value"]), option["value"]) for option in options}
    several = spec.selection_type == "multi"
    if several and not isinstance(value, list):
        raise BadInput("must be a list of the values chosen")
    chosen = value if several else [value]
    if not chosen:
        raise BadInput("must name at least one of the options")
    try:
        strange = [one for one in chosen if (type(one), one) not in offered]
        if len(set(chosen)) != len(chosen):
            raise BadInput("names an option twice")
    except TypeError:  # a list or an object: nothing that an option could be
        raise BadInput("is not one of the options") from None
    if strange:
        raise BadInput(f"{strange[0]!r} is not one of the options")
    return value
