"""A consequence of events: tell the pages that watch a subject."""

import asyncio
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from apps.events.models import Event
from apps.live.groups import group_of

_server_loop: asyncio.AbstractEventLoop | None = None


def set_server_loop(loop: asyncio.AbstractEventLoop | None) -> None:
    """In one process the layer's queues belong to the server's event loop: a worker's thread must send there, for a
    queue filled from another loop is only noticed when a timer happens to wake the server."""
    global _server_loop
    _server_loop = loop


def push(event: Event) -> None:
    message: dict[str, Any] = {
        "type": "live.event",
        "name": event.name,
        "subject": event.subject,
        "entity_ids": event.entity_ids,
    }
    layer = get_channel_layer()
    if layer is None:
        raise RuntimeError("no channel layer is configured")
    if _server_loop is not None and _server_loop.is_running():
        sent = asyncio.run_coroutine_threadsafe(layer.group_send(group_of(event.subject), message), _server_loop)
        sent.result(timeout=10)
    else:
        async_to_sync(layer.group_send)(group_of(event.subject), message)
