"""What is done to one unit from its page: what it says, what it keeps, and what it never does unasked."""

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Entity
from apps.core.actors import SYSTEM
from apps.core.levels import Level
from apps.core.rows import new
from apps.jobs import actions as jobs
from apps.jobs import work
from apps.products import actions, queries
from apps.products.models import State, StateType
from tests.factories import make

pytestmark = pytest.mark.django_db


def browser_of(user):
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def text(answer):
    return answer.content.decode()


def test_a_unit_of_one_entity_moves_to_another(cast, unit):
    browser = browser_of(cast.users["GLOBAL", Level.ADMIN])
    address = f"/units/{unit.product_imei}/act/entity"
    assert 'name="old_entity"' not in text(browser.get(address))
    assert browser.post(address, {"new_entity": cast.b.pk}).status_code == 302
    assert queries.entity_ids(unit) == [cast.b.pk]


def test_a_unit_of_several_entities_leaves_the_one_that_is_named(cast, unit):
    browser = browser_of(cast.users["GLOBAL", Level.ADMIN])
    browser.post(f"/units/{unit.product_imei}/act/add_entity", {"new_entity": cast.b.pk})
    address = f"/units/{unit.product_imei}/act/entity"
    assert 'name="old_entity"' in text(browser.get(address))
    unnamed = browser.post(address, {"new_entity": 1})
    assert (unnamed.status_code, "several entities" in text(unnamed)) == (400, True)
    assert set(queries.entity_ids(unit)) == {cast.a.pk, cast.b.pk}


def standing(page):
    found = re.search(r'name="_stands" value="([^"]*)"', text(page))
    return found and found[1]


def test_a_note_in_the_same_words_is_written_each_time_somebody_writes_it(cast, unit):
    """Only a job, which may be repeated, leaves out what it has written already."""
    browser = browser_of(cast.users["A", Level.ADMIN])
    for number, page in enumerate((f"/units/{unit.product_imei}/act/note",
                                   reverse("admin:products_product_add_note", args=[unit.pk])) * 2, start=1):  # fmt: skip
        told = text(browser.post(page, {"note_text": "Visited; all is well"}, follow=True))
        assert "Your note is kept." in told
        assert unit.notes.count() == number


def test_the_page_says_what_was_done_or_that_it_was_so_already(cast, unit):
    browser = browser_of(cast.users["GLOBAL", Level.ADMIN])
    page = f"/units/{unit.product_imei}/act/"
    assert "in store → shipped" in told_by(browser.post(f"{page}state", {"new_state": "3"}, follow=True))
    assert "pending until the unit confirms it" in told_by(browser.post(f"{page}tamper_on", follow=True))
    assert "It was so already" in told_by(browser.post(f"{page}tamper_on", follow=True))
    assert told_by(browser.get(f"/units/{unit.product_imei}")) == ""  # once
    french = browser.post(f"{page}tamper_on", follow=True, headers={"Accept-Language": "fr"})
    assert "It was so already" not in told_by(french)


def told_by(page):
    return html.unescape(re.search(r'<p id="told"[^>]*>(.*?)</p>', text(page), re.DOTALL)[1])


def doors_to_the_state(unit):
    return f"/units/{unit.product_imei}/act/state", reverse("admin:products_product_change_state", args=[unit.pk])


@pytest.mark.parametrize("door", [0, 1])
def test_nobody_replaces_a_state_that_they_have_not_seen(cast, unit, door):
    for state in (3, 5, 6):
        actions.change_state(unit, new_state=state, by=cast.alice)
    page = doors_to_the_state(unit)[door]
    browser = browser_of(cast.users["GLOBAL", Level.ADMIN])
    unit_page = browser.get(f"/units/{unit.product_imei}")
    seen = standing(browser.get(page))
    assert seen == standing(unit_page) == "6"
    actions.change_state(unit, new_state=8, by=cast.alice)
    for given in ({"new_state": "9", "sure": "1"}, {"new_state": "9"}, {"new_state": "7"}):
        refused = browser.post(page, {**given, "_stands": seen})
        assert refused.status_code == 400
        assert "Somebody has changed this meanwhile; now it is: in repair." in html.unescape(text(refused))
        assert state_of(unit) == 8
    assert standing(refused) == "8"  # what is pressed now is on what stands now
    assert browser.post(page, {"new_state": "5", "_stands": standing(refused)}).status_code == 302
    assert state_of(unit) == 5


def state_of(unit):
    unit.refresh_from_db()
    return unit.latest_state.current_state_type_id


@pytest.mark.parametrize("door", [0, 1])
def test_the_last_state_is_asked_about_and_none_is_offered_that_cannot_follow(cast, unit, door):
    page = doors_to_the_state(unit)[door]
    browser = browser_of(cast.users["GLOBAL", Level.ADMIN])
    offered = re.findall(r'<option value="(\d*)"', text(browser.get(page)))
    assert [value for value in offered if value] == ["3", "9"]
    asked = browser.post(page, {"new_state": "9", "_stands": "2"})
    assert (asked.status_code, "never comes back" in text(asked), state_of(unit)) == (200, True, 2)
    assert ('name="new_state" value="9"' in text(asked), standing(asked)) == (True, "2")
    actions.change_state(unit, new_state=3, by=cast.alice)
    assert browser.post(page, {"new_state": "9", "_stands": "2", "sure": "1"}).status_code == 400
    assert browser.post(page, {"new_state": "9", "_stands": "3", "sure": "1"}).status_code == 302
    assert state_of(unit) == 9


@pytest.mark.parametrize("where", ["act", "admin"])
def test_a_unit_is_not_moved_from_an_entity_that_somebody_else_gave_it_meanwhile(cast, unit, where):
    page = (f"/units/{unit.product_imei}/act/entity" if where == "act"
            else reverse("admin:products_product_change_entity", args=[unit.pk]))  # fmt: skip
    browser = browser_of(cast.root)
    seen = standing(browser.get(page))
    queries_of = [row.pk for row in (cast.a, cast.b)]
    actions.change_entity(unit, old_entity_id=cast.a.pk, new_entity_id=cast.b.pk, by=cast.root)
    further = make(Entity, None)
    assert browser.post(page, {"new_entity": further.pk, "_stands": seen}).status_code == 400
    assert queries.entity_ids(unit) == queries_of[1:]


def test_a_unit_in_a_state_of_somebodys_own_making_has_its_pages(cast, unit):
    """The table of state types is open; such a state has the name that its row has, and no known way out."""
    own = new(StateType, by=SYSTEM, state_type_id=10, name="LENT_TO_SCHOOL")
    held = new(State, by=SYSTEM, product=unit, prev_state_type_id=2, current_state_type=own)
    type(unit).objects.filter(pk=unit.pk).update(latest_state=held)
    browser = browser_of(cast.root)
    for page in (f"/units/{unit.product_imei}", f"/units/{unit.product_imei}/act/state", "/", f"/field/{unit.product_imei}",
                 *doors_to_the_state(unit), reverse("admin:products_product_changelist"),
                 reverse("admin:products_product_change", args=[unit.pk]), reverse("admin:products_state_changelist")):  # fmt: skip
        assert browser.get(page).status_code == 200, page
        assert browser.get(page, headers={"Accept-Language": "fr"}).status_code == 200, page
    assert "LENT_TO_SCHOOL" in text(browser.get(f"/units/{unit.product_imei}"))
    for door in doors_to_the_state(unit):
        refused = browser.post(door, {"new_state": "3"})
        assert (refused.status_code, "data-reason" in text(refused) or 'role="alert"' in text(refused)) == (400, True)
    job = jobs.draft(kind="units.state", keys=[unit.product_imei], by=cast.root)
    browser.post(f"/jobs/{job.pk}/details", {"new_state": "3"})
    work.work_all()
    shown = html.unescape(text(browser.get(f"/jobs/{job.pk}")))
    assert "may not go from “LENT_TO_SCHOOL” to “shipped”" in shown
