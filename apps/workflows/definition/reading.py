"""A definition from its YAML: every problem with the line it stands on and what to do about it."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pydantic
import yaml

from apps.workflows.definition.shape import Definition


@dataclass(frozen=True)
class Problem:
    file: str
    line: int
    where: str
    text: str

    def __str__(self) -> str:
        place = f" {self.where}:" if self.where else ""
        return f"{self.file}, line {self.line}:{place} {self.text}"


class BadDefinition(Exception):
    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.file, problem.line))
        super().__init__("\n".join(map(str, self.problems)))


class _Loader(yaml.SafeLoader):
    """Of YAML's words for true and false only these two: `no` and `on` are names that authors give to events."""


_OURS = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")
_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in found if tag not in _OURS]
    for letter, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), ["t", "f"])


def read(text: str, file: str) -> Definition:
    """The definition; BadDefinition with all problems of its shape. The whole is judged by checks.py."""
    data, lines = _parsed(text, file)
    try:
        found = Definition.model_validate(data)
    except pydantic.ValidationError as error:
        raise BadDefinition(
            Problem(file, line_of(lines, item["loc"]), place(item["loc"]), _said(item)) for item in error.errors()
        ) from None
    digest = hashlib.sha256(text.encode()).hexdigest()
    return found.model_copy(update={"digest": digest, "source": text, "lines": lines})


def line_of(lines: dict[str, int], loc: Iterable[Any]) -> int:
    """The line of this place, or of the nearest thing around it."""
    path = [str(part) for part in loc]
    while path and "/".join(path) not in lines:
        path.pop()
    return lines.get("/".join(path), 1)


def place(loc: Iterable[Any]) -> str:
    """The place in an author's words: `state clean, inputs 1`."""
    parts = [str(part) for part in loc if not str(part).startswith("function-")]
    if parts[:1] == ["states"] and len(parts) > 1:
        parts = [f"state {parts[1]}", *parts[2:]]
    return ", ".join(f"number {int(part) + 1}" if part.isdigit() else part for part in parts)


def _said(item: Any) -> str:
    match item["type"]:
        case "extra_forbidden":
            return "is no word of a definition here; look at docs/workflows.md for those that are"
        case "missing":
            return "is missing"
        case "string_pattern_mismatch":
            return f"{item['input']!r} is not written as it must be ({item['ctx']['pattern']})"
    return str(item["msg"]).removeprefix("Value error, ")


def _parsed(text: str, file: str) -> tuple[Any, dict[str, int]]:
    lines: dict[str, int] = {}
    problems: list[Problem] = []
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise BadDefinition([Problem(file, 1, "", "is empty")])
        data = _plain(loader, node, (), lines, problems, file)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = str(getattr(error, "problem", None) or error)
        raise BadDefinition([Problem(file, mark.line + 1 if mark else 1, "", f"is no YAML: {said}")]) from None
    finally:
        loader.dispose()
    if problems:
        raise BadDefinition(problems)
    return data, lines


def _plain(
    loader: _Loader, node: yaml.Node, path: tuple[str, ...], lines: dict[str, int], problems: list[Problem], file: str
) -> Any:
    lines["/".join(path)] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        found: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node)
            line = key_node.start_mark.line + 1
            if not isinstance(key, str):
                problems.append(Problem(file, line, place(path), f"the name {key!r} is no text; put it in quotes"))
                continue
            if key in found:
                problems.append(Problem(file, line, place(path), f"{key} stands here twice; keep one"))
            found[key] = _plain(loader, value_node, (*path, key), lines, problems, file)
            lines["/".join((*path, key))] = line
        return found
    if isinstance(node, yaml.SequenceNode):
        return [
            _plain(loader, item, (*path, str(number)), lines, problems, file) for number, item in enumerate(node.value)
        ]
    return loader.construct_object(node)
