"""What a newcomer forgets is told at the start."""

from types import SimpleNamespace

from apps.api import checks as api
from apps.api.routes import Route
from apps.core import checks as core
from apps.core.tables import Table
from apps.products.models import Product, StateType


def test_a_row_without_scope_stops_the_start(monkeypatch):
    monkeypatch.setattr(StateType, "SCOPE", None)
    assert [problem.id for problem in core.rows_declare_their_scope()] == ["core.E001"]


def test_a_hidden_column_that_is_none_stops_the_start(monkeypatch):
    monkeypatch.setattr(Product, "HIDDEN", ("misspelt",))
    assert [problem.id for problem in core.rows_declare_their_scope()] == ["core.E002"]


def test_a_route_that_says_nothing_of_who_may_call_it_stops_the_start(monkeypatch):
    monkeypatch.setattr(api, "every_route", lambda: [Route("/v1/x", "GET", "?", "somewhere")])
    assert [problem.id for problem in api.routes_declare_who_may_call_them()] == ["api.E001"]


def test_a_table_that_names_what_is_not_there_stops_the_start(monkeypatch):
    tables = [
        Table(path="a b", model=StateType), Table(path="x", model=StateType, owned=("nothing",)),
        Table(path="y", model=StateType), Table(path="y", model=StateType, read=None), Table(path="z", model=SimpleNamespace),
    ]  # fmt: skip
    monkeypatch.setattr(api, "every_route", lambda: [SimpleNamespace(table=table) for table in tables])
    problems = {(str(problem.obj), problem.id) for problem in api.tables_are_sound()}
    assert {("Table a b", "api.E003"), ("Table x", "api.E003"), ("Table z", "api.E003")} <= problems
