"""People at a repair: brought in, taken, handed over, waiting."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from apps.core.actors import SYSTEM
from apps.core.levels import Level
from apps.core.refusals import Forbidden, Invalid, Refused
from apps.events.models import Event
from apps.products.actions import change_state
from apps.products.states import ACTIVATED, IN_REPAIR_SYSTEM, SHIPPED, STORED
from apps.repairs.models import Repair, RepairNote, RepairWait
from apps.workflows import actions, queries, tasks
from tests.cast import make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker(cast):
    return cast.tina


@pytest.fixture
def colleague(cast):
    return cast.users["A", Level.ADMIN]


@pytest.fixture
def unit(cast):
    unit = make_unit("010101234560013", entity=cast.a, product_type_id=6)
    for state in (SHIPPED, ACTIVATED):
        change_state(unit, new_state=state, by=SYSTEM)
    return unit


@pytest.fixture
def repair(unit, worker):
    return actions.bring_in(unit, by=worker)


def now_of(repair):
    repair.refresh_from_db()
    return repair


def test_bringing_in_moves_the_unit_and_opens_its_repair_once(unit, worker, colleague):
    first, second = actions.bring_in(unit, by=worker), actions.bring_in(unit, by=colleague)
    unit.refresh_from_db()
    assert first.pk == second.pk
    assert first.created_by == worker.email
    assert unit.latest_state.current_state_type_id == IN_REPAIR_SYSTEM


def test_who_takes_a_repair_that_another_board_has_moved_is_told_of_under_its_new_number(cast, worker, unit, repair):
    """The page was opened before the board was replaced."""
    heir = make_unit("010101234560039", entity=cast.a, product_type_id=6)
    stale = queries.fetch(repair.pk, by=worker)
    Repair.objects.filter(pk=repair.pk).update(product=heir)
    taken = actions.take(stale, by=worker)
    assert taken.product == heir
    assert Event.objects.filter(name="repair.changed").latest("pk").payload["product_imei"] == heir.product_imei


def test_a_stored_unit_is_not_brought_in_and_stays_where_it_is(cast, worker):
    unit = make_unit("010101234560021", entity=cast.a, product_type_id=6)
    with pytest.raises(Invalid) as refused:
        actions.bring_in(unit, by=worker)
    unit.refresh_from_db()
    assert "STORED" in refused.value.errors["product_imei"]
    assert unit.latest_state.current_state_type_id == STORED


def test_a_unit_without_a_workflow_is_not_moved(unit, worker):
    type(unit).objects.filter(pk=unit.pk).update(product_type=1)
    with pytest.raises(Invalid):
        actions.bring_in(unit, by=worker)
    unit.refresh_from_db()
    assert unit.latest_state.current_state_type_id == ACTIVATED


def test_a_repair_is_taken_from_a_colleague_and_handed_on(repair, worker, colleague):
    actions.take(repair, by=worker)
    actions.take(repair, by=colleague)
    assert now_of(repair).technician == colleague
    actions.hand_over(repair, text=" The charger is slow; look again at four. ", by=colleague)
    note = RepairNote.objects.get()
    assert (note.kind, note.text) == ("hand_over", "The charger is slow; look again at four.")
    assert now_of(repair).technician is None
    with pytest.raises(Invalid):
        actions.hand_over(repair, text=" ", by=worker)


def test_a_wait_ends_by_itself_when_its_time_comes(repair, worker):
    until = timezone.now() + dt.timedelta(hours=3)
    actions.wait(repair, reason="The customer is asked", until=until, by=worker)
    assert now_of(repair).waits.reason == "The customer is asked"
    tasks.resume()
    assert now_of(repair).waits is not None
    with time_machine.travel(until + dt.timedelta(seconds=1)):
        tasks.resume()
    assert now_of(repair).waits is None
    assert RepairWait.objects.get().ended


def test_a_step_ends_the_wait_and_another_reason_begins_another(repair, worker):
    actions.wait(repair, reason="No power", by=worker)
    actions.wait(repair, reason="No charger", by=worker)
    assert [wait.ended is None for wait in RepairWait.objects.order_by("pk")] == [False, True]
    actions.send_event(repair, ident="beyond_repair", by=worker)
    assert now_of(repair).waits is None
    assert not RepairWait.objects.filter(ended=None).exists()


def test_a_wait_in_the_past_or_without_reason_is_refused(repair, worker):
    with pytest.raises(Invalid) as refused:
        actions.wait(repair, reason="x", until=timezone.now() - dt.timedelta(minutes=1), by=worker)
    assert "until" in refused.value.errors
    with pytest.raises(Invalid) as refused:
        actions.wait(repair, reason=" ", by=worker)
    assert "reason" in refused.value.errors


def test_an_ended_repair_takes_notes_and_nothing_else(repair, worker, cast, unit):
    change_state(unit, new_state=ACTIVATED, by=SYSTEM)
    actions.note(repair, text="The lid was left open", by=worker)
    repair.refresh_from_db()
    for act in (actions.take, actions.release, actions.resume):
        with pytest.raises(Refused) as refused:
            act(repair, by=worker)
        assert refused.value.code == queries.ENDED


def test_people_below_technical_are_no_technicians(repair, cast):
    with pytest.raises(Forbidden):
        actions.take(repair, by=cast.bob)
