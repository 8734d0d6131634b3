"""Conditions in definitions: a small expression over what was given and what is known, by simpleeval. No calls, no
attributes, plain JSON values only.

    voltage >= 3.5 and 'crack' in visual_result

A name without a value is None, and a comparison with nothing is false instead of an error: what was not measured
neither passes nor fails anything but `not`.
"""

import ast
from collections.abc import Callable, Mapping
from typing import Any

from simpleeval import DEFAULT_OPERATORS, InvalidExpression, NameNotDefined, SimpleEval

LONGEST = 500
_ALLOWED = (
    ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.Compare, ast.Eq, ast.NotEq,
    ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.Name, ast.Load, ast.Constant, ast.BinOp, ast.Add, ast.Sub,
    ast.Mult, ast.Div,
)  # fmt: skip
# Names of the languages an author may come from, with their values.
CONSTANTS = {"true": True, "false": False, "null": None}


class Condition:
    """A condition that was read and found to be one."""

    def __init__(self, text: str, tree: ast.Expression) -> None:
        self.text = text
        self._tree = tree
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        self.names = frozenset(names - set(CONSTANTS))

    @classmethod
    def parse(cls, text: str) -> "Condition":
        """Raises ValueError with a reason an author understands."""
        if len(text) > LONGEST:
            raise ValueError(f"a condition has at most {LONGEST} letters")
        try:
            tree = ast.parse(text.strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise ValueError(f"{text!r} is no condition; write e.g. voltage >= 3.5 and cleaned == 'yes'") from None
        for node in ast.walk(tree):
            if not isinstance(node, _ALLOWED):
                raise ValueError(f"{type(node).__name__} has no place in a condition: {text!r}")
        return cls(text, tree)

    def holds(self, value_of: Callable[[str], Any]) -> bool:
        """Whether it holds; `value_of` gives the value of each name that it uses."""
        names = {**CONSTANTS, **{name: value_of(name) for name in self.names}}
        try:
            return bool(_evaluator(names).eval(self.text, previously_parsed=self._tree.body))
        except (InvalidExpression, NameNotDefined, TypeError, ZeroDivisionError, OverflowError):
            return False

    def __repr__(self) -> str:
        return f"Condition({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


def _loose(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], bool]:
    """A comparison in which what is missing is neither more nor less than anything, nor in anything."""

    def run(left: Any, right: Any) -> bool:
        try:
            return bool(compare(left, right))
        except TypeError:
            return False

    return run


_COMPARISONS = (ast.Gt, ast.GtE, ast.Lt, ast.LtE, ast.In, ast.NotIn)
_OPERATORS = {kind: _loose(run) if kind in _COMPARISONS else run for kind, run in DEFAULT_OPERATORS.items()}


def _evaluator(names: Mapping[str, Any]) -> SimpleEval:
    return SimpleEval(operators=_OPERATORS, functions={}, names=dict(names))
