"""Messages on screen: buttons by level, the unit's line of time, a bulk wake-up with its cost, dead letters."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from apps.connectivity import actions, tasks
from apps.connectivity.models import RtcDeadLetter, RtcMessageHistory, SmsHistory
from apps.connectivity.tests.letters import PAYLOAD, dead_letter, mo, say
from apps.connectivity.wire import broker
from apps.core.levels import Level
from apps.events import relay
from apps.jobs import work
from apps.jobs.models import Job
from apps.products.actions import enable_product, enable_tamper_switch
from tests.cast import make_unit

pytestmark = pytest.mark.django_db


def browser_of(user):
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def text(answer):
    return answer.content.decode()


def page(user, unit, show=""):
    return text(browser_of(user).get(f"/units/{unit.product_imei}?show={show}"))


def test_the_unit_page_offers_what_helps_to_those_who_may(cast, waker):
    admin = cast.users["A", Level.ADMIN]
    assert "/act/wake_up" in page(admin, waker)
    assert "/act/connect" not in page(admin, waker)  # it would be an SMS too
    assert "/act/wake_up" not in page(cast.tina, waker)
    act = f"/units/{waker.product_imei}/act/wake_up"
    assert browser_of(cast.tina).post(act).status_code == 403
    assert browser_of(cast.charlie).post(act).status_code == 404
    assert browser_of(admin).post(act).status_code == 302
    assert SmsHistory.objects.get().created_by == admin.email


def test_a_unit_in_real_time_is_made_to_connect(cast, rtc):
    admin = cast.users["A", Level.ADMIN]
    assert "/act/connect" in page(admin, rtc)
    assert "/act/wake_up" not in page(admin, rtc)
    assert browser_of(admin).post(f"/units/{rtc.product_imei}/act/connect").status_code == 302
    assert RtcMessageHistory.objects.get().kind == "sync"


def test_messages_stand_in_the_line_of_time(cast, waker, settings):
    enable_product(waker, by=cast.tina)
    relay.relay_all()
    assert "wake-up queued" in page(cast.bob, waker, "sms")
    tasks.send_messages()
    shown = page(cast.bob, waker, "sms")
    assert "wake-up sent, not delivered yet" in shown
    assert cast.tina.email in shown
    settings.SMS_PER_UNIT = 0
    from apps.products.actions import disable_product

    disable_product(waker, by=cast.tina)
    relay.relay_all()
    assert "quota of the day was spent" in page(cast.bob, waker, "sms")


def test_real_time_stands_in_the_line_of_time(cast, rtc):
    actions.request_sync(rtc, by=cast.alice)
    say(rtc, [4, [[1517927343, "Connected"], [1517927344, "<b>Above RV</b>"]]])
    say(rtc, [99])
    shown = page(cast.bob, rtc, "rtc")
    for words in (
        "asked for its status: queued",
        "it said: Connected · &lt;b&gt;Above RV&lt;/b&gt;",
        "could not be handled",
        "on line (message received)",
    ):
        assert words in shown


def test_a_unit_is_woken_from_the_admin(cast, waker):
    browser = browser_of(cast.users["A", Level.ADMIN])
    button = reverse("admin:products_product_wake_up", args=[waker.pk])
    assert "wake-up SMS" in text(browser.get(button))
    assert not SmsHistory.objects.exists()
    assert "an SMS is queued" in text(browser.post(button, follow=True))
    connect = reverse("admin:products_product_connect", args=[waker.pk])
    assert "an SMS is queued" in text(browser.post(connect, follow=True))
    assert SmsHistory.objects.count() == 2


@pytest.mark.parametrize(("price", "words"), [("0.04", "2 SMS go out, for 0.08 EUR."), (None, "2 SMS go out.")])
def test_a_bulk_wake_up_says_what_it_costs_before_it_starts(cast, waker, settings, price, words):
    from decimal import Decimal

    settings.SMS_COST, settings.SMS_CURRENCY = price and Decimal(price), "EUR"
    other = make_unit("010101234560013", entity=cast.a, reported_software="hub-stc-1")
    deaf = make_unit("010101234560021", entity=cast.a)
    browser = browser_of(cast.users["A", Level.ADMIN])
    chosen = {"kind": "units.wake_up", "unit": [waker.product_imei, other.product_imei, deaf.product_imei]}
    assert browser_of(cast.tina).post("/bulk", chosen).status_code == 400
    assert browser.post("/bulk", chosen).status_code == 302
    work.work_all()
    job = Job.objects.get()
    shown = text(browser.get(f"/jobs/{job.pk}"))
    assert words in shown
    assert "is not wake-up enabled" in shown
    assert not SmsHistory.objects.exists()
    browser.post(f"/jobs/{job.pk}/start")
    work.work_all()
    assert {row.product_id for row in SmsHistory.objects.all()} == {waker.product_imei, other.product_imei}
    Job.objects.update(state="running", done=0)  # as in the midst of a batch: the results are there, its figure is not
    assert "3 of 3" in text(browser.get(f"/jobs/{job.pk}"))


def test_a_preview_refuses_what_goes_beyond_the_entitys_quota(cast, waker, settings):
    """Each of them would go by itself; together they don't, and that is said before anything is sent."""
    settings.SMS_PER_ENTITY = 3
    more = [make_unit(f"01010123456{number:04d}", entity=cast.a, reported_software="3.6") for number in range(3)]
    apart = make_unit("010101234569999", entity=cast.b, reported_software="3.6")
    actions.send_wakeup(waker, by=cast.root)
    browser = browser_of(cast.root)
    chosen = [unit.product_imei for unit in (waker, *more, apart)]
    browser.post("/bulk", {"kind": "units.wake_up", "unit": chosen})
    work.work_all()
    job = Job.objects.get()
    assert sorted(job.items.values_list("trial", flat=True)) == ["changed"] * 3 + ["refused"] * 2
    shown = text(browser.get(f"/jobs/{job.pk}"))
    assert "3 SMS go out." in shown
    assert "Entity A: 2 of the 2 wake-ups that are left for today." in shown
    assert "Entity B: 1 of the 3 wake-ups that are left for today." in shown
    assert "beyond what is left of the entity" in shown
    browser.post(f"/jobs/{job.pk}/start")
    work.work_all()
    assert SmsHistory.objects.count() == 4
    assert set(job.items.values_list("outcome", flat=True)) == {"changed", "refused"}
    settings.SMS_PER_ENTITY = 9
    again = int(browser.post(f"/jobs/{job.pk}/again").url.rsplit("/", 1)[1])
    work.work_all()
    assert "2 SMS go out." in text(browser.get(f"/jobs/{again}"))  # what the first job took counts no more


def test_the_quota_is_counted_over_all_pieces_of_a_trial(cast, waker, settings, monkeypatch):
    settings.SMS_PER_ENTITY = 2
    monkeypatch.setattr(work, "BATCH", 1)
    units = [make_unit(f"01010123456{number:04d}", entity=cast.a, reported_software="3.6") for number in range(4)]
    browser = browser_of(cast.users["A", Level.ADMIN])
    browser.post("/bulk", {"kind": "units.wake_up", "unit": [unit.product_imei for unit in units]})
    work.work_all()
    job = Job.objects.get()
    assert sorted(job.items.values_list("trial", flat=True)) == ["changed"] * 2 + ["refused"] * 2


def test_making_many_connect_says_what_its_messages_cost(cast, waker, rtc, settings):
    from decimal import Decimal

    settings.SMS_COST, settings.SMS_CURRENCY = Decimal("0.04"), "EUR"
    other = make_unit("010101234560013", entity=cast.a, reported_software="3.6")
    browser = browser_of(cast.users["A", Level.ADMIN])
    browser.post("/bulk", {"kind": "units.connect", "unit": [rtc.product_imei, other.product_imei]})
    work.work_all()
    shown = text(browser.get(f"/jobs/{Job.objects.get().pk}"))
    assert "1 SMS goes out, for 0.04 EUR." in shown  # the other one is told in real time
    french = browser.get(f"/jobs/{Job.objects.get().pk}", headers={"Accept-Language": "fr"})
    assert "0,04 EUR" in text(french)


def test_a_skipped_wake_up_is_told_in_words_where_its_order_waits(cast, waker, settings):
    settings.SMS_PER_UNIT = 0
    enable_product(waker, by=cast.tina)
    relay.relay_all()
    shown = page(cast.bob, waker)
    assert "the unit&#x27;s quota of messages for the day was spent" in shown
    assert "quota_unit" not in shown


@pytest.mark.parametrize(
    "name", ["smshistory", "rtcmessagehistory", "rtcmomessagehistory", "rtcfallbackmessagehistory", "rtcdeadletter"]
)
def test_the_lists_of_the_admin(cast, rtc, name):
    actions.send_status_update(rtc, by=cast.alice)
    say(rtc, [4, [[1517927343, "Connected"]]])
    dead_letter(PAYLOAD)
    browser = browser_of(cast.root)
    assert browser.get(reverse(f"admin:connectivity_{name}_changelist")).status_code == 200


def test_skipped_wake_ups_stand_in_a_list_within_ones_scope(cast, waker, settings):
    settings.SMS_PER_ENTITY = 0
    other = make_unit("010101234560013", entity=cast.b, reported_software="3.6")
    for unit in (waker, other):
        enable_product(unit, by=cast.root)
    relay.relay_all()
    listed = reverse("admin:connectivity_skippedwakeup_changelist")
    assert "Wake-ups that were skipped" in text(browser_of(cast.root).get("/admin/"))
    of_all = text(browser_of(cast.root).get(listed))
    assert of_all.count("the entity&#x27;s quota of the day was spent") == 2
    assert "pending: enable" in of_all
    one = text(browser_of(cast.users["A", Level.ADMIN]).get(listed))
    assert (waker.serial_number in one or waker.product_imei in one, other.product_imei in one) == (True, False)
    found = text(browser_of(cast.root).get(f"{listed}?q={other.product_imei}&reason__exact=quota_entity"))
    assert (other.product_imei in found, waker.product_imei in found) == (True, False)
    assert browser_of(cast.tina).get(listed).status_code in (302, 403)


def test_dead_letters_are_settled_from_the_admin(cast, rtc, queues):
    broker.publish(queues, "RTC-MO.Dead-Letter", mo([4, [[1517927343, "Connected"]]]))
    browser = browser_of(cast.root)
    fetch = reverse("admin:connectivity_rtcdeadletter_import_mo")
    assert "RTC-MO.Dead-Letter" in text(browser.get(fetch))
    assert not RtcDeadLetter.objects.exists()
    assert "1 new letter." in text(browser.post(fetch, follow=True))
    row = RtcDeadLetter.objects.get()
    shown = text(browser.get(reverse("admin:connectivity_rtcdeadletter_change", args=[row.pk])))
    assert "[4, [[1517927343, &quot;Connected&quot;]]]" in shown
    replay = reverse("admin:connectivity_rtcdeadletter_replay", args=[row.pk])
    assert browser.get(replay).status_code == 200
    assert "The letter is settled." in text(browser.post(replay, follow=True))
    bad = dead_letter(json.loads(mo([4, []], ident="Aeris/10.0.0.1")))
    discard, replay = (
        reverse(f"admin:connectivity_rtcdeadletter_{name}", args=[bad.pk]) for name in ("discard", "replay")
    )
    assert "could not be settled" in text(browser.post(replay, follow=True))
    assert "put aside" in text(browser.post(discard, follow=True))
    assert "was discarded" in text(browser.post(replay, follow=True))


def test_a_dead_letters_page_offers_what_can_still_be_done(cast, rtc):
    browser = browser_of(cast.root)

    def offered(row):
        page = text(browser.get(reverse("admin:connectivity_rtcdeadletter_change", args=[row.pk])))
        where = {
            name: reverse(f"admin:connectivity_rtcdeadletter_{name}", args=[row.pk]) for name in ("replay", "discard")
        }
        return [name for name, link in where.items() if f'href="{link}' in page]

    good = dead_letter(PAYLOAD)
    assert offered(good) == ["replay", "discard"]
    actions.replay_dead_letter(key=good.pk, by=cast.root)
    assert offered(good) == ["discard"]
    bad = dead_letter({"status": "lost"})
    actions.replay_dead_letter(key=bad.pk, by=cast.root)
    assert offered(bad) == ["replay", "discard"]
    actions.discard_dead_letter(key=bad.pk, by=cast.root)
    assert offered(bad) == []


def test_a_long_dead_letter_is_short_in_the_list_and_whole_on_its_page(cast, rtc):
    row = dead_letter({"info": "z" * 500})
    browser = browser_of(cast.root)
    assert "z" * 200 not in text(browser.get(reverse("admin:connectivity_rtcdeadletter_changelist")))
    assert "z" * 500 in text(browser.get(reverse("admin:connectivity_rtcdeadletter_change", args=[row.pk])))


def test_a_dead_letter_reads_as_it_was_written(cast, rtc):
    row = dead_letter(json.loads('{"info": "déjà là \\ud800"}'))
    page = text(browser_of(cast.root).get(reverse("admin:connectivity_rtcdeadletter_change", args=[row.pk])))
    assert "{&quot;info&quot;: &quot;déjà là \\ud800&quot;}" in page


def test_dead_letters_are_settled_by_nobody_else(cast, rtc):
    row = dead_letter(PAYLOAD)
    for user in (cast.alice, cast.users["GLOBAL", Level.FACTORY], cast.users["GLOBAL", Level.ADMIN]):
        browser = browser_of(user)
        for name in ("replay", "discard"):
            answer = browser.post(reverse(f"admin:connectivity_rtcdeadletter_{name}", args=[row.pk]))
            assert answer.status_code in (302, 403)
        for name in ("import_mo", "import_replies"):
            assert browser.post(reverse(f"admin:connectivity_rtcdeadletter_{name}")).status_code in (302, 403)
    row.refresh_from_db()
    assert row.status is None


@pytest.mark.parametrize(("unit_most", "entity_most", "whose"), [(0, 9, "unit"), (9, 0, "entity")])
def test_why_a_wake_up_was_passed_over_stands_on_the_order_in_words(
    cast, waker, settings, unit_most, entity_most, whose
):
    settings.SMS_PER_UNIT, settings.SMS_PER_ENTITY = unit_most, entity_most
    enable_tamper_switch(waker, by=cast.tina)
    relay.relay_all()
    shown = page(cast.bob, waker)
    assert f"the {whose}&#x27;s quota of messages for the day was spent" in shown
    assert "quota_" not in shown


def test_why_a_letter_failed_stands_there_in_words(cast, rtc, queues):
    row = actions.request_sync(rtc, by=cast.alice)
    RtcMessageHistory.objects.filter(pk=row.pk).update(
        delivery_status="failed", delivery_status_info="no reply", step="done", due_at=None
    )
    assert "failed (no reply came)" in page(cast.bob, rtc, "rtc")
