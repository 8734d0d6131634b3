"""`@endpoint`: an action of the API is a function with a declaration; `route` puts its methods under one path.

    @endpoint("PUT", level=actions.enable_product.level, fetch=unit)
    def enable(request, product): ...

    urlpatterns = [route("products/<str:imei>/enable", enable)]

Checked in the order 401, 405, 403, 404, 400 (design.md, "Errors").
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pydantic
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from rest_framework import exceptions
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.api.parsers import ApiRequest, JSONParser
from apps.core.actions import require_level
from apps.core.levels import Level
from apps.core.refusals import Invalid


class Body(pydantic.BaseModel):
    """The shape of a body or a query: unknown keys of a body are ignored, those of a query refused, for without them
    the answer would be another one. Texts hold nothing a database refuses. REPEATED: what a query may give several
    times, as a list of texts."""

    REPEATED: ClassVar[frozenset[str]] = frozenset()
    model_config = pydantic.ConfigDict(extra="ignore", str_max_length=100_000)

    @pydantic.model_validator(mode="before")
    @classmethod
    def _object(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            raise ValueError("must be a JSON object")
        return data


@dataclass(frozen=True)
class Endpoint:
    method: str
    level: Level | None  # None: anyone, without a token
    any_token: bool
    handler: Callable[..., HttpResponseBase]
    fetch: Callable[..., Any] | None
    body: type[Body] | None
    parsers: Sequence[type[BaseParser]]

    @property
    def who(self) -> str:
        return self.level.value if self.level else "any token" if self.any_token else "anyone"


def endpoint(
    method: str,
    *,
    level: Level | None = None,
    anyone: bool = False,
    any_token: bool = False,
    fetch: Callable[..., Any] | None = None,
    body: type[Body] | None = None,
    parsers: Sequence[type[BaseParser]] = (JSONParser,),
) -> Callable[[Callable[..., HttpResponseBase]], Endpoint]:
    """Declare who may call a handler, what its path names (`fetch`, called before the body is looked at, so that 404
    comes before 400) and the shape of its input, which arrives as `body=`.

    A GET takes the body's keys from the query string as well as from a JSON body.
    """
    if (level is None) == (not anyone and not any_token):
        raise TypeError("an endpoint declares its level, or any_token=True, or anyone=True")

    def wrap(handler: Callable[..., HttpResponseBase]) -> Endpoint:
        return Endpoint(method, level, any_token, handler, fetch, body, parsers)

    return wrap


class ApiView(APIView):
    """What every view of /v1 shares: who is asking, whether the method exists, and their level, in this order."""

    def level_of(self, method: str) -> tuple[bool, Level | None]:
        """(does the method exist, the level it needs). A view that does not say offers nothing."""
        return False, None

    def open_to_anyone(self, method: str) -> bool:
        return False

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        made = super().initialize_request(request, *args, **kwargs)
        made.__class__ = ApiRequest
        return made

    @property
    def allowed_methods(self) -> list[str]:
        """Of `Allow` (RFC 9110) in a 405."""
        offered = [name for name in ("GET", "POST", "PUT", "DELETE") if self.level_of(name)[0]]
        return [*offered, "HEAD"] if "GET" in offered else offered

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        method = "GET" if request.method == "HEAD" else str(request.method)
        exists, level = self.level_of(method)
        if not self.open_to_anyone(method) and request.user is None:
            raise exceptions.NotAuthenticated("A valid token is needed: Authorization: Token token=…")
        if not exists:
            raise exceptions.MethodNotAllowed(method)
        require_level(request.user, level)

    def finalize_response(self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any) -> Any:
        return response  # every answer is a finished HttpResponse (envelope.py); there is nothing to negotiate

    def get_authenticators(self) -> Any:
        return _authenticators(type(self))


_made: dict[type, list[Any]] = {}


def _authenticators(view: type[APIView]) -> list[Any]:
    if view not in _made:
        _made[view] = [authentication() for authentication in view.authentication_classes]
    return _made[view]


class EndpointView(ApiView):
    endpoints: dict[str, Endpoint] = {}

    def level_of(self, method: str) -> tuple[bool, Level | None]:
        found = self.endpoints.get(method)
        return found is not None, found.level if found else None

    def open_to_anyone(self, method: str) -> bool:
        found = self.endpoints.get(method) or next(iter(self.endpoints.values()))
        return found.level is None and not found.any_token

    def get_parsers(self) -> list[BaseParser]:
        found = self.endpoints.get(str(self.request.method))
        return [parser() for parser in (found.parsers if found else (JSONParser,))]

    def call(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        found = self.endpoints["GET" if request.method == "HEAD" else str(request.method)]
        subject = [found.fetch(request, **kwargs)] if found.fetch else []
        if found.fetch:
            kwargs = {}
        if found.body is not None:
            kwargs["body"] = read_body(found.body, request)
        return found.handler(request, *subject, **kwargs)

    get = head = post = put = delete = call


def read_body(shape: type[Body], request: Request) -> Body:
    given: Any = request.data
    if hasattr(given, "dict"):  # a form
        given = given.dict()
    if request.method in ("GET", "HEAD"):
        asked: Any = request.query_params
        query = {name: asked.getlist(name) if name in shape.REPEATED else asked[name] for name in asked}
        given = {**(given if isinstance(given, dict) else {}), **query}
        known = shape.model_fields
        if unknown := [name for name in given if name not in known]:
            text = f"is not understood here; there are {', '.join(known)}"
            raise Invalid({str(name)[:80]: text for name in unknown[:20]})
    if unstorable := list(_unstorable(given)):
        raise Invalid({place[:120]: "holds characters that cannot be stored" for place in unstorable[:20]})
    try:
        return shape.model_validate(given)
    except pydantic.ValidationError as error:
        raise Invalid(field_errors(error)) from None


def _unstorable(given: Any, place: str = "") -> Iterator[str]:
    """Where in a body or a query stands what a database refuses."""
    if isinstance(given, str) and "\x00" in given:
        yield place or "body"
    pairs = given.items() if isinstance(given, dict) else enumerate(given) if isinstance(given, list) else ()
    for name, value in pairs:
        yield from _unstorable(value, f"{place}.{name}" if place else str(name))


def field_errors(error: pydantic.ValidationError) -> dict[str, str]:
    """{field: text} of the envelope; nested fields are named `product.assembler`."""
    found: dict[str, str] = {}
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        field = ".".join(str(part) for part in item["loc"]) or "body"
        text = "is required" if item["type"] == "missing" else item["msg"].removeprefix("Value error, ")
        found.setdefault(field[:120], text)
    return found


def route(where: str, *endpoints: Endpoint) -> URLPattern:
    by_method = {one.method: one for one in endpoints}
    if len(by_method) != len(endpoints):
        raise TypeError(f"{where} declares a method twice")
    view = EndpointView.as_view(endpoints=by_method)
    view.endpoints = by_method  # type: ignore[attr-defined]  # read by `manage.py routes`
    return path(where, view)
