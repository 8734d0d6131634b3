"""Credit while PostgreSQL and the worker are killed with -9, again and again, under load.

    python -m tests.faults.credit [--kills 20] [--clients 6] [--units 12]

Starts a PostgreSQL of its own (its programs must be installed; as root it runs as the user `postgres`), one web server
and one worker. Clients pay over HTTP and send what got no answer again under its id, units connect by U1; now and then
the database's processes and the worker die. At the end every command that was answered must be there once, every unit's
credit must be what its own commands come to, and nothing may be outstanding. Prints the figures; exit code 1 where one
of them is wrong.
"""

import argparse
import asyncio
import collections
import contextlib
import glob
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import django
import httpx

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
django.setup()

from apps.gateway.simulator.fleet import BadNetwork  # noqa: E402
from apps.gateway.simulator.unit import Conditions, Unit  # noqa: E402
from tests.browser.conftest import ROOT, free_port  # noqa: E402

PEOPLE, PASSWORD = "till@example.org", "faults-are-normal-1"
STAGE = """
from apps.core.actors import SYSTEM
from tests.cast import make_unit
import json
units = [make_unit(f"9{{number:014d}}", dcm_enabled_flag=True) for number in range({units})]
print(json.dumps([[unit.product_imei, unit.device_key] for unit in units]))
"""
LEDGER = """
import json
from apps.dcm.models import Balance, FinalBalance, PaymentCommand, SpentId
rows = list(PaymentCommand.objects.order_by("pk").values_list("product_id", "transaction_id", "category", "value", "status", "void"))
balances = dict(Balance.objects.values_list("product_id", "balance"))
print(json.dumps({"rows": rows, "balances": balances, "spent": SpentId.objects.count()}))
"""


class Postgres:
    """A cluster in a folder of its own, that can die."""

    def __init__(self, folder: Path) -> None:
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.folder, self.port, self.deaths = folder / "pg", free_port(), 0
        self.as_other = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        self.folder.mkdir()
        if self.as_other:
            folder.chmod(0o755)
            shutil.chown(self.folder, "postgres")
        self._run("initdb", "-D", str(self.folder), "-U", "postgres", "-A", "trust", "-E", "UTF8")
        self.start()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def _run(self, program: str, *words: str) -> None:
        subprocess.run(
            [*self.as_other, f"{self.bin}/{program}", *words], check=True, stdout=subprocess.DEVNULL, cwd="/"
        )

    def start(self) -> None:
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        where = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        for _try in range(20):
            with contextlib.suppress(subprocess.CalledProcessError):
                self._run("pg_ctl", "-D", str(self.folder), "-l", str(self.folder / "log"), "-o", where, "-w", "start")
                return
            time.sleep(0.5)
        raise RuntimeError((self.folder / "log").read_text()[-2000:])

    def kill(self) -> None:
        """The postmaster and its children at once, as when the power fails."""
        master = int((self.folder / "postmaster.pid").read_text().splitlines()[0])
        children = subprocess.run(["pgrep", "-P", str(master)], capture_output=True, text=True).stdout.split()
        for pid in (master, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.deaths += 1

    def stop(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-D", str(self.folder), "-m", "immediate", "stop")


class Till:
    """People at a counter: each command is sent until it is answered, under its own id."""

    def __init__(self, url: str, token: str, imeis: list[str], until: threading.Event) -> None:
        self.url, self.imeis, self.until = url, imeis, until
        self.headers = {"Authorization": f"Token token={token}"}
        self.answered: dict[str, tuple[str, str, int]] = {}
        self.doubtful: set[str] = set()
        self.statuses: collections.Counter[str] = collections.Counter()
        self.lock = threading.Lock()

    def serve(self, seed: int) -> None:
        chance, number = random.Random(seed), 0
        with httpx.Client(base_url=self.url, headers=self.headers, timeout=15) as client:
            while not self.until.is_set():
                number += 1
                imei = chance.choice(self.imeis)
                value = chance.choice([3600, 7200, 86400, -60])
                self._send(client, f"till-{seed}-{number}", imei, value)

    def _send(self, client: httpx.Client, key: str, imei: str, value: int) -> None:
        category = "payment" if value > 0 else "bad-payment"
        body = {"transaction_id": key, "category": category, "value": value}
        for _try in range(40):
            try:
                answer = client.post(f"/v1/products/{imei}/add_payment_command", json=body)
            except httpx.TransportError as error:
                self._count(type(error).__name__)
                self.doubtful.add(key)
                time.sleep(0.2)
                continue
            data = answer.json()
            self._count(f"{answer.status_code} {data.get('code') or ''}".strip())
            if answer.status_code == 201 or (data.get("code") == "duplicate" and data["data"]["identical"]):
                with self.lock:
                    self.answered[key] = (imei, category, value)
                return
            if answer.status_code < 500:
                return  # refused by a rule: more than was added
            self.doubtful.add(key)
            time.sleep(0.2)

    def _count(self, what: str) -> None:
        with self.lock:
            self.statuses[what] += 1


def live(url: str, keys: list[list[str]], until: threading.Event, units: list[Unit]) -> None:
    """The units connect until the end, and then once more each until nothing is left to say."""

    async def play() -> None:
        async with httpx.AsyncClient(base_url=url, timeout=15) as client:
            network = BadNetwork(client, 0.1, random.Random(1))
            boot = int(time.time())
            units.extend(
                Unit(imei, key, boot, network, Conditions(0.1, 0.1), random.Random(imei), credit=0.0, keeps_credit=True)
                for imei, key in keys
            )
            while not until.is_set():
                for unit in units:
                    with contextlib.suppress(Exception):
                        await unit.connect()
                await asyncio.sleep(0.05)
            network.lost = 0.0
            for unit in units:
                for _time in range(5):
                    await unit.connect()

    asyncio.run(play())


def judge(till: Till, units: list[Unit], found: dict) -> list[str]:
    wrong = []
    rows = {key: (imei, category, value) for imei, key, category, value, _status, _void in found["rows"]}
    if len(rows) != len(found["rows"]) or found["spent"] != len(rows):
        wrong.append(f"{len(found['rows'])} rows, {len(rows)} ids, {found['spent']} spent")
    lost = [key for key, command in till.answered.items() if rows.get(key) != command]
    if lost:
        wrong.append(f"answered and not there: {lost[:5]} of {len(lost)}")
    strangers = [key for key in rows if key not in till.answered and key not in till.doubtful]
    if strangers:
        wrong.append(f"there and never answered: {strangers[:5]} of {len(strangers)}")
    waiting = [key for _imei, key, _category, _value, status, _void in found["rows"] if status is None]
    if waiting:
        wrong.append(f"outstanding at the end: {len(waiting)}")
    for unit in units:
        added = sum(value for imei, _category, value in rows.values() if imei == unit.imei)
        if not (
            int(unit.credit) == found["balances"].get(unit.imei)
            and len(unit.applied) == sum(i == unit.imei for i, *_ in rows.values())
        ):
            wrong.append(f"unit {unit.imei}: has {unit.credit}, told {found['balances'].get(unit.imei)}, given {added}")
    return wrong


def main() -> int:
    asked = argparse.ArgumentParser()
    asked.add_argument("--kills", type=int, default=20)
    asked.add_argument("--clients", type=int, default=6)
    asked.add_argument("--units", type=int, default=12)
    options = asked.parse_args()
    Unit.MOST_APPLIED = 10**9  # the units of this run remember all, to be compared at the end
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    postgres, port = Postgres(folder), free_port()
    env = {**os.environ, "DATABASE_URL": postgres.url, "DATA_DIR": str(folder / "data"), "PORT": str(port), "DEMO": "0",
           "LOG_LEVEL": "CRITICAL"}  # fmt: skip
    env.setdefault("REDIS_URL", "redis://127.0.0.1:6379/15")
    started: list[subprocess.Popen[bytes]] = []

    def manage(*words: str) -> str:
        done = subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=env, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr[-3000:])
        return done.stdout

    def start(*words: str) -> subprocess.Popen[bytes]:
        log = (folder / f"{words[1]}.log").open("ab")
        started.append(
            subprocess.Popen(
                [sys.executable, *words], cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True
            )
        )
        return started[-1]

    worker_words = ("-m", "celery", "-A", "backoffice", "worker", "--pool", "threads", "--loglevel", "error", "--without-mingle", "--without-gossip")  # fmt: skip
    try:
        manage("migrate", "-v0")
        manage("create_user", PEOPLE, "--password", PASSWORD, "--permissions", "TECHNICAL", "--scope", "GLOBAL")
        keys = json.loads(manage("shell", "-v", "0", "-c", STAGE.format(units=options.units)).splitlines()[-1])
        start("-m", "granian", "--interface", "wsgi", "--workers", "1", "--port", str(port), "--log-level", "critical", "backoffice.wsgi:application")  # fmt: skip
        worker = start(*worker_words)
        start("-m", "celery", "-A", "backoffice", "beat", "--loglevel", "error", "-s", str(folder / "beat"))
        url = f"http://127.0.0.1:{port}"
        for _try in range(300):
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{url}/v1/home")
                break
            time.sleep(0.1)
        form = {"username": PEOPLE, "password": PASSWORD}
        token = httpx.post(f"{url}/v1/auth/login", data=form).json()["message"]["login_successful"]["API_token"]
        until, units, began = threading.Event(), [], time.monotonic()
        till = Till(url, token, [imei for imei, _key in keys], until)
        threads = [threading.Thread(target=till.serve, args=(number,)) for number in range(options.clients)]
        players = threading.Thread(target=live, args=(url, keys, until, units))
        for thread in (*threads, players):
            thread.start()
        chance = random.Random(3)
        for number in range(1, options.kills + 1):
            time.sleep(chance.uniform(1.0, 4.0))
            postgres.kill()
            worker.kill()
            worker.wait()
            postgres.start()
            worker = start(*worker_words)
            print(f"kill {number}: {len(till.answered)} commands answered so far", flush=True)
        time.sleep(3)
        until.set()
        for thread in (*threads, players):
            thread.join()
        found = json.loads(manage("shell", "-v", "0", "-c", LEDGER).splitlines()[-1])
        wrong = judge(till, units, found)
        print(f"{time.monotonic() - began:.0f} s, {postgres.deaths} deaths of PostgreSQL and of the worker")
        print(f"answers: {dict(till.statuses)}")
        print(
            f"{len(till.answered)} commands answered, {len(found['rows'])} in the ledger, {len(till.doubtful)} sent more than once"
        )
        print("\n".join(wrong) or "every answered command is there once; every balance is the unit's own")
        return 1 if wrong else 0
    finally:
        for one in started:  # with the workers of the web server
            with contextlib.suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGKILL)
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
