"""Ways through the admin: what its search finds and for whom, trails, what comes first, landmarks, languages."""

import re

import pytest
from django.urls import reverse
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from apps.accounts.models import Hub
from apps.parts.models import Part
from apps.products.models import ProductNote
from backoffice import sidebar
from backoffice.catalogue import TABLES
from tests.cast import make_unit
from tests.contract.test_admin import browser_of, where
from tests.factories import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forget():
    sidebar._held.clear()
    yield
    sidebar._held.clear()


def found(user, term):
    answer = browser_of(user).get(reverse("admin:search"), {"s": term, "extended": "1"})
    return re.findall(r'href="([^"]+)"', answer.content.decode())


def test_search_finds_by_what_people_know(cast, unit):
    part = make(Part, None, serial_number="HB-PART-1")
    hub = make(Hub, cast.a)
    every = IntervalSchedule.objects.create(every=30, period="seconds")
    task = PeriodicTask.objects.create(name="jobs: carry on long work", task="apps.jobs.tasks.work", interval=every)
    change = where(TABLES["products"], "change", unit.pk)
    nothing = reverse("admin:products_product_changelist")
    schedules = reverse("admin:django_celery_beat_periodictask_changelist")
    for term, page in [
        (unit.product_imei, change), (unit.product_imei[:9], change), (unit.serial_number, change),
        (unit.serial_number.lower(), change), (unit.imsi, change),
        (part.serial_number, where(TABLES["parts"], "change", part.pk)),
        ("entity a", where(TABLES["entities"], "change", cast.a.pk)),
        (hub.name[1:], where(TABLES["hubs"], "change", hub.pk)),
        (cast.bob.email[3:], where(TABLES["users"], "change", cast.bob.pk)),
        (cast.bob.display_name, where(TABLES["users"], "change", cast.bob.pk)),
        ("periodic", schedules), ("runs by itself", schedules),
        ("carries on jobs", reverse("admin:django_celery_beat_periodictask_change", args=[task.pk])),
        ("symptoms", where(TABLES["symptom_types"], "changelist").replace("symptomtype", "repairsymptomtypelinker")),
    ]:  # fmt: skip
        assert page in found(cast.root, term), term
    for term in (unit.product_imei, "entity a", hub.name, cast.bob.email, "periodic", "carries on jobs"):
        own = [link for link in found(cast.charlie, term) if not link.endswith("/entity/")]
        assert own in ([], [nothing]), (term, own)
    assert found(cast.root, "%_'") == [nothing]  # a line that says so, and leads somewhere
    assert reverse("admin:accounts_signin_changelist") in found(cast.charlie, "sign-ins")


def test_what_comes_first_and_what_is_folded(cast, unit):
    make(ProductNote, cast.a, product=unit)
    browser = browser_of(cast.root)
    page = browser.get("/admin/").content.decode()
    groups = browser.get("/admin/").context["app_list"]
    units = next(group for group in groups if group["name"] == "Units")
    first, folded = ([entry["model"]._meta.model_name for entry in units[part]] for part in ("first", "folded"))
    assert {"product", "productnote", "productentitylinker"} <= set(first)
    assert {"productproductgrouplinker", "latestsoftware"} & set(folded)
    assert "More tables" in page
    assert reverse("admin:django_celery_beat_periodictask_changelist") in page


def test_every_trail_leads_somewhere(cast, unit):
    """Each link above a page answers, and none is called as Django's apps are."""
    browser = browser_of(cast.root)
    every = IntervalSchedule.objects.create(every=30, period="seconds")
    task = PeriodicTask.objects.create(name="t", task="apps.jobs.tasks.work", interval=every)
    pages = [where(TABLES["products"], page, unit.pk) for page in ("change", "history", "delete")]
    pages += [where(TABLES["products"], "changelist"), where(TABLES["hubs"], "add"),
              reverse("admin:django_celery_beat_periodictask_change", args=[task.pk]), "/admin/accounts/signin/",
              reverse("admin:products_product_add_note", args=[unit.pk])]  # fmt: skip
    for page in pages:
        text = browser.get(page).content.decode()
        heading = re.search(r"<h1.*?</h1>", text, re.DOTALL).group()
        links = re.findall(r'href="([^"]+)"', heading)
        assert links[0].startswith("/admin/#group-"), page
        assert f'id="{links[0].partition("#")[2]}"' in browser.get("/admin/").content.decode()
        for link in links:
            assert browser.get(link.partition("#")[0]).status_code == 200, (page, link)
        assert not re.search("Accounts|Products|Beat", heading), heading
    assert browser.get("/admin/products/").url == "/admin/"


def test_landmarks_languages_and_browsers_without_scripts(cast):
    for page in ("/admin/", where(TABLES["hubs"], "changelist"), where(TABLES["hubs"], "add"), "/admin/system/"):
        text = browser_of(cast.root).get(page).content.decode()
        assert text.count("<main") == text.count("</main>") == 1
        assert '<a class="skip" href="#content">' in text
        assert "<noscript>" in text
        assert 'action="/language"' in text
        assert 'value="fr"' in text


def test_notes_are_listed_with_their_text_and_author(cast, unit):
    note = make(ProductNote, cast.a, product=unit)
    ProductNote.objects.filter(pk=note.pk).update(
        note_text="Seen by the gate " + "x" * 500, created_by="ann@example.org"
    )
    text = browser_of(cast.root).get(where(TABLES["product_notes"], "changelist")).content.decode()
    assert "Seen by the gate" in text
    assert "ann@example.org" in text
    assert "x" * 300 not in text
    assert make_unit("test-none", entity=cast.a).serial_number not in text
