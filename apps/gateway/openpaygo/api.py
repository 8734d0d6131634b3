"""The doors of OpenPAYGO Metrics (contract/actions.md, "OpenPAYGO"): bare objects, as its specification has them."""

import datetime as dt
import hashlib
import json
from typing import Any, cast

from django.db import DatabaseError, IntegrityError, transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from apps.api import envelope
from apps.api.endpoint import Body, endpoint
from apps.api.errors import exception_handler
from apps.api.moments import asked_moments
from apps.core.levels import Level
from apps.core.refusals import Invalid, NotFound, Refused
from apps.dcm.queries import unit_of_serial
from apps.gateway.models import DataFormat
from apps.gateway.openpaygo import wire
from apps.gateway.openpaygo.exchange import exchange
from apps.gateway.openpaygo.shapes import read_format
from apps.products import queries as products
from apps.telemetry import store

SPAN = dt.timedelta(days=7)
MOST_TIMES = 10_000
LARGEST_FORMAT = 64 * 1024
MOST_FORMATS = 2000  # anybody may register one: enough for every kind of unit there is, and no more


class SpanQuery(Body):
    """`serial_number` (or IMEI); without times the last 7 days."""

    serial_number: str
    from_datetime: str | None = None
    to_datetime: str | None = None


@endpoint("POST", anyone=True)
def receive_device_data(request: Request) -> HttpResponse:
    """For units: no token, but a signature with the unit's key in `auth`. JSON or CBOR, answered likewise: 201 with
    `serial_number` and what the unit asked for; 400 `bad_metrics`; 401 for every doubt; 413 above 4,096 KB."""
    return exchange(request._request)


@endpoint("GET", level=Level.OVERVIEW, body=SpanQuery)
def read_device_data(request: Request, body: SpanQuery) -> HttpResponse:
    """What a unit sent, in the specification's simple form; `data` holds its latest values."""
    times = asked_moments(body, "from_datetime", "to_datetime")
    found = unit_of_serial(body.serial_number) if "\x00" not in body.serial_number else None
    if found is None:
        raise NotFound()
    product = products.fetch(found.product_imei, by=cast(Any, request.user))
    end = times.get("to_datetime", timezone.now())
    start = times.get("from_datetime", max(end, store.EARLIEST + SPAN) - SPAN)
    read = store.read(product.subject, start=start, end=end, limit=MOST_TIMES + 1)
    steps: dict[float, dict[str, Any]] = {}
    for name, pairs in read.items():
        for value, moment in pairs:
            step = steps.setdefault(_seconds(dt.datetime.fromisoformat(moment)), {})
            if value is not None:
                step[name] = value
    if len(steps) > MOST_TIMES:
        raise Invalid({"from_datetime": f"leaves more than {MOST_TIMES} times; ask for a shorter span"})
    latest = store.latest(product.subject)
    answer: dict[str, Any] = {
        "serial_number": body.serial_number,
        "data": {name: value for name, (_at, value) in sorted(latest.items())},
        "historical_data": [{"timestamp": at, **steps[at]} for at in sorted(steps)],
    }
    if latest:
        answer["timestamp"] = _seconds(max(at for at, _value in latest.values()))
    return envelope.answer(answer)


@endpoint("POST", anyone=True)
def register_data_format(request: Request) -> HttpResponse:
    """For units: 201 with the `id` by which `data_format_id` names this format; the same content has the same."""
    plain = request._request
    cbor = wire.is_cbor(plain)
    try:
        content = wire.read(plain, LARGEST_FORMAT)
        read_format(content)
        return wire.written({"id": _registered(content)}, cbor=cbor)
    except (Refused, DatabaseError) as error:
        if isinstance(error, Refused) and error.status == 400:
            error.code = wire.BAD
        response = exception_handler(error)
        if response is None:
            raise
        return wire.likewise(response, cbor=cbor)


def _registered(content: dict[str, Any]) -> int:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    known = DataFormat.objects.filter(digest=digest)
    row = known.first()
    if row is None:
        if DataFormat.objects.count() >= MOST_FORMATS:
            raise Refused("no more data formats can be registered here; send data_format along with the data")
        try:
            with transaction.atomic():
                row = DataFormat.objects.create(digest=digest, content=content)
        except IntegrityError:  # somebody registered it at the same moment
            row = known.get()
    return int(row.pk)


def _seconds(moment: dt.datetime) -> float:
    """Seconds since 1970, whole where they are."""
    found = moment.timestamp()
    return int(found) if found == int(found) else found
