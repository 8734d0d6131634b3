"""At the bench with a scanner that types: a unit repaired from the scan to its end, handed over on the way, undone,
waiting; with a network that fails, without scripts, on a phone, in both languages."""

import re

import pytest
from playwright.sync_api import expect

from apps.demo.fleet import imei_of

pytestmark = pytest.mark.xdist_group("browser")
UNIT = {"en": 8, "fr": 28}  # home units of Kivu Light
WITHOUT_SCRIPTS, MANY = 38, (4, 6, 10)
WORDS = {
    "en": {"bring": "Bring in", "check": "State check", "clean": "Clean", "undo": "Undo: Clean", "usb": "USB diagnostic test",
           "limit": "must be at most 30 V", "lost": "did not reach the server", "hand": "Hand over", "wait": "Let it wait",
           "resume": "Resume now", "take": "Take it", "mine": "You have it.", "theirs": "has it.", "final": "Final test",
           "over": "repaired", "unknown": "is no part that is known here", "must": "must be yes", "moved": "Somebody else"},
    "fr": {"bring": "Faire entrer", "check": "Contrôle de l’état", "clean": "Nettoyer", "undo": "Annuler : Nettoyer",
           "usb": "Test de diagnostic USB", "limit": "doit être au plus 30 V", "lost": "pas arrivé au serveur",
           "hand": "Transmettre", "wait": "La mettre en attente", "resume": "Reprendre maintenant", "take": "La prendre",
           "mine": "Vous l’avez prise.", "theirs": "l’a prise.", "final": "Test final", "over": "réparée",
           "unknown": "pièce", "must": "doit être oui", "moved": "Quelqu’un d’autre"},
}  # fmt: skip


# A battery of the kind that sits in the unit, new on the shelf: its type is printed.
ON_THE_SHELF = """
from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.parts.models import Part, PartTypeReplacementLinker
from apps.repairs.models import PartProductLinker
sits = PartProductLinker.objects.filter(product="%s", date_removed=None, part__part_type__part_type_category__name="Battery")
kind = sits.get().part.part_type
new(Part, by=SYSTEM, part_type=kind, serial_number="%s")
if not PartTypeReplacementLinker.objects.filter(existing_part_type=kind, replacement_part_type=kind).exists():
    new(PartTypeReplacementLinker, by=SYSTEM, existing_part_type=kind, replacement_part_type=kind,
        default_part_type=True, critical_part_type=False, non_transferable=False)
print("type", kind.pk)
"""


def scan(page, code):
    """As a wedge scanner does: keys at once, then Enter."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def stands_at(page, name):
    expect(page.locator("#step h2")).to_have_text(re.compile(name))


@pytest.mark.parametrize(("width", "language"), [(1366, "en"), (360, "fr")])
def test_a_unit_is_repaired_from_the_scan_to_its_end(person, width, language):
    imei, words = imei_of(UNIT[language]), WORDS[language]
    one = person(width, language)
    shelf = one.server.manage("shell", "-c", ON_THE_SHELF % (imei, f"NEW-BATTERY-{language}"))
    battery = re.search(r"type (\d+)", shelf)[1]
    page = one.page
    one.sign_in("technician@example.org")
    page.goto("/bench")
    expect(page.locator("#scan")).to_be_focused()
    one.keep("bench-board-before")
    scan(page, f"]C1{imei}")
    page.wait_for_url(f"**/bench/units/{imei}")
    one.keep("bench-unit")
    expect(page.get_by_role("button", name=words["bring"])).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/bench/repairs/*")
    stands_at(page, words["check"])
    where = page.url

    # The keyboard alone: tiles by Space, Enter goes on to the next field, and in the last one presses the good event.
    for name in ("in.condition", "in.starts"):
        expect(page.locator(f"[name='{name}']").first).to_be_focused()
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
    if page.locator("[name='in.symptoms']").count():
        page.keyboard.press("Enter")
    expect(page.locator("[name='in.casing']").first).to_be_focused()
    one.keep("bench-visual")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    stands_at(page, words["clean"])

    # A digit presses its button; it is taken back, and taken again.
    page.keyboard.press("1")
    stands_at(page, words["usb"])
    page.get_by_role("button", name=words["undo"]).click()
    stands_at(page, words["clean"])
    page.locator("#step h2").focus()
    page.keyboard.press("1")
    stands_at(page, words["usb"])

    # What is wrong stands beside its field; what was typed stays, over that, a lost network and a reload.
    box = page.locator("[name='in.usb_voltage']")
    expect(box).to_be_focused()
    page.keyboard.type("31")
    page.keyboard.press("Enter")
    expect(page.locator("#why-usb_voltage")).to_contain_text(words["limit"])
    expect(box).to_have_value("31")
    one.keep("bench-wrong")
    one.context.set_offline(True)
    box.fill("5,02" if language == "fr" else "5.02")
    page.keyboard.press("Enter")
    expect(page.locator("[data-problem]")).to_contain_text(words["lost"])
    one.context.set_offline(False)
    page.reload()
    expect(box).to_have_value("5,02" if language == "fr" else "5.02")

    # A colleague opens it, and sees who is there; it is handed over with a word and taken.
    mate = person(width, language)
    mate.sign_in("field@example.org")
    mate.page.goto("/bench?centre=all")
    mate.page.locator(f"a.ticket[href='{where.removeprefix(one.server.url)}']").click()
    expect(mate.page.locator("#who .here")).to_contain_text("technician")
    page.locator("#fold-hand-over summary").click()
    page.fill("#hand-over", "The left socket is loose")
    page.get_by_role("button", name=words["hand"], exact=True).click()
    expect(page.locator("#notes")).to_contain_text("The left socket is loose")
    expect(mate.page.locator("#notes")).to_contain_text("The left socket is loose")
    mate.page.get_by_role("button", name=words["take"], exact=True).click()
    expect(mate.page.locator("#who")).to_contain_text(words["mine"])
    expect(page.locator("#who")).to_contain_text(words["theirs"])
    expect(box).to_have_value("5,02" if language == "fr" else "5.02")  # the same step: what was typed is there still

    # It waits and is resumed; then the colleague's press moves the open screen of the first.
    mate.page.locator("#fold-hand-over summary").click()
    mate.page.fill("#wait-reason", "Power cut")
    mate.page.get_by_role("button", name=words["wait"]).click()
    expect(page.locator("#who .waiting")).to_contain_text("Power cut")
    mate.keep("bench-waits")
    page.get_by_role("button", name=words["resume"]).click()
    expect(mate.page.locator("#who .waiting")).to_have_count(0)
    mate.page.locator("[name='in.usb_voltage']").fill("4.2")
    mate.page.locator("[data-key='2']").click()
    expect(page.locator("[data-key='2'][value='parts_wanted']")).to_be_visible()
    mate.page.locator(f"[name='in.replacement_part_type'][value='{battery}']").check()
    mate.page.locator("[value='parts_wanted']").last.click()
    expect(page.locator("[value='parts_came']").last).to_be_visible()
    one.keep("bench-waiting-for-parts")
    page.goto("/bench?centre=all&who=waiting")
    expect(page.locator(f"a.ticket[href='{where.removeprefix(one.server.url)}'] .wait")).to_contain_text("battery")
    one.keep("bench-board")
    page.goto(where)

    # A part is scanned, wherever the focus is; the wrong one is told at its field.
    page.locator("[value='parts_came']").last.click()
    expect(page.locator("[data-part-scan]")).to_be_focused()
    page.locator("#step h2").focus()
    scan(page, "NO-SUCH-PART")
    expect(page.locator("#why-new_part_serial")).to_contain_text(words["unknown"])
    page.locator("#step h2").focus()
    scan(page, f"NEW-BATTERY-{language}")
    expect(page.locator("#story")).to_contain_text(f"NEW-BATTERY-{language}")

    # One press each where nothing is to be filled in, and a figure with Enter; then the exit checks stand there.
    expect(page.locator("[data-key='1'][value='battery.charged']")).to_be_focused()
    page.keyboard.press("1")
    expect(page.locator("[name='in.capacity']")).to_be_focused()
    scan(page, "9.6")
    expect(page.locator("[value='jig.passed']").last).to_be_focused()
    one.keep("bench-jig")
    page.keyboard.press("Enter")
    stands_at(page, words["final"])
    expect(page.locator("#checks li.well")).not_to_have_count(0)
    expect(page.locator("#checks li.ill")).to_have_count(0)
    page.locator("[name='in.usb_works'][value=yes]").check()
    page.locator("[name='in.light_works'][value=no]").check()
    page.locator("[value=passed]").last.click()
    expect(page.locator("#why-light_works")).to_contain_text(words["must"])
    page.locator("[name='in.light_works'][value=yes]").check()
    one.keep("bench-final")
    page.locator("[value=passed]").last.click()
    expect(page.locator("#step .over")).to_contain_text(words["over"])
    expect(mate.page.locator("#step .over")).to_contain_text(words["over"])
    one.keep("bench-over")

    # The next time it is scanned, it is flagged with what was done.
    page.goto(f"/bench/units/{imei}")
    expect(page.locator(".flag")).to_be_visible()
    one.keep("bench-back")
    refused = [
        text for text in one.complaints + mate.complaints if not re.search("status of 4(00|12)|ERR_INTERNET", text)
    ]
    assert refused == []


def test_without_scripts(person):
    imei = imei_of(WITHOUT_SCRIPTS)
    one = person(360, "en", java_script_enabled=False)
    page = one.page
    one.sign_in("technician@example.org")
    page.goto("/bench")
    page.fill("#scan", imei)
    page.press("#scan", "Enter")
    page.get_by_role("button", name="Bring in").click()
    stands_at(page, "State check")
    page.get_by_role("button", name=re.compile("^Checked")).click()
    expect(page.locator("#why-condition")).to_contain_text("is required")
    page.locator("[name='in.condition'][value=good]").check()
    page.locator("[name='in.starts'][value=yes]").check()
    page.get_by_role("button", name=re.compile("^Checked")).click()
    stands_at(page, "Visual inspection")
    page.get_by_role("button", name=re.compile("^Undo")).click()
    stands_at(page, "State check")


@pytest.mark.parametrize(("width", "language"), [(1366, "en"), (360, "fr")])
def test_many_are_scanned_one_after_the_other(person, width, language):
    one = person(width, language)
    page = one.page
    one.sign_in("technician@example.org")
    page.goto("/bench/many")
    for number in MANY:
        scan(page, imei_of(number))
    expect(page.locator("ol.many li")).to_have_count(len(MANY))
    scan(page, imei_of(MANY[0]))
    expect(page.locator("#many-list .wrong")).to_be_visible()
    scan(page, "rubbish-0000")
    expect(page.locator("#many-list .wrong")).to_contain_text("rubbish-0000")
    expect(page.locator("ol.many li")).to_have_count(len(MANY))
    one.keep("bench-many")
    page.locator("[name=act]").first.click()
    expect(page.locator("ul.many li.well")).to_have_count(len(MANY))
    one.keep("bench-many-done")
    assert one.complaints == []
