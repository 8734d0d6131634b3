"""Every address: /v1 (endpoints first, then tables), the console, and what errors answer."""

from typing import Any

from django.urls import include, path
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
    *table_urls(CATALOGUE),
]

urlpatterns = [
    path("v1/", include(v1)),
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
