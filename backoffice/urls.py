"""Every address: /v1 (endpoints first, then tables), the console, and what errors answer."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, include, path
from django.urls.resolvers import RoutePattern
from django.views.generic import RedirectView

from apps.api.views import table_urls
from apps.operations import health, metrics
from backoffice import errors
from backoffice.admin import site
from backoffice.catalogue import CATALOGUE

v1: list[Any] = [
    path("", include("apps.gateway.urls")),  # first: most requests are units'
    path("", include("apps.accounts.urls")),
    path("", include("apps.api.docs")),
    path("", include("apps.factory.urls")),
    path("", include("apps.products.urls")),
    path("", include("apps.repairs.urls")),
    path("", include("apps.workflows.urls")),
    path("", include("apps.connectivity.urls")),
    path("", include("apps.dcm.urls")),
    *table_urls(CATALOGUE),
]


def by_first_word(patterns: Iterable[Any]) -> list[Any]:
    """The same patterns in the same order, those that begin with the same word under one prefix: three hundred need not
    be tried one by one at each request."""
    words: dict[str, list[Any]] = {}
    for route, pattern in _flat(patterns):
        word, slash, rest = route.partition("/")
        held = words.setdefault(word + slash, [])
        found = RoutePattern(rest if slash else word, pattern.name, is_endpoint=True)
        held.append(URLPattern(found, pattern.callback, pattern.default_args, pattern.name))
    return [one for word, held in words.items() for one in ([path(word, include(held))] if word[-1:] == "/" else held)]


def _flat(patterns: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        route = prefix + pattern.pattern._route
        if isinstance(pattern, URLResolver):
            yield from _flat(pattern.url_patterns, route)
        else:
            yield route, pattern


urlpatterns = [
    path("v1/", include(by_first_word(v1))),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("metrics", metrics.metrics),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", site.urls),
    path("", include("apps.console.urls")),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
