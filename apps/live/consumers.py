"""The live channel of a page: it says which subject it watches and is told that something happened to it.

A message carries the event's name and nothing else worth hiding; the page then fetches anew what it shows, through
the same doors as ever. Scope is checked for every event by the entities it belongs to, and who is signed in is looked
up again at least every five seconds, so a revoked session hears nothing more.
"""

import time
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from apps.accounts.sessions import user_of
from apps.live.groups import group_of

MOST_SUBJECTS = 50
RECHECK = 5.0  # seconds


class LiveConsumer(AsyncJsonWebsocketConsumer):
    user: Any = None
    checked = 0.0

    async def connect(self) -> None:
        self.subjects: set[str] = set()
        if not await self._still_signed_in():
            await self.close(code=4401)
            return
        await self.accept()

    async def disconnect(self, code: int) -> None:
        for subject in self.subjects:
            await self.channel_layer.group_discard(group_of(subject), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        if text_data is None:
            await self.close(code=4400)
            return
        await super().receive(text_data=text_data, **kwargs)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        subject = content.get("watch") if isinstance(content, dict) else None
        if not isinstance(subject, str) or not _is_subject(subject) or len(self.subjects) >= MOST_SUBJECTS:
            await self.close(code=4400)
            return
        self.subjects.add(subject)
        await self.channel_layer.group_add(group_of(subject), self.channel_name)
        await self.send_json({"watching": subject})

    @classmethod
    async def decode_json(cls, text_data: str) -> Any:
        try:
            return await super().decode_json(text_data)
        except (ValueError, RecursionError):
            return None

    async def live_event(self, message: dict[str, Any]) -> None:
        if not await self._still_signed_in():
            await self.close(code=4401)
        elif self.user.is_global or self.user.entity_key in message["entity_ids"]:
            await self.send_json({"event": message["name"], "subject": message["subject"]})

    async def _still_signed_in(self) -> bool:
        if time.monotonic() - self.checked < RECHECK:
            return self.user is not None
        self.user = await database_sync_to_async(user_of)(self.scope["session"].session_key)
        self.checked = time.monotonic()
        return self.user is not None


def _is_subject(given: str) -> bool:
    return len(given) <= 120 and given.isprintable()
