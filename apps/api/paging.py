"""Pages of collections (contract/q-language.md §8)."""

import math
from collections.abc import Mapping
from typing import Any

from apps.core.refusals import Invalid

DEFAULT, MOST = 10, 1000


def read(query: Mapping[str, Any], default: int = DEFAULT, most: int = MOST) -> tuple[int, int]:
    """(page, results_per_page). A page that is no number is refused; an odd size falls back to the default."""
    try:
        page = int(query.get("page", "1"))
    except ValueError:
        raise Invalid({"page": "must be a whole number, counted from 1"}) from None
    if page < 0 or page > 2**31:
        raise Invalid({"page": "must be a whole number, counted from 1"})
    try:
        size = int(query.get("results_per_page", default))
    except ValueError:
        size = default
    if size < 1:
        size = default
    return page, min(size, most)


def envelope(objects: Any, total: int, page: int, size: int) -> dict[str, Any]:
    return {
        "num_results": total,
        "objects": objects,
        "page": page,
        "total_pages": math.ceil(total / size),
    }


def links(url: str, total: int, page: int, size: int) -> str:
    """The Link header: next where there is one, and last."""
    last = math.ceil(total / size)
    found = []
    if page < last:
        found.append(f'<{url}?page={page + 1}&results_per_page={size}>; rel="next"')
    found.append(f'<{url}?page={last}&results_per_page={size}>; rel="last"')
    return ", ".join(found)
