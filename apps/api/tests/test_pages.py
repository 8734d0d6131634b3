"""A page that the database writes is the page that Python would write."""

import datetime as dt
import json

import pytest

from apps.api import pages, reading
from apps.api.envelope import dumps
from apps.connectivity.models import RtcMessageHistory
from backoffice.catalogue import CATALOGUE, UNSERVED
from tests.factories import make

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


def parsed(page):
    return json.loads(dumps(page))


@pytest.mark.parametrize("table", [*CATALOGUE, *UNSERVED], ids=lambda table: table.path)
def test_both_ways_write_the_same_records(cast, table):
    row = make(table.model, cast.a)
    make(table.model, cast.b)
    moments = [AT, AT.replace(microsecond=120), AT.replace(microsecond=123456), AT.replace(microsecond=500000), None]
    for field in table.model._meta.concrete_fields:
        if field.get_internal_type() == "DateTimeField":
            setattr(row, field.name, next((one for one in moments if one or field.null), AT))
            moments = [*moments[1:], moments[0]]
        elif field.get_internal_type() == "TextField" and not field.choices and field.editable:
            setattr(row, field.name, 'a\\b "c" \u2028 é\n\t% %s {0}')
        elif field.get_internal_type() == "JSONField":
            setattr(row, field.name, {"b": [1, 1.5, None, True, "%s"], "a": {"é": "\u0001"}})
    row.save()
    for order in ("pk", "-pk"):
        rows = table.model.objects.order_by(order)
        assert parsed(pages.page(table, rows[:1000])) == parsed(reading.records(table, rows[:1000]))
    assert parsed(pages.page(table, table.model.objects.none())) == []


def test_bytes_of_any_length(cast):
    table = next(table for table in UNSERVED if table.model is RtcMessageHistory)
    row = make(RtcMessageHistory, cast.a)
    field = next(field for field in row._meta.concrete_fields if field.get_internal_type() == "BinaryField")
    setattr(row, field.name, bytes(range(256)) * 3)
    row.save()
    rows = RtcMessageHistory.objects.order_by("pk")
    assert parsed(pages.page(table, rows[:10])) == parsed(reading.records(table, rows[:10]))
