"""Counts and far pages of lists are exact, whoever changes rows when (apps/core/changes.py, apps/core/counting.py)."""

import itertools
import threading

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction

from apps.accounts.models import Entity
from apps.core import changes, counting
from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.events import wake
from apps.products import actions
from apps.products.models import Product
from apps.repairs.models import SymptomType, SymptomTypeProductTypeLinker
from tests import reference
from tests.cast import Caller, make_cast, make_unit

pytestmark = pytest.mark.django_db(transaction=True)


NUMBERS = itertools.count(1)


@pytest.fixture
def stage(transactional_db, monkeypatch):
    monkeypatch.setattr(wake, "relay_soon", lambda: None)
    reference.fill()
    for counted in (SymptomTypeProductTypeLinker, SymptomType):  # only what a test makes itself
        counted.objects.all().delete()
    return make_cast()


@pytest.fixture
def worked_out(monkeypatch):
    """How many times something was worked out from the table itself."""
    times = []
    ask = changes._ask

    def counting_asks(expression, params):
        times.append(expression)
        return ask(expression, params)

    monkeypatch.setattr(changes, "_ask", counting_asks)
    return times


def symptom(name):
    number = next(NUMBERS)
    return new(SymptomType, by=SYSTEM, name=f"name {number}", description=name, label=f"label {number}")


def total(call, by, path):
    answer = call(by, "GET", path)
    assert answer.status_code == 200, answer.content
    return answer.json()["num_results"]


def test_a_count_is_kept_until_a_row_of_it_changes(stage, worked_out):
    call, path = Caller(), "/v1/symptom_types?description=b"
    symptom("a")
    assert [total(call, stage.root, path) for _time in range(3)] == [0, 0, 0]
    rows = [symptom("b"), symptom("b")]
    assert [total(call, stage.root, path) for _time in range(3)] == [2, 2, 2]
    SymptomType.objects.filter(pk=rows[0].pk).update(description="c")
    assert [total(call, stage.root, path) for _time in range(3)] == [1, 1, 1]
    rows[1].delete()
    assert [total(call, stage.root, path) for _time in range(3)] == [0, 0, 0]
    symptom("b")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        symptom("b")
        assert total(call, stage.root, path) == 2
        raise ZeroDivisionError
    assert total(call, stage.root, path) == 1
    if connection.vendor == "postgresql":
        assert len(worked_out) == 6  # at first, after each change, and while and after what was undone


def test_a_change_of_another_column_ends_nothing(stage, worked_out):
    if connection.vendor != "postgresql":
        return  # nothing is kept elsewhere
    call, unit = Caller(), make_unit("test-counts", entity=stage.a)
    path = f"/v1/products?product_type_id={unit.product_type_id}"
    assert total(call, stage.alice, path) == 1
    actions.enable_product(unit, by=stage.tina)
    assert (total(call, stage.alice, path), len(worked_out)) == (1, 1)
    assert total(call, stage.alice, "/v1/products?desired_enable_flag=1") == 1
    actions.disable_product(unit, by=stage.tina)
    assert total(call, stage.alice, "/v1/products?desired_enable_flag=1") == 0
    assert total(call, stage.charlie, path) == 0
    actions.change_entity(unit, old_entity_id=stage.a.pk, new_entity_id=stage.b.pk, by=stage.root)
    assert (total(call, stage.alice, path), total(call, stage.charlie, path)) == (0, 1)


def test_what_each_contact_writes_is_counted_each_time(stage, worked_out):
    call, unit = Caller(), make_unit("test-busy", entity=stage.a)
    for path in ("/v1/connections", "/v1/balances", "/v1/products?gps_lat=1.5"):
        assert total(call, stage.root, path) == 0
    Product.objects.filter(pk=unit.pk).update(gps_lat=1.5)
    assert total(call, stage.root, "/v1/products?gps_lat=1.5") == 1


def test_a_transaction_that_began_before_and_ended_after_a_count_is_seen(stage):
    """Numbers of transactions rise by their beginning; what counts is when they end."""
    if connection.vendor != "postgresql":
        return  # one writer at a time
    call, path = Caller(), "/v1/symptom_types"
    symptom("before")
    written, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def slowly():
        with transaction.atomic():
            symptom("slow")
            written.set()
            assert may_end.wait(10)
        connections.close_all()
        ended.set()

    threading.Thread(target=slowly).start()
    assert written.wait(10)
    symptom("meanwhile")
    assert [total(call, stage.root, path) for _time in range(2)] == [2, 2]
    may_end.set()
    assert ended.wait(10)
    assert total(call, stage.root, path) == 3


def test_emptied_tables_and_migrations_end_what_was_kept(stage):
    if connection.vendor != "postgresql":
        return
    rows = SymptomType.objects.all()
    symptom("a")
    assert counting.count(rows) == 1
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE repairs_symptomtype CASCADE")
    assert counting.count(rows) == 0
    changes.suspend(plan=[object()])
    symptom("unwatched")
    assert counting.count(rows) == 1
    symptom("unwatched too")
    assert counting.count(rows) == 2  # nothing is kept while nobody watches
    changes.install()
    symptom("watched")
    assert counting.count(rows) == 3
    call_command("migrate", verbosity=0)
    assert counting.count(rows) == 3


def test_changes_are_forgotten_after_what_they_end(stage):
    if connection.vendor != "postgresql":
        return
    rows = SymptomType.objects.all()
    assert counting.count(rows) == 0
    symptom("a")
    changes.tidy()
    changes.tidy()
    assert counting.count(rows) == 1
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_change SET seen_at = seen_at - interval '1 hour'")
        changes.tidy()
        cursor.execute("SELECT COUNT(*) FROM core_change")
        assert cursor.fetchone() == (0,)
    assert counting.count(rows) == 1


def test_far_pages_are_where_they_would_be(stage, monkeypatch):
    monkeypatch.setattr(counting, "STEP", 5)
    monkeypatch.setattr(counting, "NEAR", 10)
    call = Caller()
    for number in range(83):
        new(Entity, by=SYSTEM, name=f"Far {number:03d}", bboxx_company_flag=number % 3 == 0)
    everything = [row["entity_id"] for row in _pages(call, stage.root, "/v1/entities", 100)]
    assert everything == sorted(everything)
    assert len(everything) >= 83
    for size in (1, 7, 10):
        assert [row["entity_id"] for row in _pages(call, stage.root, "/v1/entities", size)] == everything
    third = "/v1/entities?bboxx_company_flag=1"
    assert [row["name"] for row in _pages(call, stage.root, third, 4)] == [f"Far {n:03d}" for n in range(0, 83, 3)]
    Entity.objects.filter(name="Far 003").delete()
    assert [row["name"] for row in _pages(call, stage.root, third, 4)][:2] == ["Far 000", "Far 006"]


def _pages(call, by, path, size):
    page, found = 1, []
    while True:
        answer = call(by, "GET", f"{path}{'&' if '?' in path else '?'}page={page}&results_per_page={size}").json()
        found += answer["objects"]
        if page >= answer["total_pages"]:
            return found
        page += 1
