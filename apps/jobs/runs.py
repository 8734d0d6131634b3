"""Noting when a scheduled task last ran, how long it took and what went wrong, for the system page."""

import time
from typing import Any

from celery import Task
from django.utils import timezone


class NotedTask(Task):
    """The class of every task of ours. Only runs that beat has asked for are noted; the others come with each event."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        name = (self.request.headers or {}).get("periodic_task_name") or self.request.get("periodic_task_name")
        if not name:
            return super().__call__(*args, **kwargs)
        at, begun, problem = timezone.now(), time.monotonic(), ""
        try:
            return super().__call__(*args, **kwargs)
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"[:500]
            raise
        finally:
            from apps.jobs.models import TaskRun

            seconds = time.monotonic() - begun
            TaskRun.objects.update_or_create(name=name, defaults={"at": at, "seconds": seconds, "problem": problem})
