"""A scratch database with units, a server under it, and a load generator whose requests are made beforehand."""

import contextlib
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent.parent
NAME = "bench_backoffice"
UNITS = 2000
ROUNDS = 5
SECONDS = 3


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def scratch(units: int = UNITS) -> Iterator[dict[str, str]]:
    """The environment of a migrated scratch database with units; Django is set up in this process too."""
    import psycopg2

    url = os.environ["DATABASE_URL"]
    own = urlunsplit(urlsplit(url)._replace(path=f"/{NAME}"))

    def sql(statement: str) -> None:
        link = psycopg2.connect(url)
        link.autocommit = True
        link.cursor().execute(statement)
        link.close()

    sql(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
    sql(f"CREATE DATABASE {NAME}")
    env = {
        **os.environ,
        "DATABASE_URL": own,
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "LOG_LEVEL": "ERROR",
    }
    os.environ.update(env)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from apps.demo import fleet

    fleet.seed(units)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    try:
        yield env
    finally:
        connection.close()
        os.environ["DATABASE_URL"] = url
        sql(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


@contextlib.contextmanager
def serving(env: dict[str, str], *command: str, port: int, python: str = sys.executable) -> Iterator[str]:
    process = subprocess.Popen([python, "-m", *command], cwd=ROOT, env=env, start_new_session=True)
    try:
        for _try in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def granian(
    env: dict[str, str], threads: int = 4, application: str = "backoffice.wsgi"
) -> contextlib.AbstractContextManager[str]:
    port = free_port()
    return serving(
        env, "granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", str(threads),
        "--host", "127.0.0.1",
        "--port", str(port), "--no-ws", "--log-level", "error", f"{application}:application", port=port,
    )  # fmt: skip


def wrk(url: str, *headers: str, connections: int = 16) -> float:
    """Requests a second of one GET."""
    words = ["-c", str(connections), url]
    for header in headers:
        words += ["-H", header]
    return load(*words)


def load(*words: str) -> float:
    """Requests a second by wrk with two threads; every answer must be a success."""
    command = ["wrk", "-t2", f"-d{SECONDS}s", *words]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise RuntimeError(out)
    return float(next(line.split()[1] for line in out.splitlines() if "Requests/sec" in line))


def interleaved(rounds: int = ROUNDS, **kinds: Callable[[], float]) -> dict[str, float]:
    """The median of each over rounds that take turns, so that a busy moment hits all alike."""
    found: dict[str, list[float]] = {name: [] for name in kinds}
    for measure in kinds.values():
        measure()  # warm
    for _round in range(rounds):
        for name, measure in kinds.items():
            found[name].append(measure())
    return {name: statistics.median(values) for name, values in found.items()}


def least(work: Callable[[], object], times: int = 41) -> float:
    """Seconds: the lower quartile, after some runs to warm up."""
    found = []
    for _time in range(times + 5):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return sorted(found[5:])[times // 4]


def tell_time(what: str, value: float, goal: float | None, unit: str = " s") -> None:
    if goal is None:
        print(f"{what}: {value:.3g}{unit}", flush=True)
        return
    mark = "reached" if value <= goal else "MISSED"
    print(f"{what}: {value:.3g}{unit}   (goal at most {goal:g}{unit}: {mark})", flush=True)


def tell(what: str, value: float, against: str, limit: float, goal: float) -> None:
    ratio = value / limit
    mark = "reached" if ratio >= goal else "MISSED"
    print(
        f"{what}: {value:,.0f}/s against {against} {limit:,.0f}/s = {ratio:.2f}   (goal {goal}: {mark})",
        flush=True,
    )
