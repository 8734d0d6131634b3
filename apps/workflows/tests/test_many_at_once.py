"""Fifty technicians at once over HTTP, before a server of several processes and threads: no step is lost or doubled.

Most have a repair of their own; of every fifth pair both work at the same one, and each says what they saw (If-Match).
"""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from apps.accounts import tokens
from apps.accounts.models import User
from apps.core.actors import SYSTEM
from apps.core.levels import Level
from apps.core.rows import new
from apps.products.actions import change_state
from apps.products.states import IN_REPAIR_SYSTEM, SHIPPED
from apps.repairs.models import Repair, RepairWorkflowEvent, RepairWorkflowState
from apps.workflows.definition.library import library
from tests import databases, reference
from tests.browser.conftest import ROOT, free_port
from tests.cast import make_unit

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE, STEPS = 50, 3
HUB = library()["hub_repair"]


@contextlib.contextmanager
def server(folder: Path):
    """Two processes of four threads each, as the Procfile has them, on this test's database and keys."""
    env = {**os.environ, "DATA_DIR": str(folder), "PYTHONUNBUFFERED": "1"}
    env["DB_STATEMENT_TIMEOUT"] = "60s"  # who waits in the queue on a busy machine is not lost either
    env.pop("DJANGO_SETTINGS_MODULE", None)
    if databases.URL:
        env["DATABASE_URL"] = databases.at(str(connection.settings_dict["NAME"]))
    else:
        (folder / "backoffice.sqlite3").symlink_to(str(connection.settings_dict["NAME"]))
    for name in ("secret_key", "field_keys"):
        if (settings.DATA_DIR / name).exists():
            (folder / name).write_bytes((settings.DATA_DIR / name).read_bytes())
            (folder / name).chmod(0o600)
    port, log = free_port(), folder / "server.log"
    words = [
        str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "--workers", "2", "--blocking-threads", "4",
        "--host", "127.0.0.1", "--port", str(port), "--no-ws", "--log-level", "error", "backoffice.wsgi:application",
    ]  # fmt: skip
    with log.open("wb") as out:
        process = subprocess.Popen(
            words, cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        deadline = time.monotonic() + 120
        while True:
            caller = Caller(port, "")
            with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(caller.link):
                if caller.send("GET", "/health/live")[0] == 200:
                    break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text())
            time.sleep(0.1)  # a process is coming up; there is nothing to wait on but its port
        yield port
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # a worker that lingers would keep its locks


class Caller:
    """One person's connection."""

    def __init__(self, port: int, token: str) -> None:
        self.link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.head = {"Authorization": f"Token token={token}", "Content-Type": "application/json"}

    def send(self, method, path, body=None, **headers):
        given = None if body is None else json.dumps(body)
        self.link.request(method, path, given, self.head | headers)
        answer = self.link.getresponse()
        text = answer.read()
        return answer.status, (json.loads(text) if text[:1] == b"{" else {}), answer.headers


@dataclass
class Technician:
    caller: Caller
    email: str
    imei: str
    repair: int = 0
    taken: list[tuple[str, str]] = field(default_factory=list)  # (state, event) that the server said it took
    refused: Counter = field(default_factory=Counter)
    trouble: list[str] = field(default_factory=list)

    def work(self) -> None:
        try:
            status, body, _ = self.caller.send("GET", f"/v1/products/{self.imei}/get_repair")
            assert status == 200, body
            self.repair = body["data"]["repair_id"]
            for _ in range(40):
                if len(self.taken) == STEPS or not self.step():
                    return
        except Exception as error:
            self.trouble.append(repr(error))
        finally:
            self.caller.link.close()

    def step(self) -> bool:
        base = f"/v1/repairs/{self.repair}"
        _, body, headers = self.caller.send("GET", f"{base}/current_state")
        state, seen = body["data"], {"If-Match": headers["ETag"]}
        if not state["events"] and not state["inputs"]:
            return False  # it has ended
        specs = {spec.ident: spec for spec in HUB.states[state["ident"]].inputs}
        given = {one["ident"]: value_of(one, specs[one["ident"]]) for one in state["inputs"]
                 if not specs[one["ident"]].optional}  # fmt: skip
        if given and not self.accepted("PUT", f"{base}/send_inputs", given, seen):
            return True
        if not state["events"]:
            self.taken.append((state["ident"], "inputs"))
            return True
        tones = {event.ident: event.tone for event in HUB.states[state["ident"]].events}
        event = next(
            (one["ident"] for one in state["events"] if tones[one["ident"]] == "good"), state["events"][0]["ident"]
        )
        if self.accepted("PUT", f"{base}/send_events", {"event": event}, seen):
            self.taken.append((state["ident"], event))
        return True

    def accepted(self, method, path, body, seen) -> bool:
        status, answer, _ = self.caller.send(method, path, body, **seen)
        if status != 200:
            self.refused[status, answer.get("code")] += 1
        return status == 200


def value_of(given, spec):
    if spec.example is not None:
        return spec.example
    if given["data_type"] == "selection":
        values = [option["value"] for option in given["options"]]
        value = "yes" if "yes" in values and spec.ident != "dust" else values[0]
        return [value] if given["selection_type"] == "multi" else value
    return "as it should be" if given["data_type"] in ("string", "text") else 1


def test_fifty_technicians_at_once(cast, tmp_path):
    reference.fill()
    pairs = [(number, number + 1) for number in range(0, PEOPLE, 2)]
    shared = {second: first for first, second in pairs[::5]}
    imeis: dict[int, str] = {}
    for number in range(PEOPLE):
        if number in shared:
            imeis[number] = imeis[shared[number]]
            continue
        unit = make_unit(f"0135799100000{number:02d}", entity=cast.a)
        for state in (SHIPPED, IN_REPAIR_SYSTEM):
            change_state(unit, new_state=state, by=SYSTEM)
        imeis[number] = unit.product_imei
    users = [
        new(User, by=SYSTEM, email=f"tech{number}@example.org", permissions=Level.TECHNICAL, scope="ENTITY", entity=cast.a)
        for number in range(PEOPLE)
    ]  # fmt: skip
    held = [tokens.issue(user)[0] for user in users]
    with server(tmp_path) as port:
        people = [
            Technician(Caller(port, token), user.email, imeis[number])
            for number, (user, token) in enumerate(zip(users, held, strict=True))
        ]
        began = time.monotonic()
        threads = [threading.Thread(target=one.work) for one in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(f"{PEOPLE} technicians took {time.monotonic() - began:.1f} s")
        assert [trouble for one in people for trouble in one.trouble] == []

    if databases.URL:
        with connection.cursor() as cursor:  # emptying every table afterwards may take longer than a request may
            cursor.execute("SET statement_timeout = 0")

    # Each got through, and nobody was told anything but that a colleague had been quicker.
    assert all(len(one.taken) == STEPS for one in people if one.imei not in {imeis[key] for key in shared})
    refused = sum((one.refused for one in people), Counter())
    assert set(refused) <= {(412, "moved_on"), (400, "moved_on")}, refused
    assert Repair.objects.count() == PEOPLE - len(shared)

    for repair in Repair.objects.all():
        those = [one for one in people if one.repair == repair.pk]
        rows = list(RepairWorkflowEvent.objects.filter(repair=repair).order_by("pk"))
        # Every step that was accepted stands in the history once, under whoever took it, and no other.
        said = Counter((one.email, *step) for one in those for step in one.taken)
        assert Counter((row.created_by, row.current_state_id, row.event_id) for row in rows) == said
        assert repair.latest_workflow_event_id == rows[-1].pk
        # One after the other, without a gap.
        path = [HUB.start, *(row.next_state_id for row in rows)]
        assert [row.current_state_id for row in rows] == path[:-1]
        assert repair.workflow_state_id == path[-1]
        states = list(RepairWorkflowState.objects.filter(repair=repair).order_by("pk"))
        assert [row.state_id for row in states if row.state_id in path] == path
        assert [row.exit_time is None for row in states] == [False] * (len(states) - 1) + [repair.running]
        for before, after in zip(states, states[1:], strict=False):
            assert before.exit_time == after.entry_time
