"""Tell a worker that there is something to relay. A hint: when the broker is away, the sweep finds the rows."""

import logging
import threading
import time

from celery import current_app

log = logging.getLogger(__name__)

_QUIET_AFTER_FAILURE = 30.0
_silent_until = 0.0
_lock = threading.Lock()


def relay_soon() -> None:
    """Never raises and never waits long: after a failure the broker is left alone for half a minute."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        current_app.send_task("apps.events.tasks.relay", ignore_result=True, retry=False)
    except Exception as error:
        with _lock:
            _silent_until = time.monotonic() + _QUIET_AFTER_FAILURE
        log.warning("the broker is away (%s); the sweep will relay", type(error).__name__)
