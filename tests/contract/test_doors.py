"""What every door does with a request before a view is asked: the bytes of its address and form, and its language."""

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation

from apps.accounts import actions
from apps.accounts.models import Entity
from apps.api.parsers import ApiRequest
from apps.core.actors import SYSTEM
from apps.core.refusals import Invalid
from apps.core.rows import new
from backoffice.wsgi import UnitsFirst

pytestmark = pytest.mark.django_db


def raw(text):
    """As a WSGI server hands on the bytes of an address."""
    return text.encode().decode("latin-1")


@pytest.mark.parametrize("name", ["Société Énergie", "é", "太陽", "+%"])
def test_letters_that_are_not_escaped_in_an_address_are_the_same_letters(cast, call, name):
    new(Entity, by=SYSTEM, name=name, bboxx_company_flag=False)
    for written in (name.replace("%", "%25").replace("+", "%2B"), "".join(f"%{one:02X}" for one in name.encode())):
        asked = raw(f"name={written}".replace(" ", "%20"))
        answer = call(cast.root, "GET", "/v1/entities", QUERY_STRING=asked)
        assert [row["name"] for row in answer.json()["objects"]] == [name], written


@pytest.mark.parametrize("asked", ["name=\xe9", "name=%E9", "name=%C3\xa9", "name=%C3&x=%A9"])
def test_bytes_that_are_no_letters_are_refused(cast, call, asked):
    assert call(cast.root, "GET", "/v1/entities", QUERY_STRING=asked).json()["code"] == "undecodable"
    assert Client().get("/login", QUERY_STRING=asked).status_code == 400


def test_an_asgi_server_hands_on_the_same_letters():
    scope = {"type": "http", "method": "GET", "path": "/v1/entities", "headers": [], "query_string": "name=é".encode()}
    assert ApiRequest(ASGIRequest(scope, None)).query_params["name"] == "é"


FRENCH = {"HTTP_ACCEPT_LANGUAGE": "fr"}


def test_the_api_speaks_english_after_a_french_page_on_the_same_thread(cast, call, unit):
    page = Client()
    for _thread_is_left_french in range(2):
        assert 'lang="fr"' in page.get("/login", **FRENCH).content.decode()
        answer = call(cast.root, "DELETE", f"/v1/entities/{cast.a.pk}", **FRENCH)
        assert answer.status_code == 400
        assert "delete those first" in answer.content.decode()
        assert "units" in answer.content.decode()
    assert "Content-Language" not in answer.headers


def test_what_is_refused_before_anything_is_refused_in_the_readers_language(cast):
    page = Client()
    page.get("/login", **FRENCH)
    english, french = (page.get("/login", {"next": "\0"}, **more).content.decode() for more in ({}, FRENCH))
    assert "Your browser sent something" in english
    assert 'lang="fr"' in french
    assert "Your browser sent something" not in french


def test_a_unit_is_answered_in_english_on_a_thread_that_was_french(device):
    said = []

    def start(status, headers):
        said.append(status)

    with translation.override("fr"):
        environ = RequestFactory().get("/v1/rc_data").environ
        body = b"".join(UnitsFirst()(environ, start))
        assert said == ["401 Unauthorized"]
        assert translation.get_language() == "en"
    assert b"message" in body


def form(boxes):
    """A form of several parts, as a browser writes it."""
    parts = "".join(f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in boxes)
    return {"data": f"{parts}--x--\r\n".encode(), "content_type": "multipart/form-data; boundary=x"}


@pytest.mark.parametrize("text", ["a\0b", "\0"])
def test_null_characters_come_through_no_form(cast, text):
    browser = Client(raise_request_exception=False)
    browser.force_login(cast.alice)
    name = cast.alice.display_name
    held = [("display_name", text), ("language", ""), ("time_zone", "")]
    assert browser.post("/account/preferences", dict(held)).status_code == 400
    assert browser.post("/account/preferences", **form(held)).status_code == 400
    assert browser.post("/account/preferences", **form([*held[1:], ("x" + text, "y")])).status_code == 400
    cast.alice.refresh_from_db()
    assert cast.alice.display_name == name
    root = Client(raise_request_exception=False)
    root.force_login(cast.root)
    page = reverse("admin:accounts_user_access", args=[cast.alice.pk])
    assert root.get(page).status_code == 200
    for sent in ({"data": {"session": text}}, form([("session", text)])):
        assert root.post(page, **sent).status_code == 400


def test_a_name_that_cannot_be_stored_is_refused_at_any_door(cast):
    with pytest.raises(Invalid, match="display_name: holds characters that cannot be stored"):
        actions.set_preferences(cast.alice, display_name="a\0b", language="", time_zone="", by=cast.alice)
