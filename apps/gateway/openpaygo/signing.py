"""Who signed a Metrics request: SipHash-2-4 with the unit's key, by the method that its first two letters name.

As the package openpaygo computes it, with two freedoms that the specification leaves: texts may be signed as they are
instead of escaped, and the hashes within a recursive one may have their leading zeros.
"""

import hmac
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from siphash import SipHash_2_4

SIMPLE, TIMESTAMP, COUNTER, DATA, RECURSIVE = "sa", "ta", "ca", "da", "ra"
METHODS = (SIMPLE, TIMESTAMP, COUNTER, DATA, RECURSIVE)
NOBODY = "0" * 32  # the key of a unit that is not there: who asks must not learn it from how long the answer takes
_HASH = re.compile(r"[0-9A-Fa-f]{1,16}\Z")


def signed_counters(method: str, given: Mapping[str, Any]) -> list[str]:
    """Which of request_count and timestamp the signature covers; those alone keep out what was sent before. Simple Auth
    covers none; what it sends counts all the same."""
    names = {TIMESTAMP: ("timestamp",), COUNTER: ("request_count",)}.get(method, ("request_count", "timestamp"))
    return [name for name in names if given.get(name) is not None]


def proves(given: Mapping[str, Any], secret_key: str) -> bool:
    """Whether `auth` of this request (long names, what they hold as it came) was made with this key."""
    auth = str(given["auth"])
    method, said = auth[:2], auth[2:]
    if method not in METHODS or not _HASH.match(said):
        return False
    wanted = int(said, 16).to_bytes(8, "big")
    key = bytes.fromhex(secret_key)
    return any([hmac.compare_digest(made.to_bytes(8, "big"), wanted) for made in _hashes(method, given, key)])


def _hashes(method: str, given: Mapping[str, Any], key: bytes) -> Iterator[int]:
    serial = str(given["serial_number"])
    if method == SIMPLE:
        yield _hash(serial, key)
    elif method in (TIMESTAMP, COUNTER):
        name = "timestamp" if method == TIMESTAMP else "request_count"
        if given.get(name) is not None:
            yield _hash(f"{serial}{given[name]}", key)
    else:
        makers = {DATA: _of_data, RECURSIVE: _of_chain}
        for escaped in (True, False):
            yield from makers[method](serial, given, key, escaped)
            if _text([given.get("data"), given.get("historical_data")], False).isascii():
                break  # both are the same text


def _of_data(serial: str, given: Mapping[str, Any], key: bytes, escaped: bool) -> Iterator[int]:
    parts = [serial, *(str(given[name]) for name in ("timestamp", "request_count") if given.get(name))]
    parts += [_text(given[name], escaped) for name in ("data", "historical_data") if given.get(name)]
    yield _hash("".join(parts), key)


def _of_chain(serial: str, given: Mapping[str, Any], key: bytes, escaped: bool) -> Iterator[int]:
    parts = [str(given[name]) for name in ("timestamp", "request_count") if given.get(name)]
    parts += [_text(given.get("data", []), escaped)]
    parts += [_text(step, escaped) for step in given.get("historical_data") or []]
    for padded in (False, True):
        made, short = _hash(serial, key), False
        for part in parts:
            short |= made < 2**60
            made = _hash((f"{made:016x}" if padded else f"{made:x}") + part, key)
        yield made
        if not short:
            break


def _text(value: Any, escaped: bool) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=escaped)


def _hash(text: str, key: bytes) -> int:
    made: int = SipHash_2_4(key, text.encode("utf-8", "surrogatepass")).hash()
    return made


def signature_of(answer: Mapping[str, Any], given: Mapping[str, Any], secret_key: str) -> str:
    """`auth` of an answer (long names) to this request."""
    parts = [str(given["serial_number"])]
    parts += [str(given[name]) for name in ("timestamp", "request_count") if given.get(name)]
    parts += [str(answer[name]) for name in ("active_until_timestamp", "active_seconds_left") if answer.get(name)]
    parts += [_text(answer[name], True) for name in ("token_list", "settings", "extra_data") if answer.get(name)]
    return f"{DATA}{_hash(''.join(parts), bytes.fromhex(secret_key)):x}"
