"""Who writes a row of a unit through its table locks the unit first, as units and actions do (docs/adr/0016)."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.scope import Follows
from apps.products.models import Product
from backoffice.catalogue import CATALOGUE
from tests.factories import make

pytestmark = pytest.mark.django_db
OF_UNITS = [
    table
    for table in CATALOGUE
    if isinstance(table.model.SCOPE, Follows)
    and table.model._meta.get_field(table.model.SCOPE.path).related_model is Product
    and (table.after_write or table.remove)
]


def locked(call, user, method, where):
    with CaptureQueriesContext(connection) as sent:
        answer = call(user, method, where, {} if method == "PUT" else None)
    assert answer.status_code in (200, 204), answer.content
    return [
        re.findall(r'FROM "(\w+)"', one["sql"])[0] for one in sent if re.search(r"FOR (NO KEY )?UPDATE", one["sql"])
    ]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks the whole file")
@pytest.mark.parametrize("table", OF_UNITS, ids=lambda table: table.path)
def test_the_unit_is_locked_first(cast, call, table):
    where = f"/v1/{table.path}/{make(table.model, cast.a).pk}"
    for method, offered in (("PUT", table.edit), ("DELETE", table.delete)):
        if offered is not None:
            assert locked(call, cast.root, method, where)[:1] == ["products_product"], method
