"""Tell a worker that there is something to do. A hint: when the broker is away, the sweeps find the rows."""

import logging
import threading
import time

from celery import current_app

log = logging.getLogger(__name__)

_QUIET_AFTER_FAILURE = 30.0
_silent_until = 0.0
_lock = threading.Lock()


def relay_soon() -> None:
    wake_soon("apps.events.tasks.relay")


def wake_soon(task: str, *, periodic: str = "") -> None:
    """Never raises and never waits long: after a failure the broker is left alone for half a minute.
    `periodic`: the name of a schedule, under which the run is noted."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    headers = {"periodic_task_name": periodic} if periodic else None
    try:
        current_app.send_task(task, ignore_result=True, retry=False, headers=headers)
    except Exception as error:
        with _lock:
            _silent_until = time.monotonic() + _QUIET_AFTER_FAILURE
        log.warning("the broker is away (%s); the sweep will do it", type(error).__name__)
