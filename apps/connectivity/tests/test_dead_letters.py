"""Dead letters: imported once, replayed, discarded, decoded."""

import contextlib
import html
import json
import threading

import pytest
from django.test import Client
from django.urls import reverse

from apps.connectivity import actions
from apps.connectivity.actions import dead_letters
from apps.connectivity.models import RtcDeadLetter, RtcMoMessageHistory
from apps.connectivity.tests.letters import PAYLOAD, dead_letter, mo, taken
from apps.connectivity.wire import broker
from apps.core.actors import SYSTEM
from apps.core.levels import Level
from apps.core.rows import new
from apps.products.models import Connection, Product
from tests.races import at_once

pytestmark = pytest.mark.django_db


def test_dead_letters_are_imported_once(cast, call, rtc, queues):
    for queue, name in (("RTC-MO", "rtc_import_mo_dead_letters"), ("RTC-MT.Reply", "rtc_import_mt_reply_dead_letters")):
        for _time in range(2):
            for number in (1, 2):
                broker.publish(queues, queue + broker.DEAD, json.dumps(PAYLOAD | {"correlation_id": str(number)}))
            assert call(cast.root, "POST", f"/v1/{name}").status_code == 200
        assert RtcDeadLetter.objects.filter(queue_name=queue).count() == 2
        assert taken(queues, queue + broker.DEAD) == []
    row = call(cast.root, "GET", "/v1/rtc_dead_letters").json()["objects"][0]
    assert (row["status"], json.loads(row["payload"])["ident"], row["created_by"]) == (
        None,
        "Aeris/10.112.89.62",
        cast.root.email,
    )


def test_importing_needs_system_for_all_units_and_a_broker(cast, call, queues, monkeypatch):
    where = "/v1/rtc_import_mo_dead_letters"
    broker.publish(queues, "RTC-MO.Dead-Letter", json.dumps(PAYLOAD))
    assert call(cast.users["GLOBAL", Level.FACTORY], "POST", where).status_code == 403
    assert call(cast.alice, "POST", where).status_code == 403
    assert len(taken(queues, "RTC-MO.Dead-Letter")) == 1

    def away(*_args, **_kwargs):
        raise OSError("away")

    monkeypatch.setattr(broker, "drain", away)
    answer = call(cast.root, "POST", where)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_a_replay_says_how_it_went(cast, call, rtc):
    letter = dead_letter(mo([1, {"enabled": False}], correlation_id="again", ident="Aeris/10.0.0.9"))
    where = f"/v1/rtc_dead_letters/{letter.pk}"
    assert call(cast.root, "PUT", f"{where}/replay").status_code == 200
    record = call(cast.root, "GET", where).json()
    assert (record["status"], record["replay_status"]) == ("replayed", "failure")
    assert record["replay_status_text"] == "no RTC enabled unit has this address"
    Product.objects.update(ip_address="10.0.0.9")
    for _time in range(2):
        assert call(cast.root, "PUT", f"{where}/replay").status_code == 200
    record = call(cast.root, "GET", where).json()
    assert (record["replay_status"], record["replay_status_text"]) == ("success", None)
    assert Connection.objects.count() == 1
    assert record["status_time"] == record["replay_status_time"]


def test_a_discarded_letter_is_not_replayed(cast, call, rtc):
    where = f"/v1/rtc_dead_letters/{dead_letter(PAYLOAD).pk}"
    for _time in range(2):
        assert call(cast.root, "PUT", f"{where}/discard").status_code == 200
    refused = call(cast.root, "PUT", f"{where}/replay")
    assert (refused.status_code, list(refused.json()["data"])) == (400, ["status"])
    assert call(cast.root, "GET", where).json()["status"] == "discarded"
    assert not RtcMoMessageHistory.objects.exists()


def test_what_cant_be_decoded_says_so(cast, call):
    for payload in (b"no json", PAYLOAD | {"message": "AA=="}, PAYLOAD | {"message": 1}):
        letter = dead_letter(payload)
        answer = call(cast.users["GLOBAL", Level.OVERVIEW], "GET", f"/v1/rtc_dead_letters/{letter.pk}/decode")
        assert (answer.status_code, list(answer.json()["data"])) == (400, ["payload"])
    for key in (2_000_000_000, 2**63, 2**31):
        assert call(cast.root, "GET", f"/v1/rtc_dead_letters/{key}/decode").status_code == 404
    assert call(cast.bob, "GET", f"/v1/rtc_dead_letters/{letter.pk}/decode").status_code == 404  # all units' affair


@pytest.mark.django_db(transaction=True)
def test_who_imports_the_same_letter_at_the_same_moment_keeps_it_once(monkeypatch):
    meeting, made = threading.Barrier(2), dead_letters.new

    def both_have_looked(*given, **also):
        with contextlib.suppress(threading.BrokenBarrierError):
            meeting.wait(timeout=1)
        return made(*given, **also)

    monkeypatch.setattr(dead_letters, "new", both_have_looked)
    body = json.dumps(PAYLOAD).encode()
    found = at_once(2, lambda: actions.keep_dead_letters(queue="RTC-MO", bodies=[body], by=SYSTEM))
    assert (sorted(found), RtcDeadLetter.objects.count()) == ([0, 1], 1)


def test_why_a_letter_could_not_be_settled_is_said_in_the_readers_language(cast):
    row = new(RtcDeadLetter, by=SYSTEM, queue_name="RTC-MO", payload='{"ident": "x/10.0.0.1"}', digest="d")
    browser = Client(HTTP_ACCEPT_LANGUAGE="fr")
    browser.force_login(cast.root)
    page = reverse("admin:connectivity_rtcdeadletter_change", args=[row.pk])
    replayed = browser.post(reverse("admin:connectivity_rtcdeadletter_replay", args=[row.pk]), follow=True)
    listed = browser.get(reverse("admin:connectivity_rtcdeadletter_changelist"))
    for answer in (replayed, browser.get(page), listed):
        assert "aucune unité en temps réel n’a cette adresse" in html.unescape(answer.content.decode())
        assert b"no RTC enabled unit" not in answer.content
