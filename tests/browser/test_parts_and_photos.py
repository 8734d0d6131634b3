"""A photo taken at the bench and the parts that repairs wait for, on a phone and at a desk; a label scanned by anybody."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("browser")
# A home unit comes to the bench and waits for a battery, where there is one: the keys of both, and the label's address.
STAGE = """
from django.db import transaction
from django.utils import timezone
from apps.accounts.models import RepairCentre, User, UserRepairCentreLink
from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.parts.models import Part, PartType
from apps.products.models import Product
from apps.repairs import fittings, public
from apps.repairs.models import Repair
from apps.workflows.actions import bring_in, send_event, send_inputs
who = User.objects.get(email="technician@example.org")
centre = RepairCentre.objects.order_by("pk").first()
if not UserRepairCentreLink.objects.filter(username=who.email).exists():
    new(UserRepairCentreLink, by=SYSTEM, username=who.email, repair_centre=centre)
units = Product.objects.filter(product_type=6, latest_state__current_state_type__in=(5, 6)).exclude(repairs__running=True)
unit = units.order_by("-row_no").first()
repair = bring_in(unit, by=who)
send_inputs(repair, given={"condition": "dirty", "starts": "yes"}, by=who)
send_event(Repair.objects.get(pk=repair.pk), ident="checked", by=who)
spare = new(Part, by=SYSTEM, part_type_id=45, serial_number=f"SPARE-{repair.pk}")
with transaction.atomic():
    fittings.fit(unit, repair, serial=spare.serial_number, at=timezone.now(), by=who)

fittings.wish(repair, PartType.objects.get(pk=45), at=timezone.now(), by=who)
print(repair.pk, repair.repair_centre_id, public.token_of(unit), unit.product_imei)
"""
WORDS = {
    "en": {"photos": "Photos", "reserved": "reserved", "send": "Send", "thanks": "Thank you", "receive": "Receive or count"},
    "fr": {"photos": "Photos", "reserved": "réservée", "send": "Envoyer", "thanks": "Merci", "receive": "Recevoir ou compter"},
}  # fmt: skip


def a_photo():
    out = io.BytesIO()
    Image.new("RGB", (2000, 1500), "teal").save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize(("width", "language"), [(360, "en"), (1366, "fr")])
def test_photos_parts_and_a_label(person, server, width, language):
    words = WORDS[language]
    key, centre, token, imei = server.manage("shell", "-v", "0", "-c", STAGE).split()[-4:]
    someone = person(width, language)
    page = someone.page
    someone.sign_in("technician@example.org")

    page.goto(f"/bench/repairs/{key}/photos")
    someone.keep("photos-empty")
    file = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": a_photo()}
    page.set_input_files("#chosen", file | {"buffer": b"x" * 15_800_000})  # more than a photo may have
    assert "15 M" in page.locator("#chosen").evaluate("box => box.validationMessage")
    page.set_input_files("#chosen", [file, file | {"name": "second.jpg"}])
    page.locator(".add-photos button").click()
    expect(page.locator("#photos img")).to_have_count(2)
    for shown in page.locator("#photos img").all():
        shown.scroll_into_view_if_needed()
        shown.evaluate("one => one.decode()")
    someone.keep("photos")
    page.set_input_files("#camera", {"name": "not.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    page.locator(".add-photos button").click()
    expect(page.locator("[role=alert].wrong")).to_be_visible()
    someone.keep("photos-refused")
    someone.complaints = [one for one in someone.complaints if "400" not in one]  # the browser notes the status

    page.goto(f"/bench/parts?centre={centre}")
    expect(page.locator(".wishes li").first).to_be_visible()
    someone.keep("parts-wanted")
    page.goto(f"/bench/order?centre={centre}")
    someone.keep("parts-to-order")
    page.goto(f"/bench/stock?centre={centre}")
    shelf = page.locator(".shelves li", has_text="attery").first
    shelf.locator("summary").click()
    someone.keep("parts-stock")
    shelf.locator("input[name=number]").fill("3")
    shelf.locator("input[name=number]").press("Enter")
    expect(page.locator(".told")).to_be_visible()
    page.goto(f"/bench/parts?centre={centre}")
    expect(page.locator(".pill.on", has_text=words["reserved"]).first).to_be_visible()
    someone.keep("parts-reserved")
    page.goto(f"/bench/repairs/{key}/parts")
    page.locator(".fates button[value=refurbish]").press("Enter")
    expect(page.locator(".fates button[value=refurbish]")).to_have_attribute("aria-pressed", "true")
    for name in ("parts", "labels", "sheet"):
        page.goto(f"/bench/repairs/{key}/{name}")
        someone.keep(f"repair-{name}")
    page.goto(f"/units/{imei}/label")
    someone.keep("unit-label")
    page.emulate_media(media="print")
    expect(page.locator(".bar")).to_be_hidden()

    anybody = person(width, language)
    anybody.page.goto(f"/r/{token}")
    anybody.page.locator("[name=fault]").first.check()
    anybody.keep("report")
    anybody.page.get_by_role("button", name=words["send"]).click()
    expect(anybody.page.locator("h1")).to_have_text(words["thanks"])
    assert anybody.context.cookies() == []
    assert [*someone.complaints, *anybody.complaints] == []
