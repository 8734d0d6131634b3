"""/v1/rc_data and /v1/rm_data: plain views, for units know neither tokens nor content negotiation.

An exchange: prove who sends (one 401 for every doubt), take the unit's lock, refuse an old counter, give the stored
answer to a repeated request, else do the work once and store its answer. A refused body (400) uses up its counter
and is signed like any answer.
"""

import base64
import binascii
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from apps.api import envelope
from apps.api.errors import exception_handler, not_offered
from apps.api.parsers import loads
from apps.core.actors import Actor, unit
from apps.core.refusals import Invalid, Refused
from apps.gateway import actions, bodies, quiet_report, signature
from apps.gateway.models import LastExchange
from apps.gateway.report import read_report
from apps.gateway.snapshot import Snapshot, look_up, recall
from apps.products.models import Product
from apps.telemetry import store

log = logging.getLogger(__name__)

Work = Callable[[Product, bytes, Actor], dict[str, Any]]
RECEIVED = {"status": "success", "message": "Status received", "data": None}
_RECEIVED = envelope.dumps(RECEIVED)
_NOBODY = signature.unit_key("no unit has this key")


class Doubtful(Exception):
    """Not proven: the same 401 whether the unit is unknown, the tag wrong or the counter old."""


@dataclass(frozen=True)
class Claim:
    """Who a request says it comes from. `counter` is None for HTTP Basic, which has none."""

    imei: str
    counter: int | None
    tag: str


def receive_report(product: Product, body: bytes, by: Actor) -> dict[str, Any]:
    actions.receive_report(product, report=read_report(loads(body)), by=by)
    return RECEIVED


def give_instructions(product: Product, body: bytes, by: Actor) -> dict[str, Any]:
    return {"status": "success", "message": "Instructions", "data": actions.give_instructions(product, by=by)}


def receive_telemetry(product: Product, body: bytes, by: Actor) -> dict[str, Any]:
    count = actions.receive_telemetry(product, upload=store.check(loads(body)), by=by)
    return {"status": "success", "message": f"{count} data-point(s) successfully written", "data": None}


def door(**works: Work) -> Callable[[HttpRequest], HttpResponse]:
    """A view with one work a method."""

    @csrf_exempt
    def view(request: HttpRequest) -> HttpResponse:
        work = works.get(str(request.method))
        if work is None:
            return not_offered(*works)
        try:
            return _exchange(request, work)
        except (Doubtful, Product.DoesNotExist):  # the second: deleted while it spoke
            body = envelope.error("The unit could not be authenticated", "unauthenticated")
            return envelope.answer(body, 401)
        except (Refused, DatabaseError) as error:
            response = exception_handler(error)
            if response is None:
                raise
            return response

    view.methods = tuple(works)  # type: ignore[attr-defined]
    view.who = "a unit"  # type: ignore[attr-defined]
    return view


def _exchange(request: HttpRequest, work: Work) -> HttpResponse:
    wired = bodies.raw_body(request)
    claim = _claim(request)
    quiet = _from_memory(claim, request, wired, work)
    if quiet is not None:
        return quiet
    seen = look_up(claim.imei)
    if claim.counter is None:
        allowed = bool(seen and seen.basic_auth_allowed) and request.is_secure()
        device_key = seen.device_key if seen else None
        if not signature.same(claim.tag, device_key or "\x00") or seen is None or not allowed:
            raise Doubtful
        return _response(*_answer(seen.pk, request, wired, work))
    key = (seen.unit_key if seen else None) or _NOBODY
    expected = signature.request_tag(key, str(request.method), request.path, claim.imei, claim.counter, wired)
    if not signature.same(claim.tag, expected) or seen is None or key is _NOBODY:
        raise Doubtful
    answer = _quietly(seen, claim.counter, claim.tag, request, wired, work)
    status, body = answer or _once(seen.pk, claim.counter, claim.tag, request, wired, work)
    return _signed(key, claim.imei, claim.counter, status, body)


def _from_memory(claim: Claim, request: HttpRequest, wired: bytes, work: Work) -> HttpResponse | None:
    """The answer to a quiet report of a unit that this process saw just now, without looking it up again. The
    statement that records it makes sure that what is remembered still holds; any doubt is for the long way."""
    seen = recall(claim.imei) if work is receive_report else None
    key = seen.unit_key if seen else None
    if seen is None or key is None or claim.counter is None:
        return None
    expected = signature.request_tag(key, str(request.method), request.path, claim.imei, claim.counter, wired)
    if not signature.same(claim.tag, expected):
        return None
    answer = _quietly(seen, claim.counter, claim.tag, request, wired, work)
    return _signed(key, claim.imei, claim.counter, *answer) if answer else None


def _signed(key: bytes, imei: str, counter: int, status: int, body: bytes) -> HttpResponse:
    response = _response(status, body)
    response["X-Unit-Auth"] = signature.reply_tag(key, status, imei, counter, body)
    return response


def _quietly(
    seen: Snapshot, counter: int, tag: str, request: HttpRequest, wired: bytes, work: Work
) -> tuple[int, bytes] | None:
    """The answer to a report that only says what is known, where it can be recorded in one statement."""
    if (
        work is not receive_report
        or connection.vendor != "postgresql"
        or seen.counter is None
        or counter <= seen.counter
    ):
        return None
    try:
        report = read_report(loads(bodies.inflate(request, wired)))
    except Refused:
        return None  # a refusal has its own way to be stored
    if not quiet_report.is_quiet(seen, report):
        return None
    done = quiet_report.record_quiet(seen, report, counter=counter, tag=tag, body=_RECEIVED)
    return (200, _RECEIVED) if done else None


@transaction.atomic
def _once(pk: int, counter: int, tag: str, request: HttpRequest, wired: bytes, work: Work) -> tuple[int, bytes]:
    Product.objects.select_for_update(no_key=True).only("pk").get(pk=pk)
    last = LastExchange.objects.filter(product_id=pk).first()
    if last is not None and counter <= last.counter:
        if counter == last.counter and signature.same(tag, last.tag):
            return last.status, bytes(last.body)
        raise Doubtful
    status, body = _answer(pk, request, wired, work)
    values = {"counter": counter, "tag": tag, "status": status, "body": body}
    if last is None:
        LastExchange.objects.create(product_id=pk, **values)
    else:
        LastExchange.objects.filter(product_id=pk).update(**values)
    return status, body


def _answer(pk: int, request: HttpRequest, wired: bytes, work: Work) -> tuple[int, bytes]:
    """The work in a savepoint of its own: refused, it leaves nothing behind but its answer."""
    try:
        with transaction.atomic():
            product = Product.objects.select_for_update(of=("self",), no_key=True).select_related(
                "latest_enable_history", "latest_tamper_enable_history", "latest_state"
            ).get(pk=pk)  # fmt: skip
            return 200, envelope.dumps(work(product, bodies.inflate(request, wired), unit(product.product_imei)))
    except Invalid as refused:
        return 400, envelope.dumps(envelope.invalid(refused.errors, refused.code))
    except Refused as refused:
        return refused.status, envelope.dumps(envelope.error(refused.message, refused.code))


def _claim(request: HttpRequest) -> Claim:
    scheme, _, encoded = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            imei, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Doubtful from None
        return Claim(_storable(imei), None, password)
    imei = request.META.get("HTTP_X_UNIT_IMEI") or request.GET.get("i", "")
    counter = request.META.get("HTTP_X_UNIT_COUNTER") or request.GET.get("n", "")
    tag = request.META.get("HTTP_X_UNIT_AUTH") or request.GET.get("a", "")
    if not (counter.isascii() and counter.isdecimal() and len(counter) < 20 and int(counter) <= signature.MOST):
        raise Doubtful
    return Claim(_storable(imei), int(counter), tag)


def _storable(imei: str) -> str:
    if not (0 < len(imei) <= 20 and imei.isascii() and imei.isprintable()):
        raise Doubtful
    return imei


def _response(status: int, body: bytes) -> HttpResponse:
    response = HttpResponse(body, content_type=envelope.JSON, status=status)
    response["Cache-Control"] = "no-store"
    return response


rc_data = door(GET=give_instructions, POST=receive_report)
rm_data = door(POST=receive_telemetry)
