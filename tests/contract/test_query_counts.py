"""How many queries each method of each table costs. Golden: `REFRESH=1 pytest -n0 tests/contract/test_query_counts.py`
writes them anew after a wanted change, so that it shows in the review."""

import itertools
import json
import os
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.catalogue import CATALOGUE
from tests import factories
from tests.factories import body_of, make

pytestmark = pytest.mark.django_db
GOLDEN = Path(__file__).parent / "query_counts.json"
HELD = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}


def counted(call, *request, status):
    with CaptureQueriesContext(connection) as queries:
        answer = call(*request)
    assert answer.status_code == status, answer.content
    # Statements are prepared once a connection; that is no cost of this request.
    told = [query["sql"] for query in queries if not query["sql"].startswith("PREPARE")]
    print(request[1], request[2], *(f"  {sql[:150]}" for sql in told), sep="\n")  # shown where the test fails
    return len(told), answer


@pytest.mark.parametrize("table", CATALOGUE, ids=lambda table: table.path)
def test_the_queries_of_a_table(cast, call, table, monkeypatch):
    # The same values each time, whatever ran before: an option drawn by number decides what an order overtakes.
    monkeypatch.setattr(factories, "_numbers", itertools.count(700_000))
    row = make(table.model, cast.a)
    where = f"/v1/{table.path}"
    one = f"{where}/{getattr(row, table.key.attname)}"
    call(cast.root, "GET", where)  # the token is remembered from here on
    found = {"list": counted(call, cast.root, "GET", where, status=200)[0]}
    found["one"] = counted(call, cast.root, "GET", one, status=200)[0]
    if table.create:
        body = body_of(table, cast.a if not any(column.field.one_to_one for column in table.columns.values()) else None)
        found["create"], made = counted(call, cast.root, "POST", where, body, status=201)
        one = f"{where}/{made.json()[table.key.name]}"
    if table.edit:
        found["edit nothing"] = counted(call, cast.root, "PUT", one, {}, status=200)[0]
    if table.delete:
        found["delete"] = counted(call, cast.root, "DELETE", one, status=204)[0]
    if os.environ.get("REFRESH"):
        HELD[table.path] = found
        GOLDEN.write_text(json.dumps(dict(sorted(HELD.items())), indent=1) + "\n")
    assert found == HELD.get(table.path)
    assert (found["list"], found["one"]) == (2, 1)
