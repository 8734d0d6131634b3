"""What every door does with a request before a view is asked: the bytes of its address and form, and its language."""

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.test import Client

from apps.accounts.models import Entity
from apps.api.parsers import ApiRequest
from apps.core.actors import SYSTEM
from apps.core.rows import new

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
