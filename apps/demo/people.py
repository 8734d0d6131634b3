"""Who is in the demo, and where: companies, hubs and shops on the map, repair centres, and who did what."""

from dataclasses import dataclass

from apps.accounts.actions import create_user
from apps.accounts.models import Entity, Hub, RepairCentre, Shop, User, UserRepairCentreLink
from apps.core.actors import SYSTEM
from apps.core.levels import Level
from apps.core.rows import new
from apps.dcm.models import Tariff

PASSWORD = "demo-solar-2026"  # noqa: S105  # of the demo's own log-ins, printed at every start
KIVU, RIFT = ENTITIES = ("Kivu Light", "Rift Solar")
LOG_INS = {
    "overview@example.org": (Level.OVERVIEW, None),
    "field@example.org": (Level.TECHNICAL, KIVU),
    "technician@example.org": (Level.TECHNICAL, None),
    "admin@example.org": (Level.ADMIN, RIFT),
    "factory@example.org": (Level.FACTORY, None),
    "system@example.org": (Level.SYSTEM, None),
}
# Colleagues who did what the histories tell. They have no password, so nobody signs in as them.
ROLES = {
    "stores@example.org": ("Central store", Level.ADMIN, None),
    "logistics.kivu@example.org": ("Logistics, Kivu Light", Level.ADMIN, KIVU),
    "logistics.rift@example.org": ("Logistics, Rift Solar", Level.ADMIN, RIFT),
    "agent.goma@example.org": ("Agent in Goma", Level.TECHNICAL, KIVU),
    "agent.nakuru@example.org": ("Agent in Nakuru", Level.TECHNICAL, RIFT),
    "repair.bukavu@example.org": ("Repair bench, Bukavu", Level.TECHNICAL, KIVU),
    "repair.nakuru@example.org": ("Repair bench, Nakuru", Level.TECHNICAL, RIFT),
}
# Who works at which bench: (name, town of the repair centre, company).
TECHNICIANS = {
    "amina.bukavu@example.org": ("Amina B.", "Bukavu", KIVU),
    "joseph.bukavu@example.org": ("Joseph M.", "Bukavu", KIVU),
    "espoir.bukavu@example.org": ("Espoir K.", "Bukavu", KIVU),
    "grace.nakuru@example.org": ("Grace W.", "Nakuru", RIFT),
    "daniel.nakuru@example.org": ("Daniel O.", "Nakuru", RIFT),
    "chebet.eldoret@example.org": ("Chebet K.", "Eldoret", RIFT),
    "peter.eldoret@example.org": ("Peter N.", "Eldoret", RIFT),
}
AT_A_BENCH = {"technician@example.org": "Bukavu"}  # log-ins that belong to a repair centre, too


@dataclass(frozen=True)
class Place:
    name: str
    lat: float
    lon: float


# Towns; hub → shops.
PLACES = {
    KIVU: {
        Place("Goma", -1.6585, 29.2205): [Place("Sake", -1.5733, 29.0450), Place("Rutshuru", -1.1889, 29.4461)],
        Place("Bukavu", -2.5083, 28.8608): [Place("Kabare", -2.4967, 28.7917), Place("Walungu", -2.6253, 28.6575)],
    },
    RIFT: {
        Place("Nakuru", -0.3031, 36.0800): [Place("Naivasha", -0.7167, 36.4310), Place("Kericho", -0.3677, 35.2831)],
        Place("Eldoret", 0.5143, 35.2698): [Place("Kitale", 1.0191, 35.0023), Place("Kapsabet", 0.2039, 35.1053)],
    },
}
PRICES = {KIVU: ("0.45", "USD"), RIFT: ("55", "KES")}  # of a day
MOBILE = {KIVU: (630, 86), RIFT: (639, 2)}  # mcc, mnc


@dataclass(frozen=True)
class Company:
    entity: Entity
    shops: list[tuple[Shop, Place]]
    centre: RepairCentre
    logistics: User
    agent: User
    bench: User
    mobile: tuple[int, int]


def companies() -> tuple[list[Company], User, User]:
    """Both companies with all they need; the factory's person and the central store's. What is there stays."""
    entities = {name: _entity(name) for name in ENTITIES}
    for email, (level, name) in LOG_INS.items():
        _user(email, PASSWORD, level, entities.get(name or ""), "")
    for email, (title, level, name) in ROLES.items():
        _user(email, None, level, entities.get(name or ""), title)
    for email, (title, _town, name) in TECHNICIANS.items():
        _user(email, None, Level.TECHNICAL, entities[name], title)
    by_email = {user.email: user for user in User.objects.filter(email__in=[*LOG_INS, *ROLES])}
    made = []
    for name, entity in entities.items():
        word, town = ("kivu", "Bukavu") if name == KIVU else ("rift", "Nakuru")
        if not Tariff.objects.filter(entity=entity).exists():
            price, currency = PRICES[name]
            new(Tariff, by=SYSTEM, entity=entity, price_per_day=price, currency=currency)
        centre = RepairCentre.objects.filter(entity=entity).order_by("pk").first() or new(
            RepairCentre, by=SYSTEM, name=f"{town} repair centre", entity=entity
        )
        bench = by_email[f"repair.{town.lower()}@example.org"]
        at_it = [email for email, where in AT_A_BENCH.items() if where == town]
        for email in (bench.email, *at_it):
            if not UserRepairCentreLink.objects.filter(username=email).exists():
                new(UserRepairCentreLink, by=SYSTEM, username=email, repair_centre=centre)
        agent = by_email["agent.goma@example.org" if name == KIVU else "agent.nakuru@example.org"]
        logistics = by_email[f"logistics.{word}@example.org"]
        made.append(Company(entity, _shops(entity), centre, logistics, agent, bench, MOBILE[name]))
    return made, by_email["factory@example.org"], by_email["stores@example.org"]


def _entity(name: str) -> Entity:
    return Entity.objects.filter(name=name).first() or new(Entity, by=SYSTEM, name=name, bboxx_company_flag=False)


def _user(email: str, password: str | None, level: Level, entity: Entity | None, title: str) -> None:
    if not User.objects.filter(email=email).exists():
        create_user(
            email=email, password=password, permissions=level, scope="ENTITY" if entity else "GLOBAL", entity=entity,
            display_name=title, by=SYSTEM,
        )  # fmt: skip


def _shops(entity: Entity) -> list[tuple[Shop, Place]]:
    found = []
    for town, around in PLACES[entity.name].items():
        hub = Hub.objects.filter(name=f"{town.name} hub").first() or new(
            Hub, by=SYSTEM, name=f"{town.name} hub", entity=entity, latitude=str(town.lat), longitude=str(town.lon)
        )
        for place in [town, *around]:
            name = f"{place.name} shop"
            shop = Shop.objects.filter(name=name).first() or new(
                Shop, by=SYSTEM, name=name, hub=hub, latitude=str(place.lat), longitude=str(place.lon)
            )
            found.append((shop, place))
    return found
