"""Every page of console and admin in French: no text of ours in English, no column under the name of programs."""

import re
from html.parser import HTMLParser

import polib
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation

from apps.core import telling
from apps.core.actors import SYSTEM, called, unit
from apps.core.admin.cells import lasting
from apps.dcm.actions import record_balance
from apps.factory.tools import TOOLS
from apps.jobs import actions as jobs
from apps.jobs import work
from apps.jobs.models import Job
from apps.products.actions import change_state, enable_product
from apps.products.models import Product
from apps.products.states import SHIPPED
from backoffice.catalogue import TABLES
from tests.cast import make_unit
from tests.contract.test_admin import where
from tests.factories import make

pytestmark = pytest.mark.django_db
CATALOGUE = polib.pofile(f"{settings.LOCALE_PATHS[0]}/fr/LC_MESSAGES/django.po")
# What stands in a page as it is: data of the tests, names of programs, and words that both languages have.
ENGLISH = {
    entry.msgid for entry in CATALOGUE
    if entry.msgid and "%" not in entry.msgid and entry.msgid.lower() != entry.msgstr.lower()
} - {msgstr for entry in CATALOGUE for msgstr in (entry.msgstr, *entry.msgstr_plural.values())}  # fmt: skip
RAW = re.compile(r"(?<![\w./@=-])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w./@=-])")
SILENT = {"script", "style", "svg", "noscript", "template", "code", "textarea"}


class Visible(HTMLParser):
    """The texts of a page that people see, icons (which are words of a font) left out."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag in ("input", "br", "img", "meta", "link", "hr", "path", "source", "col", "wbr"):
            return
        silent = tag in SILENT or "material-symbols" in (dict(attrs).get("class") or "")
        self.open.append((tag, silent))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if data.strip() and not any(silent for _tag, silent in self.open):
            self.texts.append(" ".join(data.split()))


@pytest.fixture
def french(cast):
    browser = Client(headers={"Accept-Language": "fr"})
    browser.force_login(cast.root)
    return browser


# Names of rows and of tools, which are nobody's words.
NAMES = {"Battery", *TOOLS}


def wrong_in(page: str) -> set[str]:
    texts = {text.rstrip(":* ") for text in Visible(page).texts} - NAMES
    return (texts & ENGLISH) | {match for text in texts for match in RAW.findall(text)}


def test_the_pages_of_the_console(cast, french):
    held = make_unit("010101234560001", entity=cast.a)
    enable_product(held, by=cast.root)
    change_state(Product.objects.get(pk=held.pk), new_state=SHIPPED, by=SYSTEM)
    jobs.draft(kind="units.disable", keys=[held.product_imei], by=cast.root)
    asked = jobs.draft(kind="units.state", keys=[held.product_imei], by=cast.root)
    work.work_all()
    pages = ["/", "/?show=on", "/?show=pending", "/?page=9", "/search?q=zzz", "/account", "/jobs", "/jobs?page=9", "/field",
             "/jobs/from_list", f"/units/{held.product_imei}", f"/units/{held.product_imei}?all=1", f"/jobs/{asked.pk}",
             f"/field/{held.product_imei}", *(f"/jobs/{job.pk}" for job in Job.objects.all())]  # fmt: skip
    for page in pages:
        answer = french.get(page, follow=True)
        assert (page, answer.status_code, wrong_in(answer.content.decode())) == (page, 200, set())
    told = french.get(f"/units/{held.product_imei}").content.decode()
    assert "le système" in told
    assert "· system<" not in told


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.path)
def test_the_pages_of_the_admin(cast, french, table):
    row = make(table.model, cast.a)
    for name, keys in (
        ("changelist", ()),
        ("add", ()),
        ("change", [row.pk]),
        ("history", [row.pk]),
        ("delete", [row.pk]),
    ):
        answer = french.get(where(table, name, *keys))
        if answer.status_code == 200:
            assert (name, wrong_in(answer.content.decode())) == (name, set())


def test_the_admins_other_pages(cast, french):
    for page in (reverse("admin:index"), "/admin/system/"):
        assert wrong_in(french.get(page).content.decode()) == set()


def test_numbers_have_units_and_whoever_did_something_a_name(cast, french):
    held = make_unit("010101234560001", entity=cast.a)
    balance = record_balance(held, balance=12 * 86_400 + 4 * 3_600 + 59, by=unit(held.product_imei))
    table = TABLES["balances"]
    for page in (where(table, "changelist"), where(table, "change", balance.pk)):
        told = " ".join(Visible(french.get(page).content.decode()).texts)
        assert "12 jours 4 heures" in told
    assert "l’unité elle-même" in told
    assert "unit 0101" not in told
    labels = " ".join(Visible(french.get(where(TABLES["products"], "change", held.pk)).content.decode()).texts)
    assert "Latitude GPS (°)" in labels


def test_a_list_that_shows_nothing_says_why_and_leads_back(cast, french):
    held = make_unit("010101234560001", entity=cast.a)
    job = jobs.draft(kind="units.enable", keys=[held.product_imei], by=cast.root)
    work.work_all()
    for page, said, back in (
        ("/?page=9", "Il n’y a pas de page 9 ici", "Première page"),
        ("/?show=pending", "Aucune unité dans ce cas pour l’instant", "Afficher toute la liste"),
        ("/?show=pending&page=9", "Il n’y a pas de page 9 ici", "Première page"),
        ("/jobs?page=9", "Il n’y a pas de page 9 ici", "Première page"),
        (f"/jobs/{job.pk}?page=9", "Il n’y a pas de page 9 ici", "Première page"),
        (f"/jobs/{job.pk}?show=refused", "Aucun résultat ici", "Afficher toute la liste"),
    ):
        texts = Visible(french.get(page).content.decode()).texts
        assert {said, back} <= set(texts), (page, texts)


def test_a_time_that_lasts_is_told_in_its_two_largest_units():
    cases = {0: "0 seconds", 59: "59 seconds", 60: "1 minute", 3_661: "1 hour 1 minute", 86_400: "1 day",
             90_061: "1 day 1 hour", 86_460: "1 day", -3_600: "-1 hour"}  # fmt: skip
    with translation.override("en"):
        assert {seconds: lasting(seconds) for seconds in cases} == cases


def test_what_is_told_is_kept_and_said_again():
    with translation.override("en"):
        told = telling.tell("%(name)s: %(text)s", name="x%s", text=telling.step(called("system"), "é"))
        assert (told, telling.revived(telling.kept(told))) == ("x%s: the system → é",) * 2
    with translation.override("fr"):
        assert telling.revived(telling.kept(told)) == "x%s\u00a0: le système → é"
    for plain in ("as it was kept before", "", f"{telling.MARK}of somebody's own", f'{telling.MARK}{{"x":1}}'):
        assert telling.revived(telling.kept(plain)) == plain
