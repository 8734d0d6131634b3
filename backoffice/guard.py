"""Before the application on an ASGI server: a request is handed on when it has arrived, whole and within bounds.

A body that comes slowly, or never, costs a little memory and no worker thread; what is too large is refused before it
is read. Chunked bodies get the length they turned out to have, which WSGI knows nothing without. Names of headers with
an underscore are dropped, as proxies do: WSGI can't tell `X_Forwarded_For` from `X-Forwarded-For`.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import IO, Any

from channels.db import database_sync_to_async
from django.http import HttpResponse

from apps.accounts.signin import address_of
from backoffice import bounds

App = Callable[[Any, Any, Any], Awaitable[None]]

IN_MEMORY = 1024 * 1024
PIECE = 64 * 1024
UNDER_WAY = 512  # bodies that may be on their way at once,
FROM_ONE = 128  # and from one address, behind which a mobile network may stand


class Refusal(Exception):
    def __init__(self, status: int) -> None:
        self.status = status


class Guard:
    def __init__(self, app: App) -> None:
        self.app = app
        self.under_way: Counter[str] = Counter()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if b"_" not in name]
        scope = {**scope, "headers": headers}
        if scope.get("http_version") == "1.0":
            send = _Unchunked(send)
        given = dict(headers)
        chunked = b"transfer-encoding" in given
        try:
            length = bounds.announced(given.get(b"content-length", b"").decode("latin-1"))
            if not chunked and not length:
                await self.app(scope, receive, send)
                return
            body = await self._arrived(scope, given, None if chunked else length, receive)
        except ValueError:
            await _answer(scope, given, send, 400)
            return
        except Refusal as refused:
            await _answer(scope, given, send, refused.status)
            return
        if body is None:
            return  # whoever sent it is gone
        with body:
            size = str(body.seek(0, 2)).encode()
            body.seek(0)
            kept = [item for item in headers if item[0] not in (b"content-length", b"transfer-encoding")]
            scope["headers"] = [*kept, (b"content-length", size)]
            await self.app(scope, _replayed(body, receive), send)

    async def _arrived(self, scope: Any, given: Any, length: int | None, receive: Any) -> IO[bytes] | None:
        """The whole body, or None when the sender went away. `length` is None where it is not known before."""
        cookies, somebody = given.get(b"cookie", b"").decode("latin-1"), False
        if cookies and length is not None and bounds.most(scope["path"], length, lambda: True) > bounds.PLAIN:
            try:
                somebody = await database_sync_to_async(bounds.is_somebody)(cookies)
            except bounds.Away:
                raise Refusal(503) from None
        most = bounds.most(scope["path"], length, lambda: somebody)
        if length is not None and length > most:
            raise Refusal(413)
        forwarded = ",".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for")
        source = str(address_of((scope.get("client") or ("",))[0], forwarded))
        if self.under_way.total() >= UNDER_WAY or self.under_way[source] >= FROM_ONE:
            raise Refusal(503)
        self.under_way[source] += 1
        try:
            return await _read(receive, most)
        finally:
            self.under_way[source] -= 1
            if not self.under_way[source]:
                del self.under_way[source]


async def _read(receive: Any, most: int) -> IO[bytes] | None:
    loop = asyncio.get_running_loop()
    begun, come, more = loop.time(), 0, True
    body = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # closed by whoever takes it
    try:
        while more:
            try:
                async with asyncio.timeout_at(begun + bounds.patience(come)):
                    message = await receive()
            except TimeoutError:
                raise Refusal(408) from None
            if message["type"] == "http.disconnect":
                body.close()
                return None
            piece, more = message.get("body", b""), message.get("more_body", False)
            come += len(piece)
            if come > most:
                raise Refusal(413)
            body.write(piece)
    except BaseException:
        body.close()
        raise
    return body


def _replayed(body: IO[bytes], receive: Any) -> Callable[[], Awaitable[Any]]:
    async def pieces() -> AsyncIterator[Any]:
        piece, more = body.read(PIECE), True
        while more:  # once at least: an empty body is one too
            following = body.read(PIECE)
            more = bool(following)
            yield {"type": "http.request", "body": piece, "more_body": more}
            piece = following

    held = pieces()

    async def again() -> Any:
        async for message in held:
            return message
        return await receive()

    return again


class _Unchunked:
    """To HTTP/1.0 an answer without a length is kept until its length is known: the server would chunk it."""

    def __init__(self, send: Any) -> None:
        self.send, self.start, self.held = send, None, bytearray()

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            if any(name.lower() == b"content-length" for name, _value in message["headers"]):
                await self.send(message)
            else:
                self.start = message
        elif self.start is None:
            await self.send(message)
        else:
            self.held += message.get("body", b"")
            if not message.get("more_body", False):
                start, self.start = self.start, None
                length = (b"content-length", str(len(self.held)).encode())
                await self.send({**start, "headers": [*start["headers"], length]})
                await self.send({**message, "body": bytes(self.held)})


async def _answer(scope: Any, given: Any, send: Any, status: int) -> None:
    language = given.get(b"accept-language", b"").decode("latin-1")
    response: HttpResponse = bounds.refusal(status, scope["path"], language)
    headers = [(name.lower().encode(), value.encode()) for name, value in response.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})
