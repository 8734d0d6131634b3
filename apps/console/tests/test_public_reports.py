"""A fault told by whoever scans a unit's label: no account, no cookie, no word about the unit, and an end to it."""

import html

import pytest
import time_machine
from django.test import Client

from apps.console.tests.test_parts_around_repairs import Bench
from apps.products.models import ProductNote
from apps.repairs.public import token_of
from tests.cast import make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def where(unit):
    return f"/r/{token_of(unit)}"


@pytest.fixture
def anybody():
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


def test_the_label_leads_to_the_page_and_what_is_told_becomes_a_note(cast, unit, where, anybody):
    bench = Bench(cast.tina)
    assert "/label" in bench.get(f"/units/{unit.product_imei}")
    assert where in bench.get(f"/units/{unit.product_imei}/label")
    shown = anybody.get(where, HTTP_ACCEPT_LANGUAGE="fr")
    assert "Qu’est-ce qui ne va pas" in html.unescape(shown.content.decode())
    assert not shown.cookies
    for told in (unit.serial_number, unit.product_imei, "Entity A", unit.product_type.name):
        assert told not in shown.content.decode()
    sent = anybody.post(where, {"fault": ["usb", "off", "unheard of"], "text": " since <b>Monday</b>\n"})
    assert (sent.status_code, sent["Location"][: len(where)], sent.cookies) == (302, where, {})
    note = ProductNote.objects.get()
    assert note.note_text == "It does not switch on; Phones do not charge; “since <b>Monday</b>”"
    assert (note.product_id, note.created_by) == (unit.product_imei, "the public")
    assert "Thank you" in anybody.get(sent["Location"]).content.decode()
    shown = bench.get(f"/units/{unit.product_imei}")
    assert "reported by the public" in shown
    assert "&lt;b&gt;Monday" in shown


def test_no_address_can_be_made_or_guessed(unit, where, anybody, cast):
    other = make_unit("010101234560021", entity=cast.b)
    assert token_of(other) != token_of(unit)
    for wrong in (
        where[:-1],
        where + "A",
        where[:-2] + "AA",
        "/r/x",
        "/r/" + "A" * 200,
        "/r/%C3%A9",
        f"/r/{where[3:].swapcase()}",
    ):
        answer = anybody.post(wrong, {"fault": "off"})
        assert answer.status_code == 404, wrong
        assert not answer.cookies
    assert not ProductNote.objects.exists()


def test_nothing_said_and_too_much_said(where, anybody):
    assert "tick what is wrong" in anybody.post(where, {"text": "  "}).content.decode()
    answer = anybody.post(where, {"text": "x" * 1001})
    assert answer.status_code == 400
    assert "longer than 1000" in answer.content.decode()
    assert not ProductNote.objects.exists()


def test_what_nobody_sees_is_nothing_said_and_does_not_get_into_the_note(where, anybody):
    assert anybody.post(where, {"text": " \u200b\u202e\u2066 \x07"}).status_code == 400
    assert anybody.post(where, {"text": "photo \u202egpj.exe\u2066 \x1b[31m red\r\nand\x07 wet"}).status_code == 302
    assert ProductNote.objects.get().note_text == "“photo gpj.exe [31m red and wet”"


def test_the_same_sent_twice_is_one_note_and_a_thank_you(where, anybody):
    with time_machine.travel("2026-11-20 10:00", tick=False) as clock:
        for _again in range(5):
            assert anybody.post(where, {"fault": ["off"], "text": "since Monday"}).status_code == 302
        assert ProductNote.objects.count() == 1
        assert anybody.post(where, {"fault": "usb"}).status_code == 302
        clock.move_to("2026-11-20 11:01")
        assert anybody.post(where, {"fault": ["off"], "text": "since Monday"}).status_code == 302
    assert ProductNote.objects.count() == 3


def test_a_unit_takes_three_a_day_whoever_sends_them(where, anybody):
    with time_machine.travel("2026-11-20 10:00", tick=False) as clock:
        for number in range(4):
            answer = anybody.post(where, {"text": f"dark, {number}"}, REMOTE_ADDR=f"10.0.0.{number}")
        assert (answer.status_code, answer["Retry-After"]) == (429, "86400")
        assert ProductNote.objects.count() == 3
        clock.move_to("2026-11-21 10:01")
        assert anybody.post(where, {"fault": "off"}).status_code == 302


def test_an_address_tells_ten_an_hour_over_all_units(cast, anybody):
    places = [f"/r/{token_of(make_unit(f'01010123458{number:04d}', entity=cast.a))}" for number in range(11)]
    codes = [anybody.post(place, {"fault": "off"}).status_code for place in places]
    assert codes == [302] * 10 + [429]
    assert ProductNote.objects.count() == 10
    assert anybody.post(places[-1], {"fault": "off"}, REMOTE_ADDR="10.9.9.9").status_code == 302
