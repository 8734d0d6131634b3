"""The guard of ASGI servers by itself: who waits, who is turned away, what the application is given."""

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory

from apps.accounts import sessions
from backoffice import bounds, guard
from backoffice.wsgi import UnitsFirst


def alone(test):
    """In a loop and a thread of its own: a browser's loop may be running in this one."""

    @functools.wraps(test)
    def run(*args, **given):
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: asyncio.run(test(*args, **given))).result()

    return run


class Server:
    """An ASGI server's side of one request, and the application behind the guard."""

    def __init__(self, *messages, path="/v1/auth/login", client="10.0.0.1", headers=(), version="1.1"):
        self.messages, self.sent, self.seen = list(messages), [], None
        self.scope = {
            "type": "http", "method": "POST", "path": path, "client": (client, 1), "http_version": version,
            "headers": [(name.lower().encode(), value.encode()) for name, value in dict(headers).items()],
        }  # fmt: skip

    async def receive(self):
        if not self.messages:
            await asyncio.Event().wait()  # nothing ever comes
        return self.messages.pop(0)

    async def send(self, message):
        self.sent.append(message)

    async def application(self, scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        self.seen = (dict(scope["headers"]), body)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await send({"type": "http.response.body", "body": b"b"})

    async def run(self, held=None):
        held = held or guard.Guard(self.application)
        held.app = self.application
        await held(self.scope, self.receive, self.send)
        return self.sent[0]["status"] if self.sent else None


def piece(body, more=False):
    return {"type": "http.request", "body": body, "more_body": more}


CHUNKED = {"Transfer-Encoding": "chunked"}


@alone
async def test_the_application_is_given_a_whole_body_and_its_length(monkeypatch):
    monkeypatch.setattr(guard, "IN_MEMORY", 10)  # the rest goes to a file
    monkeypatch.setattr(guard, "PIECE", 7)
    server = Server(piece(b"x" * 30, True), piece(b"", True), piece(b"y" * 3), headers=CHUNKED | {"X_Unit_Imei": "1"})
    assert await server.run() == 200
    assert server.seen == ({b"content-length": b"33"}, b"x" * 30 + b"y" * 3)


@alone
async def test_a_body_that_does_not_come_is_given_up(monkeypatch):
    monkeypatch.setattr(bounds, "PATIENCE", 0.01)
    server = Server(piece(b"slow", True), headers={"Content-Length": "1000"})
    assert (await server.run(), server.seen) == (408, None)
    assert (b"connection", b"close") in server.sent[0]["headers"]
    assert bounds.patience(bounds.FILE) > 25 * 60  # a file on a slow line is no attack


@alone
async def test_who_goes_away_leaves_nothing():
    server = Server(piece(b"slow", True), {"type": "http.disconnect"}, headers={"Content-Length": "1000"})
    held = guard.Guard(server.application)
    assert (await server.run(held), server.seen, held.under_way.total()) == (None, None, 0)


@alone
async def test_a_chunked_body_grows_to_its_bound_and_no_further():
    pieces = [piece(b"x" * 65536, True) for _ in range(17)]
    server = Server(*pieces, headers=CHUNKED)
    assert (await server.run(), server.seen) == (413, None)
    page = Server(*pieces, headers=CHUNKED | {"Accept-Language": "fr"}, path="/login")
    assert await page.run() == 413
    assert b"25 Mo" in page.sent[1]["body"]


FILE = {"CONTENT_LENGTH": str(bounds.PLAIN + 1), "HTTP_COOKIE": "sessionid=x", "PATH_INFO": "/jobs/from_list"}


def away(*given):
    raise OperationalError("no connection")


@alone
async def test_where_nobody_can_say_who_sends_a_file_it_is_to_come_again(monkeypatch):
    monkeypatch.setattr(bounds, "user_of", away)
    headers = {"Content-Length": FILE["CONTENT_LENGTH"], "Cookie": "sessionid=x", "Accept-Language": "fr"}
    server = Server(piece(b"x"), headers=headers, path="/jobs/from_list")
    assert (await server.run(), server.seen) == (503, None)
    assert "dans une minute" in server.sent[1]["body"].decode()


@pytest.mark.django_db
def test_nor_on_wsgi(monkeypatch):
    monkeypatch.setattr(bounds, "user_of", away)
    said = []
    body = UnitsFirst()(
        {**RequestFactory().post("/jobs/from_list").environ, **FILE}, lambda *given: said.append(given[0])
    )
    assert said == ["503 Service Unavailable"]
    assert b"in a minute" in b"".join(body)


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_page_whose_database_is_away_says_so(monkeypatch, language):
    """Also where it is asked before any view is: who has a session."""
    monkeypatch.setattr(sessions.SessionStore, "load", away)
    browser = Client(raise_request_exception=False, headers={"accept-language": language})
    browser.cookies["sessionid"] = "x" * 32
    answer = browser.get("/")
    assert answer.status_code == 503
    assert {"en": "in a minute", "fr": "dans une minute"}[language] in answer.content.decode()


@alone
async def test_one_address_holds_so_many_places_and_others_still_find_one(monkeypatch):
    monkeypatch.setattr(guard, "FROM_ONE", 3)
    held = guard.Guard(None)
    slow = [asyncio.create_task(Server(headers=CHUNKED).run(held)) for _ in range(3)]
    await asyncio.sleep(0)
    assert await Server(piece(b"{}"), headers=CHUNKED).run(held) == 503
    assert await Server(piece(b"{}"), headers=CHUNKED, client="::ffff:10.0.0.1").run(held) == 503  # the same one
    assert await Server(piece(b"{}"), headers=CHUNKED, client="10.0.0.2").run(held) == 200
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    assert await Server(piece(b"{}"), headers=CHUNKED).run(held) == 200


@alone
async def test_to_http_1_0_an_answer_in_pieces_gets_its_length():
    server = Server(piece(b"{}"), headers={"Content-Length": "2"}, version="1.0")
    assert await server.run() == 200
    assert (b"content-length", b"2") in server.sent[0]["headers"]
    assert [message["body"] for message in server.sent[1:]] == [b"ab"]
