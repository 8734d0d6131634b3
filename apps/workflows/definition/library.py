"""The definitions that there are: those shipped, and the versions that open repairs began with."""

import functools
from collections.abc import Iterable, Mapping
from pathlib import Path

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from apps.workflows.definition import checks, reading
from apps.workflows.definition.including import whole
from apps.workflows.definition.reading import BadDefinition, Problem
from apps.workflows.definition.shape import Definition

SHIPPED = Path(__file__).resolve().parents[1] / "definitions"


def folders() -> list[Path]:
    """Where definitions lie: the shipped ones, then an operator's own (WORKFLOWS), which take the place of a shipped
    one of the same name."""
    own: Path | None = settings.WORKFLOWS
    return [SHIPPED, own] if own else [SHIPPED]


@functools.cache
def library() -> Mapping[str, Definition]:
    """By name. BadDefinition with every problem of every file."""
    found: dict[str, Definition] = {}
    problems: list[Problem] = []
    for folder in folders():
        here: dict[str, str] = {}
        for file in sorted(folder.glob("*.yaml")):
            try:
                definition = _of_file(file)
            except BadDefinition as bad:
                problems += bad.problems
                continue
            if definition.name in here:
                text = f"{definition.name} is the name of {here[definition.name]} too; give one another"
                problems.append(Problem(file.name, definition.lines.get("name", 1), "name", text))
            here[definition.name] = file.name
            found[definition.name] = definition
    problems += _served_twice(found.values())
    if problems:
        raise BadDefinition(problems)
    return found


def _of_file(file: Path) -> Definition:
    # What ships includes what ships, whatever an operator has under the same name.
    places = [SHIPPED] if file.parent == SHIPPED else folders()
    text = whole(file.read_text(encoding="utf-8"), file.name, places)
    try:
        return _judged(text.text, file.name)
    except BadDefinition as bad:
        raise BadDefinition(text.told(problem) for problem in bad.problems) from None


@functools.lru_cache(maxsize=64)
def of_text(text: str, name: str) -> Definition:
    """An earlier version, as it was kept with the repairs that began with it."""
    return _judged(text, name)


def _judged(text: str, file: str) -> Definition:
    definition = reading.read(text, file)
    if problems := checks.problems_of(definition, file):
        raise BadDefinition(problems)
    return definition


def _served_twice(definitions: Iterable[Definition]) -> list[Problem]:
    taken: dict[tuple[str, int], str] = {}
    problems = []
    for definition in definitions:
        for number, key in enumerate(definition.serves):
            other = taken.setdefault((definition.kind, key), definition.name)
            if other != definition.name:
                text = f"the product type {key} is served by {other} already; name it in one of them"
                line = reading.line_of(definition.lines, ("serves", number))
                problems.append(Problem(f"{definition.name}.yaml", line, "serves", text))
    return problems


@register
def check(app_configs: object, **options: object) -> list[CheckMessage]:
    """Nothing starts with a definition that is wrong."""
    try:
        library()
    except BadDefinition as bad:
        return [Error(str(problem), id="workflows.E001") for problem in bad.problems]
    return []
