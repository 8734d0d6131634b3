"""The lives of the demo's units: made, shipped, activated, switched, repaired, returned – each step by the action that
does it today, at the time when it happened, by whoever would have done it.
"""

import datetime as dt
import random
from dataclasses import dataclass
from typing import Any

from stdnum import luhn

from apps.accounts.models import User
from apps.core.actors import unit as unit_actor
from apps.core.rows import new, touch
from apps.dcm.models import PaymentCommand, SpentId
from apps.demo import credit
from apps.demo.clock import Clock
from apps.demo.people import Company
from apps.demo.works import built, checked
from apps.products import actions
from apps.products.models import Product, ProductNote
from apps.products.states import ACTIVATED, IN_REPAIR_SYSTEM, MONITORED, SHIPPED, TERMINATED
from apps.repairs.models import Repair

HUB_2, HOME_2, HOME_3, ENTERPRISE = "hub2", "home2", "home3", "enterprise"
KINDS = (HUB_2, HUB_2, HUB_2, HUB_2, HUB_2, HUB_2, HUB_2, HOME_2, HOME_3, ENTERPRISE)

# Who has a story of its own, by number; the others stand with a customer and work.
STORED = {9, 19, 29, 39, 49, 59}
ON_THE_WAY = {18, 42}
IN_REPAIR = {5, 25, 45}
REPAIRED = {3, 13, 23, 33, 43, 53}
TERMINATED_ONES = {57}
LATE = {26: 11.0, 27: 29.0, 51: 17.0}  # hours since the last contact
SILENT = {16: 12.0, 36: 41.0, 47: 6.5}  # days
TESTED = 60  # units whose tests were kept
WAITING = {26, 16}  # an order that such a unit has not yet fetched

SYMPTOMS = (
    ("Battery does not hold its charge over night", "Battery replaced, charged and tested for a night"),
    ("No light, though the battery is full", "Main board cleaned of water, connectors renewed"),
    ("Does not connect since the village's mast was moved", "SIM replaced, antenna turned"),
)
NOTES = (
    "Customer asks for a second lamp.",
    "Roof faces north-east; panel cleaned.",
    "Shares the panel with the school next door.",
    "Moved two houses on; place corrected.",
    "Keeps the shop open until ten since the light is there.",
)


def imei_of(number: int) -> str:
    """A 15-digit IMEI with its Luhn digit, in a range that is nobody's."""
    body = f"0135790{number:07d}"
    total = sum(digit if place % 2 == 0 else digit * 2 - 9 * (digit > 4) for place, digit in enumerate(map(int, body)))
    return body + str(-total % 10)


def iccid_of(number: int) -> str:
    body = f"8988303{number:011d}"
    return body + luhn.calc_check_digit(body)


def is_off(number: int) -> bool:
    """Whether a unit that stands with a customer was switched off and has not been switched on again."""
    return number % 2 == 0 and number % 3 != 0 if number >= 30 else number % 5 == 2


@dataclass
class Life:
    """One unit's way through the demo. `clock` is the time of the step that is being told."""

    number: int
    company: Company
    factory: User
    stores: User
    clock: Clock
    now: dt.datetime
    chance: random.Random
    product: Any = None

    def tell(self) -> Product:
        age = 60 + (self.number * 37) % 670  # days: two years, the younger the later in no order
        self.clock.moment = self.now - dt.timedelta(days=age, hours=self.chance.uniform(0, 8))
        self._made()
        if self.number in STORED:
            return self._kept()
        self._wait(3, 15)
        self._state(SHIPPED, self.stores)
        if self.number in ON_THE_WAY:
            return self._kept()
        self._wait(5, 20)
        self._installed()
        self._switched(on=True)
        if self.number in TERMINATED_ONES:
            began = self.clock.moment
            self._wait(5, 10)
            self._credit(began, until=self.clock.moment)
            self._note("Lost when the river rose; the customer has a new unit.", self.company.agent)
            self._state(TERMINATED, self.company.logistics)
            return self._kept()
        self._credit(self.clock.moment, until=self.now - dt.timedelta(days=28))
        if self.number in REPAIRED:
            self._wait(8, 15)
            self._repair(done=True)
        if self.chance.random() < 0.5:
            self._wait(1, 6)
            self._note(self.chance.choice(NOTES), self.company.agent)
        if self.number in IN_REPAIR:
            self.clock.moment = self.now - dt.timedelta(days=2 + self.number % 5, hours=self.chance.uniform(0, 9))
            self._repair(done=False)
            return self._kept()
        if is_off(self.number):
            self.clock.moment = max(self.clock.moment, self.now - dt.timedelta(days=self.chance.uniform(1, 20)))
            self._switched(on=False)
        return self._kept()

    def order_that_waits(self) -> None:
        """Ordered yesterday of a unit that has not been heard since."""
        self.clock.moment = self.now - dt.timedelta(hours=20)
        actions.disable_product(self.product, by=self.company.agent)

    # Steps

    def _made(self) -> None:
        kind = KINDS[self.number % len(KINDS)]
        digits = self.chance.getrandbits(96)
        board = {
            "imei": imei_of(self.number), "imsi": f"90170{self.number:010d}", "iccid": iccid_of(self.number),
            "device_key": f"{digits:024x}", "manufacturer": "Board works",
        }  # fmt: skip
        self.product = built(kind, self.number, board, by=self.factory)
        if self.number < TESTED:
            checked(self.product, self.number, at=self.clock.moment, by=self.factory)
        self._wait(1, 2)
        self.product = actions.assign_entity(self.product, entity_id=self.company.entity.pk, by=self.stores)

    def _installed(self) -> None:
        shop, place = self.chance.choice(self.company.shops)
        lat, lon = place.lat + self.chance.uniform(-0.05, 0.05), place.lon + self.chance.uniform(-0.05, 0.05)
        self.product.hub, self.product.shop = shop.hub, shop
        self.product.gps_lat, self.product.gps_lon = round(lat, 5), round(lon, 5)
        self.product.warranty_start_date = self.clock.moment.date()
        touch(self.product, "hub", "shop", "gps_lat", "gps_lon", "warranty_start_date", by=self.company.logistics)
        self._state(ACTIVATED, self.company.logistics)
        self._wait(0.5, 2)
        self._state(MONITORED, self.company.logistics)

    def _switched(self, *, on: bool) -> None:
        """Ordered by the agent, confirmed by the unit at its next contact."""
        order = actions.enable_product if on else actions.disable_product
        self.product = order(self.product, by=self.company.agent)
        self._wait(0.02, 0.16)
        actions.settle_power(self.product, reported=on, by=unit_actor(self.product.product_imei))
        self.product.refresh_from_db()

    def _credit(self, paid: dt.datetime, *, until: dt.datetime) -> None:
        """A month's credit at a time, as it was paid."""
        number = 0
        if self.number in credit.NUMBERS:
            return  # its own story is told when all else has happened
        while paid < until and number < 12:
            key = f"DEMO-{self.number:04d}-{number:02d}"
            SpentId.objects.create(transaction_id=key)
            new(
                PaymentCommand, by=self.company.agent, product=self.product, category="payment", value=30 * 86400,
                void=False, status=PaymentCommand.ACKNOWLEDGED, transaction_id=key,
                created_at=paid,
            )  # fmt: skip
            paid += dt.timedelta(days=self.chance.uniform(26, 34))
            number += 1

    def _repair(self, *, done: bool) -> None:
        found, remedy = SYMPTOMS[self.number % len(SYMPTOMS)]
        self._note(f"Brought in: {found[0].lower()}{found[1:]}.", self.company.agent)
        self._state(IN_REPAIR_SYSTEM, self.company.logistics)
        repair = new(
            Repair, by=self.company.bench, product=self.product, process="Repair and Return",
            arrival_date=self.clock.moment.date(), repair_centre=self.company.centre, pending_status=not done,
        )  # fmt: skip
        self._note(found + ".", self.company.bench)
        if not done:
            return
        self._wait(2, 6)
        self._note(remedy + ".", self.company.bench)
        if self.number < TESTED:
            checked(self.product, self.number, at=self.clock.moment, by=self.company.bench, repair=repair)
        repair.refurbishment_date, repair.outcome = self.clock.moment.date(), "repaired"
        repair.measured_battery_capacity = round(self.chance.uniform(15.2, 17.4), 1)
        touch(repair, "refurbishment_date", "outcome", "measured_battery_capacity", by=self.company.bench)
        self._state(ACTIVATED, self.company.logistics)
        self._wait(0.2, 1)
        self._state(MONITORED, self.company.logistics)

    def _state(self, state: int, by: User) -> None:
        self.product = actions.change_state(self.product, new_state=state, by=by)

    def _note(self, text: str, by: User) -> None:
        new(ProductNote, by=by, product=self.product, note_text=text)

    def _wait(self, least: float, most: float) -> None:
        """Let days go by; what is told never lies in the future."""
        moment = self.clock.moment + dt.timedelta(days=self.chance.uniform(least, most))
        if most >= 1:  # people work by day
            moment = moment.replace(hour=self.chance.randint(6, 15), minute=self.chance.randint(0, 59))
        self.clock.moment = min(max(moment, self.clock.moment), self.now - dt.timedelta(minutes=30))

    def _kept(self) -> Product:
        self.product.refresh_from_db()
        product: Product = self.product
        return product
