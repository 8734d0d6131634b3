"""Many units, each with its own rhythm, over one HTTP client."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from apps.gateway.instructions import CONNECT_EVERY
from apps.gateway.simulator.unit import ELSEWHERE, Conditions, LostReply, Reply, Unit


class BadNetwork:
    """HTTP on which requests and answers get lost."""

    def __init__(self, client: httpx.AsyncClient, lost: float, chance: random.Random) -> None:
        self.client, self.lost, self.chance = client, lost, chance

    async def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        if self.chance.random() < self.lost / 2:
            raise LostReply("the request was lost")
        try:
            answer = await self.client.request(method, path, headers=headers, content=body or None)
        except httpx.TransportError as error:
            raise LostReply(type(error).__name__) from None
        if self.chance.random() < self.lost / 2:
            raise LostReply("the answer was lost")
        return Reply(answer.status_code, answer.headers.get("X-Unit-Auth", ""), answer.content)


@dataclass(frozen=True)
class Known:
    """A unit as it stands on record when its life begins here. `credit`: seconds it last reported, if ever; `cells`:
    those that it last heard; `keeps_credit`: it switches itself off when that has run out."""

    imei: str
    device_key: str
    enabled: bool
    outside: bool
    credit: int | None
    cells: tuple[dict[str, int | None], ...] = ()
    keeps_credit: bool = False
    payg: bool = True


class Fleet:
    """Plays units until it is cancelled. `speed` shortens the four hours between contacts."""

    def __init__(
        self,
        base_url: str,
        keys: list["Known"],
        *,
        speed: float,
        conditions: Conditions,
        seed: int | None = None,
        report: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.base_url, self.keys, self.speed, self.conditions = base_url, keys, speed, conditions
        self.chance = random.Random(seed)
        self.report = report
        self.counts: Counter[str] = Counter()

    async def run(self) -> None:
        limits = httpx.Limits(max_connections=8)
        async with httpx.AsyncClient(base_url=self.base_url, timeout=20, limits=limits) as client:
            network = BadNetwork(client, self.conditions.lost, self.chance)
            boot = int(time.time())
            tasks = [self._play(self._unit(network, boot, key)) for key in self.keys]
            await asyncio.gather(*tasks, self._tell())

    def _unit(self, network: BadNetwork, boot: int, known: "Known") -> Unit:
        chance = random.Random(self.chance.random())
        error = chance.choice([0, 0, 0, 1, -1]) * self.conditions.clock_error
        conditions = Conditions(self.conditions.lost, self.conditions.repeated, error)
        credit = chance.uniform(0, 60) * 86400 if known.credit is None else float(known.credit)
        return Unit(
            known.imei, known.device_key, boot, network, conditions, chance,
            enabled=known.enabled, outside=known.outside, credit=credit, cells=known.cells or ELSEWHERE,
            keeps_credit=known.keeps_credit, payg=known.payg,
        )  # fmt: skip

    async def _play(self, unit: Unit) -> None:
        every = CONNECT_EVERY / self.speed
        await asyncio.sleep(self.chance.uniform(0, every))
        while True:
            unit.live(time.time())
            try:
                reached = await unit.connect()
                self.counts["contacts" if reached else "unanswered"] += 1
            except Exception as error:  # one broken unit does not stop the others
                self.counts[f"broken: {type(error).__name__}"] += 1
            await asyncio.sleep(every * unit.chance.uniform(0.9, 1.1))

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(60)
            self.report(", ".join(f"{count} {what}" for what, count in sorted(self.counts.items())) or "silence")
