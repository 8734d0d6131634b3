"""How a rule says no. Raised by actions and rows, turned into an answer once (api/errors.py; console/views.py).

Texts name the field, the reason and the way out. `code` is the machine-readable word of the error body.
"""

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    status = 400
    code = "refused"

    data: Any = None  # what an answer of the API carries beside the text

    def __init__(self, message: str, *, code: str | None = None, data: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data
        if code:
            self.code = code


class Invalid(Refused):
    """400 with the envelope's `validation_errors`: {field: text}."""

    code = "invalid"

    def __init__(self, errors: Mapping[str, str], *, code: str | None = None) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in errors.items()), code=code)
        self.errors = dict(errors)


class Conflict(Refused):
    """What the database itself refused at the end: somebody wrote meanwhile what does not go together with it."""

    code = "conflict"

    def __init__(self) -> None:
        super().__init__("This conflicts with something written at the same moment; look at it and send it again")


class Forbidden(Refused):
    status = 403
    code = "forbidden"


class NotFound(Refused):
    """404, for what does not exist and for what lies out of scope: nobody can tell the two apart."""

    status = 404
    code = "not_found"

    def __init__(self, message: str = "The requested resource could not be found") -> None:
        super().__init__(message)


class TooLarge(Refused):
    status = 413
    code = "too_large"


class TooMany(Refused):
    """429; `retry_after` in seconds."""

    status = 429
    code = "too_many_requests"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def refuse_if(condition: object, field: str, text: str) -> None:
    """Refuse with one field's text when the condition holds."""
    if condition:
        raise Invalid({field: text})
