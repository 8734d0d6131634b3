"""The demo: two companies, a log-in for each level, and a fleet made the way the factory makes units."""

import secrets
from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from apps.accounts.actions import create_user
from apps.accounts.models import Entity, Hub, User
from apps.core.actors import SYSTEM
from apps.core.levels import Level
from apps.core.rows import new
from apps.factory.actions import create_hub2
from apps.products import actions
from apps.products.models import Product, SoftwareVersionType
from apps.products.states import ACTIVATED, MONITORED, SHIPPED

PASSWORD = "demo-solar-2026"  # noqa: S105  # of the demo's own log-ins, printed at every start
ENTITIES = ("Kivu Light", "Rift Solar")
LOG_INS = {
    "overview@example.org": (Level.OVERVIEW, None),
    "field@example.org": (Level.TECHNICAL, "Kivu Light"),
    "technician@example.org": (Level.TECHNICAL, None),
    "admin@example.org": (Level.ADMIN, "Rift Solar"),
    "factory@example.org": (Level.FACTORY, None),
    "system@example.org": (Level.SYSTEM, None),
}
SOFTWARE = "3.6"


def imei_of(number: int) -> str:
    """A 15-digit IMEI with its Luhn digit, in a range that is nobody's."""
    body = f"0135790{number:07d}"
    total = sum(digit if place % 2 == 0 else digit * 2 - 9 * (digit > 4) for place, digit in enumerate(map(int, body)))
    return body + str(-total % 10)


def seed(units: int, progress: Callable[[int], None] = lambda done: None) -> None:
    """Bring the demo up to this many units. May be run again: what is there stays."""
    entities = [_entity(name) for name in ENTITIES]
    for email, (level, entity) in LOG_INS.items():
        if not User.objects.filter(email=email).exists():
            create_user(
                email=email, password=PASSWORD, permissions=level, scope="ENTITY" if entity else "GLOBAL",
                entity=next((one for one in entities if one.name == entity), None), by=SYSTEM,
            )  # fmt: skip
    if not SoftwareVersionType.objects.filter(name=SOFTWARE).exists():
        new(SoftwareVersionType, by=SYSTEM, name=SOFTWARE, status="stable", release_date=timezone.now())
    for first in range(0, units, 50):
        with transaction.atomic():
            for number in range(first, min(first + 50, units)):
                if not Product.objects.filter(product_imei=imei_of(number)).exists():
                    _unit(number, entities)
        progress(min(first + 50, units))


def _entity(name: str) -> Entity:
    found = Entity.objects.filter(name=name).first()
    if found is None:
        found = new(Entity, by=SYSTEM, name=name, bboxx_company_flag=False)
        new(Hub, by=SYSTEM, name=f"{name} main store", entity=found)
    return found


def _unit(number: int, entities: list[Entity]) -> None:
    made = create_hub2(
        imei=imei_of(number), imsi=f"90170{number:010d}", iccid=f"8988303{number:012d}",
        device_key=secrets.token_hex(12),
        pcb_part_type_id=None, sim_part_type_id=None, assembler="Demo assembly", manufacturer=None, by=SYSTEM,
    )  # fmt: skip
    product = actions.assign_entity(made.product, entity_id=entities[number % 2].pk, by=SYSTEM)
    if number % 10 != 9:  # one in ten is still in store
        for state in (SHIPPED, ACTIVATED, MONITORED):
            product = actions.change_state(product, new_state=state, by=SYSTEM)
    if number % 3 == 0:
        actions.enable_product(product, by=SYSTEM)
