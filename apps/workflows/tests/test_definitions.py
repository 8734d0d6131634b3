"""What an author of workflows is told."""

import pytest

from apps.workflows.definition import checks
from apps.workflows.definition.conditions import Condition
from apps.workflows.definition.library import library, of_text
from apps.workflows.definition.reading import BadDefinition, read
from apps.workflows.definition.shape import Definition

GOOD = """\
name: small
version: 1
title: {en: Small, fr: Petit}
description: {en: Small, fr: Petit}
serves: [7]
from_states: [IN_REPAIR_SYSTEM]
start: look
states:
  look:
    name: {en: Look, fr: Regarder}
    description: {en: Look, fr: Regarder}
    inputs:
      - ident: voltage
        label: {en: Voltage, fr: Tension}
        data_type: float
        validation_rules: {min: 0, max: 20}
    events:
      - ident: no
        label: {en: "No", fr: Non}
        next: closed
  closed:
    name: {en: Closed, fr: Clos}
    description: {en: Closed, fr: Clos}
    outcome: repaired
"""


def told(text):
    try:
        definition = read(text, "small.yaml")
    except BadDefinition as bad:
        return [str(problem) for problem in bad.problems]
    return [str(problem) for problem in checks.problems_of(definition, "small.yaml")]


def test_a_good_one_is_taken_and_no_is_a_name():
    assert told(GOOD) == []
    assert read(GOOD, "small.yaml").states["look"].events[0].ident == "no"


@pytest.mark.parametrize(
    ("old", "new", "line", "text"),
    [
        ("        next: closed", "        next: nowhere", 20, "nowhere is no state of this workflow; there are closed, look"),
        ("{en: Look, fr: Regarder}\n    desc", "{en: Look}\n    desc", 10, "state look, name, fr: is missing"),
        ("  look:\n", "  look:\n    colour: red\n", 10, "colour: is no word of a definition"),
        ("{min: 0, max: 20}", "{min: 9, max: 2}", 13, "min is above max"),
        ("{min: 0, max: 20}", "{minlength: 2}", 13, "the rule minlength is not one for float"),
        ("start: look", "start: see", 7, "see is no state"),
        ("    outcome: repaired", "    choose: look", 8, "have no end; give one an outcome"),
        ("    outcome: repaired\n", "", 21, "closed: leads nowhere"),
        ("        next: closed", "        next:\n          - {to: closed, if: voltage > 3}", 21, "is the last way and has an `if`"),
        ("        next: closed", "        next:\n          - {to: closed, if: weight > 3}\n          - {to: closed}", 21, "weight is neither an input"),
        ("        next: closed", "        next:\n          - {to: closed, if: 'voltage >'}\n          - {to: closed}", 21, "is no condition"),
        ("        next: closed", "        next:\n          - {to: closed, if: \"open('x')\"}\n          - {to: closed}", 21, "Call has no place in a condition"),
        ("        next: closed", "        next: closed\n        effects: [{effect: explode}]", 21, "explode is no effect; there are"),
        ("        next: closed", "        next: closed\n        effects: [{effect: fit_part, using: {from: voltage}}]", 21, "fit_part reads a string, and voltage is float"),
        ("        next: closed", "        next: closed\n        effects: [{effect: fit_part}]", 21, "fit_part needs using: from"),
        ("    events:\n      - ident: no\n        label: {en: \"No\", fr: Non}\n        next: closed", "        optional: true\n    next: closed", 9, "there may be none to give; give it events"),
        ("from_states: [IN_REPAIR_SYSTEM]", "from_states: [BROKEN]", 6, "BROKEN is no state of a unit"),
        ("version: 1\n", "version: 1\nversion: 2\n", 3, "version stands here twice"),
        ("version: 1", "version: [", 4, "is no YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_the_way_out(old, new, line, text):
    assert old in GOOD
    found = told(GOOD.replace(old, new, 1))
    assert any(text in problem for problem in found), found
    assert any(f"line {line}:" in problem for problem in found), found


def test_a_state_that_nobody_reaches_and_one_without_end():
    lost = GOOD + "  lost:\n    name: {en: L, fr: L}\n    description: {en: L, fr: L}\n    outcome: repaired\n"
    assert told(lost) == [
        "small.yaml, line 25: state lost: is never reached; lead to it from another state, or delete it"
    ]
    circle = GOOD.replace(
        "    outcome: repaired", "    events:\n      - {ident: back, label: {en: B, fr: B}, next: look}"
    )
    assert "have no end" in told(circle)[0]


@pytest.mark.parametrize(
    ("text", "values", "holds"),
    [
        ("voltage >= 3.5 and cleaned == 'yes'", {"voltage": 3.5, "cleaned": "yes"}, True),
        ("voltage >= 3.5", {}, False),
        ("voltage < 3.5", {}, False),
        ("not voltage >= 3.5", {}, True),
        ("casing != null", {"casing": [1]}, True),
        ("12 in casing", {"casing": [12, 62]}, True),
        ("12 in casing", {}, False),
        ("voltage / 0 > 1", {"voltage": 1}, False),
        ("voltage + 'x' > 1", {"voltage": 1}, False),
    ],
)
def test_conditions(text, values, holds):
    assert Condition.parse(text).holds(values.get) is holds


@pytest.mark.parametrize(
    "text", ["().__class__", "9 ** 9 ** 9", "[x for x in y]", "f'{x}'", "lambda: 1", "a" * 501, "("]
)
def test_what_is_no_condition(text):
    with pytest.raises(ValueError, match="condition|place|letters"):
        Condition.parse(text)


def test_what_ships_is_whole():
    assert {"home_repair"} <= set(library())
    assert all(isinstance(one, Definition) for one in library().values())


class TestIncluding:
    """`include: [ends]`: problems are told where the author wrote them."""

    MAIN = GOOD.replace("start: look\n", "start: look\ninclude: [ends]\n").split("  closed:\n")[0]
    ENDS = "closed:\n  name: {en: Closed, fr: Clos}\n\n  description: {en: Closed, fr: Clos}\n  outcome: repaired\n"

    @pytest.fixture
    def folder(self, tmp_path, settings):
        (tmp_path / "shared").mkdir()
        settings.WORKFLOWS = tmp_path
        library.cache_clear()
        yield tmp_path
        library.cache_clear()

    def write(self, folder, main, ends):
        (folder / "small.yaml").write_text(main.replace("serves: [7]", "serves: [99]"), encoding="utf-8")
        (folder / "shared" / "ends.yaml").write_text(ends, encoding="utf-8")

    def problems(self, folder, main=MAIN, ends=ENDS):
        self.write(folder, main, ends)
        with pytest.raises(BadDefinition) as bad:
            library()
        return [
            str(problem)
            for problem in bad.value.problems
            if "small" in problem.file or problem.file == "shared/ends.yaml"
        ]

    def test_what_is_included_is_part_of_the_definition_and_of_its_version(self, folder):
        self.write(folder, self.MAIN, self.ENDS)
        found = library()["small"]
        assert found.states["closed"].outcome == "repaired"
        assert of_text(found.source, "small.yaml").states.keys() == found.states.keys()

    def test_a_problem_in_it_is_told_in_its_own_file_and_line(self, folder):
        told = self.problems(folder, ends=self.ENDS.replace("outcome: repaired", "outcome: lost"))
        assert any(text.startswith("shared/ends.yaml, line 5:") for text in told)

    def test_what_is_not_there_is_told_with_what_is(self, folder):
        told = self.problems(folder, main=self.MAIN.replace("[ends]", "[beginnings]"))
        assert "there is no shared/beginnings.yaml; there are ends, parts" in told[0]

    def test_states_stand_last(self, folder):
        told = self.problems(folder, main=self.MAIN + "config: {}\n")
        assert "put states last" in told[0]
