"""What was typed and not carried out: shown again to whoever typed it, kept over a log-in, and never a secret."""

import html
import re

import pytest
from django.test import Client

from apps.accounts.links import password_path
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
