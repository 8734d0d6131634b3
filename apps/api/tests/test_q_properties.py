"""Random filters: never a 500, never a row out of scope, and the same rows as a slow evaluation in Python."""

import datetime as dt
import json
import re
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.products.models import Product, ProductNote
from tests.cast import Caller, make_cast, make_unit

pytestmark = pytest.mark.django_db
TEXTS = ["Foxconn", "foxconn", "Fox_con", "100%", "", "a\\b", "é"]
NUMBERS = [6, 7, 10]
FLOATS = [-2.0, 1.5, 3.0]
MOMENTS = [dt.datetime(2016, 7, 28, 8, 43, 9, micro, tzinfo=dt.UTC) for micro in (0, 501636)]
COLUMNS = {
    "assembler": TEXTS,
    "product_type_id": NUMBERS,
    "gps_lat": FLOATS,
    "is_payg": [True, False],
    "analysis_timestamp": MOMENTS,
}
COMPARE = {
    "eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "gt": lambda a, b: a > b, "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b, "le": lambda a, b: a <= b,
}  # fmt: skip


def wire(value):
    return value.isoformat() if isinstance(value, dt.datetime) else value


@st.composite
def conditions(draw, depth=3):
    kinds = ["compare", "null", "in", "columns", "like", "note", "no note"] + (["or", "and"] if depth else [])
    kind = draw(st.sampled_from(kinds))
    name = draw(st.sampled_from(sorted(COLUMNS)))
    value = draw(st.sampled_from(COLUMNS[name]))
    match kind:
        case "or" | "and":
            return {kind: draw(st.lists(conditions(depth=depth - 1), max_size=3))}
        case "null":
            return {"name": name, "op": draw(st.sampled_from(["is_null", "is_not_null"]))}
        case "in":
            values = draw(st.lists(st.sampled_from([*COLUMNS[name], None]), max_size=3))
            return {
                "name": name,
                "op": draw(st.sampled_from(["in", "not_in"])),
                "val": [wire(value) for value in values],
            }
        case "columns":
            op = draw(st.sampled_from(sorted(COMPARE)))
            return {
                "name": "analysis_timestamp",
                "op": op,
                "field": draw(st.sampled_from(["created_at", "analysis_timestamp"])),
            }
        case "like":
            pattern = draw(
                st.sampled_from(["Fox%", "%o_con%", "fox\\_con", "Fox\\_con", "100\\%", "%", "", "_", "a\\\\b", "É"])
            )
            return {"name": "assembler", "op": draw(st.sampled_from(["like", "ilike"])), "val": pattern}
        case "note":
            return {
                "name": "notes",
                "op": "any",
                "val": {
                    "name": "note_text",
                    "op": draw(st.sampled_from(["eq", "ne"])),
                    "val": value if isinstance(value, str) else "x",
                },
            }
        case "no note":
            return {"name": "notes", "op": draw(st.sampled_from(["is_null", "is_not_null"]))}
    op = draw(st.sampled_from(["eq", "ne"] if name == "is_payg" else sorted(COMPARE)))
    if name == "assembler" and op not in ("eq", "ne"):
        op = "eq"  # the order of texts is the database's own
    return {"name": name, "op": op, "val": wire(value)}


def holds(condition, unit, notes):
    """SQL's three values: True, False, or None for unknown."""
    for word in ("or", "and"):
        if word in condition:
            found = [holds(one, unit, notes) for one in condition[word]]
            if not found:
                return True
            if word == "or":
                found = [one for one in found if one is not True] if True not in found else [True]
                return True if True in found else None if None in found else False
            return False if False in found else None if None in found else True
    name, op, value = condition["name"], condition["op"], condition.get("val")
    if name == "notes":
        if op in ("is_null", "is_not_null"):
            return bool(notes) == (op == "is_not_null")
        return any(COMPARE[value["op"]](text, value["val"]) for text in notes)
    held = getattr(unit, name)
    if op in ("is_null", "is_not_null"):
        return (held is None) == (op == "is_null")
    if op in ("in", "not_in"):
        values = [as_held(name, item) for item in value]
        if not values:
            return op == "not_in"
        if held is None:
            return None
        if held in values:
            return op == "in"
        return None if None in values else op == "not_in"
    if held is None:
        return None
    if op in ("like", "ilike"):
        return like(held, value, op == "ilike")
    other = getattr(unit, condition["field"]) if "field" in condition else as_held(name, value)
    return None if other is None else COMPARE[op](held, other)


def as_held(name, value):
    return dt.datetime.fromisoformat(value) if name == "analysis_timestamp" and value is not None else value


def like(text, pattern, fold):
    parts = re.findall(r"\\.|.", pattern, re.S)
    regex = "".join({"%": ".*", "_": "."}.get(part) or re.escape(part[-1]) for part in parts)
    return bool(re.fullmatch(regex, text, re.S | (re.I if fold else 0)))


@pytest.fixture
def fleet(db):
    cast = make_cast()
    for number in range(24):
        pick = lambda values, step, number=number: ([*values, None])[(number * step) % (len(values) + 1)]  # noqa: E731
        make_unit(
            f"test-{number:02d}", entity=cast.a if number % 3 else cast.b, product_type_id=NUMBERS[number % 3],
            assembler=pick(TEXTS, 1), gps_lat=pick(FLOATS, 5), is_payg=bool(number % 2), analysis_timestamp=pick(MOMENTS, 7),
        )  # fmt: skip
        unit = Product.objects.get(product_imei=f"test-{number:02d}")
        for text in TEXTS[: number % 4]:
            new(ProductNote, by=SYSTEM, product=unit, note_text=text)
    return cast


def test_random_filters_agree_with_a_slow_evaluation_in_python(fleet):
    call = Caller()
    units = list(Product.objects.visible_to(fleet.bob).order_by("row_no"))
    notes = {unit.pk: list(unit.notes.values_list("note_text", flat=True)) for unit in units}
    assert len(units) == 16

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(conditions(), max_size=3))
    def agree(filters):
        answer = call(
            fleet.bob, "GET", f"/v1/products?results_per_page=1000&q={quote(json.dumps({'filters': filters}))}"
        )
        if answer.status_code == 400:
            assert "more than 50" in answer.json()["message"]
            return
        found = [row["product_imei"] for row in answer.json()["objects"]]
        expected = [unit.product_imei for unit in units if all(holds(one, unit, notes[unit.pk]) for one in filters)]
        assert found == expected

    agree()


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(["name", "op", "val", "or", "and", "any", "has", "eq", "in", "like", "is_null", "notes", "product_type", "assembler", "device_key", "notes__note_text", "gps_lat"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "op", "val", "field", "or", "and", "filters", "order_by", "group_by", "limit", "offset", "single", "direction"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def test_junk_is_never_a_500_and_never_leaks(fleet):
    call = Caller()
    foreign = {unit.product_imei for unit in Product.objects.visible_to(fleet.charlie)}

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(JUNK, st.sampled_from(["filters", "order_by", "group_by", "limit", "offset", "single", None]))
    def survives(junk, key):
        q = junk if key is None else {key: [junk] if key in ("filters", "order_by", "group_by") else junk}
        answer = call(fleet.bob, "GET", f"/v1/products?results_per_page=1000&q={quote(json.dumps(q))}")
        assert answer.status_code in (200, 400, 404), answer.content
        assert not [imei for imei in foreign if imei.encode() in answer.content and imei not in json.dumps(q)]

    survives()
