"""The first screens through HTTP: what they show, what they refuse, in both languages."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Entity, Hub
from apps.alerts.models import Alert, AlertType
from apps.core.actors import SYSTEM
from apps.core.actors import unit as unit_actor
from apps.core.levels import Level
from apps.core.rows import new
from apps.jobs.models import Job
from apps.products import actions
from apps.products.models import Connection, EnableHistory, ParameterType, Product, ProductNote, ProductParameter
from apps.repairs.models import PartProductLinker
from tests.cast import PASSWORD, make_unit
from tests.factories import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(cast):
    return browser_of(cast.tina)


def browser_of(user):
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def make_note(unit, words, user):
    return new(ProductNote, by=user, product=unit, note_text=words)


def text(answer):
    return answer.content.decode()


def test_signing_in_leads_back_to_where_one_wanted_to_go(cast, unit):
    client = Client()
    wanted = f"/units/{unit.product_imei}"
    assert client.get(wanted)["Location"] == f"/login?next={wanted}"
    answer = client.post("/login", {"username": cast.tina.email, "password": PASSWORD, "next": wanted})
    assert answer["Location"] == wanted


@pytest.mark.parametrize("evil", ["https://evil.example.org/", "//evil.example.org", "javascript:alert(1)"])
def test_signing_in_leads_nowhere_else(cast, evil):
    answer = Client().post("/login", {"username": cast.tina.email, "password": PASSWORD, "next": evil})
    assert answer["Location"] == "/"


def test_a_wrong_password_says_so_and_keeps_the_address(cast):
    answer = Client().post("/login", {"username": cast.tina.email, "password": "wrong"})
    assert answer.status_code == 401
    assert "do not go together" in text(answer)
    assert f'value="{cast.tina.email}"' in text(answer)


def test_too_many_guesses_say_how_long_to_wait(cast):
    client = Client()
    for _guess in range(11):
        answer = client.post("/login", {"username": cast.tina.email, "password": "wrong"})
    assert answer.status_code == 429
    assert "Please wait 60 minutes" in text(answer)


def test_enabling_by_a_plain_form_returns_to_the_page_it_came_from(browser, unit, cast):
    for whence, back in (("unit", "units"), ("field", "field")):
        answer = browser.post(f"/units/{unit.product_imei}/enable", {"from": whence})
        assert (answer.status_code, answer["Location"]) == (302, f"/{back}/{unit.product_imei}")
    page = text(browser.get(f"/units/{unit.product_imei}"))
    assert "pending: enable" in page
    assert cast.tina.email in page


def test_a_form_without_its_token_is_refused(cast, unit):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.tina)
    answer = client.post(f"/units/{unit.product_imei}/enable")
    assert (answer.status_code, "Please send that once more" in text(answer)) == (403, True)
    unit.refresh_from_db()
    assert unit.desired_enable_flag is False


def test_who_may_only_look_sees_no_buttons(cast, unit):
    client = Client()
    client.force_login(cast.bob)
    page = text(client.get(f"/units/{unit.product_imei}"))
    assert "data-order" not in page
    assert "may look at units but not switch them" in page
    assert client.post(f"/units/{unit.product_imei}/enable").status_code == 403


@pytest.mark.parametrize("typed", ["{imei}", " {imei} ", "{imei}\n", "{serial}", "{lower}", "{imsi}"])
def test_search_opens_the_one_unit_it_finds(browser, unit, typed):
    typed = typed.format(
        imei=unit.product_imei, serial=unit.serial_number, lower=unit.serial_number.lower(), imsi=unit.imsi
    )
    assert browser.get("/search", {"q": typed})["Location"] == f"/units/{unit.product_imei}"
    assert browser.get("/search", {"q": typed, "from": "field"})["Location"] == f"/field/{unit.product_imei}"


def test_search_lists_several_and_says_when_there_is_none(browser, unit, cast):
    make_unit("010101234560006", entity=cast.a)
    assert text(browser.get("/search", {"q": "0101012345"})).count("<li>") == 2
    assert "No unit was found" in text(browser.get("/search", {"q": "nothing like it"}))
    assert browser.get("/search", {"q": ""})["Location"] == "/"


@pytest.mark.parametrize("odd", ["<script>alert(1)</script>", "%", "a\x00b", "x" * 5000, "' OR 1=1 --", "é"])
def test_odd_searches_are_only_texts(browser, odd):
    answer = browser.get("/search", {"q": odd})
    assert answer.status_code == (400 if "\0" in odd else 200)
    assert "<script>alert" not in text(answer)


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999", "2"])
def test_odd_pages_are_only_empty(browser, unit, page):
    assert browser.get("/", {"page": page}).status_code == 200


def test_the_list_filters_and_pages(browser, cast, django_assert_max_num_queries):
    units = [make_unit(f"test-{number:03d}", entity=cast.a) for number in range(55)]
    actions.enable_product(units[0], by=cast.tina)
    browser.get("/")  # the session is noted as in use
    with django_assert_max_num_queries(4):
        first = text(browser.get("/"))
    assert (first.count("<li>"), 'rel="next"' in first) == (50, True)
    assert text(browser.get("/", {"page": 2})).count("<li>") == 5
    assert text(browser.get("/", {"show": "pending"})).count("<li>") == 1
    assert "No unit is like this just now" in text(browser.get("/", {"show": "enabled"}))
    past = text(browser.get("/", {"show": "pending", "page": 9}))
    assert "There is no page 9 here" in past
    assert "show=pending" in past
    assert "No units here yet" in text(browser_of(cast.charlie).get("/"))


def test_the_list_asks_no_more_for_units_that_have_confirmed(browser, cast, django_assert_max_num_queries):
    units = [make_unit(f"test-{number:03d}", entity=cast.a) for number in range(12)]
    for unit in units:
        actions.settle_power(
            actions.enable_product(unit, by=cast.tina), reported=True, by=unit_actor(unit.product_imei)
        )
    browser.get("/")
    with django_assert_max_num_queries(4):
        shown = text(browser.get("/"))
    assert shown.count("<li>") == 12
    assert text(browser.get("/", {"show": "enabled"})).count("<li>") == 12
    assert "Confirmed by the unit" in text(browser.get("/units/test-000"))
    assert "Confirmed by the unit" in text(browser.get("/field/test-000"))


def test_who_is_overdue_and_who_has_waited_long(browser, cast):
    """Shown beside each unit, and filtered, here and in the admin's list."""
    now = timezone.now()
    units = {name: make_unit(f"test-{name}", entity=cast.a) for name in ("late", "fresh", "never", "waits", "asked")}
    for name, ago in (("late", dt.timedelta(hours=5)), ("fresh", dt.timedelta(minutes=5))):
        contact = Connection.objects.create(product=units[name], date=now - ago, location_failed_flag=False)
        Product.objects.filter(pk=units[name].pk).update(latest_connection=contact)
    for name, ago in (("waits", dt.timedelta(days=2)), ("asked", dt.timedelta(minutes=1))):
        actions.enable_product(units[name], by=cast.tina)
        EnableHistory.objects.filter(product=units[name]).update(date=now - ago)
    expected = {
        "overdue": {"late"}, "pending": {"waits", "asked"}, "pending_long": {"waits"},
        "never": {"never", "waits", "asked"},
    }  # fmt: skip
    admin = browser_of(cast.users["A", Level.ADMIN])
    for chosen, names in expected.items():
        shown = text(browser.get("/", {"show": chosen}))
        assert {name for name in units if f">test-{name}<" in shown} == names, chosen
        rows = admin.get("/admin/products/product/", {"contact": chosen}).context["cl"].result_list
        assert {row.product_imei for row in rows} == {f"test-{name}" for name in names}, chosen
    assert admin.get("/admin/products/product/", {"contact": "junk"}).context["cl"].result_list == []
    everything = text(browser.get("/"))
    assert everything.count('class="late"') == 1
    assert everything.count('class="since"') == 2
    listed = text(admin.get("/admin/products/product/"))
    assert "<br>overdue" in listed
    assert "<br>since " in listed
    assert "&lt;" not in listed.partition("<tbody")[2].partition("</table>")[0]


def test_the_language_is_kept_with_the_user(browser, cast, unit):
    assert "Unités" not in text(browser.get("/"))
    browser.post("/language", {"language": "fr", "next": "/"})
    assert '<html lang="fr">' in text(browser.get("/"))
    cast.tina.refresh_from_db()
    assert cast.tina.language == "fr"
    again = Client()
    again.post("/login", {"username": cast.tina.email, "password": PASSWORD})
    page = text(again.get(f"/units/{unit.product_imei}"))
    assert "jamais activée" in page
    assert "Désactiver" in page


def test_times_follow_the_readers_clock(browser, cast, unit, device):
    device.report(enabled=False)
    unit.refresh_from_db()
    hour = unit.latest_connection.date.hour
    browser.cookies["tz"] = "Africa/Kigali"
    assert f"T{(hour + 2) % 24:02d}:" in text(browser.get(f"/units/{unit.product_imei}"))
    browser.cookies["tz"] = "../../etc/passwd"
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize("path", ["/", "/login", "/field", "/v1/home", "/nowhere"])
def test_nothing_is_loaded_or_sent_elsewhere(browser, path):
    answer = browser.get(path)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "style=" not in text(answer)
    assert "<script>" not in text(answer)


def test_what_happened_stands_in_one_line_of_time(browser, cast, unit, device):
    admin = Client()
    admin.force_login(cast.users["A", Level.ADMIN])
    actions.enable_product(unit, by=cast.tina)
    device.report(enabled=True, software="3.6")
    actions.change_state(unit, new_state=3, by=cast.alice)
    admin.post(f"/units/{unit.product_imei}/act/note", {"note_text": "Roof faces north"})
    admin.post(f"/units/{unit.product_imei}/act/tamper_on")
    page = text(browser.get(f"/units/{unit.product_imei}"))
    told = re.sub(r"<[^>]+>|\s+", " ", page.partition('class="timeline"')[2])
    order = ["Tamper switch", "Roof faces north", "shipped", "enabled", "belongs to Entity A", "in store"]
    places = [told.index(word) for word in order]
    assert places == sorted(places), told
    assert "/admin/" not in page.partition("<main")[2]
    assert f"/admin/products/productnote/{unit.notes.get().pk}/change/" in text(
        admin.get(f"/units/{unit.product_imei}")
    )
    only = text(browser.get(f"/units/{unit.product_imei}", {"show": "note"}))
    assert "Roof faces north" in only
    assert "shipped</p>" not in only


def test_a_unit_page_costs_few_queries_however_much_happened(browser, cast, unit, django_assert_max_num_queries):
    for number in range(60):
        make_note(unit, f"note {number}", cast.tina)
    browser.get("/")
    with django_assert_max_num_queries(41):
        page = text(browser.get(f"/units/{unit.product_imei}"))
    assert page.count('<li class="note">') == 20
    assert text(browser.get(f"/units/{unit.product_imei}", {"all": "1"})).count('<li class="note">') == 60


ACTS = {  # level → what its page offers
    Level.OVERVIEW: set(), Level.TECHNICAL: {"note", "tamper_on", "enable"},
    Level.ADMIN: {"note", "tamper_on", "enable", "state", "entity", "add_entity"},
}  # fmt: skip


@pytest.mark.parametrize("level", ACTS)
def test_the_page_offers_what_one_may_do(cast, unit, level):
    client = Client()
    client.force_login(cast.users["GLOBAL", level])
    page = text(client.get(f"/units/{unit.product_imei}"))
    assert set(re.findall(r"/act/(\w+)", page)) == ACTS[level]
    for name in ("note", "state", "entity", "add_entity", "tamper_on", "tamper_off"):
        answer = client.get(f"/units/{unit.product_imei}/act/{name}")
        may = name in ACTS[level] or (name == "tamper_off" and level != Level.OVERVIEW)
        assert answer.status_code == (200 if may else 403), name
    nothing = client.get(f"/units/{unit.product_imei}/act/explode")
    assert nothing.status_code == (403 if level == Level.OVERVIEW else 404)


def test_who_has_one_entity_is_offered_no_other_and_the_last_state_is_asked_about(cast, unit):
    client = Client()
    client.force_login(cast.users["A", Level.ADMIN])
    page = text(client.get(f"/units/{unit.product_imei}"))
    assert set(re.findall(r"/act/(\w+)", page)) == {"note", "state", "tamper_on", "enable"}
    address = f"/units/{unit.product_imei}/act/state"
    asked = client.post(address, {"new_state": "9"})
    assert (asked.status_code, "never comes back" in text(asked)) == (200, True)
    unit.refresh_from_db()
    assert unit.latest_state.current_state_type_id == 2
    assert client.post(address, {"new_state": "9", "sure": "1"}).status_code == 302
    unit.refresh_from_db()
    assert unit.latest_state.current_state_type_id == 9


def test_an_act_that_is_refused_says_why_and_keeps_what_was_typed(cast, unit):
    client = Client()
    client.force_login(cast.alice)
    address = f"/units/{unit.product_imei}/act/"
    assert client.post(f"{address}note", {"note_text": "  "}).status_code == 400
    for wrong in ("8", "x", ""):
        answer = client.post(f"{address}state", {"new_state": wrong})
        assert (answer.status_code, "data-reason" in text(answer)) == (400, True)
    foreign = client.post(f"{address}entity", {"new_entity": cast.b.pk})
    assert (foreign.status_code, "Entity B" in text(foreign)) == (400, False)
    assert client.post(f"{address}state", {"new_state": "3"}).status_code == 302
    unit.refresh_from_db()
    assert unit.latest_state.current_state_type_id == 3
    other = Client()
    other.force_login(cast.charlie)
    assert other.post(f"{address}note", {"note_text": "x"}).status_code == 404


def test_a_change_by_hand_names_what_it_points_to(cast, unit, call):
    hub = new(Hub, by=cast.root, name="Goma hub", entity=cast.a)
    assert call(cast.root, "PUT", f"/v1/products/{unit.product_imei}", {"hub_id": hub.pk}).status_code == 200
    client = Client()
    client.force_login(cast.alice)
    told = text(client.get(f"/units/{unit.product_imei}", {"show": "change"}))
    assert "– → Goma hub" in told


def test_what_ended_today_stands_there_however_long_ago_it_began(cast, unit):
    """Rows are taken by the last thing that happened to them, not by when they were written."""
    now = timezone.now()
    many = 25

    def ago(days):
        return now - dt.timedelta(days=days)

    kinds = {}
    alert = make(AlertType, None)
    kinds["alert"] = [
        new(Alert, by=SYSTEM, product=unit, alert_type=alert, start_time=ago(900 - number)) for number in range(many)
    ]
    Alert.objects.filter(pk=kinds["alert"][0].pk).update(dismissed_at=ago(0), dismissal_reason="OLDEST ALERT")
    parts = [make(PartProductLinker, cast.a, product=unit) for _ in range(many)]
    PartProductLinker.objects.filter(pk__in=[row.pk for row in parts]).update(date_added=ago(800))
    PartProductLinker.objects.filter(pk=parts[0].pk).update(date_removed=ago(0))
    for number in range(many):
        entity = make(Entity, None)
        unit.product_entity_linker.create(
            entity=entity, date_added=ago(700 - number), created_at=ago(700), created_by="x"
        )
    first = unit.product_entity_linker.exclude(entity=cast.a).order_by("pk")[0]
    type(first).objects.filter(pk=first.pk).update(date_removed=ago(0))
    kind = ParameterType.objects.first() or make(ParameterType, None)
    for number in range(many):
        new(ProductParameter, by=SYSTEM, product=unit, parameter_type=kind, value=f"value-{number}", status="removed",
            date_added=ago(600), date_removed=ago(599) if number else ago(0))  # fmt: skip
    browser = browser_of(cast.root)
    for shown, words in (("alert", "OLDEST ALERT"), ("part", "taken out"), ("entity", f"leaves {first.entity.name}"),
                         ("parameter", "value-0:")):  # fmt: skip
        page = text(browser.get(f"/units/{unit.product_imei}", {"show": shown}))
        told = page.partition('class="timeline"')[2]
        assert words in told, shown
        assert words in told.partition("</li>")[0], shown  # the newest
        assert page.count(f'<li class="{shown}">') == 20


def test_the_list_is_filtered_by_state_and_entity_together_with_its_chips(cast):
    """In the address, in the links that follow from it, and in what "all that match" does; in scope."""
    units = {name: make_unit(f"test-{name}", entity=cast.a) for name in ("one", "two", "three")}
    far = make_unit("test-far", entity=cast.b)
    actions.change_state(units["one"], new_state=3, by=cast.root)
    actions.change_state(far, new_state=3, by=cast.root)
    actions.enable_product(units["one"], by=cast.root)
    root, own = browser_of(cast.root), browser_of(cast.users["A", Level.ADMIN])

    def shown(browser, **asked):
        return set(re.findall(r">(test-\w+)<", text(browser.get("/", asked))))

    assert shown(root, state="3") == {"test-one", "test-far"}
    assert shown(root, state="3", entity=cast.a.pk) == {"test-one"}
    assert shown(root, state="2", show="pending") == set()
    assert shown(own, state="3") == {"test-one"}
    assert shown(own, entity=cast.a.pk) == {"test-one", "test-two", "test-three"}
    for odd in ({"entity": cast.b.pk}, {"entity": 99999}, {"entity": "x"}, {"state": "x"}, {"state": "9" * 30}):
        assert shown(own, **odd) == set(), odd
        assert "The filter leaves none of your units" in text(own.get("/", odd))
    page = text(root.get("/", {"state": "3", "entity": cast.a.pk, "show": "pending"}))
    kept = f"state=3&amp;entity={cast.a.pk}"
    assert f'href="?{kept}"' in page  # the chip "All" takes away its own filter only
    assert f'href="?show=overdue&amp;{kept}"' in page
    assert 'name="state" value="3"' in page
    assert "Entity B" in page  # to change to
    assert "Entity B" not in text(own.get("/"))
    for who, asked, count in ((root, {"state": "3"}, 2), (root, {"state": "3", "entity": cast.a.pk}, 1), (own, {"state": "3"}, 1)):  # fmt: skip
        answer = who.post("/bulk", {"kind": "units.enable", "all": "1", **asked})
        assert Job.objects.get(pk=answer.url.rsplit("/", 1)[1]).total == count
    assert own.post("/bulk", {"kind": "units.enable", "all": "1", "entity": cast.b.pk}).status_code == 400
