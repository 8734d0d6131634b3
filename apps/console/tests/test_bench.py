"""The bench through its pages: what a scan leads to, how a step is taken, what is refused and where it is said."""

import datetime as dt
import html
import re

import pytest
from django.test import Client
from django.utils import timezone

from apps.core.actors import SYSTEM
from apps.core.levels import Level
from apps.core.rows import new
from apps.factory import models as factory
from apps.parts.models import Part, PartType, PartTypeReplacementLinker
from apps.products.actions import change_state
from apps.products.models import Product
from apps.products.states import IN_REPAIR_SYSTEM, SHIPPED
from apps.repairs import public, repeats, sittings
from apps.repairs.models import (
    ActionType,
    FailedCheck,
    PartProductLinker,
    Repair,
    RepairProductLinker,
    Sitting,
    SymptomType,
    SymptomTypeProductTypeLinker,
)
from apps.workflows import actions, queries
from tests.cast import make_unit

pytestmark = pytest.mark.django_db
HOME, BATTERY = 6, 45
numbers = iter(range(200, 10**6))


def browser_of(user, language="en"):
    client = Client(raise_request_exception=False, headers={"accept-language": language})
    client.force_login(user)
    return client


def text(answer):
    return html.unescape(answer.content.decode())


def a_home(cast, *, state=SHIPPED):
    unit = make_unit(f"01010123456{next(numbers):04d}", entity=cast.a)
    Product.objects.filter(pk=unit.pk).update(product_type=HOME)
    unit.refresh_from_db()
    change_state(unit, new_state=SHIPPED, by=SYSTEM)
    if state == IN_REPAIR_SYSTEM:
        change_state(unit, new_state=state, by=SYSTEM)
    return Product.objects.get(product_imei=unit.product_imei)


def in_repair(cast, by=None):
    return actions.bring_in(a_home(cast), by=by or cast.tina)


def page_of(repair):
    return f"/bench/repairs/{repair.pk}"


def seen(page):
    return re.search(r'name="seen" value="([^"]*)"', text(page).replace('""', '"'))


def press(browser, repair, event, tag=None, **given):
    repair.refresh_from_db()
    data = {"press": event, "seen": tag or queries.tag(repair)} | {f"in.{name}": value for name, value in given.items()}
    return browser.post(page_of(repair), data)


def at(repair):
    repair.refresh_from_db()
    return repair.workflow_state_id


@pytest.fixture
def browser(cast):
    return browser_of(cast.tina)


def test_a_scan_leads_to_the_step_or_to_what_may_be_begun(cast, browser):
    unit = a_home(cast)
    scan = lambda what: browser.get("/bench/scan", {"scan": what}, follow=True)  # noqa: E731
    offered = text(scan(f"]C1{unit.serial_number}"))
    assert ("Bring in" in offered, "Prepare for stock" in offered) == (True, False)
    begun = browser.post(f"/bench/units/{unit.product_imei}/bring_in")
    repair = queries.running_of(unit)
    assert begun["Location"] == page_of(repair)
    for what in (unit.product_imei, unit.serial_number, f"https://bench.example.org/units/{unit.product_imei}",
                 f"https://bench.example.org{page_of(repair)}",
                 f"https://bench.example.org/r/{public.token_of(unit)}"):  # fmt: skip
        assert scan(what).redirect_chain[-1][0] == page_of(repair), what
    part = new(Part, by=SYSTEM, part_type_id=BATTERY, serial_number="BAT-7")
    new(PartProductLinker, by=SYSTEM, part=part, product=unit)
    assert scan("bat-7").redirect_chain[-1][0] == page_of(repair)
    assert "is no unit" in text(scan("000000"))
    foreign = make_unit("010101234560105", entity=cast.b)
    for what in (foreign.product_imei, f"https://bench.example.org/r/{public.token_of(foreign)}",
                 "https://bench.example.org/r/AAAA"):  # fmt: skip
        assert "is no unit" in text(scan(what)), what
    assert browser.get(f"/bench/units/{foreign.product_imei}").status_code == 404
    assert browser_of(cast.charlie).get(page_of(repair)).status_code == 404
    assert browser_of(cast.bob).get("/bench").status_code == 403


def test_a_stored_unit_is_prepared_and_a_terminated_one_tells_why_not(cast, browser):
    unit = make_unit("010101234560203", entity=cast.a)
    Product.objects.filter(pk=unit.pk).update(product_type=10)
    page = f"/bench/units/{unit.product_imei}"
    offered = text(browser.get(page))
    assert ("Bring in" in offered, "Prepare for stock" in offered) == (False, True)
    refused = browser.post(f"{page}/bring_in")
    assert (refused.status_code, "such a unit is not repaired" in text(refused)) == (400, True)
    assert browser.post(f"{page}/prepare").status_code == 302
    assert queries.running_of(unit).workflow_name == "stock_preparation"
    enterprise = make_unit("010101234560211", entity=cast.a, product_type_id=4)
    assert "no workflow prepares units of its type" in text(browser.get(f"/bench/units/{enterprise.product_imei}"))
    gone = a_home(cast)
    change_state(gone, new_state=9, by=SYSTEM)
    assert "is not repaired and not prepared" in text(browser.get(f"/bench/units/{gone.product_imei}"))


def test_a_step_is_taken_whole_or_not_at_all_and_what_was_typed_stays(cast, browser):
    repair = in_repair(cast)
    assert press(browser, repair, "checked", condition="dirty", starts="no").status_code == 302
    assert press(browser, repair, "inputs", casing="intact", dust="no").status_code == 302
    assert at(repair) == "usb_diag_test"
    for given, why in (("31", "must be at most 30 V"), ("5.301", "must be in steps of 0.01"), ("fünf", "must be a number"),
                       ("4,2", "must be from 4.75 to 5.25 V to pass"), ("", "is required")):  # fmt: skip
        refused = press(browser, repair, "usb_passed", usb_voltage=given)
        assert (refused.status_code, why in text(refused)) == (400, True), given
        assert f'value="{given}"' in text(refused)
        assert (at(repair), repair.context["kept"]) == ("usb_diag_test", {})
    french = press(browser_of(cast.tina, "fr"), repair, "usb_passed", usb_voltage="4,2")
    assert "doit être entre 4,75 et 5,25 V pour réussir" in text(french)
    assert press(browser, repair, "nonsense").status_code == 400
    assert press(browser, repair, "usb_failed", usb_voltage="4,2").status_code == 302
    assert (at(repair), repair.context["inputs"]["usb_voltage"]) == ("select_parts", 4.2)
    # Where the state has no event, the inputs alone move it, and only all of them.
    assert press(browser, repair, "beyond_repair").status_code == 302
    short = press(browser, repair, "inputs", termination_reason="burnt")
    assert (short.status_code, "must have at least 10 letters" in text(short)) == (400, True)
    assert press(browser, repair, "inputs").status_code == 400
    assert press(browser, repair, "inputs", termination_reason="burnt to the frame").status_code == 302
    over = browser.get(page_of(repair))
    assert (at(repair), repair.running, "out of service" in text(over)) == ("closed_terminated", False, True)
    assert press(browser, repair, "inputs", termination_reason="once more please").status_code == 400


def test_who_was_quicker_is_named_and_the_new_step_stands_there(cast, browser):
    repair = in_repair(cast)
    tag = queries.tag(repair)
    colleague = cast.users["A", Level.ADMIN]
    actions.send_event(repair, ident="beyond_repair", by=colleague)
    late = press(browser, repair, "checked", tag, condition="good", starts="yes")
    said = text(late)
    assert late.status_code == 412
    assert (colleague.email in said, "State check – Beyond repair" in said) == (True, True)
    assert 'name="in.termination_reason"' in said
    assert browser.post(f"{page_of(repair)}/undo", {"seen": tag}).status_code == 412
    assert at(repair) == "explain_termination"


def test_undo_says_beforehand_what_it_takes_back(cast, browser):
    repair = in_repair(cast)
    assert 'class="undo"' not in text(browser.get(page_of(repair)))
    press(browser, repair, "checked", condition="dirty", starts="no")
    press(browser, repair, "inputs", casing="intact", dust="yes")
    press(browser, repair, "cleaned")
    page = text(browser.get(page_of(repair)))
    assert (at(repair), "Undo: Clean" in page) == ("usb_diag_test", True)
    assert browser.post(f"{page_of(repair)}/undo", {"seen": queries.tag(repair)}, follow=True).status_code == 200
    assert at(repair) == "clean"
    page = text(browser.get(page_of(repair)))
    assert ("taken back" in page, "Undo: Visual inspection" in page) == (True, True)


def test_it_is_taken_handed_over_and_waits(cast, browser):
    repair = in_repair(cast)
    page, mate = page_of(repair), browser_of(cast.users["A", Level.ADMIN])
    told = text(browser.post(f"{page}/take", follow=True))
    assert ("It is yours now." in told, "You have it." in told) == (True, True)
    assert "TECHNICAL A has it." in text(mate.get(page))
    blank = browser.post(f"{page}/hand_over", {"text": " "})
    assert (blank.status_code, "is required" in text(blank)) == (400, True)
    browser.post(f"{page}/hand_over", {"text": "The left socket is loose"})
    for_next = text(mate.get(page))
    assert ("Nobody has it." in for_next, "The left socket is loose" in for_next) == (True, True)
    past = mate.post(f"{page}/wait", {"reason": "a customer’s word", "until": "2020-01-01"})
    assert (past.status_code, "must lie in the future" in text(past), "a customer’s word" in text(past)) == (
        400,
        True,
        True,
    )
    odd = mate.post(f"{page}/wait", {"reason": "a customer’s word", "until": "soon"})
    assert (odd.status_code, "must be a date" in text(odd)) == (400, True)
    day = (timezone.now() + dt.timedelta(days=3)).date().isoformat()
    waits = text(mate.post(f"{page}/wait", {"reason": "a customer’s word", "until": day}, follow=True))
    assert ("Resume now" in waits, "a customer’s word" in waits) == (True, True)
    assert "a customer’s word" in text(browser.get("/bench?who=waiting"))
    assert "Waits:" not in text(mate.post(f"{page}/resume", follow=True))


def test_a_unit_that_comes_back_is_flagged_with_what_was_done_then(cast, browser):
    if not ActionType.objects.filter(label="Cleaned").exists():
        new(ActionType, by=SYSTEM, name="Cleaned", label="Cleaned")
    repair = in_repair(cast)
    press(browser, repair, "checked", condition="damaged", starts="no")
    press(browser, repair, "inputs", casing="intact", dust="yes")
    press(browser, repair, "cleaned")
    Repair.objects.filter(pk=repair.pk).update(
        running=False, outcome="repaired", ended_at=timezone.now() - dt.timedelta(days=80),
        known_faults="The lid does not close",
    )  # fmt: skip
    unit = repair.product
    page = text(browser.get(f"/bench/units/{unit.product_imei}"))
    for told in ("Back after 80 days", "Condition at intake", "Damaged", "Cleaned", "The lid does not close"):
        assert told in page, told
    again = actions.bring_in(unit, by=cast.tina)
    assert "Back after 80 days" in text(browser.get("/bench?centre=all"))
    Repair.objects.filter(pk=repair.pk).update(ended_at=timezone.now() - dt.timedelta(days=91))
    assert "Back after" not in text(browser.get(page_of(again)))
    Repair.objects.create(product=unit, outcome="repaired", refurbishment_date=dt.date(2024, 1, 5))
    assert "Repaired 2 times before" in text(browser.get(page_of(again)))
    Repair.objects.filter(product=unit, running=False).update(outcome="prepared")
    assert repeats.back([unit.product_imei]) == {}


def test_a_unit_with_another_board_is_known_by_what_was_done_under_each_before(cast, browser):
    boards = [a_home(cast) for _ in range(3)]
    for old, heir in zip(boards, boards[1:], strict=False):
        changed = Repair.objects.create(product=heir, outcome="repaired", refurbishment_date=dt.date(2026, 1, 5))
        for one in (old, heir):
            new(RepairProductLinker, by=SYSTEM, repair=changed, product_imei=one.product_imei)
    Repair.objects.create(product=boards[0], outcome="repaired", refurbishment_date=dt.date(2025, 12, 5))
    again = actions.bring_in(boards[2], by=cast.tina)
    for page in (page_of(again), "/bench?centre=all"):
        assert "Repaired 3 times before" in text(browser.get(page)), page


def test_the_working_time_of_a_step(cast, browser):
    repair = in_repair(cast)
    began = Sitting.objects
    assert browser.post(f"{page_of(repair)}/beat").status_code == 204
    one = began.get()
    # Three beats within ten minutes are one sitting; after a gap another begins, and the first ended at its last beat.
    Sitting.objects.filter(pk=one.pk).update(
        began=one.began - dt.timedelta(minutes=9), seen=one.seen - dt.timedelta(minutes=2)
    )
    browser.post(f"{page_of(repair)}/beat")
    one.refresh_from_db()
    assert (began.count(), one.measured_seconds // 60, one.ended) == (1, 9, None)
    assert "is at this step now" in text(browser_of(cast.users["A", Level.ADMIN]).get(page_of(repair)))
    assert "is at this step now" not in text(browser.get(page_of(repair)))
    Sitting.objects.filter(pk=one.pk).update(seen=one.seen - dt.timedelta(minutes=4))
    assert not sittings.present().exists()
    browser.post(f"{page_of(repair)}/beat")
    one.refresh_from_db()
    assert (began.count(), one.ended == one.seen, one.measured_seconds // 60) == (2, True, 5)
    # A beat at another repair ends the sitting here; a step that is taken ends it too.
    other = in_repair(cast)
    browser.post(f"{page_of(other)}/beat")
    assert [row.repair_id for row in began.filter(ended=None)] == [other.pk]
    press(browser, other, "checked", condition="good", starts="yes")
    assert not began.filter(ended=None).exists()
    # Corrected with a reason, by oneself or an ADMIN; what was measured is kept.
    where = f"{page_of(repair)}/sittings/{one.pk}"
    assert browser.post(where, {"minutes": "12", "reason": ""}).status_code == 400
    assert browser.post(where, {"minutes": "1e9", "reason": "x"}).status_code == 400
    assert browser.post(where, {"minutes": "nan", "reason": "x"}).status_code == 400
    assert (
        browser_of(cast.users["A", Level.TECHNICAL]).post(where, {"minutes": "1,5", "reason": "lunch"}).status_code
        == 302
    )
    one.refresh_from_db()
    assert (one.seconds, one.measured_seconds // 60, one.reason, one.corrected_by) == (90, 5, "lunch", cast.tina.email)
    colleague = cast.users["GLOBAL", Level.TECHNICAL]
    assert browser_of(colleague).post(where, {"minutes": "1", "reason": "x"}).status_code == 403
    assert browser_of(cast.alice).post(where, {"minutes": "2", "reason": "told so"}).status_code == 302
    assert browser.post(f"{page_of(other)}/sittings/{one.pk}", {"minutes": "2", "reason": "x"}).status_code == 404


def test_a_part_is_fitted_by_scan_and_a_wrong_one_is_told_at_its_field(cast, browser):
    repair = in_repair(cast)
    kind = PartType.objects.get(pk=BATTERY)
    old = new(Part, by=SYSTEM, part_type=kind, serial_number="BAT-OLD")
    new(PartProductLinker, by=SYSTEM, part=old, product=repair.product)
    part = new(Part, by=SYSTEM, part_type=kind, serial_number="BAT-NEW")
    new(
        PartTypeReplacementLinker, by=SYSTEM, existing_part_type=kind, replacement_part_type=kind, product_type_id=HOME,
        default_part_type=True, critical_part_type=False, non_transferable=False,
    )  # fmt: skip
    press(browser, repair, "checked", condition="good", starts="yes")
    press(browser, repair, "inputs", casing="intact", dust="no")
    press(browser, repair, "usb_failed", usb_voltage="0")
    assert press(browser, repair, "parts_wanted", replacement_part_type=str(BATTERY)).status_code == 302
    assert kind.name in text(browser.get("/bench?centre=all"))
    press(browser, repair, "parts_came")
    refused = press(browser, repair, "fitted_one", new_part_serial="BAT-X")
    assert (refused.status_code, "is no part that is known here" in text(refused)) == (400, True)
    label = f"https://bench.example.org{page_of(repair)}/parts?part={part.pk}"  # of one taken out, to be used again
    assert press(browser, repair, "fitted_one", new_part_serial=label).status_code == 302
    page = text(browser.get(page_of(repair)))
    assert ("BAT-NEW" in page, "the part fitted; the one before sits in the unit again" in page) == (True, True)
    assert at(repair) == "fit_parts"


def test_what_was_given_is_said_by_its_name_and_numbers_as_the_reader_writes_them(cast, browser):
    repair = in_repair(cast)
    kinds = [new(SymptomType, by=SYSTEM, name=name, label=name, label_fr=f"{name} (fr)") for name in ("Dim", "Dead")]
    for kind in kinds:
        new(SymptomTypeProductTypeLinker, by=SYSTEM, symptom_type=kind, product_type_id=HOME)
    press(browser, repair, "checked", condition="good", starts="yes", symptoms=[str(kind.pk) for kind in kinds])
    press(browser, repair, "inputs", casing="intact", dust="no")
    press(browser, repair, "usb_passed", usb_voltage="5.02")
    english, french = (browser_of(cast.tina, lang).get(page_of(repair)) for lang in ("en", "fr"))
    assert "What was found: Dim, Dead<" in text(english)
    assert "Voltage of the USB socket: 5.02 V<" in text(english)
    assert "Ce qui a été constaté\u00a0: Dim (fr), Dead (fr)<" in text(french)
    assert "Tension de la prise USB\u00a0: 5,02 V<" in text(french)
    assert "Tension de la prise USB\u00a0: 5,02 V" in text(browser_of(cast.tina, "fr").get(f"{page_of(repair)}/sheet"))


def test_the_exit_checks_stand_beside_the_final_test_and_admin_may_override_them(cast, browser):
    repair = in_repair(cast)
    kind = PartType.objects.get(pk=BATTERY)
    part = new(Part, by=SYSTEM, part_type=kind, serial_number="BAT-WEAK")
    new(PartProductLinker, by=SYSTEM, part=part, product=repair.product)
    Repair.objects.filter(pk=repair.pk).update(workflow_state_id="final_test", measured_battery_capacity=4.5)
    admin, page = browser_of(cast.users["A", Level.ADMIN]), page_of(repair)
    shown = text(browser.get(page))
    assert ("Battery capacity" in shown, "4.5 Ah" in shown, "Close it all the same" in shown) == (True, True, False)
    works = {"usb_works": "yes", "light_works": "yes"}
    refused = press(browser, repair, "passed", **works)
    assert (refused.status_code, "4.5 Ah" in text(refused), at(repair)) == (400, True, "final_test")
    assert browser.post(f"{page}/override", {"reason": "the customer knows of it"}).status_code == 403
    assert admin.post(f"{page}/override", {"reason": "no"}).status_code == 400
    told = text(admin.post(f"{page}/override", {"reason": "the customer knows of it"}, follow=True))
    assert "lets it be closed all the same" in told
    assert press(browser, repair, "passed", **works).status_code == 302
    over = text(browser.get(page))
    assert (at(repair), "4.5 Ah" in over, "the customer knows of it" in over) == ("closed_repaired", True, True)


def test_a_repair_that_has_ended_says_how_long_it_was_and_grows_no_older(cast, browser):
    repair = in_repair(cast)
    since = timezone.now() - dt.timedelta(days=20)
    shown = text(browser.get(page_of(repair)))
    assert "In this step for 0 min, in repair for 0 min." in shown
    press(browser, repair, "beyond_repair")
    press(browser, repair, "inputs", termination_reason="It was in the lake")
    Repair.objects.filter(pk=repair.pk).update(
        running=False, created_at=since, ended_at=since + dt.timedelta(hours=3, minutes=5)
    )
    shown = text(browser.get(page_of(repair)))
    assert "In this step" not in shown
    assert "In repair for 3 h 05 min." in shown
    assert "En réparation pendant 3 h 05 min." in text(browser_of(cast.tina, "fr").get(page_of(repair)))


def test_a_try_that_the_exit_checks_refuse_is_kept_and_shown_with_the_repair(cast, browser):
    """The press that carried it wrote nothing else: neither the inputs nor the step."""
    repair = in_repair(cast)
    for event, given in (("checked", {"condition": "good", "starts": "yes"}), ("inputs", {"casing": "intact", "dust": "no"}),
                         ("usb_passed", {"usb_voltage": "5"}), ("jig.passed", {})):  # fmt: skip
        assert press(browser, repair, event, **given).status_code == 302
    new(factory.TestJigTestResult, by=SYSTEM, product=repair.product, user="jig", passed=False)
    refused = press(browser, repair, "passed", usb_works="yes", light_works="yes")
    assert (refused.status_code, at(repair), repair.context["kept"]) == (400, "final_test", {})
    assert [row.name for row in FailedCheck.objects.filter(repair=repair)] == ["test_jig"]
    assert "Refused once before" in text(browser.get(page_of(repair)))
    assert "Tries that the exit checks refused" in text(browser.get(f"{page_of(repair)}/sheet"))
    assert "Refusé une fois déjà" in text(browser_of(cast.tina, "fr").get(page_of(repair)))
