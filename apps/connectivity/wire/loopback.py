"""The network of a system without a broker: it says of every letter to a unit that it was delivered."""

import json
import threading

from apps.connectivity.wire import broker

TICK = 0.5  # seconds


class Loopback:
    def __init__(self) -> None:
        self.stopping = threading.Event()

    def stop(self) -> None:
        self.stopping.set()

    def start(self) -> None:
        with broker.connected() as channel:
            queue = broker.queue_of(broker.MT)(channel)
            while not self.stopping.wait(TICK):
                while (message := queue.get(no_ack=False)) is not None:
                    letter = json.loads(broker.raw(message))
                    reply = json.dumps({"correlation_id": letter["correlation_id"], "status": "delivered"})
                    broker.publish(channel, broker.REPLY, reply)
                    message.ack()
