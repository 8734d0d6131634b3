"""The demo tells stories that hold together: in order, by somebody, somewhere, and still going on."""

import datetime as dt

import pytest
from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from apps.accounts.models import Hub, RepairCentre, Shop, User, UserRepairCentreLink
from apps.dcm.models import Balance, PaymentCommand
from apps.demo import fleet, stories, works
from apps.demo.people import KIVU
from apps.events.models import Consequence, Event
from apps.factory import models as factory
from apps.parts.models import Part
from apps.products.models import (
    Connection,
    EnableHistory,
    Product,
    ProductNote,
    ProductProductGroupLinker,
    State,
)
from apps.products.states import IN_REPAIR_SYSTEM, MONITORED, SHIPPED, STORED, TERMINATED
from apps.repairs import appliance_rules
from apps.repairs.models import (
    ApplianceRepair,
    FailedCheck,
    PartProductLinker,
    Repair,
    RepairNote,
    RepairPartTypeLinker,
    RepairWorkflowEvent,
    RepairWorkflowState,
    Sitting,
)
from apps.telemetry import store
from apps.workflows.definition.library import library
from apps.workflows.figures.rows import repeats

pytestmark = pytest.mark.django_db
UNITS = 60


def units_in(state):
    return set(fleet_units().filter(latest_state__current_state_type=state).values_list("product_imei", flat=True))


def of_the_bench():
    """The units that are there for the sake of their repairs (workshop.py)."""
    return Q(product_imei__startswith="01357908") | Q(product_imei__startswith="01357909")


def fleet_units():
    return Product.objects.exclude(of_the_bench())


def imeis(numbers):
    return {stories.imei_of(number) for number in numbers}


def test_two_years_of_a_fleet():
    before = timezone.now()
    fleet.seed(UNITS, workshops=False)
    assert timezone.now() - before < dt.timedelta(minutes=10)  # the clock goes as it should again
    after = timezone.now()

    # Kinds and ages.
    assert fleet_units().count() == UNITS
    assert Product.objects.values("product_type").distinct().count() == 4
    made = list(Product.objects.values_list("created_at", flat=True))
    assert max(made) - min(made) > dt.timedelta(days=550)

    # Every life in order, nothing of it in the future, each step by somebody with a role.
    for model, name in ((State, "created_at"), (EnableHistory, "date")):
        last = {}
        for row in model.objects.order_by("pk"):
            at = getattr(row, name)
            assert last.get(row.product_id, at) <= at <= after, row
            assert row.product.created_at <= at
            last[row.product_id] = at
    assert Event.objects.filter(at__gt=after).count() == 0
    doers = set(State.objects.filter(product__in=fleet_units()).values_list("created_by", flat=True))
    assert doers == {
        "factory@example.org",
        "stores@example.org",
        "logistics.kivu@example.org",
        "logistics.rift@example.org",
    }
    assert "system" not in set(ProductNote.objects.values_list("created_by", flat=True))
    assert not Consequence.objects.exclude(state=Consequence.State.DONE).filter(event__at__lt=before).exists()

    # Where they are.
    assert Shop.objects.exclude(latitude=None).count() == Shop.objects.count() == 12
    assert Hub.objects.filter(name="Goma hub", longitude="29.2205").exists()
    placed = Product.objects.filter(latest_state__current_state_type=MONITORED)
    assert placed.filter(gps_lat=None).count() == placed.filter(shop=None).count() == 0

    # In store, on the way, at the bench, gone; silent and late ones; and those that wait for an order.
    assert units_in(STORED) == imeis(stories.STORED)
    assert units_in(SHIPPED) == imeis(stories.ON_THE_WAY)
    assert units_in(IN_REPAIR_SYSTEM) == imeis(stories.IN_REPAIR)
    assert units_in(TERMINATED) == imeis(stories.TERMINATED_ONES)
    told = Repair.objects.filter(product__in=fleet_units())
    assert told.filter(outcome="repaired").count() == len(stories.REPAIRED)
    assert told.filter(outcome=None).count() == len(stories.IN_REPAIR)
    heard = dict(placed.values_list("product_imei", "latest_connection__date"))
    late = {imei for imei, at in heard.items() if at < after - dt.timedelta(hours=5)}
    assert late == imeis({*stories.LATE, *stories.SILENT})
    waiting = Product.objects.filter(latest_enable_history__current_enable_state="pending_disabled")
    assert set(waiting.values_list("product_imei", flat=True)) == imeis(stories.WAITING)

    # There from the first second: contacts, credit, and measurements up to the last contact; no sun in a store.
    assert Connection.objects.count() > 2500
    assert Balance.objects.count() >= placed.count()
    day = {"start": after - dt.timedelta(days=2), "end": after}
    lively = store.read(f"product:{stories.imei_of(0)}", **day)
    assert len(lively["voltage"]) > 200
    assert max(value for value, _at in lively["current_in"]) > 2
    kept = store.read(f"product:{stories.imei_of(9)}", **day)
    assert max(value for value, _at in kept["current_in"]) == 0

    # The factory: each kind of unit of its board, boards that are no units yet, and what the jigs found.
    boards = Part.objects.filter(part_type__part_type_category__name="PCB").exclude(
        serial_number__startswith="01357908"
    )
    fitted = PartProductLinker.objects.filter(part__in=boards)
    assert set(fitted.values_list("product__product_type", "part__part_type").distinct()) == {
        (7, 77), (6, 44), (10, 158), (4, 77),
    }  # fmt: skip
    assert boards.exclude(pk__in=fitted.values("part")).count() == len(works.ON_THE_SHELF)
    results = factory.TestJigTestResult.objects.filter(product__in=fleet_units())
    assert results.filter(passed=True).values("product").distinct().count() == UNITS
    assert results.filter(passed=False).count() == len(works.FAILED_FIRST)
    logs = factory.FactoryLog.objects.filter(repair__in=told)
    assert logs.count() == len(stories.REPAIRED)
    assert factory.FactoryLog.objects.filter(timestamp__gt=after).count() == 0
    assert store.read(f"product:{stories.imei_of(0)}", measurement="tool_log", start=min(made), end=after)["message"]

    # Nobody pays for a unit that is gone.
    for gone in fleet_units().filter(latest_state__current_state_type=TERMINATED):
        paid = PaymentCommand.objects.filter(product=gone)
        assert paid.exists()
        assert max(paid.values_list("created_at", flat=True)) <= gone.latest_state.created_at

    # Made once: a second start adds nothing, and does nothing about what waits for others.
    event = Event.objects.create(name="user.invited", subject="user:1", by="x", at=before - dt.timedelta(days=1))
    waiting = Consequence.objects.create(event=event, handler="x")
    models = (Product, State, EnableHistory, Event, Connection, Repair, Shop, Part, factory.FactoryLog)
    counts = [model.objects.count() for model in models]
    fleet.seed(UNITS, workshops=False)
    assert counts == [model.objects.count() for model in models]
    waiting.refresh_from_db()
    assert waiting.state == Consequence.State.PENDING
    fleet.seed(UNITS + 1, workshops=False)  # nor while it makes further ones
    assert fleet_units().count() == UNITS + 1
    waiting.refresh_from_db()
    assert waiting.state == Consequence.State.PENDING


def test_a_unit_that_is_off_and_was_heard_of_today_answers():
    """As the README promises for the first minute; the others are for the way, in a workshop, or silent."""
    fleet.seed(UNITS, workshops=False)
    today = timezone.now() - dt.timedelta(hours=5)
    off = Product.objects.filter(current_enable_flag=False, latest_connection__date__gt=today)
    quiet = ProductProductGroupLinker.objects.filter(product_group__name=fleet.QUIET).values("product__pk")
    assert off.filter(product_entity_linker__entity__name=KIVU).exclude(pk__in=quiet).count() > 5
    assert not off.filter(pk__in=quiet).exists()
    assert "has connected today" in " ".join((settings.BASE_DIR / "README.md").read_text().split())


def test_three_benches_with_work_in_every_step_and_outcome():
    fleet.seed(1, workshops=True)
    after = timezone.now()
    assert 170 <= Repair.objects.count() <= 240
    assert RepairCentre.objects.count() == 3
    for centre in RepairCentre.objects.all():
        assert UserRepairCentreLink.objects.filter(repair_centre=centre).count() >= 2
        assert Repair.objects.filter(repair_centre=centre, running=True).count() > 5

    # Every step of every workflow has a repair in it, every way to end one that ended so.
    for definition in library().values():
        of_it = Repair.objects.filter(workflow_name=definition.name)
        standing = set(of_it.filter(running=True).values_list("workflow_state_id", flat=True))
        assert standing == {name for name, one in definition.states.items() if not one.is_end and not one.by_itself}
        ended = set(of_it.filter(running=False).values_list("workflow_state_id", flat=True))
        assert ended >= {name for name, one in definition.states.items() if one.is_end}
    assert Repair.objects.filter(outcome="withdrawn").exists()

    # People at it: whose it is, what they told each other, what they wait for; nothing of it in the future.
    opened = Repair.objects.filter(running=True)
    assert opened.exclude(technician=None).values("technician").distinct().count() >= 5
    assert opened.filter(technician=None).exists()
    assert opened.exclude(waits=None).count() >= 3
    assert RepairNote.objects.values("kind").distinct().count() == 2
    assert opened.filter(pending_status=True).count() >= 3
    assert not RepairWorkflowState.objects.filter(Q(entry_time__gt=after) | Q(exit_time__lt=F("entry_time"))).exists()
    assert not RepairWorkflowEvent.objects.filter(created_at__gt=after).exists()
    both = RepairWorkflowEvent.objects.filter(created_by__in=["technician@example.org", "system"])
    assert not both.exists()  # who signs in begins with nothing of their own done

    # How long people worked at it, some of it corrected, and what the exit checks refused.
    assert Sitting.objects.count() > 200
    assert Sitting.objects.exclude(corrected_seconds=None).exists()
    assert not Sitting.objects.filter(Q(seen__lt=F("began")) | Q(seen__gt=after)).exists()
    assert FailedCheck.objects.filter(repair__running=False).exists()

    # Parts on order and fitted, and units that came back.
    assert RepairPartTypeLinker.objects.filter(replaced_date=None, repair__running=True).count() >= 3
    assert RepairPartTypeLinker.objects.exclude(replaced_date=None).count() >= 3
    assert repeats(Repair.objects.filter(running=False)).count() >= 10

    # Appliances: some on the bench, some waiting, the limits held.
    assert ApplianceRepair.objects.filter(refurbishment_date=None).count() >= 8
    assert ApplianceRepair.objects.filter(pending_status=True).exists()
    for repair in ApplianceRepair.objects.all():
        appliance_rules.appliance_repair_written(repair, by=User.objects.get(email="system@example.org"))

    # Made once.
    models = (Product, Repair, RepairWorkflowEvent, ApplianceRepair, User, RepairCentre, Event)
    counts = [model.objects.count() for model in models]
    fleet.seed(1, workshops=True)
    assert counts == [model.objects.count() for model in models]
