"""Real-time letters (docs/units.md): base64 of a CBOR array that begins with its kind; `ident` says whose it is."""

import base64
import binascii
import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import cbor2
from django.conf import settings
from django.utils.module_loading import import_string

from apps.core.jsons import LEAST, MOST
from apps.core.times import strict_moment

# To units
SYNC, STATUS_UPDATE, COMMAND = 1, 2, 3
# From units; what is done with a kind stands on the page backoffice/letters.py.
STATUS, TELEMETRY, REPLY, LOG = 1, 2, 3, 4
LONGEST = 64 * 1024  # bytes
DEEPEST = 20
# Of values and characters together. Each costs a byte at least, so that only a letter whose parts refer to one another
# (CBOR can) holds more: a few hundred bytes of it would keep its reader busy for ever.
MOST_HELD = LONGEST


class NoLetter(ValueError):
    """It can't be read; the text says why."""


def pack(letter: list[Any]) -> bytes:
    return cbor2.dumps(letter)


def in_base64(packed: bytes) -> str:
    return base64.b64encode(packed).decode()


def unpack(packed: bytes) -> list[Any]:
    """The array in these bytes. Raises NoLetter for whatever is none, however it was made."""
    if len(packed) > LONGEST:
        raise NoLetter(f"is longer than {LONGEST} bytes")
    try:
        letter = Reading().plain(cbor2.loads(packed))
    except NoLetter:
        raise
    except Exception as error:  # bytes of strangers: tags may raise anything
        raise NoLetter(f"is no CBOR ({type(error).__name__})") from None
    if not isinstance(letter, list) or not letter or isinstance(letter[0], bool) or not isinstance(letter[0], int):
        raise NoLetter("is no array that begins with its kind")
    return letter


class Reading:
    """Arrays, maps with texts as keys, texts, numbers, true, false and null; no more is ever in a letter. `most`:
    values and characters together."""

    def __init__(self, most: int = MOST_HELD) -> None:
        self.held, self.most = 0, most

    def plain(self, value: Any, depth: int = 0) -> Any:
        self.held += 1 + (len(value) if isinstance(value, str) else 0)
        if self.held > self.most:
            raise NoLetter("holds more than its length allows")
        if depth > DEEPEST:
            raise NoLetter(f"is nested deeper than {DEEPEST} levels")
        if isinstance(value, list | tuple):
            return [self.plain(one, depth + 1) for one in value]
        if isinstance(value, dict):
            return {self.key(key): self.plain(one, depth + 1) for key, one in value.items()}
        if isinstance(value, int) and not LEAST <= value <= MOST:
            raise NoLetter("holds a number longer than 64 bits")
        if value is None or isinstance(value, str | int | float):
            return value
        raise NoLetter(f"holds something of a kind that no letter has ({type(value).__name__})")

    def key(self, key: Any) -> str:
        if not isinstance(key, str | int):
            raise NoLetter("holds a key that is neither a text nor a number")
        return str(self.plain(key))


def message_of(payload: Mapping[str, Any]) -> bytes:
    """The CBOR in a letter as it lies in the queue. Raises NoLetter."""
    try:
        return base64.b64decode(payload["message"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise NoLetter("has no message in base64") from None


def taken_at(payload: Mapping[str, Any]) -> dt.datetime | None:
    """When the network took the letter, by its clock, where it says so."""
    try:
        return strict_moment(payload["timestamp"])
    except (KeyError, TypeError, AttributeError, ValueError):
        return None


def read_payload(body: bytes | str) -> dict[str, Any]:
    """The JSON object that lies in the queue. Raises NoLetter."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise NoLetter("is no JSON") from None
    if not isinstance(payload, dict):
        raise NoLetter("is no JSON object")
    return payload


def as_json(letter: Any) -> str:
    return json.dumps(letter, ensure_ascii=True, allow_nan=True)


def to_read(letter: Any) -> str:
    """The same for a page: accents as they are, and halves of characters, which no page can send, escaped."""
    text = json.dumps(letter, ensure_ascii=False, allow_nan=True)
    return text.encode("utf-8", "backslashreplace").decode()


def digest(queue: str, payload: str) -> str:
    return hashlib.sha256(f"{queue}\n{payload}".encode("utf-8", "replace")).hexdigest()


def orders_of(product: Any) -> dict[str, Any]:
    """What a status update says: the unit's instructions, which a later room puts together."""
    orders: dict[str, Any] = import_string(f"{settings.LETTERS}.orders")(product)
    return orders


def hears(kind: int) -> Any:
    """handler(product, content, by=) of a kind of letter from units; None: it is kept, and nothing follows."""
    return import_string(f"{settings.LETTERS}.HEARD").get(kind)
