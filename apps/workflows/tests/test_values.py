"""Values of inputs (seed 004, "IRT Input Specifications")."""

import pytest

from apps.workflows import values
from apps.workflows.definition.shape import Input

LABEL = {"en": "L", "fr": "L"}
OPTIONS = [{"value": 1, "label": "one"}, {"value": "two", "label": "two"}]


def spec(data_type, **rules):
    return Input.model_validate({"ident": "x", "label": LABEL, "data_type": data_type, "validation_rules": rules})


def selection(kind):
    return Input.model_validate(
        {"ident": "x", "label": LABEL, "data_type": "selection", "selection_type": kind, "options_from": "symptoms"}
    )


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (spec("int", min=3, max=7), 4),
        (spec("int", step=5, min=3), 13),
        (spec("int", options=[1, 5]), 5),
        (spec("float", min=3.5, max=7.5), 4.8),
        (spec("float"), 4),
        (spec("float", step=0.1), 0.3),
        (spec("string", minlength=10, maxlength=15), "MC0211-999002-1"),
        (spec("text", minlength=2), "two\nlines"),
        (spec("datetime"), "23:59:59"),
        (spec("datetime"), "2018-03-30"),
        (spec("datetime"), "2018-03-30T10:00:00Z"),
        (selection("single"), 1),
        (selection("multi"), ["two", 1]),
    ],
)
def test_taken(given, value):
    assert values.check(given, value, OPTIONS) == value


@pytest.mark.parametrize(
    ("given", "value", "text"),
    [
        (spec("int"), True, "whole number"),
        (spec("int"), 4.0, "whole number"),
        (spec("int"), "4", "whole number"),
        (spec("int"), 2**63, "too large"),
        (spec("int", min=3, max=7), 2, "at least 3"),
        (spec("int", min=3, max=7), 8, "at most 7; it is 8"),
        (spec("int", min=3, step=5), 10, "steps of 5 from 3"),
        (spec("int", options=[1, 5]), 2, "one of 1, 5"),
        (spec("float"), True, "a number"),
        (spec("float"), float("nan"), "too large"),
        (spec("float"), float("inf"), "too large"),
        (spec("float", step=0.1), 0.35, "steps of 0.1"),
        (spec("string"), 5, "a text"),
        (spec("string"), "a\x00b", "cannot be stored"),
        (spec("string"), "a\ud800b", "cannot be stored"),
        (spec("string"), "a\nb", "one line"),
        (spec("string", minlength=3), " a ", "at least 3 letters"),
        (spec("text", maxlength=3), "abcd", "at most 3 letters"),
        (spec("datetime"), "2018-02-30", "a time as"),
        (spec("datetime"), "25:00:00", "a time as"),
        (spec("datetime"), "2018-3-30", "a time as"),
        (spec("datetime"), "2018-03-30T10:00:00+00:00", "a time as"),
        (spec("datetime"), 5, "a time as"),
        (selection("single"), "1", "not one of the options"),
        (selection("single"), True, "not one of the options"),
        (selection("single"), [1], "not one of the options"),
        (selection("multi"), 1, "a list"),
        (selection("multi"), [], "at least one"),
        (selection("multi"), [1, 1], "twice"),
        (selection("multi"), [1, {}], "not one of the options"),
    ],
)
def test_refused(given, value, text):
    with pytest.raises(values.BadInput, match=text):
        values.check(given, value, OPTIONS)


@pytest.mark.parametrize("blank", ["", "  ", "\n", "\u200b\u202e", "\u2800\x07"])
def test_a_blank_text_is_missing(blank):
    assert values.check(spec("text"), blank) is values.MISSING
