"""emit(): write down that something happened, with the consequences it is to have."""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import Forbidden
from apps.events.models import Consequence, Event

Handler = Callable[[Event], None]


@functools.cache
def subscriptions() -> Mapping[str, Sequence[str]]:
    """Event name → dotted paths of handlers; the page is backoffice/subscriptions.py."""
    found: Mapping[str, Sequence[str]] = import_string(settings.SUBSCRIPTIONS)
    return found


@functools.cache
def handler(path: str) -> Handler:
    found: Handler = import_string(path)
    return found


def emit(
    name: str, *, subject: str, entity_ids: Iterable[int], by: Actor, payload: Mapping[str, Any] | None = None
) -> Event:
    """Record an event in the caller's transaction and wake the relay once that is committed.

    An event nobody lists on the page of subscriptions is a mistake in the code: KeyError.
    """
    paths = subscriptions()[name]
    event = Event.objects.create(
        name=name,
        subject=subject,
        entity_ids=sorted(entity_ids),
        payload=dict(payload or {}),
        by=by.name_for_record,
    )
    if paths:
        Consequence.objects.bulk_create(Consequence(event=event, handler=path) for path in paths)
        transaction.on_commit(_wake, robust=True)
    return event


@action(level=Level.SYSTEM)
def retry_failed(*, key: int | None = None, by: Actor) -> int:
    """Give a failed consequence (or, without a key, all of them) all of its attempts again; how many there were."""
    if not by.is_global:
        raise Forbidden("Events are of all entities; this needs GLOBAL scope")
    rows = Consequence.objects.filter(state=Consequence.State.FAILED)
    if key is not None:
        rows = rows.filter(pk=key)
    count = rows.update(state=Consequence.State.PENDING, attempts=0, due_at=timezone.now())
    transaction.on_commit(_wake, robust=True)
    return count


def _wake() -> None:
    from apps.events import wake  # the only import of the broker, and only after the commit

    wake.relay_soon()
