"""Pages hear of what they may see, and of nothing else."""

import pytest
import pytest_asyncio
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.db import connections
from django.test import Client

from apps.accounts.models import User
from apps.events import relay
from apps.live import consumers
from apps.products import actions
from backoffice.asgi import application
from tests import reference
from tests.cast import make_cast, make_unit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]
WAIT = 5


@pytest_asyncio.fixture(autouse=True)
async def no_connection_stays_behind():
    yield
    await database_sync_to_async(connections.close_all)()


@database_sync_to_async
def stage():
    reference.fill()
    cast = make_cast()
    unit = make_unit("010101234560005", entity=cast.a)
    relay.relay_all()  # what came before a page was open
    return cast, unit


@database_sync_to_async
def session_of(user):
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


async def open_page(user, origin=b"http://localhost"):
    headers = [(b"origin", origin), (b"host", b"localhost")]
    if user is not None:
        headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={await session_of(user)}".encode()))
    page = WebsocketCommunicator(application, "/live", headers=headers)
    return page, await page.connect(timeout=WAIT)


@database_sync_to_async
def switch(unit, by, on=True):
    (actions.enable_product if on else actions.disable_product)(unit, by=by)
    relay.relay_all()


async def test_a_page_hears_of_its_unit_and_its_people_only():
    cast, unit = await stage()
    mine, (opened, _) = await open_page(cast.bob)
    theirs, (also, _) = await open_page(cast.charlie)
    assert (opened, also) == (True, True)
    for page in (mine, theirs):
        await page.send_json_to({"watch": unit.subject})
        assert await page.receive_json_from(timeout=WAIT) == {"watching": unit.subject}
    await switch(unit, cast.tina)
    heard = await mine.receive_json_from(timeout=WAIT)
    assert heard == {"event": "product.power_ordered", "subject": unit.subject}
    assert await theirs.receive_nothing(timeout=0.2)
    for page in (mine, theirs):
        await page.disconnect()


async def test_nobody_and_foreign_pages_are_turned_away():
    cast, _unit = await stage()
    _page, (opened, _code) = await open_page(None)
    assert not opened
    _page, (opened, _code) = await open_page(cast.bob, origin=b"https://evil.example.org")
    assert not opened


async def test_who_is_no_longer_allowed_hears_nothing_more(monkeypatch):
    cast, unit = await stage()
    monkeypatch.setattr(consumers, "RECHECK", 0.0)
    page, _ = await open_page(cast.bob)
    await page.send_json_to({"watch": unit.subject})
    await page.receive_json_from(timeout=WAIT)
    await database_sync_to_async(User.objects.filter(pk=cast.bob.pk).update)(is_active=False)
    await switch(unit, cast.tina)
    assert (await page.receive_output(timeout=WAIT)) == {"type": "websocket.close", "code": 4401}


@pytest.mark.parametrize(
    "frame",
    [
        "no json", "[]", "{}", '{"watch": 5}', '{"watch": "' + "x" * 200 + '"}', '{"watch": "\\ud800"}', "\ud800",
        '{"watch": "a\\u0000"}', "[" * 60_000, b"\x00\xff",
    ],
    ids=lambda frame: repr(frame[:30]),
)  # fmt: skip
async def test_what_makes_no_sense_closes_the_page(frame):
    cast, _unit = await stage()
    page, _ = await open_page(cast.bob)
    await page.send_to(**{"text_data" if isinstance(frame, str) else "bytes_data": frame})
    assert (await page.receive_output(timeout=WAIT)) == {"type": "websocket.close", "code": 4400}
