"""The shape of a workflow's definition. docs/workflows.md explains it to authors; each field here is a word of theirs.

Inputs and events are exactly the documentation's (seed 004, "IRT Input Specifications", "IRT Event Specifications"),
with what our screens show beside them.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from apps.workflows.definition.conditions import Condition

Ident = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]{0,79}$")]
DataType = Literal["int", "float", "string", "text", "datetime", "selection"]
Outcome = Literal["repaired", "replaced", "terminated", "prepared", "set_aside"]
Facility = Literal["test_jig", "test_bench", "usb_diag_tool", "rework_process"]
OptionsFrom = Literal["replacement_part_types", "fitted_part_types", "symptoms", "actions", "open_alerts"]
RULES: dict[str, frozenset[str]] = {
    "int": frozenset({"min", "max", "step", "options"}),
    "float": frozenset({"min", "max", "step", "options"}),
    "string": frozenset({"minlength", "maxlength", "options"}),
    "text": frozenset({"minlength", "maxlength"}),
    "datetime": frozenset(),
    "selection": frozenset(),
}


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True)


class Words(Shape):
    """One text in each language of the product."""

    en: Annotated[str, Field(min_length=1, pattern=r"\S")]
    fr: Annotated[str, Field(min_length=1, pattern=r"\S")]

    def said(self, language: str) -> str:
        return self.fr if language == "fr" else self.en


class Conditional(Shape):
    when: Condition | None = Field(default=None, alias="if")

    @field_validator("when", mode="before")
    @classmethod
    def _parsed(cls, value: Any) -> Any:
        return Condition.parse(value) if isinstance(value, str) else value


class Way(Conditional):
    """Where it goes on; the first whose condition holds, or that has none."""

    to: Ident


class Refusal(Conditional):
    """The step is not taken while this holds. `at`: the input that the reason stands beside; none: the event."""

    reason: Words
    at: Ident | None = None


class Call(Conditional):
    """An effect by its name, with what it takes (effects.py)."""

    effect: Ident
    using: dict[str, Any] = {}


class Choice(Shape):
    value: int | float | str
    label: Words


class Rules(Shape):
    min: float | None = None
    max: float | None = None
    step: Annotated[float, Field(gt=0)] | None = None
    minlength: Annotated[int, Field(ge=0)] | None = None
    maxlength: Annotated[int, Field(ge=1)] | None = None
    options: list[int | float | str] | None = None

    @property
    def given(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True)


class Input(Shape):
    """`part_scan`: a text that a part's serial number is scanned into. `optional`: nobody has to give it. `example`:
    what a sound unit gives; shown in the empty field, and what the test drives take."""

    ident: Ident
    label: Words
    data_type: DataType
    unit: str | None = None
    hint: Words | None = None
    example: int | float | str | None = None
    optional: bool = False
    part_scan: bool = False
    validation_rules: Rules = Rules()
    selection_type: Literal["single", "multi"] | None = None
    options: list[Choice] | None = None
    options_from: OptionsFrom | None = None
    category: str | None = None  # of part types: those of this category only

    @model_validator(mode="after")
    def _fits(self) -> "Input":
        if wrong := sorted(set(self.validation_rules.given) - RULES[self.data_type]):
            raise ValueError(f"the rule {wrong[0]} is not one for {self.data_type}")
        rules = self.validation_rules
        if rules.min is not None and rules.max is not None and rules.min > rules.max:
            raise ValueError("min is above max")
        if (rules.minlength or 0) > (rules.maxlength or 10**9):
            raise ValueError("minlength is above maxlength")
        if self.data_type != "selection":
            if self.selection_type or self.options or self.options_from or self.category:
                raise ValueError("only a selection has selection_type, options, options_from and category")
            return self
        if self.selection_type is None:
            raise ValueError("a selection says its selection_type: single or multi")
        if (self.options is None) == (self.options_from is None):
            raise ValueError("a selection has either options or options_from")
        values = [choice.value for choice in self.options or ()]
        if len(set(values)) != len(values):
            raise ValueError("two options have the same value")
        return self


class Event(Shape):
    """What somebody presses. `needs`: the inputs that must be in before it is taken; by default all but the optional
    ones. `exit_checks`: the unit must pass those of its type (exit_checks.py)."""

    ident: Ident
    label: Words
    needs: Literal["all"] | list[Ident] = "all"
    refuse: list[Refusal] = []
    exit_checks: bool = False
    effects: list[Call] = []
    next: list[Way]
    tone: Literal["plain", "good", "bad"] = "plain"

    @field_validator("next", mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return [{"to": value}] if isinstance(value, str) else value


class Need(Shape):
    """A step that needs a tool, and the state to go on with where the entity has none."""

    facility: Facility
    otherwise: Ident


class State(Shape):
    """One step. Either people give its inputs and press one of its events; or, without events, it moves on by `next`
    when all inputs are in; or it chooses by itself; or it is an end and has an outcome."""

    name: Words
    description: Words
    picture: Ident | None = None
    needs: Need | None = None
    waits_for: Literal["part"] | None = None
    inputs: list[Input] = []
    events: list[Event] = []
    refuse: list[Refusal] = []
    effects: list[Call] = []
    next: list[Way] = []
    choose: list[Way] = []
    outcome: Outcome | None = None

    @field_validator("next", "choose", mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return [{"to": value}] if isinstance(value, str) else value

    @property
    def ways(self) -> list[Way]:
        return [*self.next, *self.choose, *(way for event in self.events for way in event.next)]

    @property
    def is_end(self) -> bool:
        return self.outcome is not None

    @property
    def by_itself(self) -> bool:
        return bool(self.choose)


class Definition(Shape):
    """A workflow. `serves`: keys of the product types it is for; `from_states`: names of the unit's states in which
    it may begin; `config`: handed to the client that talks to the unit (get_repair)."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,79}$")]
    version: Annotated[int, Field(ge=1)]
    kind: Literal["repair", "stock_preparation"] = "repair"
    title: Words
    description: Words
    serves: list[int]
    from_states: list[str]
    process: Literal["Broken on Arrival", "Repair and Return", "Replaced", "Repossessed"] | None = None
    config: dict[str, int | float | str | bool] = {}
    start: Ident
    states: dict[Ident, State]

    digest: str = ""
    source: str = ""
    lines: dict[str, int] = {}
