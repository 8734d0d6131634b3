"""A definition judged as a whole: states that can't be reached or left, names that stand for nothing, effects that get
what they can't use. Each problem says what to do."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from apps.products.states import NAMES
from apps.workflows.definition.conditions import Condition
from apps.workflows.definition.reading import Problem, line_of, place
from apps.workflows.definition.shape import Call, Definition, Event, Input, State, Way
from apps.workflows.effects import EFFECTS
from apps.workflows.facts import FACTS

Loc = tuple[Any, ...]
Found = Iterator[tuple[Loc, str]]


def problems_of(definition: Definition, file: str) -> list[Problem]:
    found = [*_whole(definition)]
    for ident, state in definition.states.items():
        found += _state(definition, ident, state)
    if not found:  # a graph with loose ends tells the same twice
        found += _graph(definition)
    return [Problem(file, line_of(definition.lines, loc), place(loc), text) for loc, text in found]


def _whole(definition: Definition) -> Found:
    if definition.start not in definition.states:
        yield ("start",), f"{definition.start} is no state of this workflow; there are {_list(definition.states)}"
    for number, name in enumerate(definition.from_states):
        if name not in NAMES.values():
            yield ("from_states", number), f"{name} is no state of a unit; there are {_list(NAMES.values())}"
    types: dict[str, tuple[str, str]] = {}
    for ident, state in definition.states.items():
        for number, spec in enumerate(state.inputs):
            held = types.setdefault(spec.ident, (spec.data_type, ident))
            if held[0] != spec.data_type:
                text = f"{spec.ident} is {held[0]} in the state {held[1]}; give one of the two another name"
                yield ("states", ident, "inputs", number, "ident"), text
            if spec.ident in FACTS:
                yield ("states", ident, "inputs", number, "ident"), f"{spec.ident} is a fact; name the input otherwise"


def _state(definition: Definition, ident: str, state: State) -> Found:
    here: Loc = ("states", ident)
    yield from _kind_of_state(here, state)
    yield from _twice((*here, "inputs"), [spec.ident for spec in state.inputs])
    yield from _twice((*here, "events"), [event.ident for event in state.events])
    for number, spec in enumerate(state.inputs):
        yield from _input((*here, "inputs", number), spec)
    if state.needs and state.needs.otherwise not in definition.states:
        yield (*here, "needs", "otherwise"), f"{state.needs.otherwise} is no state of this workflow"
    yield from _ways(definition, (*here, "next"), state.next)
    yield from _ways(definition, (*here, "choose"), state.choose)
    yield from _refusals(definition, here, state, state.refuse)
    yield from _calls(definition, (*here, "effects"), state, state.effects)
    for number, event in enumerate(state.events):
        yield from _event(definition, (*here, "events", number), state, event)


def _kind_of_state(here: Loc, state: State) -> Found:
    if state.outcome:
        if state.inputs or state.events or state.next or state.choose or state.effects:
            yield here, "has an outcome, so it is an end: without inputs, events, effects, next and choose"
        return
    if state.choose and (state.inputs or state.events or state.next or state.effects):
        yield here, "chooses by itself, so nobody acts in it: without inputs, events, effects and next"
    if state.events and (state.next or state.effects or state.refuse):
        yield here, "has events: put next, effects and refuse into each of them"
    if not state.events and not state.choose and not state.next:
        yield here, "leads nowhere; give it events, next, choose or an outcome"
    if state.next and not state.inputs:
        yield here, "has next and nothing to wait for; give it inputs or events, or choose instead of next"
    elif state.next and all(spec.optional or spec.options_from for spec in state.inputs):
        yield here, "goes on when its inputs are in, and there may be none to give; give it events instead of next"


def _input(here: Loc, spec: Input) -> Found:
    for option in spec.validation_rules.options or ():
        right: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "string": (str,)}
        if isinstance(option, bool) or not isinstance(option, right[spec.data_type]):
            yield (*here, "validation_rules", "options"), f"{option!r} is no {spec.data_type}"


def _event(definition: Definition, here: Loc, state: State, event: Event) -> Found:
    yield from _ways(definition, (*here, "next"), event.next)
    yield from _refusals(definition, here, state, event.refuse)
    yield from _calls(definition, (*here, "effects"), state, event.effects)
    known = {spec.ident for spec in state.inputs}
    for name in event.needs if isinstance(event.needs, list) else ():
        if name not in known:
            yield (*here, "needs"), f"{name} is no input of this state; there are {_list(known)}"


def _ways(definition: Definition, here: Loc, ways: Sequence[Way]) -> Found:
    for number, way in enumerate(ways):
        if way.to not in definition.states:
            yield (*here, number, "to"), f"{way.to} is no state of this workflow; there are {_list(definition.states)}"
        yield from _condition(definition, (*here, number, "if"), way.when)
        if way.when is None and number < len(ways) - 1:
            yield (*here, number), "has no `if`, so nothing after it is ever looked at; put it last"
    if ways and ways[-1].when is not None:
        yield (*here, len(ways) - 1), "is the last way and has an `if`; end with one without, for all other cases"


def _refusals(definition: Definition, here: Loc, state: State, refusals: Sequence[Any]) -> Found:
    known = {spec.ident for spec in state.inputs}
    for number, refusal in enumerate(refusals):
        loc = (*here, "refuse", number)
        if refusal.when is None:
            yield loc, "has no `if`, so the step could never be taken; say when it is refused"
        if refusal.at is not None and refusal.at not in known:
            yield (*loc, "at"), f"{refusal.at} is no input of this state; there are {_list(known)}"
        yield from _condition(definition, (*loc, "if"), refusal.when)


def _condition(definition: Definition, here: Loc, condition: Condition | None) -> Found:
    if condition is None:
        return
    known = {spec.ident for state in definition.states.values() for spec in state.inputs}
    for name in sorted(condition.names - known - set(FACTS)):
        yield here, f"{name} is neither an input of this workflow nor a fact; there are the facts {_list(FACTS)}"


def _calls(definition: Definition, here: Loc, state: State, calls: Sequence[Call]) -> Found:
    inputs = {spec.ident: spec for spec in state.inputs}
    for number, call in enumerate(calls):
        loc = (*here, number)
        yield from _condition(definition, (*loc, "if"), call.when)
        effect = EFFECTS.get(call.effect)
        if effect is None:
            yield (*loc, "effect"), f"{call.effect} is no effect; there are {_list(EFFECTS)}"
            continue
        names = {name.rstrip("?"): name.endswith("?") for name in effect.takes}
        for name in sorted(set(call.using) - set(names)):
            yield (*loc, "using", name), f"{call.effect} does not take {name}; it takes {_list(names)}"
        for name in sorted(name for name, free in names.items() if not free and name not in call.using):
            yield loc, f"{call.effect} needs using: {name}"
        if effect.takes and not call.using:
            yield loc, f"{call.effect} needs one of using: {_list(names)}"
        if "from" in call.using and "from" in names:
            spec = inputs.get(call.using["from"])
            if spec is None:
                yield (
                    (*loc, "using", "from"),
                    f"{call.using['from']} is no input of this state; there are {_list(inputs)}",
                )
            elif spec.data_type not in effect.of:
                yield (
                    (*loc, "using", "from"),
                    f"{call.effect} reads a {_list(effect.of)}, and {spec.ident} is {spec.data_type}",
                )


def _graph(definition: Definition) -> Found:
    targets = {
        ident: {way.to for way in state.ways} | ({state.needs.otherwise} if state.needs else set())
        for ident, state in definition.states.items()
    }
    reached = _closure({definition.start}, targets)
    for ident in definition.states:
        if ident not in reached:
            yield ("states", ident), "is never reached; lead to it from another state, or delete it"
    back: dict[str, set[str]] = {ident: set() for ident in targets}
    for ident, ways in targets.items():
        for way in ways:
            back[way].add(ident)
    ends = {ident for ident, state in definition.states.items() if state.is_end}
    if not ends:
        yield ("states",), "have no end; give one an outcome"
    leading = _closure(ends, back)
    for ident in definition.states:
        if ends and ident not in leading:
            yield ("states", ident), "is a dead end: no outcome can be reached from it"
    silent = {
        ident: {way.to for way in state.choose} | ({state.needs.otherwise} if state.needs else set())
        for ident, state in definition.states.items()
    }
    for ident in definition.states:
        if ident in _closure(silent[ident], silent):
            yield ("states", ident), "chooses in a circle: from it one may come back to it without anybody acting"


def _closure(begun: Iterable[str], targets: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(begun)
    while waiting:
        ident = waiting.pop()
        if ident not in seen:
            seen.add(ident)
            waiting += targets[ident]
    return seen


def _twice(here: Loc, idents: Sequence[str]) -> Found:
    for number, ident in enumerate(idents):
        if ident in idents[:number]:
            yield (*here, number, "ident"), f"{ident} stands here twice; give one another name"


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
