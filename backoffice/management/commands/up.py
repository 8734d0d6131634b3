"""The back office as one process tree: server, embedded worker and beat, and with demo data the simulated units."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.connectivity.wire import broker
from apps.connectivity.wire.consumer import Consumer
from apps.connectivity.wire.loopback import Loopback
from apps.demo import fleet
from apps.live.push import set_server_loop
from apps.operations.supervision import Supervised
from apps.products.models import Product
from backoffice.celery import app

DEMO_UNITS = 60
DEMO_SPEED = 720  # a contact every 20 seconds


class Server(uvicorn.Server):
    """Tells live.push which loop the pages are connected to, and the command when the port is open."""

    def __init__(self, config: uvicorn.Config, opened: Any) -> None:
        super().__init__(config)
        self.opened = opened

    async def startup(self, sockets: Any = None) -> None:
        import asyncio

        set_server_loop(asyncio.get_running_loop())
        await super().startup(sockets)
        if self.started:
            self.opened()


class Command(BaseCommand):
    help = "Run everything: server, worker, beat, and with demo data the simulated units. Ctrl-C stops it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--speed", type=float, default=DEMO_SPEED, help="how fast simulated units live")
        parser.add_argument("--simulated", type=int, default=DEMO_UNITS, help="how many units are simulated")

    def handle(self, *args: Any, **options: Any) -> None:
        address = f"http://{options['host']}:{options['port']}"
        listening = _listen(options["host"], options["port"], address)
        call_command("migrate", verbosity=0, interactive=False)
        simulated = settings.DEMO
        if settings.DEMO and not Product.objects.exists():
            self.stdout.write("First start: making the demo fleet …")
            call_command("seed_demo", units=DEMO_UNITS, stdout=self.stdout)
        children: list[subprocess.Popen[bytes]] = []

        def opened() -> None:
            self._greet(address)
            if simulated:
                children.append(_simulator(address, options["simulated"], options["speed"]))

        worker, beat = Supervised("worker", _worker).start(), Supervised("beat", _beat).start()
        letters = [Supervised("rtc consumer", Consumer).start()]
        if broker.in_memory():
            letters.append(Supervised("rtc loopback", Loopback).start())
        config = uvicorn.Config(
            "backoffice.asgi:one_process", log_level="warning",
            lifespan="off", ws_max_size=65536, timeout_graceful_shutdown=5, proxy_headers=False,
        )  # fmt: skip
        server = Server(config, opened)
        try:
            server.run(sockets=[listening])
        except KeyboardInterrupt:
            pass
        finally:
            for child in children:
                child.terminate()
            for child in children:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(5)
            for reader in letters:
                reader.stop()
            beat.stop()
            worker.stop()
        self.stdout.write("Stopped.")
        self.stdout.flush()
        os._exit(0)  # the worker's threads may be waiting on a broker

    def _greet(self, address: str) -> None:
        self.stdout.write(f"\nThe back office is at {address}   (Ctrl-C stops it)\n\n")
        if settings.DEMO:
            self.stdout.write(f"Demo log-ins, password {fleet.PASSWORD}\n")
            for email, (level, entity) in fleet.LOG_INS.items():
                self.stdout.write(f"  {email:26}{level.value:11}{entity or 'all units'}\n")
        else:
            self.stdout.write(
                "Make the first user: manage.py create_user EMAIL --password P --permissions SYSTEM --scope GLOBAL\n"
            )
        self.stdout.flush()


def _listen(host: str, port: int, address: str) -> socket.socket:
    """The open port, taken before anything else is begun."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        raise CommandError(f"{address} can't be opened ({error.strerror}). Set PORT to a free one.") from None
    listening.listen(2048)
    return listening


def _worker() -> Any:
    return app.WorkController(
        pool="threads", concurrency=2, loglevel="WARNING", without_gossip=True, without_mingle=True,
        without_heartbeat=True,
    )  # fmt: skip


def _beat() -> Any:
    from celery.beat import Service

    from apps.operations.schedules import Scheduler

    return Service(app, scheduler_cls=Scheduler)


def _simulator(address: str, units: int, speed: float) -> subprocess.Popen[bytes]:
    """A process of its own, so that it competes with the server no more than real units would."""
    return subprocess.Popen(  # noqa: S603
        [sys.executable, sys.argv[0], "simulate", "--units", str(units), "--speed", str(speed),
         "--url", address, "--clock-error", "900", "--not-in-group", fleet.QUIET],
        stdout=subprocess.DEVNULL,
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,
    )  # fmt: skip


def _die_with_parent() -> None:
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
