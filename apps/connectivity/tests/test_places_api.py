"""The documented examples of seed 004, "/products/locations", "/products/<imei>/available_networks" and
"/products/<imei>/connectivity_reliability_rate", replayed; then scope, pages and the rules of the rate.

Slips of the documentation: `{page: 1, …}` has names where texts are meant; "results_per_page: 100000000" is cut to
10,000; a "dictionary containing a single key: 'data'" says nothing of the pages it offers; "if you want more locations
for a product" means of products; available_networks' `data` is "an array" in prose and `{"networks": […]}` in the
example, as here; the fields of its example lack quotes that JSON has; the body of "the month before last" lacks a comma
and spans five months; "connectivit_reliability_rate" in a path; the payload of a GET is a JSON body.
"""

import datetime as dt

import pytest
from django.utils import timezone

from apps.connectivity.models import (
    Network,
    SimPartTypeSimProviderLinker,
    SimProvider,
    SimProviderNetworkLinker,
)
from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.parts.models import PartType
from apps.products import actions
from apps.products.models import Connection, Product
from apps.repairs.models import PartProductLinker
from tests.cast import Device, make_unit

pytestmark = pytest.mark.django_db
SIM = 43


def located(imei, entity, lat=-1.5, lon=29.5):
    unit = make_unit(imei, entity=entity)
    assert Device(unit).report(gps={"lat": lat, "lon": lon}).status_code == 200
    return unit


# Locations


def test_the_documented_list_of_locations(cast, call):
    unit = located("861508031138712", cast.a, -2.354956, 29.740627)
    placed = make_unit("862117022347339", entity=cast.a)
    Device(placed).report(cells=[])
    actions.record_places({Connection.objects.get(product=placed).pk: (4.395848, 9.439759, 3560)}, by=SYSTEM)
    make_unit("861508033164062", entity=cast.a)  # without a location
    answer = call(cast.root, "GET", "/v1/products/locations?page=1&results_per_page=100000000")
    assert answer.status_code == 200
    assert answer.json() == {
        "data": [
            {
                "error_radius": None,
                "latitude": "-2.354956",
                "longitude": "29.740627",
                "product_imei": unit.product_imei,
            },
            {"error_radius": 3560, "latitude": "4.395848", "longitude": "9.439759", "product_imei": "862117022347339"},
        ],
        "num_results": 2,
        "page": 1,
        "total_pages": 1,
    }


def test_locations_show_the_latest_only_and_keep_to_the_scope(cast, call):
    mine, other = located("861508031138712", cast.a), located("862117022347339", cast.b)
    device = Device(mine)
    device.counter += 10
    device.report(gps={"lat": 1, "lon": 2})
    found = call(cast.bob, "GET", "/v1/products/locations").json()
    assert [(row["product_imei"], row["latitude"]) for row in found["data"]] == [(mine.product_imei, "1.000000")]
    assert found["num_results"] == 1
    assert call(cast.charlie, "GET", "/v1/products/locations").json()["data"][0]["product_imei"] == other.product_imei
    assert call(None, "GET", "/v1/products/locations").status_code == 401
    assert call(cast.root, "POST", "/v1/products/locations", {}).status_code == 405


def test_pages_of_locations(cast, call, django_assert_max_num_queries):
    for number in range(7):
        located(f"86150803113870{number}", cast.a)
    call(cast.bob, "GET", "/v1/products/locations")
    with django_assert_max_num_queries(4):
        found = call(cast.bob, "GET", "/v1/products/locations?page=3&results_per_page=3").json()
    assert [row["product_imei"] for row in found["data"]] == ["861508031138706"]
    assert (found["num_results"], found["total_pages"], found["page"]) == (7, 3, 3)
    assert call(cast.bob, "GET", "/v1/products/locations?page=9").json()["data"] == []
    bad = call(cast.bob, "GET", "/v1/products/locations?page=one")
    assert (bad.status_code, list(bad.json()["validation_errors"])) == (400, ["page"])


# Networks


@pytest.fixture
def provider(cast):
    made = new(SimProvider, by=SYSTEM, name="Roaming SIMs")
    new(SimPartTypeSimProviderLinker, by=SYSTEM, sim_part_type_id=SIM, sim_provider=made)
    for key in (63514, 63510, 63902):
        new(SimProviderNetworkLinker, by=SYSTEM, sim_provider=made, network_id=key)
    return made


def networks(call, by, unit, query="?mcc=635", body=None):
    return call(by, "GET", f"/v1/products/{unit.product_imei}/available_networks{query}", body)


def test_the_documented_networks_of_a_unit(cast, call, unit, provider):
    answer = networks(call, cast.bob, unit)
    assert answer.status_code == 200
    found = answer.json()
    assert (set(found), found["status"], set(found["data"])) == ({"status", "data"}, "success", {"networks"})
    assert networks(call, cast.bob, unit, "", {"mcc": 635}).content == answer.content
    row = found["data"]["networks"][0]
    assert row.pop("created_at")
    assert row == {
        "created_by": "system", "mcc": 635, "mccmnc": 63514, "mnc": 14, "modified_at": None, "modified_by": None,
        "name": "Rwanda Airtel",
    }  # fmt: skip
    assert [one["name"] for one in found["data"]["networks"]] == ["Rwanda Airtel", "Rwanda MTN"]


def test_networks_follow_the_sim_that_sits_in_the_unit(cast, call, unit, provider):
    assert networks(call, cast.bob, unit, "?mcc=640").json()["data"]["networks"] == []
    other = new(PartType, by=SYSTEM, name="Other SIM", part_type_category_id=1, serial_number_category="known")
    old = PartProductLinker.objects.get(product=unit, part__part_type=SIM)
    old.date_removed = timezone.now()
    old.save()
    sim = type(old.part)(part_type=other, serial_number="8900000000000000001", created_by="test")
    sim.save()
    new(PartProductLinker, by=SYSTEM, part=sim, product=unit, date_added=timezone.now())
    assert networks(call, cast.bob, unit).json()["data"]["networks"] == []
    better = new(SimProvider, by=SYSTEM, name="Local SIMs")
    new(SimPartTypeSimProviderLinker, by=SYSTEM, sim_part_type=other, sim_provider=better)
    new(SimProviderNetworkLinker, by=SYSTEM, sim_provider=better, network=Network.objects.get(pk=63510))
    assert [one["mccmnc"] for one in networks(call, cast.bob, unit).json()["data"]["networks"]] == [63510]


def test_without_a_provider_there_is_an_empty_list(cast, call, unit):
    answer = networks(call, cast.bob, unit)
    assert (answer.status_code, answer.json()["data"]) == (200, {"networks": []})


@pytest.mark.parametrize(
    "query", ["", "?mcc=", "?mcc=rwanda", "?mcc=63510", "?mcc=-35", "?mcc=6.5", "?mcc=٦٣٥", "?mcc=%00"]
)
def test_a_wrong_country_code_is_named(cast, call, unit, query):
    bad = networks(call, cast.bob, unit, query)
    assert (bad.status_code, list(bad.json()["validation_errors"])) in ((400, ["mcc"]), (400, ["body"]))


def test_a_foreign_unit_is_a_missing_one(cast, call, unit):
    for path in ("available_networks?mcc=x", "connectivity_reliability_rate?start=x"):
        there = call(cast.charlie, "GET", f"/v1/products/{unit.product_imei}/{path}")
        nowhere = call(cast.charlie, "GET", f"/v1/products/990000000000000/{path}")
        assert (there.status_code, there.content) == (404, nowhere.content)
        assert call(None, "GET", f"/v1/products/{unit.product_imei}/{path}").status_code == 401


# Rate


def connected(unit, *hours_ago):
    now = timezone.now()
    for hours in hours_ago:
        Connection.objects.create(
            product=unit, location_failed_flag=True, date=now - dt.timedelta(hours=hours), created_by="x"
        )


def rate(call, by, unit, body=None, query=""):
    return call(by, "GET", f"/v1/products/{unit.product_imei}/connectivity_reliability_rate{query}", body)


def value(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]["connectivity_reliability_rate"]


def naive(hours_ago):
    return (timezone.now() - dt.timedelta(hours=hours_ago)).replace(tzinfo=None).isoformat()


def test_the_documented_rate_of_seven_days(cast, call, unit):
    connected(unit, *[hours * 4 + 1 for hours in range(36)], 169, 500)
    answer = rate(call, cast.bob, unit)
    assert answer.json() == {
        "status": "success",
        "message": "Successfully computed product connectivity reliability rate",
        "data": {"connectivity_reliability_rate": 0.86},  # 36 of 42
    }


def test_the_documented_bodies(cast, call, unit):
    connected(unit, *range(1, 700, 6))
    assert value(rate(call, cast.bob, unit, {"start": naive(30 * 24)})) == 0.65  # 117 of 180
    assert value(rate(call, cast.bob, unit, {"start": "2017-01-01 00:00:00", "end": "2017-06-01 00:00:00"})) == 0.0
    assert value(rate(call, cast.bob, unit, query="?start=2017-01-01T00:00:00&end=2017-06-01T00:00:00Z")) == 0.0


def test_the_rate_is_pessimistic_and_capped(cast, call, unit):
    connected(unit, 3)
    assert value(rate(call, cast.bob, unit, {"start": naive(7)})) == 1.0  # of seven hours one is expected
    assert value(rate(call, cast.bob, unit, {"start": naive(8.01)})) == 0.5
    assert value(rate(call, cast.bob, unit, {"start": naive(12.01)})) == 0.33
    connected(unit, 1, 2, 4, 5, 6)
    assert value(rate(call, cast.bob, unit, {"start": naive(8.01)})) == 1.0


def test_of_less_than_four_hours_nothing_is_expected(cast, call, unit):
    assert value(rate(call, cast.bob, unit, {"start": naive(3.9)})) == 1.0
    assert value(rate(call, cast.bob, unit, {"start": naive(9), "end": naive(9)})) == 1.0
    assert value(rate(call, cast.bob, unit, {"start": naive(4.1)})) == 0.0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"end": naive(-1)}, "end"),
        ({"start": naive(5), "end": naive(6)}, "end"),
        ({"end": naive(8 * 24)}, "end"),  # start is seven days ago
        ({"start": naive(-1)}, "end"),
        ({"start": "yesterday"}, "start"),
        ({"start": "12:34"}, "start"),
        ({"start": naive(5), "end": "soon"}, "end"),
        ({"start": 5}, "start"),
        ({"start": ["2017-01-01"]}, "start"),
    ],
)
def test_wrong_times_are_named(cast, call, unit, body, field):
    bad = rate(call, cast.bob, unit, body)
    assert (bad.status_code, list(bad.json()["validation_errors"])) == (400, [field])


def test_the_ends_of_the_calendar(cast, call, unit):
    connected(unit, 3)
    assert value(rate(call, cast.bob, unit, {"start": "0001-01-01"})) == 0.0
    assert rate(call, cast.bob, unit, {"end": "9999-12-31"}).status_code == 400


def test_located_units_of_before_are_found_by_the_pointer(cast):
    located("861508031138712", cast.a)
    assert Product.objects.filter(located=True).count() == 1
