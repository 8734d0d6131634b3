"""The q language through HTTP, corner by corner (contract/q-language.md)."""

import datetime as dt
import json
from urllib.parse import quote

import pytest

from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.products.models import Product, ProductNote, ProductType, SoftwareVersionType
from tests.cast import make_unit

pytestmark = pytest.mark.django_db
TIME = dt.datetime(2016, 7, 28, 8, 43, 9, 501636, tzinfo=dt.UTC)


@pytest.fixture
def fleet(cast):
    """Five units of A: three of type 7, one of 6, one of 10; some with notes, assemblers, positions."""
    rows = [
        ("a1", 7, "Foxconn", 1.5, True, TIME), ("a2", 7, "foxconn", None, False, None),
        ("a3", 7, None, 3.0, True, TIME + dt.timedelta(days=1)), ("a4", 6, "Fox_con", -2.0, False, None),
        ("a5", 10, "100% \\ fox", 3.0, True, TIME.replace(microsecond=0)),
    ]  # fmt: skip
    units = {}
    for name, kind, assembler, lat, payg, moment in rows:
        make_unit(
            f"test-{name}", entity=cast.a, product_type_id=kind, assembler=assembler, gps_lat=lat, is_payg=payg,
            analysis_timestamp=moment, warranty_start_date=moment and moment.date(),
        )  # fmt: skip
        units[name] = Product.objects.get(product_imei=f"test-{name}")
    for name, text in (("a1", "north"), ("a1", "south"), ("a2", "south"), ("a5", "East")):
        new(ProductNote, by=SYSTEM, product=units[name], note_text=text)
    return cast


@pytest.fixture
def ask(fleet, call):
    def run(q, user=fleet.bob, path="/v1/products", **more):
        text = q if isinstance(q, str) else json.dumps(q)
        extra = "".join(f"&{key}={value}" for key, value in more.items())
        return call(user, "GET", f"{path}?q={quote(text)}{extra}")

    return run


@pytest.fixture
def found(ask):
    def run(*filters, **q):
        answer = ask({"filters": list(filters)} | q)
        assert answer.status_code == 200, answer.content
        body = answer.json()
        names = [row["product_imei"].removeprefix("test-") for row in body["objects"]]
        assert body["num_results"] == len(names)
        return " ".join(names)

    return run


DEEP: dict = {"or": []}
for _level in range(10):
    DEEP = {"or": [DEEP]}
DEEP = {"filters": [DEEP]}


def f(name, op, *val, **more):
    return {"name": name, "op": op, **({"val": val[0]} if val else {}), **more}


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        (f("product_type_id", "eq", 7), "a1 a2 a3"), (f("product_type_id", "==", "7"), "a1 a2 a3"),
        (f("product_type_id", "equals_to", " 07"), "a1 a2 a3"), (f("product_type_id", "equal_to", 7.0), "a1 a2 a3"),
        (f("product_type_id", "eq", 7.5), ""), (f("product_type_id", "eq", 10**30), ""), (f("product_type_id", "lt", 10**30), "a1 a2 a3 a4 a5"),
        (f("product_type_id", "gt", 6.5), "a1 a2 a3 a5"), (f("product_type_id", "le", 6.5), "a4"), (f("product_type_id", "neq", 6.5), "a1 a2 a3 a4 a5"),
        (f("product_type_id", "!=", 7), "a4 a5"), (f("product_type_id", "does_not_equal", 7), "a4 a5"),
        (f("product_type_id", "gte", 7), "a1 a2 a3 a5"), (f("product_type_id", "geq", 7), "a1 a2 a3 a5"), (f("product_type_id", "<", 7), "a4"),
        (f("assembler", "neq", "Foxconn"), "a2 a4 a5"), (f("assembler", "eq", "Foxconn "), ""), (f("gps_lat", "ne", 3), "a1 a4"),
        (f("assembler", "is_null"), "a3"), (f("assembler", "is_null", ""), "a3"), (f("assembler", "is_not_null", 5), "a1 a2 a4 a5"),
        (f("product_type_id", "in", [6, 10, None]), "a4 a5"), (f("product_type_id", "in", "67"), "a1 a2 a3 a4"),
        (f("product_type_id", "in", []), ""), (f("assembler", "not_in", []), "a1 a2 a3 a4 a5"), (f("assembler", "not_in", ["x", None]), ""),
        (f("assembler", "not_in", ["Foxconn"]), "a2 a4 a5"), (f("product_imei", "in", [1, 2, 5]), ""), (f("product_type_id", "in", {"6": 1}), "a4"),
        (f("assembler", "like", "Fox%"), "a1 a4"), (f("assembler", "ilike", "fOX%"), "a1 a2 a4"), (f("assembler", "like", "oxco"), ""),
        (f("assembler", "like", "Fox_con"), "a4"), (f("assembler", "like", "Foxco__"), "a1"), (f("assembler", "like", "Fox\\_con"), "a4"),
        (f("assembler", "like", "100\\% \\\\ %"), "a5"), (f("assembler", "like", ""), ""), (f("assembler", "like", "[A-Z]%"), ""),
        (f("is_payg", "eq", True), "a1 a3 a5"), (f("is_payg", "eq", "false"), "a2 a4"), (f("is_payg", "eq", "1"), "a1 a3 a5"),
        (f("gps_lat", "gt", "1.5"), "a3 a5"), (f("gps_lat", "lt", 10**400), "a1 a3 a4 a5"),
        (f("analysis_timestamp", "eq", "2016-07-28T08:43:09.501636"), "a1"), (f("analysis_timestamp", "ne", "2016-07-28T08:43:09.501636"), "a3 a5"), (f("warranty_start_date", "neq", "2016-07-28"), "a3"), (f("is_payg", "neq", True), "a2 a4"), (f("analysis_timestamp", "eq", "2016-07-28 08:43:09"), "a5"),
        (f("analysis_timestamp", "ge", "2016-07-28T10:43:09.501636+02:00"), "a1 a3"), (f("analysis_timestamp", "gt", "28/07/2016"), "a1 a3 a5"),
        (f("analysis_timestamp", "lt", "CURRENT_TIMESTAMP"), "a1 a3 a5"), (f("warranty_start_date", "eq", "2016-07-28T23:00:00"), "a1 a5"),
        (f("analysis_timestamp", "in", ["2016-07-28T08:43:09Z"]), "a5"),
        (f("created_at", "gt", field="analysis_timestamp"), "a1 a3 a5"), (f("current_enable_flag", "eq", fieldname="desired_enable_flag"), "a1 a2 a3 a4 a5"),
        (f("is_payg", "eq", False, field=""), "a2 a4"), (f("imsi", "like", field="serial_number"), ""),
        ({"or": [f("product_type_id", "eq", 6), f("product_type_id", "eq", 10)]}, "a4 a5"), ({"or": []}, "a1 a2 a3 a4 a5"), ({"and": []}, "a1 a2 a3 a4 a5"),
        ({"and": [f("is_payg", "eq", True), {"or": [f("gps_lat", "eq", 3), f("assembler", "eq", "Foxconn")]}]}, "a1 a3 a5"),
        ({"or": [f("product_type_id", "eq", 6), {"and": []}]}, "a1 a2 a3 a4 a5"), ({"or": [f("is_payg", "eq", False)], "and": 5, "name": "x"}, "a2 a4"),
        (f("notes", "any", f("note_text", "eq", "south")), "a1 a2"), (f("notes", "any", f("note_text", "ilike", "EA%")), "a5"),
        (f("notes__note_text", "any", "south"), "a1 a2"), (f("notes__note_text", "any", f("created_by", "eq", "system")), "a1 a2 a5"),
        (f("notes", "any", {"or": [f("note_text", "eq", "north"), f("note_text", "eq", "East")]}), "a1 a5"),
        (f("notes", "is_null"), "a3 a4"), (f("notes__note_text", "is_not_null"), "a1 a2 a5"), (f("notes__note_text", "eq", "north"), "a1"),
        (f("product_type", "has", f("name", "eq", "Hub 2")), "a1 a2 a3"), (f("product_type__name", "has", "Home 2"), "a4"),
        (f("product_type__name", "like", "Home%"), "a4 a5"), (f("hub", "is_null"), "a1 a2 a3 a4 a5"), (f("software_lock", "is_null", ""), "a1 a2 a3 a4 a5"),
        (f("notes", "any", f("product", "has", f("product_type", "has", f("name", "eq", "Hub 2")))), "a1 a2"),
        (f("latest_state", "has", f("current_state_type", "eq", 2)), "a1 a2 a3 a4 a5"),
    ],
)  # fmt: skip
def test_a_filter_finds(found, condition, names):
    assert found(condition) == names


@pytest.mark.parametrize(
    "condition",
    [
        f("nothing", "eq", 1), f("product_type_id", "eq"), f("product_type_id", "eq", None), f("product_type_id", "=", 7), f("product_type_id", "EQ", 7),
        f("product_type_id", "<>", 7), f("product_type_id", "between", [1, 2]), f("product_type_id", None, 7), f("product_type_id", 5, 7), {"op": "eq", "val": 1},
        f(None, "eq", 1), f("", "eq", 1), f(5, "eq", 1), f("product_type_id", "eq", "abc"), f("product_type_id", "eq", ""), f("product_type_id", "eq", "3.0"),
        f("product_type_id", "eq", True), f("product_type_id", "eq", []), f("product_type_id", "eq", {}), f("product_type_id", "in", 7),
        f("product_type_id", "in", [[7]]), f("product_type_id", "in", list(range(1001))), f("is_payg", "eq", 1), f("is_payg", "eq", ""), f("is_payg", "gt", True),
        f("product_type_id", "like", "7"), f("assembler", "like", 5), f("assembler", "like", "x\\"), f("assembler", "like", "x" * 256),
        f("assembler", "eq", "a\x00b"), f("analysis_timestamp", "eq", "yesterday"), f("analysis_timestamp", "eq", "2016-13-45"), f("analysis_timestamp", "eq", ""),
        f("analysis_timestamp", "eq", 5), f("analysis_timestamp", "like", "2016%"), f("analysis_timestamp", "eq", "9" * 20),
        f("product_type_id", "eq", field="assembler"), f("product_type_id", "eq", field="nothing"), f("product_type_id", "in", field="hub_id"),
        f("product_type_id", "eq", field="product_type__name"), f("notes", "has", f("note_text", "eq", "x")), f("product_type", "any", f("name", "eq", "x")),
        f("assembler", "any", f("name", "eq", "x")), f("notes", "any", {}), f("notes", "any", None), f("notes", "any", "x"), f("notes", "any", {"name": "note_text"}),
        f("notes", "any", f("nothing", "eq", 1)), f("notes__nothing", "any", 1), f("notes__note_text", "any", [1]), f("nothing__x", "any", 1), f("notes", "eq", 1),
        f("a__b__c", "eq", 1), {"not": [f("is_payg", "eq", True)]}, {"OR": []}, {"or": None}, {"or": 5}, {"or": "x"}, {"or": {}}, {"and": [5]},
        f("device_key", "eq", "x"), f("device_key", "is_null"), f("device_key_digest", "eq", "x"), f("row_no", "gt", 0), f("objects", "eq", 1), f("_state", "eq", 1),
        f("pk", "eq", 1), f("product_type__name__startswith", "eq", "x"), f("product_type__parameter_types", "eq", "x"), f("password", "eq", "x"), 5, None, [], "x",
    ],
)  # fmt: skip
def test_a_bad_filter_is_a_400_that_names_the_bad_piece(ask, condition):
    answer = ask({"filters": [condition]})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_query")
    assert answer.json()["message"].startswith("Unable to construct query: ")


@pytest.mark.parametrize("q", ["", "abc", "{'a': 1}", "[" * 100_000])
def test_a_q_that_is_no_json(ask, q):
    assert ask(q[:6000]).status_code == 400


@pytest.mark.parametrize(
    "q",
    [
        [], None, 5, "x", True, {"filters": None}, {"filters": 5}, {"filters": [1]}, {"filters": "ab"}, {"filters": [{}]}, {"order_by": None},
        {"order_by": {}}, {"order_by": "x"}, {"order_by": ["x"]}, {"order_by": [{"field": "nothing"}]}, {"order_by": [{"field": "assembler", "x": 1}]},
        {"order_by": [{"field": "assembler", "direction": "ASC"}]}, {"order_by": [{"field": "assembler", "direction": None}]}, {"order_by": [{"field": "notes"}]},
        {"order_by": [{"field": "device_key"}]}, {"group_by": [{"field": "device_key"}]}, {"group_by": None}, {"group_by": [{"field": "notes__note_text"}, {"field": "states__state_id"}]}, {"group_by": [{"field": "a__b__c"}]},
        {"limit": -1}, {"limit": "abc"}, {"limit": [1]}, {"offset": -1}, {"offset": {"a": 1}}, {"limit": 10**5000},
        {"filters": [f("is_payg", "eq", True)] * 51}, DEEP,
        {"filters": [f("notes", "any", f("product", "has", f("notes", "any", f("product", "has", f("is_payg", "eq", True)))))]},
    ],
)  # fmt: skip
def test_a_bad_query_is_a_400(ask, q):
    answer = ask(q if not (isinstance(q, dict) and q.get("limit") == 10**5000) else '{"limit": 1e400, "offset": [1]}')
    assert answer.status_code == 400, answer.content


def test_what_is_unknown_is_ignored(found):
    assert found(f("is_payg", "eq", False, page=5, x="y"), page=3, disjunction=True) == "a2 a4"
    assert found() == "a1 a2 a3 a4 a5"


def test_order_by(found):
    def by(*fields):
        return found(
            order_by=[{"field": name.lstrip("-"), "direction": "desc" if name[0] == "-" else "asc"} for name in fields]
        )

    assert by("gps_lat") == "a4 a1 a3 a5 a2"  # NULLs last, the key breaks ties
    assert by("-gps_lat") == "a2 a3 a5 a1 a4"
    assert by("-is_payg", "-product_imei") == "a5 a3 a1 a4 a2"
    assert by("notes__note_text", "product_imei").endswith("a3 a4")  # rows without a child last, each row once
    assert by("-notes__note_text", "product_imei").endswith("a3 a4")
    assert by("product_type__product_type_id", "product_imei") == "a4 a1 a2 a3 a5"
    assert found(order_by=[{"field": "product_imei"}]) == "a1 a2 a3 a4 a5"


def test_group_by_gives_the_row_with_the_smallest_key_of_each_group(found):
    assert found(group_by=[{"field": "product_type_id"}]) == "a1 a4 a5"
    assert found(group_by=[{"field": "product_type_id"}, {"field": "hub_id"}, {"field": "shop_id"}]) == "a1 a4 a5"
    assert found(group_by=[{"field": "gps_lat"}]) == "a1 a2 a3 a4"  # NULL is one group
    assert found(f("is_payg", "eq", True), group_by=[{"field": "gps_lat"}]) == "a1 a3"
    assert found(group_by=[{"field": "product_type__name"}]) == "a1 a4 a5"
    # a1 stands for "north" and "south", once; a3 for those without a note
    text = {"field": "notes__note_text"}
    assert found(group_by=[text]) == "a1 a3 a5"
    assert found(f("is_payg", "eq", False), group_by=[text]) == "a2 a4"
    assert found(group_by=[{"field": "product_type_id"}, text]) == "a1 a3 a4 a5"
    assert found(group_by=[text, {"field": "product_type__name"}]) == "a1 a3 a4 a5"
    assert found(f("notes", "any", f("note_text", "eq", "south")), group_by=[text]) == "a1"
    assert found(f("product_imei", "in", []), group_by=[text]) == ""
    assert found(group_by=[{"field": "gps_lat"}], order_by=[{"field": "gps_lat", "direction": "desc"}]) == "a2 a3 a1 a4"


def test_limit_offset_and_pages(ask):
    def page(q, **more):
        body = ask(q, **more).json()
        return body["num_results"], body["total_pages"], "".join(row["product_imei"][-1] for row in body["objects"])

    assert page({"limit": 3}) == (3, 1, "123")
    assert page({"limit": 3}, results_per_page=2) == (3, 2, "12")
    assert page({"limit": 3}, results_per_page=2, page=2) == (3, 2, "3")
    assert page({"limit": 3}, results_per_page=2, page=3) == (3, 2, "")
    assert page({"offset": 3}) == (2, 1, "45")
    assert page({"offset": 1, "limit": 3}, results_per_page=2, page=2) == (3, 2, "4")
    assert page({"offset": 99}) == (0, 0, "")
    assert page({"offset": 10**30, "limit": 10**30}) == (0, 0, "")
    assert page({"limit": "2", "offset": 2.7}) == (2, 1, "34")
    assert page({"limit": True}) == (1, 1, "1")
    assert page({"limit": 0, "offset": None}) == (5, 1, "12345")


def test_single(ask):
    one = ask({"filters": [f("product_type_id", "eq", 6)], "single": True})
    assert (one.status_code, one.json()["product_imei"]) == (200, "test-a4")
    assert one["Location"].endswith("/v1/products/test-a4")
    none = ask({"filters": [f("product_type_id", "eq", 5)], "single": 1})
    assert (none.status_code, none.json()["message"]) == (404, "No result found")
    many = ask({"single": "x"})
    assert (many.status_code, many.json()["message"]) == (400, "Multiple results found")
    assert ask({"single": True, "limit": 1}).status_code == 200
    assert "objects" in ask({"single": 0}).json()


def test_scope_holds_inside_every_hop(ask, fleet, cast, call):
    """A type is everybody's; whose units are of it is not."""
    q = {"filters": [f("products", "any", f("assembler", "eq", "Foxconn"))]}
    assert [row["product_type_id"] for row in ask(q, path="/v1/product_types").json()["objects"]] == [7]
    assert ask(q, path="/v1/product_types", user=cast.charlie).json()["num_results"] == 0
    q = {"filters": [f("products", "is_null")]}
    mine = ask(q, path="/v1/product_types").json()["num_results"]
    assert ask(q, path="/v1/product_types", user=cast.charlie).json()["num_results"] == mine + 3
    q = {"order_by": [{"field": "products__assembler", "direction": "desc"}]}
    orders = [
        ask(q, path="/v1/product_types", user=user).json()["objects"][0]["product_type_id"]
        for user in (cast.bob, cast.charlie)
    ]
    assert orders[0] in (6, 7, 10)
    assert orders[1] == min(ProductType.objects.values_list("pk", flat=True))


def test_secrets_answer_alike_whatever_is_guessed(ask, fleet, cast):
    key = Product.objects.get(product_imei="test-a1").device_key
    for op in ("eq", "like", "gt", "in"):
        answers = {
            ask({"filters": [f("device_key", op, value)]}, user=cast.root).content for value in (key, "x" * 24, [key])
        }
        assert len(answers) == 1
    for path in ("/v1/entities", "/v1/product_types"):
        hop = {"filters": [f("users", "any", f("password", "like", "%"))]}
        assert ask(hop, path=path, user=cast.root).status_code == 400


def test_q_and_plain_filters_work_together(ask):
    body = ask({"filters": [f("is_payg", "eq", True)]}, product_type_id=7).json()
    assert [row["product_imei"] for row in body["objects"]] == ["test-a1", "test-a3"]


def test_a_query_costs_the_same_whatever_it_finds(fleet, ask, call, django_assert_num_queries):
    new(SoftwareVersionType, by=SYSTEM, name="x", release_date=TIME)
    ask({"filters": []})
    q = {"filters": [f("notes", "any", f("note_text", "eq", "south"))], "order_by": [{"field": "product_type__name"}]}
    with django_assert_num_queries(2):  # the count and the page; the token is remembered
        ask(q)
