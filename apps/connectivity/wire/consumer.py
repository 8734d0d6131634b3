"""Reads RTC-MO and RTC-MT.Reply: each letter is settled in one transaction, and acknowledged after its commit. What
can't be settled is put into the dead-letter queue first. `manage.py rtc_consumer`, and beside the worker of `up`."""

import logging
import threading
from typing import Any

import kombu
from django.db import InterfaceError, OperationalError

from apps.connectivity import actions
from apps.connectivity.wire import broker
from apps.core.actors import SYSTEM

log = logging.getLogger(__name__)

PREFETCH = 20
TICK = 0.5  # seconds between two looks whether it is to stop


class Consumer:
    """start() returns after stop(), or raises when the broker or the database goes away: to be begun anew."""

    def __init__(self) -> None:
        self.stopping = threading.Event()

    def stop(self) -> None:
        self.stopping.set()

    def start(self) -> None:
        with broker.connected() as channel:
            connection = channel.connection.client
            consumers = [
                kombu.Consumer(
                    channel, [broker.queue_of(queue)], on_message=self._taker(queue), no_ack=False, auto_declare=False,
                    prefetch_count=PREFETCH,
                )
                for queue in (broker.MO, broker.REPLY)
            ]  # fmt: skip
            for consumer in consumers:
                consumer.consume()
            while not self.stopping.is_set():
                self._look(connection)
            for consumer in consumers:
                consumer.cancel()

    def _look(self, connection: Any) -> None:
        try:
            connection.drain_events(timeout=TICK)
        except TimeoutError:
            if connection.get_heartbeat_interval():
                connection.heartbeat_check()

    def _taker(self, queue: str) -> Any:
        def take(message: Any) -> None:
            problem = settled(queue, broker.raw(message))
            if problem is not None:
                broker.publish(message.channel, queue + broker.DEAD, broker.raw(message), reason=problem[:500])
            message.ack()

        return take


def settled(queue: str, body: bytes) -> str | None:
    """None when it is done; else why it is a dead letter."""
    try:
        problem: str | None = actions.take_letter(queue=queue, body=body, by=SYSTEM)
    except (OperationalError, InterfaceError):
        raise  # the database is away: the letter stays where it is
    except Exception:
        log.exception("a letter of %s broke off", queue)
        return "something broke on our side; it has been recorded"
    return problem
