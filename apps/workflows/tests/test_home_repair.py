"""The repair of a home unit over the API, from the first look to its outcomes."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Entity
from apps.core.actors import SYSTEM
from apps.core.levels import Level
from apps.core.rows import new
from apps.parts.models import Part, PartType, PartTypeReplacementLinker
from apps.products.actions import change_state
from apps.products.models import Product
from apps.products.states import ACTIVATED, IN_REPAIR_SYSTEM, SHIPPED, TERMINATED
from apps.repairs.models import (
    PartProductLinker,
    Repair,
    RepairActionTypeLinker,
    RepairPartTypeLinker,
    RepairWorkflowEvent,
    RepairWorkflowState,
)
from apps.workflows.definition.library import library
from apps.workflows.models import RepairWorkflowSelector, WorkflowVersion
from tests.cast import make_unit

pytestmark = pytest.mark.django_db
HOME, BATTERY = 6, 45


@pytest.fixture
def home(cast):
    unit = make_unit("010101234560013", entity=cast.a)
    Product.objects.filter(pk=unit.pk).update(product_type=HOME)
    unit.refresh_from_db()
    for state in (SHIPPED, IN_REPAIR_SYSTEM):
        change_state(unit, new_state=state, by=SYSTEM)
    return unit


@pytest.fixture
def battery(home):
    old, kind = new(Part, by=SYSTEM, part_type_id=BATTERY, serial_number="BAT-OLD"), PartType.objects.get(pk=BATTERY)
    new(PartProductLinker, by=SYSTEM, part=old, product=home)
    new(Part, by=SYSTEM, part_type=kind, serial_number="BAT-NEW")
    new(
        PartTypeReplacementLinker, by=SYSTEM, existing_part_type=kind, replacement_part_type=kind, product_type_id=HOME,
        default_part_type=True, critical_part_type=False, non_transferable=False,
    )  # fmt: skip
    return old


def batteries(unit):
    return PartProductLinker.objects.filter(product=unit, part__part_type=BATTERY).order_by("pk")


class Bench:
    """Somebody at the bench who speaks the API."""

    def __init__(self, call, user, unit):
        self.call, self.user = call, user
        answer = call(user, "GET", f"/v1/products/{unit.product_imei}/get_repair")
        assert answer.status_code == 200, answer.content
        self.key = answer.json()["data"]["repair_id"]
        self.opened = answer.json()

    def send(self, what, body=None, status=200, **headers):
        answer = self.call(self.user, "PUT", f"/v1/repairs/{self.key}/{what}", body, **headers)
        assert answer.status_code == status, answer.content
        return answer.json()

    def get(self, what, **headers):
        answer = self.call(self.user, "GET", f"/v1/repairs/{self.key}/{what}", **headers)
        assert answer.status_code == 200, answer.content
        return answer

    @property
    def at(self):
        return self.get("current_state").json()["data"]["ident"]

    def inputs(self, **given):
        self.send("send_inputs", given)
        return self

    def event(self, ident):
        self.send("send_events", {"event": ident})
        return self


@pytest.fixture
def bench(cast, call, home):
    return Bench(call, cast.root, home)


def test_it_opens_once_and_tells_what_to_do(bench, cast, call, home):
    assert bench.opened["message"] == "Repair found"
    assert bench.opened["data"]["config"]["usb_load_current"] == 1.7
    assert Bench(call, cast.root, home).key == bench.key
    answer = bench.get("current_state")
    data = answer.json()["data"]
    assert set(data) == {"ident", "name", "description", "inputs", "events"}
    # Nothing that symptoms could be chosen from is linked to this type of unit: that selection is left out.
    assert [one["ident"] for one in data["inputs"]] == ["condition", "starts", "symptoms"]
    assert data["events"] == [
        {"ident": "checked", "label": "Checked"},
        {"ident": "beyond_repair", "label": "Beyond repair"},
    ]
    french = call(
        cast.root, "GET", f"/v1/repairs/{bench.key}/current_state", HTTP_ACCEPT_LANGUAGE="de, fr;q=0.5, en;q=0.1"
    )
    assert (french.json()["data"]["ident"], french.json()["data"]["name"]) == ("ss_state_check", "Contrôle de l’état")


def test_a_unit_elsewhere_has_no_repair(cast, call, unit):
    answer = call(cast.root, "GET", f"/v1/products/{unit.product_imei}/get_repair")
    assert answer.status_code == 400
    assert "IN_REPAIR_SYSTEM" in answer.json()["validation_errors"]["product_imei"]
    assert not Repair.objects.exists()


def test_from_the_first_look_to_repaired(bench, home, battery):
    bench.inputs(condition="dirty").inputs(starts="yes").event("checked")
    bench.inputs(casing="intact", dust="yes")
    bench.event("cleaned").inputs(usb_voltage=5.01).event("usb_passed")
    bench.event("battery.charged").inputs(capacity=7.5).event("capacity_measured")
    assert bench.at == "select_parts"
    bench.inputs(replacement_part_type=[BATTERY]).event("parts_wanted")
    repair = Repair.objects.get(pk=bench.key)
    assert (repair.pending_status, repair.measured_battery_capacity) == (True, 7.5)
    bench.event("parts_came").inputs(new_part_serial="BAT-NEW").event("fitted_all")
    bench.event("jig.passed")
    fitted = batteries(home)
    assert [(row.part.serial_number, row.date_removed is None) for row in fitted] == [
        ("BAT-OLD", False),
        ("BAT-NEW", True),
    ]
    assert fitted[1].replaced_part == battery
    wish = RepairPartTypeLinker.objects.get()
    assert (wish.new_part.serial_number, wish.replaced_date is None) == ("BAT-NEW", False)
    refused = bench.inputs(usb_works="no", light_works="yes").send("send_events", {"event": "passed"}, 400)
    assert refused["validation_errors"] == {"usb_works": "must be yes for a unit that is repaired"}
    bench.inputs(usb_works="yes").event("passed")
    repair.refresh_from_db()
    home.refresh_from_db()
    assert (repair.outcome, repair.running, repair.pending_status) == ("repaired", False, False)
    assert home.latest_state.current_state_type_id == ACTIVATED
    names = [one["ident"] for one in bench.get("history").json()["data"]]
    assert names[:4] == ["ss_state_check", "visual_inspection", "clean", "usb_diag_test"]
    assert names[-1] == "closed_repaired" == bench.at
    assert bench.get("current_state").json()["data"]["events"] == []
    assert bench.send("send_events", {"event": "passed"}, 400)["code"] == "ended"
    assert bench.send("undo", status=400)["code"] == "not_undoable"
    states = RepairWorkflowState.objects.filter(repair=repair).order_by("pk")
    assert [row.state_id for row in states] == names
    assert all(row.exit_time for row in states)


def test_a_part_that_was_fitted_before_is_no_part_fitted_now(bench, home, battery):
    """What was scanned in an earlier round of the same step counts for that round."""
    bench.inputs(condition="good", starts="yes").event("checked").inputs(casing="intact", dust="no")
    bench.inputs(usb_voltage=2).event("usb_failed").inputs(replacement_part_type=[BATTERY]).event("parts_here")
    bench.inputs(new_part_serial="BAT-NEW").event("fitted_one").event("fitted_all")
    replaced = RepairActionTypeLinker.objects.filter(repair=bench.key, action_type__label="Part replaced")
    assert replaced.count() == 1


def test_undo_takes_back_what_the_step_did(bench, home, battery):
    bench.inputs(condition="good", starts="yes").event("checked").inputs(casing="intact", dust="no")
    bench.inputs(usb_voltage=2).event("usb_failed").inputs(replacement_part_type=[BATTERY]).event("parts_here")
    bench.inputs(new_part_serial="BAT-NEW").event("fitted_all")
    assert bench.at == "charge"  # neither tested nor skipped yet
    bench.send("undo")
    assert bench.at == "fit_parts"
    held = batteries(home).filter(date_removed=None).get()
    assert held.part == battery
    assert batteries(home).count() == 3  # histories only grow
    assert RepairPartTypeLinker.objects.get().new_part is None
    bench.send("undo")
    assert (bench.at, RepairPartTypeLinker.objects.count()) == ("select_parts", 0)
    for state in ("usb_diag_test", "visual_inspection", "ss_state_check"):
        bench.send("undo")
        assert bench.at == state
    assert "beginning" in bench.send("undo", status=400)["message"]
    assert [one["ident"] for one in bench.get("history").json()["data"]] == ["ss_state_check"]
    assert RepairWorkflowEvent.objects.filter(event_id="undo").count() == 5


@pytest.mark.parametrize(
    ("given", "field", "text"),
    [
        ({}, "inputs", "at least one"),
        ({"condition": "purple"}, "condition", "not one of the options"),
        ({"condition": ["good"]}, "condition", "not one of the options"),
        ({"condition": True}, "condition", "not one of the options"),
        ({"colour": "red"}, "colour", "no input of this step"),
        ({"starts": "yes", "condition": None}, "condition", "not one of the options"),
    ],
)
def test_a_bad_input_keeps_nothing(bench, given, field, text):
    before = Repair.objects.get(pk=bench.key).context
    refused = bench.send("send_inputs", given, 400)
    assert text in refused["validation_errors"][field]
    assert Repair.objects.get(pk=bench.key).context == before


def test_whoever_comes_second_is_told_what_changed(bench, call, cast):
    seen = bench.get("current_state")["ETag"]
    bench.inputs(condition="good", starts="yes").event("checked")
    answer = call(cast.root, "PUT", f"/v1/repairs/{bench.key}/send_inputs", {"casing": "intact"}, HTTP_IF_MATCH=seen)
    assert (answer.status_code, answer.json()["code"]) == (412, "moved_on")
    assert answer.json()["data"] == {"ident": "visual_inspection"}


def test_a_unit_taken_out_by_hand_ends_its_repair(bench, home):
    change_state(home, new_state=TERMINATED, by=SYSTEM)
    repair = Repair.objects.get(pk=bench.key)
    assert (repair.outcome, repair.running, repair.latest_workflow_event.event_id) == ("withdrawn", False, "withdrawn")


def test_the_list_of_open_repairs(bench, call, cast, home):
    def listed(query=""):
        return call(cast.root, "GET", f"/v1/repairs/list_current_states{query}")

    one = {
        "created_by": cast.root.email, "product_imei": home.product_imei, "repair_id": bench.key,
        "repair_state_id": "ss_state_check", "repair_state_name": "State check",
    }  # fmt: skip
    assert listed().json()["data"] == [one]
    assert listed(f"?entity_id={cast.a.pk}&username={cast.root.email}&repair_state=ss_state_check").json()["data"] == [
        one
    ]
    for query in (f"?entity_id={cast.b.pk}", "?username=nobody", "?repair_state=clean", f"?entity_id={9**30}"):
        assert listed(query).json()["data"] == []
    assert listed("?entity_id=x").status_code == 400
    assert listed("?colour=red").status_code == 400


def test_the_list_asks_once_for_all_definitions_of_the_past(cast, call, home):
    """Repairs that began with a definition that has changed since."""

    def opened(number):
        unit = make_unit(f"0101012345601{number:02d}", entity=cast.a, product_type_id=HOME)
        for state in (SHIPPED, IN_REPAIR_SYSTEM):
            change_state(unit, new_state=state, by=SYSTEM)
        key = Bench(call, cast.root, unit).key
        text = WorkflowVersion.objects.get(name="home_repair", version=library()["home_repair"].version).text
        kept = WorkflowVersion.objects.create(
            digest=f"{number:064d}", name="home_repair", version=900 + number, text=text
        )
        Repair.objects.filter(pk=key).update(workflow_version=kept.pk)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert call(cast.root, "GET", "/v1/repairs/list_current_states").status_code == 200
        return len(queries)

    opened(1)
    few = asked()
    for number in range(2, 6):
        opened(number)
    assert asked() == few


def test_what_the_workflow_writes_nobody_writes_through_the_table(bench, call, cast):
    where = f"/v1/repairs/{bench.key}"
    body = {
        "workflow_state_id": "final_test",
        "outcome": "repaired",
        "context": {},
        "workflow_name": None,
        "process": None,
    }
    assert call(cast.root, "PUT", where, body).status_code == 200
    repair = Repair.objects.get(pk=bench.key)
    assert (repair.workflow_state_id, repair.outcome, repair.workflow_name) == ("ss_state_check", None, "home_repair")
    assert repair.process is None
    assert call(cast.root, "DELETE", where).status_code == 400
    made = call(cast.root, "POST", "/v1/repairs", {"product_imei": repair.product_id, "outcome": "by hand"}).json()
    for what in ("current_state", "history"):
        answer = call(cast.root, "GET", f"/v1/repairs/{made['repair_id']}/{what}")
        assert (answer.status_code, answer.json()["code"]) == (400, "no_workflow")
    assert (
        call(cast.root, "PUT", f"/v1/repairs/{made['repair_id']}", {"outcome": "changed"}).json()["outcome"]
        == "changed"
    )
    assert call(cast.root, "DELETE", f"/v1/repairs/{made['repair_id']}").status_code == 204


def test_who_gets_which_workflow(cast, call, home):
    def ask(user):
        return call(user, "GET", f"/v1/products/{home.product_imei}/get_repair")

    technician = cast.users["A", Level.TECHNICAL]
    Entity.objects.filter(pk=cast.a.pk).update(geic="KE-A")
    common = {"by": SYSTEM, "product_type_id": HOME}
    new(RepairWorkflowSelector, selector_type="ENTITY", selector_value="KE-A", workflow_name="unheard_of", **common)
    refused = ask(technician)
    assert (refused.status_code, refused.json()["code"]) == (400, "no_definition")
    assert "unheard_of" in refused.json()["validation_errors"]["workflow_name"]
    own = new(
        RepairWorkflowSelector, selector_type="USER", selector_value=technician.email, workflow_name=None, **common
    )
    assert ask(technician).status_code == 403
    RepairWorkflowSelector.objects.filter(pk=own.pk).update(workflow_name="home_repair")
    assert ask(technician).status_code == 200
    assert ask(cast.users["A", Level.OVERVIEW]).status_code == 403
    assert ask(cast.users["B", Level.TECHNICAL]).status_code == 404
