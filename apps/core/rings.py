"""The text of a key ring: `id:base64 of 32 bytes`, several separated by commas. The first encrypts, all decrypt, and
the last also keys the digests. Knows no Django, for settings are read with it."""

import base64
import binascii
from collections.abc import Mapping


def read(text: str) -> dict[str, bytes]:
    """Raises ValueError for what is no ring."""
    ring: dict[str, bytes] = {}
    for entry in text.strip().split(","):
        key_id, _, encoded = entry.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not key_id or len(key) != 32:
            raise ValueError("a key ring must read id:base64 of 32 bytes, several separated by commas")
        ring[key_id] = key
    return ring


def write(ring: Mapping[str, bytes]) -> str:
    return ",".join(f"{key_id}:{base64.b64encode(key).decode()}" for key_id, key in ring.items()) + "\n"
