"""Masts around the demo's towns, as a table of cells has them, and what SIM cards may use there."""

import math
import random

from apps.connectivity.cells import Cell, Radio
from apps.connectivity.models import (
    Network,
    SimPartTypeSimProviderLinker,
    SimProvider,
    SimProviderNetworkLinker,
)
from apps.connectivity.places import MICRO, distance
from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.demo.people import MOBILE, PLACES, Place
from apps.factory.kinds import SIM

PROVIDER = "Roaming SIMs for Africa"
COUNTRIES = (630, 635, 639, 641)  # that the provider's SIM cards reach
REACHED = ("Airtel", "MTN", "Orange", "Safaricom", "Vodacom")
ROUND_A_TOWN = 6
HEARD = 3  # cells, at most


def masts() -> list[Cell]:
    """The demo's cells, made where they are not yet there, with the SIM provider and its networks."""
    found = []
    for company, towns in PLACES.items():
        places = [place for town, around in towns.items() for place in (town, *around)]
        for area, place in enumerate(places, 1201):
            chance = random.Random(f"{company} {area}")
            found += [_mast(place, MOBILE[company], area, number, chance) for number in range(ROUND_A_TOWN)]
    Cell.objects.bulk_create(found, ignore_conflicts=True)
    _provider()
    return found


def _mast(place: Place, mobile: tuple[int, int], area: int, number: int, chance: random.Random) -> Cell:
    turn, away = number * math.tau / ROUND_A_TOWN, chance.uniform(0.005, 0.05)
    return Cell(
        mcc=mobile[0], net=mobile[1], area=area, cell=area * 10 + number, updated=1_700_000_000,
        radio=Radio.UMTS if number % 2 else Radio.GSM, samples=chance.randint(3, 400),
        lat=round((place.lat + away * math.sin(turn)) * MICRO), lon=round((place.lon + away * math.cos(turn)) * MICRO),
        range=chance.choice([900, 1800, 2500, 4000]),
    )  # fmt: skip


def _provider() -> None:
    if SimProvider.objects.filter(name=PROVIDER).exists():
        return
    provider = new(SimProvider, by=SYSTEM, name=PROVIDER)
    if not SimPartTypeSimProviderLinker.objects.filter(sim_part_type=SIM).exists():
        new(SimPartTypeSimProviderLinker, by=SYSTEM, sim_part_type_id=SIM, sim_provider=provider)
    for network in Network.objects.filter(mcc__in=COUNTRIES).order_by("pk"):
        if network.name.endswith(REACHED):
            new(SimProviderNetworkLinker, by=SYSTEM, sim_provider=provider, network=network)


def heard_at(lat: float, lon: float, cells: list[Cell], chance: random.Random) -> list[dict[str, int | None]]:
    """What a unit that stands there hears: the nearest cells, the stronger the nearer."""
    by_distance = sorted((distance(lat, lon, cell.lat / MICRO, cell.lon / MICRO), cell.cell) for cell in cells)
    by_number = {cell.cell: cell for cell in cells}
    heard: list[dict[str, int | None]] = []
    for away, number in by_distance[:HEARD]:
        cell = by_number[number]
        signal = round(-62 - 22 * math.log10(max(away, 300) / 300) + chance.uniform(-3, 3))
        heard.append({"lac": cell.area, "cid": number, "signal": max(signal, -112), "mcc": cell.mcc, "mnc": cell.net})
    return heard
