"""The demo: two companies, a log-in for each level, and a fleet with two years behind it."""

import datetime as dt
import gc
import random
from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.connectivity.cells import Cell
from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.demo import credit
from apps.demo.appliances import appliance_bench
from apps.demo.clock import turned_back
from apps.demo.masts import masts
from apps.demo.orders import orders
from apps.demo.people import ENTITIES, LOG_INS, PASSWORD, companies
from apps.demo.recent import lived
from apps.demo.shelves import filled
from apps.demo.stories import (
    IN_REPAIR,
    LATE,
    ON_THE_WAY,
    SILENT,
    STORED,
    TERMINATED_ONES,
    WAITING,
    Life,
    iccid_of,
    imei_of,
)
from apps.demo.talk import letters_of_nobody, talked
from apps.demo.works import shelf
from apps.demo.workshop import Workshop, benches
from apps.events.models import Consequence
from apps.products.models import Product, ProductGroup, ProductProductGroupLinker, SoftwareVersionType

SOFTWARE = "3.6"
STORIES = 60  # units with a life of their own; a larger demo, as benches make, has more of the plain ones
QUIET = "Demo: do not answer"  # a group of units: silent, late, in a workshop or switched off for the way
PIECE = 10


def seed(units: int, progress: Callable[[int], None] = lambda done: None, *, workshops: bool | None = None) -> None:
    """Bring the demo up to this many units. May be run again: what is there stays.

    `workshops`: with repair centres that have units and repairs of their own; by default not where somebody asks for a
    few units only.
    """
    now = timezone.now()
    gc.freeze()  # a quarter of the time would go into looking through what is loaded and stays
    with turned_back() as clock:
        clock.moment = now - dt.timedelta(days=800)
        both, factory, stores = companies()
        if not SoftwareVersionType.objects.filter(name=SOFTWARE).exists():
            new(SoftwareVersionType, by=SYSTEM, name=SOFTWARE, status="stable", release_date=clock.moment)
        quiet = ProductGroup.objects.filter(name=QUIET).first() or new(ProductGroup, by=SYSTEM, name=QUIET)
        cells = masts()
        known = set(Product.objects.filter(product_imei__startswith="0135790").values_list("product_imei", flat=True))
        letters_of_nobody(clock, now)
        for first in range(0, units, PIECE):
            numbers = [one for one in range(first, min(first + PIECE, units)) if imei_of(one) not in known]
            told: list[str] = []  # subjects
            with transaction.atomic():
                for number in numbers:
                    company = both[number % 2]
                    life = Life(number, company, factory, stores, clock, now, random.Random(number))  # noqa: S311
                    product = life.tell()
                    if number < STORIES:
                        _since(life, product, quiet, cells)
                    told.append(product.subject)
                    if number in credit.NUMBERS:
                        credit.tell_credit(number, product, company.agent, clock, now)
                _told_long_ago(told, now)
            progress(min(first + PIECE, units))
        clock.moment = now - dt.timedelta(days=3)
        with transaction.atomic():
            shelf(imei_of=imei_of, iccid_of=iccid_of, by=factory)
            boss = User.objects.get(email="system@example.org")
            _told_long_ago(orders(clock, now, imei_of, sorted(SILENT), by=boss), now)
        if units >= STORIES if workshops is None else workshops:
            people = benches(both)
            workshop = Workshop(people, clock, now, factory, stores, quiet, imei_of, iccid_of)
            _told_long_ago(workshop.open(), now)
            clock.moment = now - dt.timedelta(days=2)
            filled([(bench.centre, bench.who[0]) for bench in people])
            appliance_bench([one for bench in people for one in bench.who], clock, now)
    gc.unfreeze()


def _told_long_ago(subjects: list[str], now: dt.datetime) -> None:
    """What happened long ago nobody is waiting to hear of."""
    if subjects:
        waiting = Consequence.objects.filter(event__subject__in=subjects, state=Consequence.State.PENDING)
        waiting.filter(event__at__lt=now).update(state=Consequence.State.DONE, done_at=now)


def _since(life: Life, product: Product, quiet: ProductGroup, cells: list[Cell]) -> None:
    """How it has been of late, and whether it still answers."""
    number, now = life.number, life.now
    if number in LATE or number in SILENT:
        heard = now - dt.timedelta(hours=LATE.get(number, 0), days=SILENT.get(number, 0))
    else:
        heard = now - dt.timedelta(minutes=life.chance.uniform(2, 230))
    if number in IN_REPAIR:
        heard = now - dt.timedelta(days=2, hours=number % 7)
    if number in TERMINATED_ONES and product.latest_state is not None:
        heard = product.latest_state.created_at - dt.timedelta(days=4)
    if number not in ON_THE_WAY:
        lived(
            product,
            until=heard,
            cells=[cell for cell in cells if cell.mcc == life.company.mobile[0]],
            chance=life.chance,
        )
    if number in LATE or number in SILENT or number in ON_THE_WAY | IN_REPAIR | TERMINATED_ONES:
        life.clock.moment = heard
        new(ProductProductGroupLinker, by=SYSTEM, product=product, product_group=quiet, date_added=heard)
    if number in WAITING:
        life.order_that_waits()
    talked(life, product)


__all__ = ["ENTITIES", "LOG_INS", "PASSWORD", "QUIET", "SOFTWARE", "STORED", "imei_of", "seed"]
