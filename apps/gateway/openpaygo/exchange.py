"""One Metrics request: prove who sends (one 401 for every doubt), take the unit's lock, refuse an old counter or time,
give the stored answer to an equal one, else do the work once and keep its answer."""

import json
import logging
from typing import Any

from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.api import envelope
from apps.api.errors import exception_handler
from apps.core.actors import unit
from apps.core.refusals import Invalid, Refused
from apps.dcm import queries
from apps.dcm.models import TokenKey
from apps.gateway import actions
from apps.gateway.openpaygo import points, signing, wire
from apps.gateway.openpaygo.shapes import Metrics, read_request
from apps.products.models import Product

log = logging.getLogger(__name__)


class Doubtful(Exception):
    """Not proven: the same 401 whether the serial is unknown, the hash wrong, or the counter or time old."""


def exchange(request: HttpRequest) -> HttpResponse:
    """The answer to one request, 201 or a refusal, in the form in which it came."""
    cbor = wire.is_cbor(request)
    try:
        metrics = read_request(wire.read(request))
        answer = _proven(metrics)
        _accessories(metrics)
        return wire.written(wire.short_names(answer) if metrics.short else answer, cbor=cbor)
    except (Doubtful, Product.DoesNotExist, TokenKey.DoesNotExist):  # the last two: gone while it spoke
        refusal = envelope.answer(envelope.error("The unit could not be authenticated", "unauthenticated"), 401)
    except (Refused, DatabaseError) as error:
        if isinstance(error, Refused) and error.status == 400:
            error.code = wire.BAD
        response = exception_handler(error)
        if response is None:
            raise
        refusal = response
    return wire.likewise(refusal, cbor=cbor)


def _proven(metrics: Metrics) -> dict[str, Any]:
    product = queries.unit_of_serial(metrics.serial)
    key = queries.token_key_of(product) if product is not None else None
    proven = signing.proves(metrics.given, key.secret_key if key is not None else signing.NOBODY)
    if not proven or key is None or product is None:
        raise Doubtful
    if metrics.method == signing.SIMPLE and not product.product_type.simple_auth_allowed:
        raise Doubtful
    return _once(product.pk, key.secret_key, metrics)


@transaction.atomic
def _once(pk: int, secret_key: str, metrics: Metrics) -> dict[str, Any]:
    product = Product.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
    key = TokenKey.objects.get(product=product)
    if key.secret_key != secret_key:
        raise Doubtful
    if _is_repeated(key, metrics):
        stored: dict[str, Any] = json.loads(key.answer or "{}")
        return stored
    now = timezone.now()
    answer = actions.receive_metrics(
        product, data=metrics.data, uploads=points.uploads(metrics, now), taken_at=points.taken_at(metrics, now),
        by=unit(product.product_imei),
    )  # fmt: skip
    answer = {"serial_number": metrics.serial, **answer}
    if set(answer) != {"serial_number", "token_list"}:  # tokens alone prove themselves
        answer["auth"] = signing.signature_of(answer, metrics.given, secret_key)
    counters = {name: metrics.given[name] for name in signing.signed_counters(metrics.method, metrics.given)}
    columns = {_COLUMNS[name]: value for name, value in counters.items()}
    TokenKey.objects.filter(pk=key.pk).update(answer=json.dumps(answer), **columns)
    return answer


_COLUMNS = {"request_count": "request_count", "timestamp": "request_time"}


def _is_repeated(key: TokenKey, metrics: Metrics) -> bool:
    """Whether this is the last request once more. Raises Doubtful for one that is older: of its counter and its time,
    where both are signed, neither may go back."""
    repeated = None
    for name in signing.signed_counters(metrics.method, metrics.given):
        given, last = metrics.given[name], getattr(key, _COLUMNS[name])
        if last is not None and given < last:
            raise Doubtful
        if repeated is None:  # the counter says it, where there is one: two requests may come in one second
            repeated = given == last
    return bool(repeated)


def _accessories(metrics: Metrics) -> None:
    """What accessories without a network of their own had carried along: each is a request by itself, signed by its own
    key, and what is wrong with one is no reason to refuse the others."""
    for content in metrics.given.get("accessories") or []:
        try:
            inner = read_request(content if isinstance(content, dict) else {})
            _proven(inner)
        except (Doubtful, Product.DoesNotExist, TokenKey.DoesNotExist, Invalid) as error:
            log.info("an accessory's metrics were left: %s", type(error).__name__)
