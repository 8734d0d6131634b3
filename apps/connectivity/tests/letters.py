"""Letters as they lie in the queues."""

import base64
import json

import cbor2

from apps.connectivity import actions
from apps.connectivity.models import RtcDeadLetter
from apps.connectivity.wire import broker
from apps.connectivity.wire.consumer import settled
from apps.core.actors import SYSTEM

PAYLOAD = {  # of the table's example
    "ident": "Aeris/10.112.89.62", "message": "ggSfghpaebuvaUNvbm5lY3RlZP8=",
    "correlation_id": "d478ea0eeadc47e8aead97502235ccac", "timestamp": "2018-02-06T14:29:14.349698", "ident_type": "IP",
}  # fmt: skip


def mo(letter, **also):
    message = base64.b64encode(letter if isinstance(letter, bytes) else cbor2.dumps(letter)).decode()
    return json.dumps(PAYLOAD | {"message": message, "correlation_id": None} | also).encode()


def say(rtc, letter, **also):
    """The unit's letter, as the reader takes it out of the queue."""
    return settled("RTC-MO", mo(letter, **also))


def dead_letter(payload, queue="RTC-MO"):
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    actions.keep_dead_letters(queue=queue, bodies=[body], by=SYSTEM)
    return RtcDeadLetter.objects.order_by("-pk").first()


def taken(channel, queue):
    found = []
    while (message := broker.queue_of(queue)(channel).get(no_ack=True)) is not None:
        found.append(json.loads(broker.raw(message)))
    return found
