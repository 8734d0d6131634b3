"""The reader of real-time letters as a process of its own."""

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.connectivity.wire import broker
from apps.connectivity.wire.consumer import Consumer
from apps.operations.supervision import Supervised


class Command(BaseCommand):
    help = "Read what units and networks say in real time (RTC-MO, RTC-MT.Reply). Needs AMQP_URL; several may run."

    def handle(self, *args: Any, **options: Any) -> None:
        if broker.in_memory():
            raise CommandError("Without AMQP_URL the queues are inside `manage.py up`, which reads them itself.")
        reader = Supervised("rtc consumer", Consumer)
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: reader.stop())
        reader.start().thread.join()
