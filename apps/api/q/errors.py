"""A bad query names the bad piece."""

from apps.core.refusals import Refused


class BadQuery(Refused):
    code = "bad_query"

    def __init__(self, why: str) -> None:
        super().__init__(f"Unable to construct query: {why}")


class Unmatched(Refused):
    """`single`: nothing matches (404), or several rows do (400)."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message, code="not_found" if status == 404 else "multiple_results")
        self.status = status


def shown(value: object) -> str:
    """A client's value in a message, short and harmless."""
    return repr(value)[:60]
