"""One simulated unit: what it remembers, what it sends, how it takes what it is told."""

import datetime as dt
import gzip
import json
import math
import random
from dataclasses import dataclass, field
from typing import Any, Protocol

from apps.gateway import signature

BOOT = 2**20  # counter = boot count · 2²⁰ + n
SAMPLE = 600  # seconds of the unit's own time between two measurements


class LostReply(Exception):
    """The request may or may not have arrived; no answer came back."""


@dataclass(frozen=True)
class Reply:
    status: int
    auth: str
    body: bytes


class Network(Protocol):
    async def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        """The server's answer, or LostReply."""
        ...


ELSEWHERE: tuple[dict[str, int | None], ...] = ({"lac": 1201, "cid": 55, "mcc": 635, "mnc": 10},)


@dataclass
class Conditions:
    """How bad things are: chances from 0 to 1, clock error in seconds."""

    lost: float = 0.05
    repeated: float = 0.05
    clock_error: float = 0.0


def measured(moment: float, *, on: bool, outside: bool, chance: random.Random) -> dict[str, float]:
    """What a unit measures at this time (seconds since 1970): volts, amperes, degrees. `outside`: with its panel in the
    sun; a unit in store neither charges nor lights."""
    sun = max(0.0, math.sin((moment % 86400 / 86400 - 0.25) * 2 * math.pi)) if outside else 0.0
    load = 0.6 if on and outside else 0.0
    values = {
        "voltage": 12.2 + 1.6 * sun - 0.3 * load + chance.gauss(0, 0.03),
        "current_in": 3.5 * sun * chance.uniform(0.85, 1.0),
        "current_out": load * chance.uniform(0.7, 1.3),
        "temperature": 21 + 9 * sun + chance.gauss(0, 0.4),
    }
    return {name: round(value, 3) for name, value in values.items()}


@dataclass
class Unit:
    imei: str
    device_key: str
    boot: int
    network: Network
    conditions: Conditions = field(default_factory=Conditions)
    chance: random.Random = field(default_factory=random.Random)
    outside: bool = True  # its panel stands in the sun
    software: str = "3.6"
    enabled: bool = False
    tamper_enabled: bool = False
    parameters: dict[str, Any] = field(default_factory=dict)
    part_parameters: dict[str, dict[str, Any]] = field(default_factory=dict)
    cells: tuple[dict[str, int | None], ...] = ELSEWHERE  # that it hears where it stands
    credit: float = 30 * 86400.0  # seconds of light
    keeps_credit: bool = False  # it switches itself off when that has run out
    payg: bool = True  # the customer is still paying: false stops the counting
    applied: dict[str, None] = field(default_factory=dict)  # transaction ids taken over, oldest first
    acknowledging: list[str] = field(default_factory=list)  # taken over, not yet told
    final_balance: dict[str, Any] | None = None  # of the last zero-command, until told
    seq: int = -1  # of the newest order taken over
    n: int = 0
    clock: float = 0.0  # the unit's own time, seconds since 1970, clock error included
    waiting: dict[str, list[list[Any]]] = field(default_factory=dict)  # telemetry not yet acknowledged

    MOST_APPLIED = 1000  # transaction ids remembered; the server never repeats one that it knows acknowledged
    MOST_WAITING = 144  # measurements kept when nobody answers: one day

    def __post_init__(self) -> None:
        self._key = signature.unit_key(self.device_key)

    def live(self, until: float) -> None:
        """Let the unit's own time pass: it measures every ten minutes and spends credit while it is on."""
        until += self.conditions.clock_error
        moment = self.clock if self.clock else until - SAMPLE * 24
        while moment + SAMPLE <= until:
            moment += SAMPLE
            self._measure(moment)
            if self.enabled and self.payg:
                self.credit = max(0.0, self.credit - SAMPLE)
                self.enabled = self.credit > 0 or not self.keeps_credit
        self.clock = moment

    def _measure(self, moment: float) -> None:
        stamp = int(moment * 1000)
        for name, value in measured(moment, on=self.enabled, outside=self.outside, chance=self.chance).items():
            points = self.waiting.setdefault(name, [])
            points.append([stamp, value])
            del points[: -self.MOST_WAITING]

    async def connect(self) -> bool:
        """One contact: telemetry, status, instructions; again at once when something was taken over.

        True when the server was reached.
        """
        if self.waiting:
            sent = {name: list(points) for name, points in self.waiting.items()}
            reply = await self.ask("POST", "/v1/rm_data", {"measurement": "telemetry", "fields": sent})
            if reply is not None and reply.status in (200, 400):
                self._acknowledged(sent)
        for _round in range(4):
            said = self.status()
            answer = await self.ask("POST", "/v1/rc_data", said)
            if answer is None:
                return False
            if answer.status == 200:
                self.told(said)
            reply = await self.ask("GET", "/v1/rc_data", None)
            if reply is None or reply.status != 200:
                return False
            if not self.obey(json.loads(reply.body)["data"]):
                return True
        return True

    def _acknowledged(self, sent: dict[str, list[list[Any]]]) -> None:
        for name, points in sent.items():
            stamps = {point[0] for point in points}
            self.waiting[name] = [point for point in self.waiting[name] if point[0] not in stamps]
        self.waiting = {name: points for name, points in self.waiting.items() if points}

    def told(self, said: dict[str, Any]) -> None:
        self.acknowledging = [one for one in self.acknowledging if one not in said["acknowledged"]]
        if self.final_balance == said.get("final_balance"):
            self.final_balance = None

    def status(self) -> dict[str, Any]:
        final = {"final_balance": self.final_balance} if self.final_balance else {}
        return {
            **final,
            "acknowledged": list(self.acknowledging),
            "time": dt.datetime.fromtimestamp(self.clock, dt.UTC).replace(tzinfo=None).isoformat(),
            "software": self.software,
            "enabled": self.enabled,
            "tamper_enabled": self.tamper_enabled,
            "balance": int(self.credit),
            "parameters": self.parameters,
            "part_parameters": self.part_parameters,
            "cells": [cell | {"signal": self._signal(cell)} for cell in self.cells],
        }  # fmt: skip

    def _signal(self, cell: dict[str, int | None]) -> int:
        """As strong as it was, give or take the weather."""
        return max(-113, min(-45, (cell.get("signal") or -88) + self.chance.randint(-4, 4)))

    def obey(self, orders: dict[str, Any]) -> bool:
        """Take over the orders unless newer ones were; True when anything changed."""
        if orders["seq"] < self.seq:
            return False
        self.seq = orders["seq"]
        before = self._settings()
        self.payg = orders.get("payg", True)
        new = [command for command in orders["payment_commands"] if command["transaction_id"] not in self.applied]
        for command in new:
            self._take_credit(**command)
        if orders.get("valid_until", orders["time"]) >= orders["time"]:
            self.enabled = orders["enabled"] and not (self.keeps_credit and self.payg and self.credit <= 0)
        self.tamper_enabled = orders["tamper_enabled"]
        if orders["software"] and orders["software"].get("valid_until", orders["time"]) >= orders["time"]:
            self.software = orders["software"]["name"]
        until = orders.get("parameters_valid_until", {})
        given = orders["parameters"].items()
        held = {name: one for name, one in given if until.get(name, orders["time"]) >= orders["time"]}
        self.parameters = self.parameters | held
        for part, values in orders["part_parameters"].items():
            self.part_parameters = self.part_parameters | {part: self.part_parameters.get(part, {}) | values}
        return bool(new) or before != self._settings()

    def _settings(self) -> tuple[Any, ...]:
        return self.enabled, self.tamper_enabled, self.software, self.parameters, self.part_parameters

    def _take_credit(self, transaction_id: str, category: str, value: int) -> None:
        """Each command counts once, however often it comes; a balance never falls below nothing."""
        self.applied[transaction_id] = None
        while len(self.applied) > self.MOST_APPLIED:
            del self.applied[next(iter(self.applied))]
        if category == "zero-command":
            self.final_balance = {"transaction_id": transaction_id, "balance": int(self.credit)}
        else:
            self.acknowledging.append(transaction_id)
        self.credit = 0.0 if category in ("zero-command", "force-reset") else max(0.0, self.credit + value)

    async def ask(self, method: str, path: str, body: dict[str, Any] | None) -> Reply | None:
        """Send one request under one counter; when no answer comes the same request goes out again.

        None after three tries, or when the answer's signature is not the server's.
        """
        self.n += 1
        counter = self.boot * BOOT + self.n
        raw = b"" if body is None else gzip.compress(json.dumps(body).encode(), mtime=0)
        headers = {
            "X-Unit-Imei": self.imei,
            "X-Unit-Counter": str(counter),
            "X-Unit-Auth": signature.request_tag(self._key, method, path, self.imei, counter, raw),
        }
        if raw:
            headers |= {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        for _try in range(3):
            try:
                reply = await self.network.send(method, path, headers, raw)
                if self.chance.random() < self.conditions.repeated:
                    reply = await self.network.send(method, path, headers, raw)
            except LostReply:
                continue
            expected = signature.reply_tag(self._key, reply.status, self.imei, counter, reply.body)
            return reply if signature.same(reply.auth, expected) else None
        return None
