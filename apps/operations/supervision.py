"""A thread whose work is to go on for as long as the process: what ends is begun again."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connections

log = logging.getLogger(__name__)

LONGEST_WAIT = 30.0  # seconds between two tries
STEADY = 60.0  # whatever ran so long began well


class Supervised:
    """Runs `make().start()` over and over until stop(), with a growing pause after each short life.

    `make` gives a fresh object with start(), which returns or raises when it is over, and stop().
    """

    def __init__(self, name: str, make: Callable[[], Any]) -> None:
        self.name, self.make = name, make
        self.current: Any = None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> "Supervised":
        self.thread.start()
        return self

    def stop(self) -> None:
        self.stopping.set()
        if self.current is not None:
            self.current.stop()

    def _run(self) -> None:
        wait = 1.0
        while not self.stopping.is_set():
            begun = time.monotonic()
            try:
                self.current = self.make()
                self.current.start()
                if not self.stopping.is_set():
                    log.error("%s has ended; it is begun again", self.name)
            except (Exception, SystemExit) as error:
                log.exception("%s has ended (%s); it is begun again", self.name, type(error).__name__)
            connections.close_all()  # a connection that is broken would break the next one too
            wait = 1.0 if time.monotonic() - begun >= STEADY else min(wait * 2, LONGEST_WAIT)
            self.stopping.wait(wait)
