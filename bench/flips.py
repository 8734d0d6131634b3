"""Power orders on a network that loses a third of everything: do all units converge, does none apply a stale order?

1,000 units × 100 flips take about an hour; `BENCH_UNITS=100 BENCH_FLIPS=20 python -m bench flips` a minute.
"""

import asyncio
import os
import random
import time

import httpx

from bench.tools import granian, scratch

LOST, AT_ONCE, PATIENCE = 0.3, 16, 200


def run() -> None:
    units, flips = int(os.environ.get("BENCH_UNITS", "1000")), int(os.environ.get("BENCH_FLIPS", "100"))
    with scratch(units=1) as env, granian(env) as base:
        keys = _make(units)
        begun = time.perf_counter()
        found = asyncio.run(_play(base, keys, flips, _token()))
        seconds = time.perf_counter() - begun
        converged, stale, applied, requests = found
        print(
            f"{units:,} units × {flips} flips at {LOST:.0%} loss: {converged / units:.1%} converged (goal 100 %), "
            f"{stale} stale applies (goal 0) of {applied:,}; {requests:,} requests in {seconds:,.0f} s",
            flush=True,
        )


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


async def _play(base: str, keys: dict[str, str], flips: int, token: str) -> tuple[int, int, int, int]:
    from apps.gateway.simulator.fleet import BadNetwork
    from apps.gateway.simulator.flips import WatchedUnit, contacts
    from apps.gateway.simulator.unit import Conditions

    chance, counted, gate = random.Random(7), [0], asyncio.Semaphore(AT_ONCE)

    async def count(request: httpx.Request) -> None:
        counted[0] += 1

    async with httpx.AsyncClient(
        base_url=base, timeout=30, limits=httpx.Limits(max_connections=AT_ONCE), event_hooks={"request": [count]}
    ) as client:
        network = BadNetwork(client, LOST, chance)

        async def order(unit: WatchedUnit, on: bool) -> None:
            headers = {"Authorization": f"Token token={token}"}
            await client.put(f"/v1/products/{unit.imei}/{'enable' if on else 'disable'}", headers=headers)
            unit.witness.wanted[await asyncio.to_thread(_seq, unit.imei)] = on

        async def life(imei: str, key: str) -> tuple[bool, int, int]:
            own = random.Random(imei)
            unit = WatchedUnit(imei, key, 1, network, Conditions(LOST, 0.1), own)
            witness, wanted = unit.watch(), False
            async with gate:
                for _flip in range(flips):
                    wanted = own.random() < 0.5
                    await order(unit, wanted)
                    for _contact in range(contacts(own)):
                        await unit.connect()
                for _contact in range(PATIENCE):
                    if await unit.connect() and not await _waits(client, imei, token):
                        break
            return unit.enabled == wanted and not await _waits(client, imei, token), witness.stale, witness.applied

        lives = await asyncio.gather(*(life(imei, key) for imei, key in keys.items()))
    return sum(one[0] for one in lives), sum(one[1] for one in lives), sum(one[2] for one in lives), counted[0]


def _seq(imei: str) -> int:
    from apps.products.models import Product

    return Product.objects.values_list("order_seq", flat=True).get(product_imei=imei)


async def _waits(client: httpx.AsyncClient, imei: str, token: str) -> bool:
    answer = await client.get(f"/v1/products/{imei}/pending", headers={"Authorization": f"Token token={token}"})
    return bool(answer.json()["data"])
