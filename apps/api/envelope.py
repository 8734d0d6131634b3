"""The two shapes of an answer under /v1 (contract/actions.md, "Conventions"), rendered once."""

from typing import Any

import orjson
from django.http import HttpResponse

JSON = "application/json"


def dumps(value: Any) -> bytes:
    """JSON. Times in it are naive UTC already (reading.records) or texts (core.times.iso)."""
    try:
        return orjson.dumps(value, default=str)
    except TypeError:  # a key that is no text; allowing for it from the start would cost each answer twice the time
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)


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


def error(message: str, code: str) -> dict[str, Any]:
    return {"status": "error", "message": message, "data": None, "code": code}
