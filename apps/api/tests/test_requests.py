"""What a client may write in an address, and what it is told of it (../shared/cases/public-cases.md, by number)."""

import json
import time
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client

from apps.api.q.lookups import matcher
from apps.core import statements
from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.products.models import ProductNote
from tests.cast import make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(cast, unit, call):
    def send(method, address, body=None):
        path, _, query = address.partition("?")
        return call(cast.root, method, path, body, QUERY_STRING=query)

    return send


EMPTY = {
    "48": ("/v1/products?product_imei=", "product_imei"),
    "49a": ("/v1/enable_history?product_imei=", "product_imei"),
    "49b": ("/v1/product_notes?product_imei=", "product_imei"),
    "49c": ("/v1/products?is_payg=", "is_payg"),
    "49d": ("/v1/products?disable_date=", "disable_date"),
    "blank": ("/v1/products?product_imei=%20", "product_imei"),
}


@pytest.mark.parametrize("case", EMPTY)
def test_an_empty_filter_is_refused_by_its_name(ask, case):
    address, name = EMPTY[case]
    answer = ask("GET", address)
    assert answer.status_code == 400
    assert "empty" in answer.json()["validation_errors"][name]


def test_the_first_of_a_repeated_parameter_counts(ask, unit):  # 50
    other = make_unit("test-other")

    def q(imei):
        return quote(json.dumps({"filters": [{"name": "product_imei", "op": "eq", "val": imei}]}))

    for first, second in ((unit, other), (other, unit)):
        for address in (
            f"/v1/products?q={q(first.product_imei)}&q={q(second.product_imei)}",
            f"/v1/products?product_imei={first.product_imei}&product_imei={second.product_imei}",
        ):
            (found,) = ask("GET", address).json()["objects"]
            assert found["product_imei"] == first.product_imei


NO_UTF8 = {
    "53, like %account% not encoded": '/v1/product_notes?q={"filters":[{"name":"note_text","op":"like","val":"%account%"}]}',
    "53, like %de% not encoded": '/v1/product_notes?q={"filters":[{"name":"note_text","op":"like","val":"%de%"}]}',
    "a plain filter": "/v1/entities?name=%e9t%e9",
    "a parameter's name": "/v1/entities?%ff=1",
    "an endpoint": "/v1/auth/validate_user?username=%ff",
}


@pytest.mark.parametrize("case", NO_UTF8)
def test_bytes_that_are_no_utf8_are_refused(ask, case):
    answer = ask("GET", NO_UTF8[case].replace('"', "%22").replace("{", "%7B").replace("}", "%7D"))
    assert answer.status_code == 400
    assert "%25" in answer.json()["message"]


def test_a_form_that_is_no_utf8_is_refused(db):
    form = "application/x-www-form-urlencoded"
    answer = Client().post("/v1/auth/login", b"username=%ff&password=x", content_type=form)
    assert answer.status_code == 400
    assert "UTF-8" in answer.json()["message"]
    for address in ("/login?next=%ff", "/units?q=%ac"):
        answer = Client().get("/login", QUERY_STRING=address.partition("?")[2])
        assert answer.status_code == 400, address
        assert b"<html" in answer.content


@pytest.mark.parametrize("text", ["%ff", "%00", "a%00b"])
def test_a_page_takes_no_bytes_that_nobody_types(db, text):
    form = "application/x-www-form-urlencoded"
    for path in ("/login", "/admin/products/product/", "/units"):
        assert Client().get(path, QUERY_STRING=f"next={text}").status_code == 400
    assert Client().post("/login", f"username={text}&password=x".encode(), content_type=form).status_code == 400


LOST_PLUS = ["2026-11-25T23:00:00 02:00", "2026-11-25 23:00:00.5 02:00", "2026-11-25T23:00 0200"]


@pytest.mark.parametrize("at", LOST_PLUS)  # 37
def test_a_zone_whose_plus_became_a_blank_is_refused(ask, unit, at):
    q = json.dumps({"filters": [{"name": "created_at", "op": "ge", "val": at}]})
    body = {"product_imei": unit.product_imei, "note_text": "x"}
    raw = q.replace(" 02", "+02").replace(":00 ", ":00+")  # as a client sends it that forgot to encode
    for answer in (
        ask("GET", f"/v1/products?q={quote(q)}"),
        ask("GET", f"/v1/products?q={quote(raw, safe='+')}"),
        ask("GET", f"/v1/products?disable_date={quote(at)}"),
        ask("PUT", f"/v1/products/{unit.product_imei}", {"disable_date": at}),
    ):
        assert answer.status_code == 400, answer.content
    assert ask("POST", "/v1/product_notes", body).status_code == 201
    right = json.dumps({"filters": [{"name": "created_at", "op": "ge", "val": "2999-11-25T23:00:00+02:00"}]})
    assert ask("GET", f"/v1/products?q={quote(right)}").json()["num_results"] == 0


SURROGATES = [
    {"filters": [{"name": "\ud800", "op": "eq", "val": 1}]},
    {"filters": [{"name": "product_imei", "op": "\udfff", "val": 1}]},
    {"filters": [{"name": "product_imei", "op": "eq", "field": "\ud800"}]},
    {"filters": [{"name": "product_imei", "op": "in", "val": ["\ud800"]}]},
    {"filters": [{"or": [{"name": "x\ud800__y", "op": "any", "val": 1}]}]},
    {"filters": [{"\ud800": 1}]},
    {"filters": "\ud800"},
    {"order_by": [{"field": "\ud800"}]},
    {"order_by": [{"field": "product_imei", "direction": "\ud800"}]},
    {"order_by": ["\ud800"]},
    {"group_by": [{"field": "\ud800"}]},
    {"limit": "\ud800"},
    {"offset": "\ud800"},
    {"\ud800": 1},
    "\ud800",
]


@pytest.mark.parametrize("q", SURROGATES, ids=json.dumps)
def test_half_a_character_in_q_is_refused(ask, q):
    answer = ask("GET", f"/v1/products?q={quote(json.dumps(q))}")
    assert answer.status_code == 400
    answer.json()


@pytest.mark.parametrize(
    ("method", "address", "allowed"),
    [
        ("PATCH", "/v1/shops/1", "GET, HEAD, PUT, DELETE"),  # 78a
        ("DELETE", "/v1/shops", "GET, HEAD, POST"),  # 78b
        ("GET", "/v1/auth/login", "POST"),  # 78c
        ("OPTIONS", "/v1/products", "GET, HEAD"),  # 78d
        ("DELETE", "/v1/rc_data", "GET, HEAD, POST"),
        ("GET", "/v1/rm_data", "POST"),
        ("POST", "/v1/openapi.json", "GET, HEAD"),
        ("POST", "/health/live", "GET, HEAD"),
        ("POST", "/metrics", "GET, HEAD"),
    ],
)
def test_what_is_not_offered_says_what_is(ask, method, address, allowed):
    answer = ask(method, address)
    assert answer.status_code == 405
    found = answer["Allow"].split(", ")
    assert set(allowed.split(", ")) <= set(found) | {"HEAD"}
    assert method not in found


PATTERNS = [
    ("", "", True), ("%", "", True), ("_", "", False), ("a", "ab", False), ("%a", "ba", True), ("a%", "ba", False),
    ("%a%b%", "xaxbx", True), ("%a%b%", "xbxax", False), ("a%a", "a", False), ("a%a", "aa", True), ("_%_", "a", False),
    ("_%_", "ab", True), ("%ab", "abab", True), ("ab%ab", "abab", True), ("ab%ab", "abaab", True), ("%_b_%", "abc", True),
    (r"\%", "%", True), (r"\%", "a", False), (r"\_a", "_a", True), (r"\\", "\\", True), (r"%\%%", "a%b", True),
    ("%.%", "ab", False), ("a_c", "a\nc", True), ("%%%%", "x", True), ("é%", "été", True), ("A", "a", False),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "text", "fits"), PATTERNS)
def test_a_pattern_fits_as_like_does(pattern, text, fits):
    assert bool(matcher(pattern, False)(text)) is fits
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s LIKE %s", [text, pattern])
            assert cursor.fetchone() == (fits,)


def test_no_pattern_takes_longer_than_its_text(ask, unit):
    """`%a%a…` over a long text of a's made the expression of old try for ever; the matcher steps through it once."""
    new(ProductNote, by=SYSTEM, product=unit, note_text="a" * 5000 + "b")
    for pattern in ("%a" * 120 + "%c", "%a_" * 80 + "%c", "%" + "_%" * 120 + "c", "a%" * 100 + "c"):
        for op in ("like", "ilike"):
            q = json.dumps({"filters": [{"name": "note_text", "op": op, "val": pattern}]})
            answer = ask("GET", f"/v1/product_notes?q={quote(q)}")
            assert (answer.status_code, answer.json()["num_results"]) == (200, 0)


def test_a_statement_that_takes_too_long_is_stopped_and_the_others_go_on(ask, monkeypatch):
    """SQLite knows no statement timeout: a request's statements are looked at while they run."""
    if connection.vendor != "sqlite":
        return
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"
    monkeypatch.setattr(statements, "LIMIT", 0.05)
    begun = time.monotonic()
    with statements.limited(), pytest.raises(Exception, match="interrupted"), connection.cursor() as cursor:
        cursor.execute(endless)
    assert time.monotonic() - begun < 60
    with statements.limited(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_who_asked_for_too_much_is_told_so(ask, monkeypatch):
    from apps.api import views

    def slow(*args):
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL statement_timeout = 50")
                cursor.execute("SELECT pg_sleep(30)")
            cursor.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n")

    monkeypatch.setattr(statements, "LIMIT", 0.05)
    monkeypatch.setattr(views.counting, "count", slow)
    answer = ask("GET", "/v1/products")
    assert (answer.status_code, answer.json()["code"]) == (503, "too_slow")
    assert "narrow" in answer.json()["message"]
