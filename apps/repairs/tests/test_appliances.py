"""Appliances: serials of untracked ones, the limits of parts, and their repairs through the API and the bench form."""

import re

import pytest
from django.test import Client

from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.repairs import appliances
from apps.repairs.models import (
    Appliance,
    ApplianceActionType,
    ApplianceActionTypeApplianceTypeLinker,
    AppliancePartType,
    AppliancePartTypeReplacementLinker,
    ApplianceRepair,
    ApplianceRepairAppliancePartTypeLinker,
    ApplianceRepairApplianceSymptomLinker,
    ApplianceSymptom,
    ApplianceSymptomApplianceTypeLinker,
    ApplianceType,
)
from tests.races import at_once

pytestmark = pytest.mark.django_db
PARTS = "/v1/appliance_repair_appliance_part_type_linker"


@pytest.fixture
def lamp():
    return new(ApplianceType, by=SYSTEM, name="Lamp", tracked=False)


@pytest.fixture
def tv():
    return new(ApplianceType, by=SYSTEM, name="TV", tracked=True)


@pytest.fixture
def rule(lamp):
    """At most two tubes in a repair of a lamp."""
    old, tube = (new(AppliancePartType, by=SYSTEM, name=name) for name in ("Old tube", "Tube"))
    return new(
        AppliancePartTypeReplacementLinker, by=SYSTEM, appliance_type=lamp, existing_appliance_part_type=old,
        replacement_appliance_part_type=tube, max_part_count=2,
    )  # fmt: skip


@pytest.fixture
def repair(lamp):
    return new(ApplianceRepair, by=SYSTEM, appliance=appliances.take_in(lamp, by=SYSTEM))


def line(repair, rule, count, **more):
    return {
        "appliance_repair_id": repair.pk, "old_appliance_part_type_id": rule.existing_appliance_part_type_id,
        "new_appliance_part_type_id": rule.replacement_appliance_part_type_id, "repaired_parts_count": count, **more,
    }  # fmt: skip


def test_an_untracked_one_gets_a_serial_and_a_tracked_one_brings_its_own(call, cast, lamp, tv):
    made = call(cast.root, "POST", "/v1/appliances", {"appliance_type_id": lamp.pk})
    body = made.json()
    assert (made.status_code, body["serial_number"]) == (201, f"U-{lamp.pk}-{body['appliance_id']}")
    blank = call(cast.root, "POST", "/v1/appliances", {"appliance_type_id": lamp.pk, "serial_number": " "}).json()
    assert blank["serial_number"] == f"U-{lamp.pk}-{blank['appliance_id']}"
    known = call(cast.root, "POST", "/v1/appliances", {"appliance_type_id": lamp.pk, "serial_number": "L-77"})
    assert known.json()["serial_number"] == "L-77"
    for serial in (None, "  ", f"U-{lamp.pk}-999"):
        bare = call(cast.root, "POST", "/v1/appliances", {"appliance_type_id": tv.pk, "serial_number": serial})
        assert (bare.status_code, list(bare.json()["validation_errors"])) == (400, ["serial_number"])
    assert Appliance.objects.filter(appliance_type=tv).count() == 0

    # What looks like another's invented serial never stands in its way.
    foreign = f"U-{lamp.pk}-{blank['appliance_id'] + 5}"
    taken = call(cast.root, "POST", "/v1/appliances", {"appliance_type_id": lamp.pk, "serial_number": foreign}).json()
    assert taken["serial_number"] == f"U-{lamp.pk}-{taken['appliance_id']}"

    # A serial that is taken away is invented anew; one that becomes tracked needs its own.
    path = f"/v1/appliances/{body['appliance_id']}"
    assert call(cast.root, "PUT", path, {"serial_number": None}).json()["serial_number"] == body["serial_number"]
    assert call(cast.root, "PUT", path, {"appliance_type_id": tv.pk}).status_code == 400
    moved = call(cast.root, "PUT", path, {"appliance_type_id": tv.pk, "serial_number": "TV-1"})
    assert (moved.status_code, moved.json()["serial_number"]) == (200, "TV-1")


def test_no_more_parts_than_the_rule_allows(call, cast, lamp, rule, repair):
    wish = call(cast.root, "POST", PARTS, line(repair, rule, 1, requested_date="2026-01-01 00:00:00"))
    assert wish.status_code == 201
    over = call(cast.root, "POST", PARTS, line(repair, rule, 2))
    assert over.status_code == 400
    told = over.json()["validation_errors"]["repaired_parts_count"]
    assert f"rule {rule.pk} allows 2" in told
    assert call(cast.root, "POST", PARTS, line(repair, rule, 1)).status_code == 201
    key = wish.json()["appliance_repair_appliance_part_type_linker_id"]
    assert call(cast.root, "PUT", f"{PARTS}/{key}", {"repaired_parts_count": 2}).status_code == 400
    assert call(cast.root, "PUT", f"{PARTS}/{key}", {"repaired_parts_count": 0}).status_code == 200
    assert call(cast.root, "POST", PARTS, line(repair, rule, 1)).status_code == 201
    assert call(cast.root, "POST", PARTS, line(repair, rule, -1)).status_code == 400

    # Another repair counts for itself; another pair and another type of appliance have no rule here.
    other = new(ApplianceRepair, by=SYSTEM, appliance=repair.appliance)
    assert call(cast.root, "POST", PARTS, line(other, rule, 2)).status_code == 201
    loose = line(repair, rule, 9) | {"new_appliance_part_type_id": rule.existing_appliance_part_type_id}
    assert call(cast.root, "POST", PARTS, loose).status_code == 201
    radio = new(ApplianceType, by=SYSTEM, name="Radio", tracked=False)
    third = new(ApplianceRepair, by=SYSTEM, appliance=appliances.take_in(radio, by=SYSTEM))
    assert call(cast.root, "POST", PARTS, line(third, rule, 9)).status_code == 201

    # Nor by the way round: the repair becomes one of a lamp.
    path = f"/v1/appliance_repairs/{third.pk}"
    assert call(cast.root, "PUT", path, {"appliance_id": repair.appliance_id}).status_code == 400
    assert (
        call(cast.root, "PUT", f"/v1/appliances/{third.appliance_id}", {"appliance_type_id": lamp.pk}).status_code
        == 400
    )


@pytest.mark.django_db(transaction=True)
def test_the_limit_holds_for_six_at_once(rule, repair):
    def add():
        appliances.add_part(repair, rule=rule.pk, count=1, replaced=True, by=SYSTEM)

    at_once(6, add)
    assert ApplianceRepairAppliancePartTypeLinker.objects.filter(appliance_repair=repair).count() == 2


class Form:
    """Somebody of TECHNICAL before the bench form."""

    def __init__(self, user):
        self.client = Client(raise_request_exception=False)
        self.client.force_login(user)

    def take_in(self, **given):
        return self.client.post("/bench/appliances", given)

    def press(self, address, verb, **given):
        return self.client.post(f"{address}/{verb}", given)

    def reads(self, address):
        return self.client.get(address).content.decode()


def test_a_lamp_goes_over_the_bench(cast, lamp, tv, rule):
    symptom, foreign = (new(ApplianceSymptom, by=SYSTEM, name=name) for name in ("Flickers", "No picture"))
    new(ApplianceSymptomApplianceTypeLinker, by=SYSTEM, appliance_type=lamp, appliance_symptom=symptom)
    new(ApplianceSymptomApplianceTypeLinker, by=SYSTEM, appliance_type=tv, appliance_symptom=foreign)
    act = new(ApplianceActionType, by=SYSTEM, name="Soldered")
    new(ApplianceActionTypeApplianceTypeLinker, by=SYSTEM, appliance_type=lamp, appliance_action_type=act)
    form = Form(cast.tina)
    for given in (
        {},
        {"serial": "nobody knows"},
        {"kind": tv.pk},
        {"kind": "x" * 30},
        {"serial": "1.5E+12", "kind": 1},
    ):
        refused = form.take_in(**given)
        assert refused.status_code == 400, given
        assert 'role="alert"' in refused.content.decode()
    address = form.take_in(kind=lamp.pk).url
    repair = ApplianceRepair.objects.get()
    assert (address, repair.created_by) == (f"/bench/appliances/{repair.pk}", cast.tina.email)
    serial = repair.appliance.serial_number
    assert serial == f"U-{lamp.pk}-{repair.appliance_id}"
    assert form.take_in(serial=serial).url == address  # by the number that it was given, the same repair

    assert "Flickers" in form.reads(address)
    assert "No picture" not in form.reads(address)
    assert form.press(address, "findings", symptoms=[symptom.pk], actions=[act.pk]).status_code == 302
    assert form.press(address, "findings", symptoms=[symptom.pk, foreign.pk]).status_code == 400
    assert list(repair.symptoms.values_list("appliance_symptom", flat=True)) == [symptom.pk]
    assert repair.appliance_action_types.count() == 1
    form.press(address, "findings", symptoms=[symptom.pk])
    assert repair.appliance_action_types.count() == 0

    assert form.press(address, "part", rule=rule.pk, count=1, how="wished").status_code == 302
    over = form.press(address, "part", rule=rule.pk, count=2)
    assert (over.status_code, "max_part_count" in over.content.decode()) == (400, True)
    for bad in ({"rule": rule.pk, "count": "many"}, {"rule": 999, "count": 1}, {"rule": rule.pk, "count": 0}):
        assert form.press(address, "part", **bad).status_code == 400
    repair.refresh_from_db()
    assert repair.pending_status is True
    assert "Waits for a part" in form.reads("/bench/appliances?show=waiting")
    waits = form.press(address, "finish", process="Repair and Return", on="2026-01-01")
    assert waits.status_code == 400
    held = repair.replacements.get()
    assert form.press(address, "came", line=held.pk).status_code == 302
    today = str(repair.arrival_date)
    for bad in ({"process": "Stolen", "on": today}, {"process": "Replaced", "on": "soon"},
                {"process": "Replaced", "on": "2020-01-01"}, {"process": "Replaced", "on": "9999-01-01"}):  # fmt: skip
        assert form.press(address, "finish", **bad).status_code == 400
    assert form.press(address, "finish", process="Repair and Return", on=today).status_code == 302
    repair.refresh_from_db()
    assert (repair.process, str(repair.refurbishment_date), repair.pending_status) == (
        "Repair and Return",
        today,
        False,
    )
    assert form.press(address, "part", rule=rule.pk, count=1).status_code == 400  # it is over
    assert form.press(address, "remove", line=held.pk).status_code == 400
    assert serial in form.reads("/bench/appliances?show=finished")

    assert form.press(address, "again").status_code == 302  # a slip
    assert form.press(address, "finish", process="Replaced", on=today).status_code == 302
    assert form.take_in(serial=serial).url != address  # it came back
    assert form.press(address, "again").status_code == 400
    assert form.press(address, "fly").status_code == 404
    assert form.client.get("/bench/appliances/999999999999").status_code == 404


def test_only_technicians(cast, lamp):
    repair = new(ApplianceRepair, by=SYSTEM, appliance=appliances.take_in(lamp, by=SYSTEM))
    form = Form(cast.bob)
    assert form.client.get("/bench/appliances").status_code == 403
    assert form.press(f"/bench/appliances/{repair.pk}", "findings").status_code == 403


def test_one_query_more_for_no_further_row(cast, lamp, django_assert_max_num_queries):
    for _ in range(60):
        repair = new(ApplianceRepair, by=SYSTEM, appliance=appliances.take_in(lamp, by=SYSTEM))
        symptom = new(ApplianceSymptom, by=SYSTEM, name=f"S{repair.pk}")
        new(ApplianceRepairApplianceSymptomLinker, by=SYSTEM, appliance_repair=repair, appliance_symptom=symptom)
    form = Form(cast.tina)
    form.client.get("/bench/appliances")
    with django_assert_max_num_queries(8):
        page = form.reads("/bench/appliances")
    assert len(re.findall(r"U-\d+-\d+", page)) == 50
    assert "page=2" in page


def test_what_is_ticked_is_kept_whatever_is_pressed_beside_it(cast, lamp, rule):
    symptom = new(ApplianceSymptom, by=SYSTEM, name="Flickers")
    new(ApplianceSymptomApplianceTypeLinker, by=SYSTEM, appliance_type=lamp, appliance_symptom=symptom)
    form = Form(cast.tina)
    address = form.take_in(kind=lamp.pk).url
    repair = ApplianceRepair.objects.get()
    page = form.reads(address)
    for name in ("rule", "count", "process", "on"):
        assert re.search(f'name="{name}" form="work"', page), name
    part = form.press(address, "part", ticks=1, symptoms=[symptom.pk], rule=rule.pk, count="many", how="fitted")
    assert (part.status_code, repair.symptoms.count()) == (400, 1)
    form.press(address, "part", ticks=1, rule=rule.pk, count=1, how="fitted")
    assert repair.symptoms.count() == 0
    today = str(repair.arrival_date)
    done = form.press(address, "finish", ticks=1, symptoms=[symptom.pk], process="Replaced", on=today)
    assert (done.status_code, repair.symptoms.count()) == (302, 1)
    assert form.press(address, "again").status_code == 302
    assert repair.symptoms.count() == 1
