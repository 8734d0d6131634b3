"""What a view says of its answer, for whoever sends it on."""

from typing import Any


def holds_secret(response: Any) -> Any:
    """Mark an answer that shows a secret: it is not compressed, for its length would tell of it (docs/adr/0019)."""
    response.holds_secret = True
    return response
