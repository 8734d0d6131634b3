"""Doing something many times at once, each with a database connection of its own."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections


def at_once(times: int, work: Callable[[], Any]) -> list[Any]:
    """What each call returned, or the exception it raised."""
    start, found = threading.Barrier(times), []

    def run() -> None:
        start.wait()
        try:
            found.append(work())
        except Exception as error:
            found.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
