"""What a repair stands on may be deleted, imported or written by hand meanwhile: a refusal, never a fault."""

import pytest

from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.parts.models import PartType, PartTypeReplacementLinker
from apps.products.actions import change_state
from apps.products.states import TERMINATED
from apps.repairs.models import (
    PartProductLinker,
    Repair,
    RepairPartTypeLinker,
    RepairSymptomTypeLinker,
    SymptomType,
    SymptomTypeProductTypeLinker,
)
from apps.workflows.models import WorkflowVersion
from apps.workflows.tests.test_home_repair import BATTERY, HOME, Bench, battery, bench, home  # noqa: F401  # fixtures
from tests.cast import make_unit

pytestmark = pytest.mark.django_db


def to_select(bench):  # noqa: F811
    bench.inputs(condition="good", starts="yes").event("checked").inputs(casing="intact", dust="no")
    return bench.inputs(usb_voltage=2).event("usb_failed")


def fitted(bench):  # noqa: F811
    to_select(bench).inputs(replacement_part_type=[BATTERY]).event("parts_here")
    return bench.inputs(new_part_serial="BAT-NEW").event("fitted_all")


def test_undo_goes_on_without_the_wish_that_was_deleted(bench, home, battery, call, cast):  # noqa: F811
    wish = fitted(bench) and RepairPartTypeLinker.objects.get()
    assert call(cast.root, "DELETE", f"/v1/repair_part_type_linker/{wish.pk}").status_code == 204
    bench.send("undo")
    assert PartProductLinker.objects.get(product=home, part__part_type=BATTERY, date_removed=None).part == battery


@pytest.mark.parametrize("serial", ["BAT-NEW", "BAT-OLD"])
def test_undo_of_a_fitting_that_was_deleted_is_refused_whole(bench, home, battery, call, cast, serial):  # noqa: F811
    row = fitted(bench) and PartProductLinker.objects.get(part__serial_number=serial)
    assert call(cast.root, "DELETE", f"/v1/part_product_linker/{row.pk}").status_code == 204
    before = list(PartProductLinker.objects.order_by("pk").values())
    refused = bench.send("undo", status=400)
    assert (refused["code"], "deleted since" in refused["message"]) == ("not_undoable", True)
    assert list(PartProductLinker.objects.order_by("pk").values()) == before
    assert bench.at == "charge"


def test_a_part_type_that_is_gone_is_asked_for_by_nobody(bench, battery):  # noqa: F811
    kind = new(
        PartType, by=SYSTEM, name="Another", serial_number_category="known",
        part_type_category=PartType.objects.get(pk=BATTERY).part_type_category,
    )  # fmt: skip
    rule = new(
        PartTypeReplacementLinker, by=SYSTEM, existing_part_type_id=BATTERY, replacement_part_type=kind,
        default_part_type=False, critical_part_type=False, non_transferable=False,
    )  # fmt: skip
    to_select(bench).inputs(replacement_part_type=[kind.pk])
    gone, _, _ = kind.pk, rule.delete(), kind.delete()
    refused = bench.send("send_events", {"event": "parts_here"}, 400)
    assert str(gone) in refused["validation_errors"]["replacement_part_type"]
    assert not RepairPartTypeLinker.objects.exists()
    bench.event("no_part")  # what needs no part is not kept from going on


def test_a_symptom_that_is_gone_is_found_by_nobody(cast, call, home):  # noqa: F811
    symptom = new(SymptomType, by=SYSTEM, name="Hums", label="hums")
    link = new(SymptomTypeProductTypeLinker, by=SYSTEM, symptom_type=symptom, product_type_id=HOME)
    at = Bench(call, cast.root, home).inputs(condition="good", starts="yes", symptoms=[symptom.pk])
    link.delete()
    symptom.delete()
    at.event("checked")
    assert not RepairSymptomTypeLinker.objects.exists()


def test_a_repair_that_runs_stays_with_its_unit(bench, home, call, cast):  # noqa: F811
    """Its unit would stand in the repair system without it, and another one would be in a repair nobody opened."""
    other = make_unit("010101234560021", entity=cast.a)
    answer = call(cast.tina, "PUT", f"/v1/repairs/{bench.key}", {"product_imei": other.product_imei})
    assert (answer.status_code, answer.json()["product_imei"]) == (200, home.product_imei)


@pytest.mark.parametrize("context", [None, [], [1], "x", 5, {"kept": None}, {"inputs": [1], "kept": "x"}])
def test_a_context_of_any_shape_holds_nothing(bench, context):  # noqa: F811
    Repair.objects.filter(pk=bench.key).update(context=context)
    bench.inputs(condition="good", starts="yes").event("checked")
    assert bench.at == "visual_inspection"


@pytest.mark.parametrize("lost", ["state", "version", "text"])
def test_a_lost_definition_is_said_and_takes_no_list_with_it(bench, home, call, cast, lost):  # noqa: F811
    row = Repair.objects.filter(pk=bench.key)
    if lost == "state":
        row.update(workflow_state_id="nowhere")
    else:
        row.update(workflow_version="0" * 64, workflow_name="gone")
    if lost == "text":
        WorkflowVersion.objects.create(digest="0" * 64, name="gone", version=1, text="name: gone\nstates: {}\n")
    base = f"/v1/repairs/{bench.key}"
    asked = [("GET", "current_state", None), ("PUT", "send_inputs", {"starts": "yes"}),
             ("PUT", "send_events", {"event": "checked"})]  # fmt: skip
    for method, what, body in asked:
        answer = call(cast.root, method, f"{base}/{what}", body)
        assert (answer.status_code, answer.json()["code"]) == (400, "no_workflow"), what
    listed = call(cast.root, "GET", "/v1/repairs/list_current_states").json()["data"]
    assert [(one["repair_id"], one["repair_state_name"]) for one in listed] == [
        (bench.key, Repair.objects.get(pk=bench.key).workflow_state_id)
    ]
    client = cast_client(cast)
    pages = ["/bench", f"/bench/repairs/{bench.key}", f"/bench/repairs/{bench.key}/sheet", f"/units/{home.product_imei}",
             f"/bench/scan?scan={home.product_imei}", "/bench/parts", "/bench/figures", "/bench/repairs", "/workflows",
             f"/bench/repairs/{bench.key}/photos", f"/bench/units/{home.product_imei}"]  # fmt: skip
    told = {page: client.get(page).status_code for page in pages}
    told |= {
        act: client.post(
            f"/bench/repairs/{bench.key}{act}", {"text": "x", "reason": "x", "in.starts": "yes"}
        ).status_code
        for act in ("", "/undo", "/take", "/note", "/wait", "/beat")
    }
    assert {page: status for page, status in told.items() if status >= 500} == {}
    change_state(home, new_state=TERMINATED, by=SYSTEM)
    assert row.get().outcome == "withdrawn"


def cast_client(cast):
    from django.test import Client

    client = Client(raise_request_exception=False)
    client.force_login(cast.root)
    return client


def test_a_list_of_tags_and_a_language_that_is_not_wanted(bench, call, cast):  # noqa: F811
    path = f"/v1/repairs/{bench.key}/current_state"
    seen = bench.get("current_state")["ETag"]
    bench.send("send_inputs", {"starts": "yes"}, HTTP_IF_MATCH=f'"other", {seen}')
    bench.send("send_inputs", {"starts": "yes"}, HTTP_IF_MATCH=f"W/{seen}")  # as it comes with a compressed answer
    assert bench.send("send_inputs", {"starts": "no"}, 412, HTTP_IF_MATCH='W/"other"')["code"] == "moved_on"
    assert bench.send("send_inputs", {"starts": "no"}, 412, HTTP_IF_MATCH='"other", "another"')["code"] == "moved_on"
    for asked in ("fr;q=0", "fr;q=0, de;q=0.4"):
        assert call(cast.root, "GET", path, HTTP_ACCEPT_LANGUAGE=asked)["Content-Language"] == "en", asked
    far = call(cast.root, "GET", f"/v1/repairs/list_current_states?entity_id={'9' * 5000}")
    assert (far.status_code, far.json()["data"]) == (200, [])
