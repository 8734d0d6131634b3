"""OpenPAYGO units: those without network, into which people type codes late, twice, out of order and wrong, and those
that speak Metrics on a network as bad as the others'. Their side of the codes is played by the package's decoder."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import cbor2
import httpx
from openpaygo import decode_token
from openpaygo.metrics_shared import OpenPAYGOMetricsShared as Shared

from apps.gateway.instructions import CONNECT_EVERY
from apps.gateway.simulator.fleet import BadNetwork
from apps.gateway.simulator.unit import Conditions, LostReply, Network, measured

ADD_TIME, SET_TIME, DISABLE_PAYG, COUNTER_SYNC, INVALID, ALREADY_USED = 1, 2, 3, 4, 10, 11
NAMES = {
    ADD_TIME: "added time", SET_TIME: "set the time", DISABLE_PAYG: "unlocked", COUNTER_SYNC: "synced",
    INVALID: "invalid", ALREADY_USED: "used already",
}  # fmt: skip
DAY = 86_400


@dataclass
class KeyPad:
    """A unit's side of the codes. `used` begins with [0]: an empty list takes the same code again and again."""

    secret_key: str
    starting_code: int | None = None
    restricted: bool = False
    time_divider: int = 1
    count: int = 0
    used: list[int] = field(default_factory=lambda: [0])
    credit: float = 0.0  # seconds
    unlocked: bool = False

    def enter(self, digits: str) -> int:
        """What the code did: a type of token, INVALID or ALREADY_USED."""
        if not (digits.isdecimal() and len(digits) == (15 if self.restricted else 9)):
            return INVALID
        if self.restricted and not set(digits) <= set("1234"):
            return INVALID
        units, kind, count, used = decode_token(
            token=digits, secret_key=self.secret_key, count=self.count, used_counts=self.used,
            starting_code=self.starting_code, value_divider=1, restricted_digit_set=self.restricted,
        )  # fmt: skip
        if kind in (INVALID, ALREADY_USED):
            return int(kind)
        self.used = used
        self.count = count if kind == COUNTER_SYNC else max(self.count, count)
        seconds = (units or 0) * DAY / self.time_divider
        if kind == ADD_TIME:
            self.credit += seconds
        elif kind == SET_TIME:
            self.credit = seconds
        elif kind == DISABLE_PAYG:
            self.unlocked = True
        return int(kind)

    def live(self, seconds: float) -> None:
        if not self.unlocked:
            self.credit = max(0.0, self.credit - seconds)


@dataclass
class Hill:
    """A unit that nobody hears, and whoever comes by with its codes."""

    pad: KeyPad
    chance: random.Random
    bring: Callable[[], Awaitable[list[str]]]
    known: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)

    async def visit(self) -> list[int]:
        """What became of each code that was typed in: some of them late, some again, none in order, and a slip."""
        codes = await self.bring()
        fresh = [code for code in codes if code not in self.known]
        self.known += fresh
        carried = self.waiting + fresh
        self.waiting = [code for code in carried if self.chance.random() < 0.3]  # forgotten at home until the next time
        typed = [code for code in carried if code not in self.waiting]
        typed += [code for code in self.known if code not in self.waiting and self.chance.random() < 0.2]
        self.chance.shuffle(typed)
        if typed:
            typed.insert(self.chance.randrange(len(typed) + 1), self._slip(typed[0]))
        return [self.pad.enter(code) for code in typed]

    def _slip(self, code: str) -> str:
        """The same with one digit that is another."""
        place = self.chance.randrange(len(code))
        other = self.chance.choice([digit for digit in "1234" if digit != code[place]])
        return code[:place] + other + code[place + 1 :]


@dataclass
class MetricsUnit:
    """A unit that speaks Metrics; `method` is `ca` or `ra`."""

    serial: str
    pad: KeyPad
    network: Network
    chance: random.Random
    method: str = "ca"
    cbor: bool = False
    n: int = 0
    waiting: list[dict[str, Any]] = field(default_factory=list)  # measurements that nobody confirmed

    MOST_WAITING = 144
    TRIES = 3

    def live(self, until: float) -> None:
        values = measured(until, on=self.pad.credit > 0, outside=True, chance=self.chance)
        self.waiting = [*self.waiting, {"timestamp": int(until), **values}][-self.MOST_WAITING :]

    def request(self) -> bytes:
        """A new request, signed. Its counter rises with each."""
        self.n += 1
        said: dict[str, Any] = {
            "serial_number": self.serial, "request_count": self.n,
            "data": {"token_count": self.pad.count, "active_seconds_left": int(self.pad.credit)},
            "historical_data": list(self.waiting),
        }  # fmt: skip
        said["auth"] = Shared.generate_request_signature_from_data(said, self.method, self.pad.secret_key)
        short = Shared.convert_dict_keys_to_condensed(said)
        return cbor2.dumps(short) if self.cbor else json.dumps(short).encode()

    async def connect(self) -> list[int] | None:
        """One contact; where no answer comes the same request goes out again. What its codes did; None: unheard."""
        sent = len(self.waiting)
        body = self.request()
        headers = {"Content-Type": "application/cbor" if self.cbor else "application/json"}
        for _try in range(self.TRIES):
            try:
                reply = await self.network.send("POST", "/v1/openpaygo/dd", headers, body)
            except LostReply:
                continue
            if reply.status != 201:
                return None
            self.waiting = self.waiting[sent:]
            answer = cbor2.loads(reply.body) if self.cbor else json.loads(reply.body)
            return [self.pad.enter(str(code)) for code in answer.get("tkl", [])]
        return None


@dataclass(frozen=True)
class KnownKey:
    """A unit with a key, as it stands on record when its life begins here."""

    serial: str
    secret_key: str
    starting_code: int | None
    restricted: bool
    time_divider: int
    count: int
    used: tuple[int, ...]
    credit: int


class PaygoFleet:
    """Plays them until it is cancelled. `bring(serial)`: the codes that were issued for a unit, the oldest first."""

    def __init__(
        self,
        base_url: str,
        *,
        hills: list[KnownKey],
        speakers: list[KnownKey],
        speed: float,
        conditions: Conditions,
        bring: Callable[[str], Awaitable[list[str]]],
        seed: int | None = None,
        report: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.base_url, self.hills, self.speakers, self.speed = base_url, hills, speakers, speed
        self.conditions, self.bring, self.report = conditions, bring, report
        self.chance = random.Random(seed)
        self.counts: Counter[str] = Counter()

    async def run(self) -> None:
        async with httpx.AsyncClient(base_url=self.base_url, timeout=20) as client:
            network = BadNetwork(client, self.conditions.lost, self.chance)
            tasks = [self._hill(key) for key in self.hills]
            tasks += [self._speaker(number, key, network) for number, key in enumerate(self.speakers)]
            await asyncio.gather(*tasks, self._tell())

    async def _hill(self, key: KnownKey) -> None:
        hill = Hill(_pad(key), random.Random(self.chance.random()), lambda: self.bring(key.serial))
        await self._every(hill.pad, hill.visit, hill.chance)

    async def _speaker(self, number: int, key: KnownKey, network: Network) -> None:
        unit = MetricsUnit(
            key.serial, _pad(key), network, random.Random(self.chance.random()), method=("ca", "ra")[number % 2],
            cbor=number // 2 % 2 == 1, n=int(time.time()),
        )  # fmt: skip

        async def contact() -> list[int] | None:
            unit.live(time.time())
            return await unit.connect()

        await self._every(unit.pad, contact, unit.chance)

    async def _every(self, pad: KeyPad, act: Callable[[], Awaitable[list[int] | None]], chance: random.Random) -> None:
        every = CONNECT_EVERY / self.speed
        await asyncio.sleep(chance.uniform(0, every))
        while True:
            pad.live(CONNECT_EVERY)
            try:
                done = await act()
                self.counts["contacts or visits" if done is not None else "unanswered"] += 1
                self.counts.update(f"codes: {NAMES[kind]}" for kind in done or ())
            except Exception as error:  # one broken unit does not stop the others
                self.counts[f"broken: {type(error).__name__}"] += 1
            await asyncio.sleep(every * chance.uniform(0.9, 1.1))

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(60)
            told = ", ".join(f"{count} {what}" for what, count in sorted(self.counts.items()))
            self.report(f"OpenPAYGO: {told or 'silence'}")


def _pad(key: KnownKey) -> KeyPad:
    return KeyPad(
        key.secret_key, key.starting_code, key.restricted, key.time_divider, key.count, list(key.used) or [0],
        float(key.credit),
    )  # fmt: skip
