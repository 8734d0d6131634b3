"""Letting something happen at another time: histories of two years are made by the same actions as today's."""

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.utils import timezone

_now = timezone.now


class Clock:
    def __init__(self) -> None:
        self.moment: dt.datetime = _now()

    def __call__(self) -> dt.datetime:
        return self.moment


@contextlib.contextmanager
def turned_back() -> Iterator[Clock]:
    """Within: what the whole process takes for now is `clock.moment`. For a command that makes a demo, and nothing
    else: no server may run beside it in the same process."""
    clock = Clock()
    fields: list[Any] = [
        field for model in apps.get_models() for field in model._meta.concrete_fields if field.default is _now
    ]
    timezone.now = clock
    for field in fields:
        field.__dict__["_get_default"] = clock  # a default is looked up once; this one follows the clock
    try:
        yield clock
    finally:
        timezone.now = _now
        for field in fields:
            del field.__dict__["_get_default"]
