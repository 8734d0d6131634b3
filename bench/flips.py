"""Power orders on a network that loses a third of everything: do all units converge, does none apply a stale order?

All units live at once and are switched in turn, so that a run that is cut short has switched each of them about as
often. Settings: `BENCH_UNITS` (1,000), `BENCH_FLIPS` (100 orders a unit), `BENCH_SECONDS` (3,600: after so long nothing
more is ordered; what was ordered is seen to its end, for half as long again at most). What is kept of a unit is its
state and one entry an order, so memory is bounded too: the run tells how much it took.
"""

import asyncio
import os
import random
import resource
import time
from collections import Counter
from typing import Any

import httpx

from bench.tools import granian, scratch

LOST, AT_ONCE, PATIENCE, TRIES = 0.3, 16, 200, 10
TELL_EVERY = 60.0  # seconds


def run() -> None:
    units, flips = int(os.environ.get("BENCH_UNITS", "1000")), int(os.environ.get("BENCH_FLIPS", "100"))
    seconds = float(os.environ.get("BENCH_SECONDS", "3600"))
    with scratch(units=1) as env, granian(env) as base:
        play = Play(base, _token(), flips, seconds)
        asyncio.run(play.run(_make(units)))
        play.tell(f"{units:,} units × {flips} flips at {LOST:.0%} loss")


def _make(units: int) -> dict[str, str]:
    """{imei: device key} of fresh units; the password of none of them is anybody's."""
    from apps.core.actors import SYSTEM
    from apps.factory.actions import create_hub2
    from apps.products.models import Product

    for number in range(units):
        create_hub2(
            imei=f"99{number:013d}", imsi=f"98{number:013d}", iccid=None, device_key=f"{number:024d}",
            pcb_part_type_id=None, sim_part_type_id=None, assembler=None, manufacturer=None, by=SYSTEM,
        )  # fmt: skip
    return {unit.product_imei: str(unit.device_key) for unit in Product.objects.filter(product_imei__startswith="99")}


def _token() -> str:
    from apps.accounts import tokens
    from apps.accounts.models import User

    return tokens.issue(User.objects.get(email="system@example.org"))[0]


class Play:
    """The lives of all units, and what became of them. `counts`: orders, requests, applied, stale, converged, waiting
    (had not converged when the time was over)."""

    def __init__(self, base: str, token: str, flips: int, seconds: float) -> None:
        self.base, self.flips, self.seconds = base, flips, seconds
        self.headers = {"Authorization": f"Token token={token}"}
        self.counts: Counter[str] = Counter()
        self.begun = time.monotonic()

    async def run(self, keys: dict[str, str]) -> None:
        from apps.gateway.simulator.fleet import BadNetwork

        self.begun, self.gate = time.monotonic(), asyncio.Semaphore(AT_ONCE)
        limits = httpx.Limits(max_connections=AT_ONCE)

        async def count(_request: httpx.Request) -> None:
            self.counts["requests"] += 1

        async with httpx.AsyncClient(
            base_url=self.base, timeout=30, limits=limits, event_hooks={"request": [count]}
        ) as self.client:
            network = BadNetwork(self.client, LOST, random.Random(7))
            telling = asyncio.create_task(self._tell_now_and_then())
            try:
                await asyncio.gather(*(self._life(network, imei, key) for imei, key in keys.items()))
            finally:
                telling.cancel()

    @property
    def took(self) -> float:
        return time.monotonic() - self.begun

    async def _life(self, network: Any, imei: str, key: str) -> None:
        """Each order with the contacts that follow it takes its turn at the gate, behind those of all others."""
        from apps.gateway.simulator.flips import WatchedUnit, contacts
        from apps.gateway.simulator.unit import Conditions

        own, wanted = random.Random(imei), False
        unit = WatchedUnit(imei, key, 1, network, Conditions(LOST, 0.1), own)
        witness = unit.watch()
        for _flip in range(self.flips):
            async with self.gate:
                if self.took > self.seconds:
                    break
                wanted = own.random() < 0.5
                await self._order(unit, wanted)
                for _contact in range(contacts(own)):
                    await unit.connect()
        settled = False
        for _contact in range(PATIENCE):
            async with self.gate:
                if self.took > 1.5 * self.seconds:
                    break
                settled = await unit.connect() and not await self._waits(imei)
            if settled:
                break
        self.counts["converged" if settled and unit.enabled == wanted else "waiting"] += 1
        self.counts["stale"] += witness.stale
        self.counts["applied"] += witness.applied

    async def _order(self, unit: Any, on: bool) -> None:
        await self._ask("PUT", f"/v1/products/{unit.imei}/{'enable' if on else 'disable'}")
        unit.witness.wanted[await asyncio.to_thread(_seq, unit.imei)] = on
        self.counts["orders"] += 1

    async def _waits(self, imei: str) -> bool:
        return bool((await self._ask("GET", f"/v1/products/{imei}/pending")).json()["data"])

    async def _ask(self, method: str, path: str) -> httpx.Response:
        """Of people, whose network is a good one: every answer is a success, or the run is worth nothing."""
        for tried in range(TRIES):
            try:
                answer = await self.client.request(method, path, headers=self.headers)
            except httpx.TransportError:
                await asyncio.sleep(tried)
                continue
            return answer.raise_for_status()
        raise RuntimeError(f"{method} {path}: the server does not answer")

    async def _tell_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(TELL_EVERY)
            print(f"  {self.took:,.0f} s: {self._told()}", flush=True)

    def _told(self) -> str:
        return f"{self.counts['orders']:,} orders, {self.counts['requests']:,} requests"

    def tell(self, what: str) -> None:
        done = self.counts["converged"] + self.counts["waiting"]
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{what}: {self._told()} in {self.took:,.0f} s, {memory:,.0f} MB here; "
            f"{self.counts['converged'] / done:.2%} converged (goal 100 %), "
            f"{self.counts['stale']} stale applies (goal 0) of {self.counts['applied']:,}",
            flush=True,
        )


def _seq(imei: str) -> int:
    from apps.products.models import Product

    return Product.objects.values_list("order_seq", flat=True).get(product_imei=imei)
