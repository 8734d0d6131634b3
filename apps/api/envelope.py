"""The two shapes of an answer under /v1 (contract/actions.md, "Conventions"), rendered once."""

from typing import Any

import orjson
from django.http import HttpResponse

from apps.core.jsons import LEAST, MOST

JSON = "application/json"
DEEPEST = 100


def dumps(value: Any) -> bytes:
    """JSON. Times in it are naive UTC already (reading.records) or texts (core.times.iso)."""
    try:
        return orjson.dumps(value, default=str)
    except TypeError:  # a key that is no text; allowing for it from the start would cost each answer twice the time
        try:
            return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
        except TypeError:  # stored before there were bounds (core.jsons): reading it must not break
            return orjson.dumps(_writable(value), default=str, option=orjson.OPT_NON_STR_KEYS)


def _writable(value: Any, depth: int = 0) -> Any:
    """The same with what can't be written as text: numbers beyond 64 bits, what lies too deep, halves of characters."""
    if isinstance(value, dict | list) and depth > DEEPEST:
        return "…"
    if isinstance(value, dict):
        return {_writable(key): _writable(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_writable(inner, depth + 1) for inner in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if whole and not LEAST <= value <= MOST else value


def answer(value: Any, status: int = 200) -> HttpResponse:
    response = HttpResponse(dumps(value), content_type=JSON, status=status)
    response["Cache-Control"] = "no-store"
    return response


def success(message: Any, data: Any = None, status: int = 200) -> HttpResponse:
    return answer({"status": "success", "message": message, "data": data}, status)


INVALID = "Your request contained invalid data. See 'data' or 'validation_errors' for exact details"


def invalid(errors: dict[str, str], code: str = "invalid") -> dict[str, Any]:
    return {
        "status": "validation-error",
        "message": INVALID,
        "validation_errors": errors,
        "data": errors,
        "code": code,
    }


def error(message: str, code: str, data: Any = None) -> dict[str, Any]:
    return {"status": "error", "message": message, "data": data, "code": code}
