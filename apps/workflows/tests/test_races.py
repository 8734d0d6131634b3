"""Two at the same repair at the same moment: one is first, the other is told, and nothing is done twice."""

import datetime as dt

import pytest
from django.utils import timezone

from apps.core.actors import SYSTEM
from apps.core.refusals import Refused
from apps.events import wake
from apps.products.actions import change_state
from apps.products.models import Product
from apps.products.states import ACTIVATED, IN_REPAIR_SYSTEM, SHIPPED
from apps.repairs.models import PartProductLinker, Repair, RepairWait, RepairWorkflowEvent, RepairWorkflowState
from apps.workflows import actions
from apps.workflows.tests.walking import a_board_for
from tests import reference
from tests.cast import make_cast, make_unit
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
HOME = 6


@pytest.fixture
def tina(transactional_db, monkeypatch):
    monkeypatch.setattr(wake, "relay_soon", lambda: None)
    reference.fill()
    return make_cast().tina


def unit_of(tina, state):
    unit = make_unit("010101234560013", entity=tina.entity, product_type_id=HOME)
    for one in (SHIPPED, state):
        change_state(unit, new_state=one, by=SYSTEM)
    return Product.objects.get(pk=unit.pk)


def each_its_own(*works):
    left = list(works)
    found = at_once(len(works), lambda: left.pop()())
    strange = [one for one in found if isinstance(one, Exception) and not isinstance(one, Refused)]
    assert strange == []
    return found


def one_state_is_open(repair):
    states = list(RepairWorkflowState.objects.filter(repair=repair, exit_time=None))
    assert [row.state_id for row in states] == [Repair.objects.get(pk=repair.pk).workflow_state_id]


def test_brought_in_by_two_it_is_one_repair(tina):
    unit = unit_of(tina, ACTIVATED)
    found = each_its_own(*[lambda: actions.bring_in(Product.objects.get(pk=unit.pk), by=tina)] * 3)
    assert {one.pk for one in found} == {Repair.objects.get().pk}


def test_undo_and_a_step_at_once_are_one_after_the_other(tina):
    repair = actions.bring_in(unit_of(tina, IN_REPAIR_SYSTEM), by=tina)
    actions.send_inputs(repair, given={"condition": "good", "starts": "yes"}, by=tina)
    actions.send_event(repair, ident="checked", by=tina)

    def now():
        return Repair.objects.get(pk=repair.pk)

    at = now()  # both look at the same step
    found = each_its_own(
        lambda: actions.undo(at, by=tina),
        lambda: actions.send_inputs(Repair.objects.get(pk=at.pk), given={"casing": "intact", "dust": "no"}, by=tina),
    )
    assert len([one for one in found if isinstance(one, Refused)]) <= 1
    one_state_is_open(repair)
    rows = list(RepairWorkflowEvent.objects.filter(repair=repair).order_by("pk"))
    assert [row.current_state_id for row in rows[1:]] == [row.next_state_id for row in rows[:-1]]


def test_a_board_goes_in_once(tina):
    unit = unit_of(tina, IN_REPAIR_SYSTEM)
    repair = actions.bring_in(unit, by=tina)
    steps = [
        ({"condition": "good", "starts": "no"}, "checked"), ({"casing": "intact", "dust": "no"}, None),
        ({"usb_voltage": 2}, "usb_failed"), (None, "replace_board"), ({"new_board": a_board_for(unit)}, None),
    ]  # fmt: skip
    for given, event in steps:
        if given:
            actions.send_inputs(Repair.objects.get(pk=repair.pk), given=given, by=tina)
        if event:
            actions.send_event(Repair.objects.get(pk=repair.pk), ident=event, by=tina)
    at = [Repair.objects.get(pk=repair.pk) for _ in range(2)]
    found = each_its_own(*[lambda: actions.send_event(at.pop(), ident="board_replaced", by=tina)] * 2)
    assert sorted(isinstance(one, Refused) for one in found) == [False, True], found
    heir = Repair.objects.get(pk=repair.pk).product
    assert Product.objects.count() == 2
    assert heir.serial_number == unit.serial_number
    boards = PartProductLinker.objects.filter(part__serial_number=heir.product_imei, date_removed=None)
    assert boards.count() == 1
    one_state_is_open(repair)


def test_a_wait_that_is_due_and_a_step_at_once(tina):
    repair = actions.bring_in(unit_of(tina, IN_REPAIR_SYSTEM), by=tina)
    actions.send_inputs(repair, given={"condition": "good", "starts": "yes"}, by=tina)
    actions.wait(repair, reason="No power", until=timezone.now() + dt.timedelta(hours=1), by=tina)
    RepairWait.objects.update(until=timezone.now() - dt.timedelta(minutes=1))
    at = [Repair.objects.get(pk=repair.pk) for _ in range(2)]
    each_its_own(
        lambda: actions.resume_due(at[0], by=SYSTEM), lambda: actions.send_event(at[1], ident="checked", by=tina)
    )
    row = Repair.objects.get(pk=repair.pk)
    assert (row.workflow_state_id, row.waits, RepairWait.objects.get().ended is None) == (
        "visual_inspection",
        None,
        False,
    )
