"""The queues of real-time letters (AMQP, by kombu). Without AMQP_URL they are in this process's memory.

On RabbitMQ they are quorum queues, durable, whose rejected letters go to the queue of that name with `.Dead-Letter`;
and the broker confirms what is published. Queues are declared at each connection: one that somebody has deleted is
there again.
"""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import kombu
from django.conf import settings
from kombu.exceptions import OperationalError

from apps.connectivity.models import RtcDeadLetter

MO, REPLY, MT = RtcDeadLetter.MO, RtcDeadLetter.REPLY, "RTC-MT"
DEAD = ".Dead-Letter"
SECONDS = 10.0
DELIVERIES = 20  # of a letter whose reader dies each time; then it is a dead letter
AWAY = (OperationalError, OSError, socket.timeout)  # and what the transport itself raises: away_errors()


def in_memory() -> bool:
    return not settings.AMQP_URL


def name_of(queue: str) -> str:
    return f"{settings.RTC_QUEUE_PREFIX}{queue}"


def queue_of(queue: str) -> kombu.Queue:
    quorum: dict[str, Any] = {"x-queue-type": "quorum"}
    if not queue.endswith(DEAD):
        quorum |= {
            "x-dead-letter-exchange": "", "x-dead-letter-routing-key": name_of(queue + DEAD),
            "x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish",
            "x-delivery-limit": DELIVERIES,
        }  # fmt: skip
    return kombu.Queue(
        name_of(queue), exchange="", routing_key=name_of(queue), durable=True, auto_delete=False,
        queue_arguments=None if in_memory() else quorum,
    )  # fmt: skip


QUEUES = tuple(name for queue in (MO, REPLY, MT) for name in (queue + DEAD, queue))


@contextmanager
def connected() -> Iterator[Any]:
    """A channel on which every queue is declared. Raises one of away_errors()."""
    options: dict[str, Any] = {"polling_interval": 0.1}
    if not in_memory():
        # A broker that hangs, as RabbitMQ does when its memory or disk is short, holds up nobody for long.
        options = {"confirm_publish": True, "read_timeout": SECONDS, "write_timeout": SECONDS}
    with kombu.Connection(
        settings.AMQP_URL or "memory://rtc/",
        transport_options=options,
        connect_timeout=5,
        heartbeat=0 if in_memory() else 30,
    ) as connection:
        connection.ensure_connection(max_retries=1, timeout=int(SECONDS))
        channel = connection.default_channel
        for name in QUEUES:
            queue_of(name)(channel).queue_declare()
        yield channel


def away_errors() -> tuple[type[BaseException], ...]:
    connection = kombu.Connection(settings.AMQP_URL or "memory://rtc/")
    return (*AWAY, *connection.connection_errors, *connection.channel_errors)


def publish(channel: Any, queue: str, body: str | bytes, *, reference: str | None = None, **headers: Any) -> None:
    """Returns when the broker has the letter on disk."""
    kombu.Producer(channel, auto_declare=False).publish(
        body, routing_key=name_of(queue), exchange="", content_type="application/json", content_encoding="utf-8",
        delivery_mode=2, correlation_id=reference, mandatory=not in_memory(), headers=headers or None, timeout=SECONDS,
    )  # fmt: skip


def drain(queue: str, keep: Callable[[list[bytes]], int], *, batch: int = 100, seconds: float = 20.0) -> int:
    """Take every letter out of a queue: `keep` stores a batch for good and returns how many were new, and only then are
    they acknowledged. How many were new in all. What is left after so many seconds is for the next time."""
    count, begun = 0, time.monotonic()
    with connected() as channel:
        held = queue_of(queue)(channel)
        while time.monotonic() - begun < seconds:
            some: list[Any] = []
            while len(some) < batch and (message := held.get(no_ack=False)) is not None:
                some.append(message)
            if not some:
                break
            count += keep([raw(message) for message in some])
            for message in some:
                message.ack()
    return count


def raw(message: Any) -> bytes:
    body = message.body
    return body.encode() if isinstance(body, str) else bytes(body)
