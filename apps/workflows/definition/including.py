"""`include: [parts, ends]`: states that several workflows share are written once, in `shared/<name>.yaml` beside them.

What is included becomes text of the definition, so that a repair's version is whole in itself, and problems are still
told where the author wrote them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from apps.workflows.definition.reading import BadDefinition, Problem

_INCLUDE = re.compile(r"^include:[ \t]*\[([\w\s,]*)\][ \t]*$", re.MULTILINE)
_STATES = re.compile(r"^states:[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Whole:
    """A definition with what it includes. `pieces`: (first line, file) of each piece of the text, in their order."""

    text: str
    pieces: tuple[tuple[int, str], ...]

    def told(self, problem: Problem) -> Problem:
        """The problem where its author finds it."""
        first, file = max(piece for piece in self.pieces if piece[0] <= problem.line)
        return replace(problem, file=file, line=problem.line - first + 1)


def whole(text: str, file: str, folders: Sequence[Path]) -> Whole:
    """`folders`: where definitions lie, the last one first looked into. BadDefinition where there is no such file."""
    asked = _INCLUDE.search(text)
    if asked is None:
        return Whole(text, ((1, file),))
    line = text.count("\n", 0, asked.start()) + 1
    states = _STATES.search(text)
    if states is None or re.search(r"^[^\s#]", text[states.end() :], re.MULTILINE):
        told = "is followed by more; put states last, for what is included goes after them"
        raise BadDefinition([Problem(file, line, "states", told)])
    # The line stays, so that all others keep their numbers.
    pieces, parts = [(1, file)], [text[: asked.start()] + "# " + text[asked.start() :].rstrip("\n") + "\n"]
    for name in filter(None, (one.strip() for one in asked[1].split(","))):
        found = next(
            (path for folder in reversed(folders) if (path := folder / "shared" / f"{name}.yaml").is_file()), None
        )
        if found is None:
            known = sorted({path.stem for folder in folders for path in (folder / "shared").glob("*.yaml")})
            told = f"there is no shared/{name}.yaml; there are {', '.join(known) or 'none'}"
            raise BadDefinition([Problem(file, line, "include", told)])
        pieces.append((sum(part.count("\n") for part in parts) + 1, f"shared/{found.name}"))
        lines = found.read_text(encoding="utf-8").rstrip("\n").split("\n")
        parts.append("".join(f"  {one}\n" if one.strip() else "\n" for one in lines))
    return Whole("".join(parts), tuple(pieces))
