"""Two at one form: each saves what they changed, and where both changed the same, the second is asked."""

import html
import re

import pytest
from django.urls import reverse
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from apps.accounts.models import Entity, Hub
from apps.core.rows import new
from apps.products.models import Product, ProductNote
from backoffice.catalogue import TABLES
from tests.cast import make_unit
from tests.contract.test_admin import AsSent, browser_of, where
from tests.factories import make

pytestmark = pytest.mark.django_db


class Tab:
    """A browser's tab with a form open in it."""

    def __init__(self, user, page):
        self.browser, self.page = browser_of(user), page
        self.shows(self.browser.get(page))

    def shows(self, answer):
        self.answer, self.text = answer, html.unescape(answer.content.decode())
        if answer.status_code == 200:
            sent = AsSent(answer.content.decode()).sent
            self.sent = {name: value.removeprefix("\n") for name, value in sent.items()}

    def save(self, **typed):
        self.shows(self.browser.post(self.page, {**self.sent, **typed, "_save": "1"}))
        return self.answer.status_code


def hub_of(cast):
    hub = make(Hub, cast.a)
    Hub.objects.filter(pk=hub.pk).update(name="First", latitude="-1.0", longitude="30.0")
    return hub, where(TABLES["hubs"], "change", hub.pk)


def stands(hub):
    return Hub.objects.values_list("name", "latitude", "longitude").get(pk=hub.pk)


def test_two_columns_changed_in_two_tabs_both_stand(cast):
    hub, page = hub_of(cast)
    one, other = Tab(cast.alice, page), Tab(cast.root, page)
    assert one.save(name="Second") == 302
    assert other.save(latitude="-2.0") == 302
    assert stands(hub) == ("Second", "-2.0", "30.0")
    changes = [image.history_change_reason for image in Hub.history.model.objects.order_by("history_id")]
    assert changes == [{"name": ["First", "Second"]}, {"latitude": ["-1.0", "-2.0"]}]
    assert [image.history_user_id for image in Hub.history.model.objects.order_by("history_id")] == [
        cast.alice.email, cast.root.email,
    ]  # fmt: skip


@pytest.mark.parametrize(("choice", "expected"), [("theirs", "Second"), ("mine", "Third")])
def test_the_same_column_changed_twice_is_asked(cast, choice, expected):
    hub, page = hub_of(cast)
    one, other = Tab(cast.alice, page), Tab(cast.root, page)
    one.save(name="Second")
    assert other.save(name="Third", longitude="31.0") == 200
    assert stands(hub) == ("Second", "-1.0", "30.0")  # nothing of it yet
    assert cast.alice.email in other.text
    assert "&lt;span" not in other.answer.content.decode()
    assert "theirs: “Second”" in other.text
    assert "yours: “Third”" in other.text
    assert other.save() == 200  # neither chosen
    assert stands(hub) == ("Second", "-1.0", "30.0")
    assert other.save(**{"_choice-name": choice}) == 302
    assert stands(hub) == (expected, "-1.0", "31.0")


def test_a_rule_that_is_broken_is_said_together_with_what_somebody_changed_meanwhile(cast):
    hub, page = hub_of(cast)
    one, other = Tab(cast.alice, page), Tab(cast.root, page)
    one.save(name="Second")
    assert other.save(name="Third", latitude="95") == 200
    assert "theirs: “Second”" in other.text
    assert "must be degrees between -90 and 90" in other.text
    assert other.save(**{"_choice-name": "mine", "latitude": "95"}) == 200
    assert stands(hub) == ("Second", "-1.0", "30.0")
    assert other.save(latitude="5", **{"_choice-name": "mine"}) == 302
    assert stands(hub) == ("Third", "5", "30.0")


def test_the_rule_may_concern_the_very_value_that_somebody_changed(cast):
    hub, page = hub_of(cast)
    taken = make(Hub, cast.a).name
    one, other = Tab(cast.alice, page), Tab(cast.root, page)
    one.save(name="Second")
    assert other.save(name=taken) == 200
    assert ("theirs: “Second”" in other.text, "already in use" in other.text) == (True, True)
    assert other.save(**{"_choice-name": "theirs"}) == 302
    assert stands(hub)[0] == "Second"


def test_what_changes_again_while_the_person_chooses_is_asked_again(cast):
    hub, page = hub_of(cast)
    one, other = Tab(cast.alice, page), Tab(cast.root, page)
    one.save(name="Second")
    other.save(name="Third")
    Tab(cast.alice, page).save(name="Fourth")
    assert other.save(**{"_choice-name": "mine"}) == 200
    assert "theirs: “Fourth”" in other.text
    assert other.save(**{"_choice-name": "mine"}) == 302
    assert stands(hub)[0] == "Third"


def test_both_did_the_same_or_one_nothing(cast):
    hub, page = hub_of(cast)
    one, other, third = Tab(cast.alice, page), Tab(cast.root, page), Tab(cast.root, page)
    assert [one.save(name="Second"), other.save(name="Second"), third.save()] == [302, 302, 302]
    assert stands(hub)[0] == "Second"
    assert Hub.history.model.objects.count() == 1


def test_a_row_deleted_or_a_form_that_is_not_its_own(cast):
    hub, page = hub_of(cast)
    tab = Tab(cast.root, page)
    other = Tab(cast.root, where(TABLES["hubs"], "change", make(Hub, cast.a).pk))
    for junk in (other.sent["_opened"], "", "x", "a" * 5000):
        assert tab.save(name="Second", _opened=junk) == 200
        assert "open for too long" in tab.text
    assert stands(hub)[0] == "First"
    Hub.objects.filter(pk=hub.pk).delete()
    assert tab.save(name="Second") == 302  # told that it is gone, on the first page


def test_times_pointers_boxes_and_json(cast):
    """Each kind of box: what was not touched stays to the microsecond, whatever its box shows of it."""
    unit = make_unit("test-kinds", entity=cast.a, disable_date="2026-01-01T10:11:12.131415Z")
    hubs = [make(Hub, cast.a) for _ in range(2)]
    page = where(TABLES["products"], "change", unit.pk)
    one, other = Tab(cast.alice, page), Tab(cast.alice, page)
    assert one.save(hub=str(hubs[0].pk), is_payg="true") == 302
    assert other.save(hub=str(hubs[1].pk), disable_date_0="2027-01-01", disable_date_1="00:00:00") == 200
    assert f"theirs: “{hubs[0].name}”" in other.text
    assert Product.objects.get(pk=unit.pk).disable_date.microsecond == 131415
    assert other.save(**{"_choice-hub": "mine"}) == 302
    after = Product.objects.get(pk=unit.pk)
    assert (after.hub, after.is_payg, after.disable_date.year) == (hubs[1], True, 2027)


def test_a_persons_account(cast):
    page = where(TABLES["users"], "change", cast.bob.pk)
    one, other = Tab(cast.alice, page), Tab(cast.root, page)
    assert one.save(permissions="ADMIN") == 302
    assert other.save(display_name="Bob B.") == 302
    cast.bob.refresh_from_db()
    assert (cast.bob.permissions, cast.bob.display_name) == ("ADMIN", "Bob B.")
    late = Tab(cast.root, page)
    one = Tab(cast.alice, page)
    one.save(permissions="OVERVIEW")
    assert late.save(permissions="SYSTEM") == 200
    cast.bob.refresh_from_db()
    assert cast.bob.permissions == "OVERVIEW"


def test_what_runs_by_itself(cast):
    every = IntervalSchedule.objects.create(every=30, period="seconds")
    task = PeriodicTask.objects.create(name="t", task="apps.jobs.tasks.work", interval=every)
    page = reverse("admin:django_celery_beat_periodictask_change", args=[task.pk])
    one, other = Tab(cast.root, page), Tab(cast.root, page)
    assert one.save(every="10") == 302
    other.sent.pop("enabled")
    assert other.save() == 302
    task.refresh_from_db()
    assert (task.interval.every, task.enabled) == (10, False)
    late, one = Tab(cast.root, page), Tab(cast.root, page)
    one.save(every="20")
    assert late.save(every="40") == 200
    assert re.search("theirs: “20”.*yours: “40”", late.text, re.DOTALL)
    assert late.save(every="1") == 200
    assert re.search("At least every five seconds.*theirs: “20”.*yours: “1”", late.text, re.DOTALL)
    assert late.save(every="40") == 200
    assert late.save(**{"_choice-every": "mine"}) == 302
    task.refresh_from_db()
    assert task.interval.every == 40


@pytest.mark.parametrize(
    ("act", "first", "second", "now"),
    [
        ("change_state", {"new_state": "3"}, {"new_state": "9"}, "Now: <b>shipped"),
        ("change_entity", "b", "c", "Entity B"),
    ],
)
def test_an_act_on_what_somebody_changed_meanwhile_asks_again(cast, unit, act, first, second, now):
    if act == "change_entity":
        further = make(Entity, None)
        first, second = {"new_entity": cast.b.pk}, {"new_entity": further.pk}
    page = reverse(f"admin:products_product_{act}", args=[unit.pk])
    one, other = Tab(cast.root, page), Tab(cast.root, page)
    assert one.save(**first) == 302
    assert other.save(**second) == 400
    assert "changed this meanwhile" in other.text
    assert now.lower() in other.text.lower()
    assert Product.objects.get(pk=unit.pk).latest_state.current_state_type_id != 9
    again = Tab(cast.root, page)  # as the page now stands
    assert again.save(**second) in (200, 302)  # the last state is asked about
    assert "changed this meanwhile" not in again.text


def test_what_runs_by_itself_stays_as_a_colleague_set_it_where_theirs_is_chosen(cast):
    every = IntervalSchedule.objects.create(every=30, period="seconds")
    task = PeriodicTask.objects.create(name="t", task="apps.jobs.tasks.work", interval=every)
    page = reverse("admin:django_celery_beat_periodictask_change", args=[task.pk])
    late, one = Tab(cast.root, page), Tab(cast.root, page)
    one.save(every="20", period="minutes")
    assert late.save(every="40", period="hours") == 200
    assert late.save(**{"_choice-every": "theirs", "_choice-period": "theirs"}) == 302
    task.refresh_from_db()
    assert (task.interval.every, task.interval.period) == (20, "minutes")
    late, one = Tab(cast.root, page), Tab(cast.root, page)
    one.save(every="25")
    assert late.save(every="50", period="hours") == 200
    assert late.save(**{"_choice-every": "theirs"}) == 302
    task.refresh_from_db()
    assert (task.interval.every, task.interval.period) == (25, "hours")


@pytest.mark.parametrize("choice", ["theirs", "mine"])
def test_every_kind_of_box_takes_either_choice(cast, choice):
    """A text, a pointer, a box to tick, a time: what is chosen stands, and nothing is an error."""
    unit = make_unit("test-kinds", entity=cast.a)
    hubs = [make(Hub, cast.a) for _ in range(3)]
    page = where(TABLES["products"], "change", unit.pk)
    one, other = Tab(cast.alice, page), Tab(cast.root, page)
    assert (
        one.save(hub=str(hubs[0].pk), ip_address="10.0.0.1", disable_date_0="2027-01-01", disable_date_1="00:00:00")
        == 302
    )
    mine = {
        "hub": str(hubs[1].pk),
        "ip_address": "10.0.0.2",
        "disable_date_0": "2028-01-01",
        "disable_date_1": "00:00:00",
    }
    assert other.save(**mine) == 200
    assert other.save(**{f"_choice-{name}": choice for name in ("hub", "ip_address", "disable_date")}) == 302
    after = Product.objects.get(pk=unit.pk)
    expected = (hubs[0], "10.0.0.1", 2027) if choice == "theirs" else (hubs[1], "10.0.0.2", 2028)
    assert (after.hub, after.ip_address, after.disable_date.year) == expected


STORED_TEXTS = ("first\nsecond", "first\r\nsecond", "first\rsecond", "  blanks around \n", "\nfirst", "\ttab")


@pytest.mark.parametrize("stored", STORED_TEXTS)
def test_a_form_saved_untouched_changes_no_letter_of_a_text(cast, unit, stored):
    """A browser sends `\\r\\n` for every line end, and a box leaves out the blanks around what is typed."""
    note = new(ProductNote, by=cast.tina, product=unit, note_text=stored)
    page = where(TABLES["product_notes"], "change", note.pk)
    tab = Tab(cast.root, page)
    as_sent = re.sub(r"\r\n|\r|\n", "\r\n", stored)
    assert tab.save(note_text=as_sent) == 302
    note.refresh_from_db()
    assert (note.note_text, note.modified_by) == (stored, None)
    assert not ProductNote.history.model.objects.exists()
    late, one = Tab(cast.root, page), Tab(cast.root, page)
    assert one.save(note_text=f"{as_sent} and more") == 302
    assert late.save(note_text=as_sent) == 302  # untouched: nobody is asked
    note.refresh_from_db()
    assert note.note_text.endswith("and more")
