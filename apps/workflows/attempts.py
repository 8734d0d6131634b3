"""A try that the exit checks refuse takes no step, and so leaves no event; that it was made is kept all the same."""

import functools
from typing import Any, cast

from apps.core.actions import Action
from apps.core.actors import Actor
from apps.workflows.actions.failing import keep_failed
from apps.workflows.exit_checks import Failed


def keeps_what_failed(act: Action) -> Action:
    """Around an action, not in it: what its transaction wrote is gone when it refuses. Inside of yet another
    transaction the try is lost with the rest."""

    @functools.wraps(act)
    def run(*args: Any, by: Actor, **kwargs: Any) -> Any:
        try:
            return act(*args, by=by, **kwargs)
        except Failed as failed:
            keep_failed(failed, by=by)
            raise

    return cast(Action, run)
