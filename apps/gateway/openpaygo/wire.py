"""Bodies and answers of OpenPAYGO Metrics: JSON or CBOR by the content type, short or long names."""

from collections.abc import Mapping
from typing import Any

import cbor2
import orjson
from django.http import HttpRequest, HttpResponse

from apps.api import envelope
from apps.api.parsers import Undecodable, inflated, loads
from apps.connectivity.letters import NoLetter, Reading
from apps.core.refusals import Invalid
from apps.gateway.bodies import raw_body

MOST = 4096 * 1024  # of a request, as it came and inflated
CBOR = "application/cbor"
BAD = "bad_metrics"

SHORT: Mapping[str, str] = {
    "sn": "serial_number", "ts": "timestamp", "a": "auth", "rc": "request_count", "df": "data_format_id",
    "dfo": "data_format", "d": "data", "hd": "historical_data", "acc": "accessories", "tkl": "token_list",
    "auts": "active_until_timestamp", "asl": "active_seconds_left", "st": "settings", "ed": "extra_data",
    "tc": "token_count", "autsr": "active_until_timestamp_requested", "aslr": "active_seconds_left_requested",
    "dct": "data_collection_timestamp", "dtc": "data_collection_timestamp",  # the specification's, and the package's
}  # fmt: skip
_LONG = {long: short for short, long in SHORT.items() if short != "dtc"}


def bad(field: str, text: str) -> Invalid:
    return Invalid({field[:120]: text}, code=BAD)


def is_cbor(request: HttpRequest) -> bool:
    return (request.content_type or "").strip().lower() == CBOR


def read(request: HttpRequest, most: int = MOST) -> dict[str, Any]:
    """The object in a body. Raises Refused for what is none, and TooLarge."""
    raw = inflated(raw_body(request, most), request.META.get("HTTP_CONTENT_ENCODING", ""), most)
    content = _unpacked(raw, most) if is_cbor(request) else loads(raw)
    if not isinstance(content, dict):
        raise bad("body", "must be an object")
    return content


def _unpacked(raw: bytes, most: int) -> Any:
    try:
        return Reading(most).plain(cbor2.loads(raw))
    except NoLetter as error:
        raise Undecodable(f"the body {error}") from None
    except Exception as error:  # bytes of strangers: tags may raise anything
        raise Undecodable(f"the body is no CBOR ({type(error).__name__})") from None


# Of those, what stands among a unit's values, where any other name is its own.
OF_DATA = {name: SHORT[name] for name in ("tc", "autsr", "aslr", "auts", "asl")}


def long_names(given: Mapping[str, Any], known: Mapping[str, str] = SHORT) -> dict[str, Any]:
    """The same with the long names of what has short ones. What is there under both is refused."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        name = known.get(name, name)
        if name in found:
            raise bad(name, "is there twice")
        found[name] = value
    return found


def short_names(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {_LONG.get(name, name): value for name, value in answer.items()}


def written(content: Any, *, cbor: bool, status: int = 201) -> HttpResponse:
    if not cbor:
        return envelope.answer(content, status)
    response = HttpResponse(cbor2.dumps(content), content_type=CBOR, status=status)
    response["Cache-Control"] = "no-store"
    return response


def likewise(response: HttpResponse, *, cbor: bool) -> HttpResponse:
    """A refusal in the form in which was asked."""
    if not cbor:
        return response
    again = written(orjson.loads(response.content), cbor=True, status=response.status_code)
    for name in ("Retry-After", "Allow"):
        if name in response:
            again[name] = response[name]
    return again
