"""The one shape of an action: keyword-only, takes `by`, one transaction, and knows the level it needs.

API endpoints, screens and the admin read `.level` off the action instead of repeating it, so that the rule who may
do a thing stands once.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any, Protocol, cast

from django.db import transaction

from apps.core.levels import Level
from apps.core.refusals import Forbidden


class Action(Protocol):
    level: Level | None
    __name__: str

    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...


def action(*, level: Level | None) -> Callable[[Callable[..., Any]], Action]:
    """Make a function an action. `level=None`: called by other actions and by units only, never by a person."""

    def wrap(function: Callable[..., Any]) -> Action:
        by = inspect.signature(function).parameters.get("by")
        if by is None or by.kind is not inspect.Parameter.KEYWORD_ONLY:
            raise TypeError(f"{function.__qualname__} needs a keyword-only `by`")

        @functools.wraps(function)
        def run(*args: Any, by: Any, **kwargs: Any) -> Any:
            require_level(by, level)
            with transaction.atomic():
                return function(*args, by=by, **kwargs)

        run.level = level  # type: ignore[attr-defined]
        return cast(Action, run)

    return wrap


def require_level(by: Any, level: Level | None) -> None:
    if level is not None and by.level < level:
        raise Forbidden(f"This needs the permission {level.value}; yours is {by.level.value}")
