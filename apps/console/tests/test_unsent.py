"""What was typed and not carried out: shown again to whoever typed it, kept over a log-in, and never a secret."""

import html
import re

import pytest
from django.test import Client

from apps.accounts.links import password_path
from apps.console import unsent
from apps.products.models import ProductNote
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db
STRONG = "seven green lamps of the harbour"
NOTE = "Roof faces north, ladder at the neighbour's"


class Strict:
    """A browser whose forms need their token; each tab sends the one that its page came with."""

    def __init__(self, **more):
        self.client = Client(enforce_csrf_checks=True, raise_request_exception=False, **more)

    def token(self, page="/login"):
        return token_of(self.client.get(page))

    def post(self, page, token, **given):
        return self.client.post(page, {"csrfmiddlewaretoken": token, **given})


def text(answer):
    return html.unescape(answer.content.decode())


def token_of(answer):
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', answer.content.decode())[1]


def kept_of(answer):
    found = re.search(r'name="kept" value="([^"]+)"', answer.content.decode())
    return found and found[1]


def signed_in(browser, user):
    browser.post("/login", browser.token(), username=user.email, password=PASSWORD)
    return browser


def test_no_refused_form_shows_a_password_or_what_our_pages_add_to_it(cast, unit):
    browser = Strict()
    old = browser.token()
    signed_in(browser, cast.tina)
    link = password_path(cast.bob)
    secret = {"password": STRONG, "again": STRONG, "old": STRONG, "code": STRONG, "next": f"/units/{unit.product_imei}"}
    for page in (
        "/login",
        link,
        "/account/password",
        "/account/second_step/off",
        f"/units/{unit.product_imei}/act/note",
    ):
        told = browser.post(page, old, note_text=NOTE, _opened="x" * 50, **{"initial-note": "y" * 50}, **secret)
        assert told.status_code == 403, page
        for word in (STRONG, old, "x" * 50, "y" * 50):
            assert word not in text(told), (page, word)
        assert page == "/login" or NOTE in text(told)


def ended(browser, unit, token):
    """A note sent after the session was over: the log-in page that keeps it."""
    browser.client.cookies.pop("sessionid")
    answer = browser.post(f"/units/{unit.product_imei}/act/note", token, note_text=NOTE, _stands="")
    assert (answer.status_code, bool(kept_of(answer))) == (401, True)
    return answer


def sent_again(browser, unit):
    """The note as `again` shows it, sent by its button: the browser repeats the form where it is led."""
    page = browser.client.get("/again")
    assert NOTE in text(page)
    answer = browser.post("/again", token_of(page), _send="1", note_text=NOTE)
    assert (answer.status_code, answer["Location"]) == (307, f"/units/{unit.product_imei}/act/note")
    browser.post(answer["Location"], token_of(page), note_text=NOTE)
    assert ProductNote.objects.get().note_text == NOTE


def test_what_was_typed_is_not_lost_where_another_tab_has_signed_in(cast, unit):
    browser = signed_in(Strict(), cast.tina)
    page = ended(browser, unit, browser.token(f"/units/{unit.product_imei}"))
    signed_in(browser, cast.tina)  # in another tab; this one's token is of before
    told = browser.post("/login", token_of(page), username=cast.tina.email, password=PASSWORD, kept=kept_of(page))
    assert (told.status_code, "Somebody has signed in" in text(told)) == (403, True)
    assert PASSWORD not in text(told)
    led = browser.post("/login", token_of(told), kept=kept_of(told))
    assert (led.status_code, led["Location"]) == (302, "/again")
    sent_again(browser, unit)


def test_a_log_in_page_that_was_open_for_too_long_still_keeps_it(cast, unit):
    browser = signed_in(Strict(), cast.tina)
    page = ended(browser, unit, browser.token(f"/units/{unit.product_imei}"))
    browser.client.cookies.pop("csrftoken")
    told = browser.post("/login", token_of(page), username=cast.tina.email, password=PASSWORD, kept=kept_of(page))
    assert told.status_code == 403
    led = browser.post("/login", token_of(told), username=cast.tina.email, password=PASSWORD, kept=kept_of(told))
    assert led["Location"] == "/again"
    sent_again(browser, unit)


def test_a_session_that_ends_again_before_it_is_sent_keeps_the_same_form(cast, unit):
    browser = signed_in(Strict(), cast.tina)
    page = ended(browser, unit, browser.token(f"/units/{unit.product_imei}"))
    for _time in range(2):
        browser.post("/login", token_of(page), username=cast.tina.email, password=PASSWORD, kept=kept_of(page))
        offer = browser.client.get("/again")
        browser.client.cookies.pop("sessionid")
        page = browser.post("/again", token_of(offer), _send="1", note_text=NOTE, kept=kept_of(offer))
        assert (page.status_code, unsent.opened(kept_of(page))["path"]) == (401, f"/units/{unit.product_imei}/act/note")
    browser.post("/login", token_of(page), username=cast.tina.email, password=PASSWORD, kept=kept_of(page))
    sent_again(browser, unit)


def test_choosing_the_language_on_the_page_that_keeps_it_keeps_it(cast, unit):
    browser = signed_in(Strict(), cast.tina)
    page = ended(browser, unit, browser.token(f"/units/{unit.product_imei}"))
    for language, word in (("fr", "Se connecter"), ("en", "Sign in"), ("fr", "Se connecter")):
        page = browser.post("/language", token_of(page), language=language, next="/x", kept=kept_of(page))
        assert (page.status_code, word in text(page), f'<html lang="{language}">' in text(page)) == (200, True, True)
    wrong = browser.post("/login", token_of(page), username=cast.tina.email, password="wrong", kept=kept_of(page))
    page = browser.post("/language", token_of(wrong), language="en", next="/x", kept=kept_of(wrong))
    browser.post("/login", token_of(page), username=cast.tina.email, password=PASSWORD, kept=kept_of(page))
    sent_again(browser, unit)


def test_what_only_looks_like_a_kept_form_is_none(cast):
    browser = signed_in(Strict(), cast.tina)
    for junk in ("", "x", "a" * 5000, "x:y:z"):
        led = browser.post("/login", browser.token("/account"), kept=junk, next="/field")
        assert (led.status_code, led["Location"]) == (302, "/field")
        assert browser.post("/language", browser.token("/account"), kept=junk, language="en")["Location"] == "/"


def test_what_is_shown_of_a_form_not_sent_is_what_somebody_typed(cast, unit):
    browser = signed_in(Strict(), cast.tina)
    browser.client.cookies.pop("sessionid")
    given = {
        "note_text": NOTE,
        "_opened": "signed-machinery",
        "_choice-name": "mine-machinery",
        "initial-x": "machinery-3",
    }
    page = browser.post(f"/units/{unit.product_imei}/act/note", browser.token(), **given)
    browser.post("/login", token_of(page), username=cast.tina.email, password=PASSWORD, kept=kept_of(page))
    offer = text(browser.client.get("/again"))
    shown = offer.partition("<dl")[2].partition("</dl>")[0]
    assert (NOTE in shown, "machinery" in shown) == (True, False)
    assert all(f'name="{name}"' in offer for name in given)  # and sent all the same
