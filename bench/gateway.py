"""rc_data POST, durable, over HTTP, against one COPY a transaction straight into PostgreSQL, and against the ORM path.

Sixteen connections each. The requests are signed beforehand and sent by wrk, so that only the server's work is in the
figure; client, server and database share the machine's cores in all three. Every unit's counter rises.
"""

import io
import json
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg2

from bench.tools import ROOT, SECONDS, granian, interleaved, load, scratch, tell

CONNECTIONS = 16
MOST = 5000  # requests a second and thread that are signed beforehand
REPORT = {
    "time": "2026-11-20T10:00:00",
    "software": "3.6",
    "enabled": False,
    "tamper_enabled": False,
    "balance": 86400,
    "cells": [{"lac": 1201, "cid": 40 + n, "signal": -80 - n, "mcc": 635, "mnc": 10} for n in range(3)],
}
BODY = json.dumps(REPORT).encode()


def run() -> None:
    with scratch() as env, tempfile.TemporaryDirectory() as folder:
        from apps.gateway import signature
        from apps.products.models import Product

        units = Product.objects.filter(desired_enable_flag=False).values_list("product_imei", "device_key")
        keys = [(imei, signature.unit_key(str(key))) for imei, key in units]
        counter = int(time.time()) << 20
        file = Path(folder) / "signed"
        file.with_suffix(".body").write_bytes(BODY)

        def sign() -> None:
            nonlocal counter
            for thread in (1, 2):
                mine, lines = keys[thread - 1 :: 2], []
                for number in range(MOST * SECONDS):
                    imei, key = mine[number % len(mine)]
                    tag = signature.request_tag(key, "POST", "/v1/rc_data", imei, counter + number, BODY)
                    lines.append(f"{imei} {counter + number} {tag}\n")
                file.with_suffix(f".{thread}").write_text("".join(lines))
            counter += 1 << 20

        def posts(base: str) -> Callable[[], float]:
            def measure() -> float:
                sign()
                # As autovacuum does elsewhere. Without, plans made for the empty tables of a new database stay.
                _sql(env["DATABASE_URL"], "VACUUM ANALYZE")
                script = str(ROOT / "bench" / "signed.lua")
                return load("-c", str(CONNECTIONS), "-s", script, base, "--", str(file))

            return measure

        _sql(
            env["DATABASE_URL"],
            "CREATE TABLE limit_copy (id bigserial PRIMARY KEY, imei text, at timestamptz, body bytea)",
        )
        with granian(env, threads=4) as quick_base, granian(env, threads=4, application="bench.orm_path") as slow_base:
            while posts(quick_base)() * SECONDS < 1.2 * len(keys):
                pass  # a run begins with the first unit anew: until it reaches the last, first contacts count
            found = interleaved(
                copy=lambda: _copies(env["DATABASE_URL"]), rc_data=posts(quick_base), orm=posts(slow_base)
            )
    tell("rc_data POST", found["rc_data"], "one-per-transaction COPY", found["copy"], 0.3)
    tell("rc_data POST", found["rc_data"], "the ORM path alone", found["orm"], 3.0)


def _sql(url: str, statement: str) -> None:
    link = psycopg2.connect(url)
    link.autocommit = True
    link.cursor().execute(statement)
    link.close()


def _copies(url: str) -> float:
    done: list[int] = []
    until = time.monotonic() + SECONDS
    lanes = [threading.Thread(target=_copy_lane, args=(url, until, done)) for _ in range(CONNECTIONS)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    if len(done) != CONNECTIONS:
        raise RuntimeError("a lane broke")
    return sum(done) / SECONDS


def _copy_lane(url: str, until: float, done: list[int]) -> None:
    link = psycopg2.connect(url)
    row = f"010101234560005\t2026-11-20 10:00:00+00\t\\\\x{BODY.hex()}\n"
    sent = 0
    while time.monotonic() < until:
        with link, link.cursor() as cursor:
            cursor.copy_expert("COPY limit_copy (imei, at, body) FROM STDIN", io.StringIO(row))
        sent += 1
    link.close()
    done.append(sent)
