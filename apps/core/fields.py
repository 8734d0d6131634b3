"""Small helpers for models."""


def options(*words: str) -> list[tuple[str, str]]:
    """The choices of a column whose values are their own names (`options` in contract/tables.json)."""
    return [(word, word) for word in words]
