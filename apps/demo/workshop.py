"""The demo's three repair centres: who works there, and some two hundred repairs of the last half year, in every step
and with every outcome of the workflows that there are."""

import datetime as dt
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from apps.accounts.models import RepairCentre, User, UserRepairCentreLink
from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.demo.clock import Clock
from apps.demo.copies import can_be_copied, copied
from apps.demo.hands import Hands, acted_in, ends, path
from apps.demo.people import KIVU, TECHNICIANS, Company
from apps.demo.seated import seated
from apps.demo.snaps import snapped
from apps.demo.works import built
from apps.products.actions import assign_entity, change_state
from apps.products.models import Connection, Product, ProductGroup, ProductProductGroupLinker
from apps.products.states import ACTIVATED, IN_REPAIR_SYSTEM, SHIPPED
from apps.repairs.models import Repair
from apps.repairs.photos import add_photos
from apps.workflows import actions
from apps.workflows.definition.library import library
from apps.workflows.definition.shape import Definition

FIRST = 8_000_000  # number of the first unit that came to a bench; those of the fleet are below
KINDS = {6: ("home2", "home2", "home3"), 10: ("home3",), 7: ("hub2",), 4: ("enterprise",)}  # by product type
BACK, GONE, PREPARED = 5, 4, 7  # units: returned of each workflow, of each way out of service, out of stock
MODELS = 3  # repairs of a kind that were gone through step by step before others are copied from them
FITTING = "fit_parts"  # a step, in workflows that have it
PIECE = 8  # units in one transaction
NOTES = (
    "Customer says it went dark on Sunday evening.", "Came without its panel cable.",
    "Second opinion, please: smells burnt, looks clean.", "Serial label renewed.", "Antenna plug was loose.",
)  # fmt: skip
HAND_OVERS = (
    "Charged since noon; the lamp should be green by six.", "Waiting on the bench by the window, casing open.",
    "Measured twice, 0.1 V apart. Look at the connector first.", "Screws are in the blue tin.",
)  # fmt: skip
REASONS = (
    ("Customer decides whether it is worth it.", 6), ("Power cut in the workshop.", 1),
    ("Test jig is away for calibration.", 9), ("Colleague in Goma looks for a casing.", None),
)  # fmt: skip


@dataclass(frozen=True)
class Bench:
    """A repair centre and who works at it."""

    centre: RepairCentre
    company: Company
    who: list[User]


def benches(companies: list[Company]) -> list[Bench]:
    """The three centres and their technicians. What is there stays."""
    by_email = {user.email: user for user in User.objects.filter(email__in=TECHNICIANS)}
    found = []
    for company in companies:
        towns = ("Bukavu",) if company.entity.name == KIVU else ("Nakuru", "Eldoret")
        for town in towns:
            name = f"{town} repair centre"
            centre = RepairCentre.objects.filter(name=name).first() or new(
                RepairCentre, by=SYSTEM, name=name, entity=company.entity
            )
            emails = [email for email, (_name, where, _company) in TECHNICIANS.items() if where == town]
            for email in emails:
                if not UserRepairCentreLink.objects.filter(username=email).exists():
                    new(UserRepairCentreLink, by=SYSTEM, username=email, repair_centre=centre)
            found.append(Bench(centre, company, [by_email[email] for email in emails]))
    return found


@dataclass
class Workshop:
    """`imei_of`, `iccid_of`: numbers of units; `chance`: the workshop's own, so that it is the same every time."""

    benches: list[Bench]
    clock: Clock
    now: dt.datetime
    factory: User
    stores: User
    quiet: ProductGroup
    imei_of: Callable[[int], str]
    iccid_of: Callable[[int], str]
    chance: random.Random = field(default_factory=lambda: random.Random(20_26))  # noqa: S311
    told: list[str] = field(default_factory=list)  # subjects of the units

    def __post_init__(self) -> None:
        self.numbers, self.boards = itertools.count(FIRST), self._boards()
        # {(workflow, type of unit): repairs that others may go like, and who did them}
        self.models: dict[tuple[str, int], list[tuple[Repair, list[User]]]] = {}

    def open(self) -> list[str]:
        """All of it, once; the subjects of the units."""
        if Product.objects.filter(product_imei=self.imei_of(FIRST)).exists():
            return []
        for lives in _pieces(list(self._lives())):
            with transaction.atomic():
                for life in lives:
                    life()
        seated(self.chance)
        return self.told

    def _lives(self) -> Iterator[Callable[[], None]]:
        turn = itertools.count()
        for definition in library().values():
            if definition.kind == "stock_preparation":
                yield from self._preparations(definition)
                continue
            good, *others = ends(definition)
            for state in acted_in(definition):
                yield self._unit(definition, next(turn), good, state)
            for end in others:
                for _ in range(GONE):
                    yield self._unit(definition, next(turn), good, end)
            for _ in range(BACK):
                yield self._unit(definition, next(turn), good, "")

    def _preparations(self, definition: Definition) -> Iterator[Callable[[], None]]:
        good, *others = ends(definition)
        targets = [*acted_in(definition), *[good] * PREPARED, *others, *others]
        for number, target in enumerate(targets):
            yield lambda number=number, target=target: self._prepared(definition, number, target)  # type: ignore[misc]

    def _unit(self, definition: Definition, turn: int, good: str, target: str) -> Callable[[], None]:
        """A unit that came to the bench before, and whose repair now stands at `target`; without one it is back."""

        def life() -> None:
            bench = self.benches[turn % len(self.benches)]
            product = self._made(definition, bench, turn)
            hands = self._hands(bench)
            visits = 3 if not target else turn % 3
            ahead = 160.0 - turn % 40  # days until now
            for visit in range(visits):
                ahead *= 0.45 if turn % 4 else 0.75  # the next one comes sooner or later
                self._at(ahead)
                product = self._visit(hands, product, definition, good, turn + visit)
            if not target:
                return
            if target in ends(definition):
                self._at(min(ahead, 90.0) * self.chance.uniform(0.2, 0.5))
                self._visit(hands, product, definition, target, turn)
                return
            self._at(min(ahead * 0.4, self.chance.choice([0.4, 1.3, 2.5, 4, 7, 11, 19])))
            self._heard(product)
            repair = actions.bring_in(product, by=hands.by)
            hands.go(repair, target)
            self._lies_there(hands, repair, turn)

        return life

    def _visit(self, hands: Hands, product: Product, definition: Definition, end: str, turn: int) -> Product:
        """Brought in, repaired by this way or that, ended; one in a while is taken back by hand instead."""
        self._heard(product)
        models = self.models.setdefault((definition.name, product.product_type_id), [])
        fits = turn % 5 == 2 and FITTING in definition.states
        if len(models) >= MODELS and end == ends(definition)[0] and turn % 4 and not fits:
            self._again(models[turn % len(models)], product, hands)
            return product
        repair = actions.bring_in(product, by=hands.by)
        detours = [state for state in acted_in(definition) if path(definition, state, end)]
        if fits:
            hands.go(repair, FITTING)
        elif turn % 3 == 0:
            hands.go(repair, detours[turn // 3 % len(detours)])
        if turn % 29 == 7 or not hands.go(repair, end):
            hands.let_pass(60, 600)
            change_state(Repair.objects.get(pk=repair.pk).product, new_state=ACTIVATED, by=hands.boss)
        repair = Repair.objects.get(pk=repair.pk)
        if can_be_copied(repair):
            models.append((repair, hands.who))
        return Product.objects.get(pk=repair.product.pk)  # another one where its board was replaced

    def _again(self, model: tuple[Repair, list[User]], product: Product, hands: Hands) -> None:
        """As an earlier repair went, whole days apart from it."""
        repair, who = model
        later = dt.timedelta(days=(self.clock.moment - repair.created_at).days)
        self.clock.moment = repair.created_at + later
        change_state(product, new_state=IN_REPAIR_SYSTEM, by=hands.boss)
        people = {one.email: hands.who[place % len(hands.who)].email for place, one in enumerate(who)}
        made = copied(repair, product, hands.centre, later=later, people=people)
        self.clock.moment = made.ended_at or self.clock.moment
        change_state(product, new_state=ACTIVATED, by=hands.boss)

    def _lies_there(self, hands: Hands, repair: Repair, turn: int) -> None:
        """Who has it, what was said, and what it waits for."""
        repair = Repair.objects.select_related("product").get(pk=repair.pk)
        if not repair.running:
            return
        by = hands.who[turn // 3 % len(hands.who)]
        if turn % 4:
            repair = actions.take(repair, by=by)
        hands.let_pass(2, 20)
        if turn % 5 == 1:
            actions.hand_over(repair, text=HAND_OVERS[turn // 5 % len(HAND_OVERS)], by=by)
        elif turn % 6 == 2:
            actions.note(repair, text=NOTES[turn // 6 % len(NOTES)], by=by)
        if turn % 3 == 0:
            pictures = [snapped(self.chance) for _ in range(1 + turn % 2)]
            add_photos(Repair.objects.get(pk=repair.pk), pictures=pictures, by=by)
        if turn % 7 == 3 and not repair.pending_status:
            reason, days = REASONS[turn // 7 % len(REASONS)]
            until = self.now + dt.timedelta(days=days) if days else None
            actions.wait(Repair.objects.get(pk=repair.pk), reason=reason, until=until, by=by)

    def _prepared(self, definition: Definition, number: int, target: str) -> None:
        bench = self.benches[number % len(self.benches)]
        product = self._made(definition, bench, number, stays=True)
        hands = self._hands(bench)
        self._at(self.chance.uniform(0.3, 2) if target in acted_in(definition) else self.chance.uniform(3, 80))
        repair = actions.open_preparation(product, by=hands.by)
        hands.go(repair, target)
        if target in acted_in(definition) and number % 2:
            actions.take(Repair.objects.get(pk=repair.pk), by=hands.who[0])

    def _made(self, definition: Definition, bench: Bench, turn: int, *, stays: bool = False) -> Product:
        number = next(self.numbers)
        kinds = KINDS.get(definition.serves[turn % len(definition.serves)], ("home2",))
        self.clock.moment = self.now - dt.timedelta(days=190 - number % 20)
        product = built(kinds[turn % len(kinds)], number, self._board(number), by=self.factory)
        product = assign_entity(product, entity_id=bench.company.entity.pk, by=self.stores)
        self.told.append(product.subject)
        new(ProductProductGroupLinker, by=SYSTEM, product=product, product_group=self.quiet)
        if stays:
            return product
        self.clock.moment += dt.timedelta(days=2)
        product = change_state(product, new_state=SHIPPED, by=self.stores)
        self.clock.moment += dt.timedelta(days=4)
        return change_state(product, new_state=ACTIVATED, by=bench.company.logistics)

    def _heard(self, product: Product) -> None:
        """The last contact before it came in."""
        contact = Connection.columns_of_contact([], None, None, None)
        contact["date"] = self.clock.moment - dt.timedelta(hours=self.chance.uniform(5, 60))
        row = Connection.objects.create(product=product, created_at=contact["date"], created_by="unit", **contact)
        Product.objects.filter(pk=product.pk).update(latest_connection=row, reported_software="3.6")

    def _hands(self, bench: Bench) -> Hands:
        who = list(bench.who)
        self.chance.shuffle(who)
        until = self.now - dt.timedelta(minutes=self.chance.uniform(4, 120))
        return Hands(
            self.clock, until, self.chance, who, bench.company.logistics, bench.centre, self.factory, self.boards
        )

    def _at(self, days: float) -> None:
        """So many days before now, in the morning."""
        moment = self.now - dt.timedelta(days=days)
        if days > 1:
            moment = moment.replace(hour=6 + self.chance.randrange(6), minute=self.chance.randrange(60))
        self.clock.moment = min(
            max(moment, self.clock.moment + dt.timedelta(hours=2)), self.now - dt.timedelta(hours=1)
        )

    def _board(self, number: int) -> dict[str, Any]:
        return {
            "imei": self.imei_of(number), "imsi": f"90170{number:010d}", "iccid": self.iccid_of(number),
            "device_key": f"{self.chance.getrandbits(96):024x}", "manufacturer": "Board works",
        }  # fmt: skip

    def _boards(self) -> Iterator[dict[str, Any]]:
        """Boards that are made for the bench."""
        for number in itertools.count(FIRST + 500_000):
            yield self._board(number)


def _pieces(lives: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(lives), PIECE):
        yield lives[start : start + PIECE]
