"""/v1/openapi.json and /v1/docs: the description of the API, and Swagger UI from our own files."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from apps.api import envelope, openapi
from apps.api.errors import not_offered

# Swagger UI writes style attributes and draws its icons from data: addresses; nothing comes from elsewhere.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def _open(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def run(request: HttpRequest) -> HttpResponse:
        return view(request) if request.method in ("GET", "HEAD") else not_offered("GET")

    run.methods, run.who = ("GET",), "anyone"  # type: ignore[attr-defined]
    run.__qualname__, run.__module__ = view.__qualname__, view.__module__
    return run


@_open
def schema(request: HttpRequest) -> HttpResponse:
    return HttpResponse(openapi.cached_document(), content_type=envelope.JSON)


@_open
def docs(request: HttpRequest) -> HttpResponse:
    response = render(request, "api/docs.html")
    response["Content-Security-Policy"] = POLICY
    return response


@_open
def lead_there(request: HttpRequest) -> HttpResponse:
    """Whoever opens the API itself in a browser finds its documentation."""
    return redirect("/v1/docs")


urlpatterns = [path("", lead_there), path("docs/", lead_there), path("openapi.json", schema), path("docs", docs)]
