"""U1, the way units and server prove themselves to each other (design.md, "Units on the wire").

K = HMAC-SHA256(device_key, "unit-auth-v1")
request tag = first 32 hex of HMAC-SHA256(K, "U1\\n" METHOD "\\n" PATH "\\n" imei "\\n" counter "\\n" hex(SHA256(body)))
reply tag   = first 32 hex of HMAC-SHA256(K, "S1\\n" status "\\n" imei "\\n" counter "\\n" hex(SHA256(reply)))

The body is the bytes on the wire (compressed, if it is). Used by the server and by the simulated units alike.
"""

import functools
import hashlib
import hmac

MOST = 2**63 - 1


@functools.lru_cache(maxsize=4096)
def unit_key(device_key: str) -> bytes:
    return hmac.digest(device_key.encode("ascii", "replace"), b"unit-auth-v1", "sha256")


def request_tag(key: bytes, method: str, path: str, imei: str, counter: int, body: bytes) -> str:
    return _tag(key, "U1", method.upper(), path, imei, str(counter), body=body)


def reply_tag(key: bytes, status: int, imei: str, counter: int, body: bytes) -> str:
    return _tag(key, "S1", str(status), imei, str(counter), body=body)


def same(tag: str, other: str) -> bool:
    return hmac.compare_digest(tag.encode(), other.encode())


def _tag(key: bytes, *parts: str, body: bytes) -> str:
    text = "\n".join([*parts, hashlib.sha256(body).hexdigest()])
    return hmac.digest(key, text.encode(), "sha256").hex()[:32]
