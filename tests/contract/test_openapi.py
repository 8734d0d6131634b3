"""The description of the API: valid, whole, and true under generated requests of every level."""

import json
import re
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import validate

from apps.api import openapi
from apps.api.routes import every_route
from apps.core.levels import Level
from tests.cast import make_unit

DOCUMENT = json.loads(openapi.cached_document())
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)


def test_it_is_valid_openapi():
    validate(DOCUMENT)


def test_every_route_is_in_it():
    described = {(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item}
    served = {
        (route.method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.path))
        for route in every_route()
        if route.path.startswith("/v1/") and (route.table or route.endpoint)
    }
    assert described == served
    assert len(described) > 250


def test_each_operation_says_in_a_sentence_what_it_does():
    tags = [tag["name"] for tag in DOCUMENT["tags"]]
    assert tags[0] == "Signing in"
    assert {"Units", "Parts", "Repairs", "Credit", "Factory"} <= set(tags)
    assert len(tags) < 15  # headings as people think, not one a table
    said = {}
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            where = f"{method} {path}"
            assert operation["tags"][0] in tags, where
            assert re.match(r"[A-Z`].{20,}[.…:\]}]", operation["description"], re.S), where
            said.setdefault((operation["tags"][0], operation["summary"], method), []).append(path)
    for (_tag, summary, _method), paths in said.items():  # two paths of one table are called alike, and nothing else
        assert len({path.replace("dead_letters", "dead_letter") for path in paths}) == 1 or summary == "home", paths


def test_the_api_itself_leads_to_its_documentation(client):
    for path in ("/v1/", "/v1/docs/"):
        assert client.get(path)["Location"] == "/v1/docs"
    assert client.post("/v1/").status_code == 405


def test_no_secret_stands_in_it():
    text = json.dumps(DOCUMENT)
    for word in ("device_key_digest", '"password_hash"', "row_no", "last_login", "starting_code"):
        assert word not in text


def test_the_pages_come_from_our_own_files(client):
    page = client.get("/v1/docs")
    assert (page.status_code, "http" in page.content.decode().replace("/v1/openapi.json", "")) == (200, False)
    assert client.get("/v1/openapi.json").json()["openapi"] == "3.1.0"


def carry(client, case, token):
    """A generated request through Django's test client, which keeps the test's transaction."""
    try:
        made = requests.Request(**case.as_transport_kwargs(base_url="http://testserver")).prepare()
    except (requests.RequestException, UnicodeError):
        return HttpResponse()  # nothing that could be sent over HTTP
    parts = urlsplit(made.url)
    body = made.body.encode() if isinstance(made.body, str) else made.body or b""
    where = f"{parts.path}?{parts.query}" if parts.query else parts.path
    kind = made.headers.get("Content-Type", "application/json")
    return client.generic(made.method, where, body, content_type=kind, HTTP_AUTHORIZATION=token)


@pytest.mark.django_db
@pytest.mark.parametrize("level", list(Level))
def test_no_generated_request_breaks_it(cast, call, level):
    """A few requests of every operation, right and wrong ones: never a 5xx, always JSON."""
    make_unit("010101234560005", entity=cast.a)
    user = cast.users["A", level]
    call(user, "GET", "/v1/products")
    client, token = Client(raise_request_exception=False), f"Token token={call.held[user.pk]}"
    for result in SCHEMA.get_all_operations():
        operation = result.ok()
        if operation.path == "/v1/auth/logout":
            continue

        @settings(
            max_examples=3,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(
            case=operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE) | operation.as_strategy()
        )
        def send(case):
            answer = carry(client, case, token)
            assert answer.status_code < 500, (case.method, case.path, answer.content)
            if answer.content and "text/plain" not in answer["Content-Type"]:
                json.loads(answer.content)

        send()
    assert Client().get("/v1/home").status_code == 200
