"""Points in, points out: each once, whatever a unit repeats and however its clock stands."""

import datetime as dt
import gzip
import json

import pytest
from django.utils import timezone

from apps.core.refusals import Invalid
from apps.telemetry import store
from apps.telemetry.models import Point, Series

pytestmark = pytest.mark.django_db
DAY = dt.datetime(2016, 9, 1, tzinfo=dt.UTC)


def read(subject="s", **given):
    return store.read(subject, **{"start": DAY, "end": DAY + dt.timedelta(days=9)} | given)


def test_the_documented_example_in_every_documented_form_of_time():
    upload = store.check(
        {
            "measurement": "telemetry",
            "tags": {"some_tag": "tag_value"},
            "fields": {
                "current": [[1472688000000, 1.0], [1472774400000, 2.0], [1472860800000, 3.0]],
                "voltage": [
                    ["2016-09-01T00:00:00Z", 10.0],
                    ["2016-09-02 00:00:00", 20.0],
                    ["2016-09-03", 30.0],
                ],
                "temperature": [
                    ["Thu, September 1st 2016", 0.1],
                    ["Fri, September 2nd 2016", 0.2],
                    ["Sat, September 3rd 2016", 0.3],
                ],
            },
        }
    )
    assert store.write("s", upload) == 9
    assert read() == {
        "current": [[1.0, "2016-09-01T00:00:00Z"], [2.0, "2016-09-02T00:00:00Z"], [3.0, "2016-09-03T00:00:00Z"]],
        "temperature": [[0.1, "2016-09-01T00:00:00Z"], [0.2, "2016-09-02T00:00:00Z"], [0.3, "2016-09-03T00:00:00Z"]],
        "voltage": [[10.0, "2016-09-01T00:00:00Z"], [20.0, "2016-09-02T00:00:00Z"], [30.0, "2016-09-03T00:00:00Z"]],
    }  # fmt: skip


def test_a_repeated_upload_adds_nothing_and_a_corrected_one_corrects():
    first = {"fields": {"v": [["2016-09-01", 1], ["2016-09-02", 2]]}}
    store.write("s", store.check(first))
    store.write("s", store.check(first))
    store.write("s", store.check({"fields": {"v": [["2016-09-02", 5]], "i": [["2016-09-02", True]]}}))
    assert Point.objects.count() == 3
    assert read() == {
        "i": [[None, "2016-09-01T00:00:00Z"], [True, "2016-09-02T00:00:00Z"]],
        "v": [[1, "2016-09-01T00:00:00Z"], [5, "2016-09-02T00:00:00Z"]],
    }


def test_subjects_measurements_and_tags_are_kept_apart():
    points = {"v": [["2016-09-01", 1]]}
    store.write("s", store.check({"fields": points}))
    store.write("t", store.check({"fields": points}))
    store.write("s", store.check({"measurement": "analysis", "fields": points}))
    store.write("s", store.check({"tags": {"a": "1", "b": "2"}, "fields": points}))
    store.write("s", store.check({"tags": {"b": 2, "a": "1"}, "fields": points}))
    assert Point.objects.count() == 4
    assert list(read()) == ["v"]
    assert read(limit=0) == {}


def test_a_clock_that_runs_ahead_is_kept_and_never_the_latest():
    now = timezone.now()
    times = [now - dt.timedelta(minutes=5), now + dt.timedelta(minutes=9), now + dt.timedelta(days=3650)]
    fields = {"v": [[moment.isoformat(), number] for number, moment in enumerate(times)]}
    store.write("s", store.check({"fields": fields}))
    assert Point.objects.count() == 3
    assert [value for value, _ in read(start=now - dt.timedelta(hours=1), end=times[-1])["v"]] == [0, 1, 2]
    assert store.latest("s")["v"] == (times[1].replace(microsecond=times[1].microsecond), 1)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ([], "body"), ({}, "fields"), ({"fields": {}}, "fields"), ({"fields": []}, "fields"),
        ({"measurement": "a b", "fields": {"v": []}}, "measurement"), ({"measurement": 5, "fields": {"v": []}}, "measurement"),
        ({"tags": {"a b": "c"}, "fields": {"v": []}}, "tags.a b"), ({"tags": {"a": "é"}, "fields": {"v": []}}, "tags.a"),
        ({"tags": 5, "fields": {"v": []}}, "tags"), ({"fields": {"a-b": []}}, "fields.a-b"), ({"fields": {"v": 5}}, "fields.v"),
        ({"fields": {"v": [[1]]}}, "fields.v"), ({"fields": {"v": [["yesterday-ish", 1]]}}, "fields.v"),
        ({"fields": {"v": [[-5, 1]]}}, "fields.v"), ({"fields": {"v": [[10**30, 1]]}}, "fields.v"),
        ({"fields": {"v": [["9999-12-31T23:59:59", 1]]}}, "fields.v"), ({"fields": {"v": [["2016-09-01", {}]]}}, "fields.v"),
        ({"fields": {"v": [["2016-09-01", "a\x00"]]}}, "fields.v"), ({"fields": {"time": [["2016-09-01", 1]]}}, "fields.time"),
        ({"fields": {"v": [[True, 1]]}}, "fields.v"),
    ],
)  # fmt: skip
def test_a_bad_upload_is_refused_by_name_and_nothing_is_kept(data, field):
    good = {"fields": {"good": [["2016-09-01", 1]]}}
    if isinstance(data, dict) and isinstance(data.get("fields"), dict) and data["fields"]:
        data = data | {"fields": good["fields"] | data["fields"]}
    with pytest.raises(Invalid) as refused:
        store.check(data)
    assert list(refused.value.errors) == [field]


@pytest.mark.parametrize(
    "time", ["12:34", "5", "2026-11-25T12:00:00 02:00", "2026-11-25 10:51 CAT", "November 2026", "05/06/26"]
)  # 34a, 34b, 38
def test_a_time_that_would_be_guessed_is_refused_at_both_doors(cast, call, unit, device, time):
    body = {"fields": {"v": [[time, 1]]}}
    url = f"/v1/products/{unit.product_imei}/data"
    for answer in (device.send("POST", "/v1/rm_data", body), call(cast.tina, "POST", url, body)):
        assert (answer.status_code, list(answer.json()["validation_errors"])) == (400, ["fields.v"])
    answer = call(cast.bob, "GET", f"{url}?start={time.replace(' ', '%20')}")
    assert (answer.status_code, list(answer.json()["validation_errors"])) == (400, ["start"])
    assert not Point.objects.exists()


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_no_number_is_no_value(device, value):
    answer = device.send("POST", "/v1/rm_data", f'{{"fields": {{"v": [["2026-01-01", {value}]]}}}}'.encode())
    assert answer.status_code == 400
    assert not Point.objects.exists()


def test_a_text_is_kept_whole_or_refused(cast, call, unit):
    url = f"/v1/products/{unit.product_imei}/data"
    long = "é" * (32 * 1024)
    assert call(cast.tina, "POST", url, {"fields": {"log": [["2026-01-01", long]]}}).status_code == 200
    assert Point.objects.get().value == long
    answer = call(cast.tina, "POST", url, {"fields": {"log": [["2026-01-02", long + "x"]]}})
    assert (answer.status_code, list(answer.json()["validation_errors"])) == (400, ["fields.log"])


def test_gzip_is_inflated_at_the_apis_door_too_and_nothing_else_is(cast, call, unit):
    url = f"/v1/products/{unit.product_imei}/data"
    plain = json.dumps({"fields": {"v": [["2026-01-01", 1]]}}).encode()

    def send(body, encoding):
        answer = call(cast.tina, "POST", url, body, HTTP_CONTENT_ENCODING=encoding)
        return answer.status_code, answer.json().get("code")

    assert send(gzip.compress(plain), "gzip") == (200, None)
    assert send(plain, "identity") == (200, None)
    assert send(gzip.compress(plain)[:-5], "gzip") == (400, "undecodable")
    assert send(plain, "gzip") == (400, "undecodable")
    assert send(gzip.compress(b" " * 50_000_000), "gzip") == (413, "too_large")
    for encoding in ("br", "deflate", "gzip, gzip"):
        assert send(plain, encoding) == (415, "unsupported_media_type")
    assert Point.objects.count() == 1


def test_a_unit_has_so_many_series_and_no_more(device, settings):
    settings.TELEMETRY_SERIES = 5

    def send(*names, **more):
        return device.send("POST", "/v1/rm_data", {"fields": {name: [["2026-01-01", 1]] for name in names}} | more)

    assert send("a", "b", "c", "d").status_code == 200
    answer = send("d", "e", "f")
    assert (answer.status_code, list(answer.json()["validation_errors"])) == (400, ["fields.e"])
    assert "more than 5 series" in answer.json()["message"] + str(answer.json()["data"])
    assert send("a", tags={"x": "1"}).status_code == 200
    assert send("a", measurement="analysis").status_code == 400
    assert send("a", "b").status_code == 200  # what is there goes on
    assert Series.objects.count() == 5


@pytest.mark.parametrize(
    ("query", "fields", "times"),
    [
        ("", {"a", "b"}, 3), ("&fields=a", {"a"}, 3), ("&fields=a,b", {"a", "b"}, 3), ("&fields=a&fields=b", {"a", "b"}, 3),
        ("&fields=*", {"a", "b"}, 3), ("&fields=none", set(), 0), ("&limit=2", {"a", "b"}, 2), ("&fields=b&limit=1", {"b"}, 1),
        ("&measurement=analysis", {"c"}, 1), ("&measurement=nothing", set(), 0),
    ],
)  # fmt: skip
def test_what_is_asked_for_is_what_is_answered(cast, call, unit, query, fields, times):
    days = ["2026-01-01", "2026-01-02", "2026-01-03"]
    store.write(unit.subject, store.check({"fields": {name: [[day, 1] for day in days] for name in "ab"}}))
    store.write(unit.subject, store.check({"measurement": "analysis", "fields": {"c": [["2026-01-02", 1]]}}))
    url = f"/v1/products/{unit.product_imei}/data?start=2025-12-31&end=2026-01-05{query}"
    data = call(cast.bob, "GET", url).json()["data"]
    found = {name: values for name, values in data.items() if name not in ("measurement", "tags")}
    assert set(found) == fields
    assert {len(values) for values in found.values()} <= {times}


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("where=a > 1", "where"), ("tags={}", "tags"), ("ds_interval=1h", "ds_interval"), ("ds_function=max", "ds_function"),
        ("ds_fucntion=max", "ds_fucntion"), ("strat=2026-01-01", "strat"), ("limit=0", "limit"), ("limit=x", "limit"),
        ("measurement=a b", "measurement"), ("q={}", "q"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_by_name(cast, call, unit, query, named):
    answer = call(cast.bob, "GET", f"/v1/products/{unit.product_imei}/data?{query}")
    assert (answer.status_code, list(answer.json()["validation_errors"])) == (400, [named])


def test_an_end_alone_means_the_week_before_it(cast, call, unit):
    store.write(unit.subject, store.check({"fields": {"v": [["2026-01-03", 1], ["2025-12-01", 2]]}}))
    data = call(cast.bob, "GET", f"/v1/products/{unit.product_imei}/data?end=2026-01-05").json()["data"]
    assert data["v"] == [[1, "2026-01-03T00:00:00Z"]]


def test_over_the_api(cast, call, unit, device):
    url = f"/v1/products/{unit.product_imei}/data"
    body = {"fields": {"voltage": [["2016-01-03", 12.91]]}}
    assert call(cast.bob, "POST", url, body).status_code == 403
    answer = call(cast.tina, "POST", url, body)
    assert answer.json()["message"] == "1 data-point(s) successfully written to influx"
    sent = device.send("POST", "/v1/rm_data", {"fields": {"voltage": [["2016-01-04", 13]]}})
    assert (sent.status_code, device.signed(sent)) == (200, True)
    answer = call(cast.bob, "GET", f"{url}?start=2016-01-02 23:00:00&end=2016-01-05").json()
    assert answer == {
        "status": "success",
        "message": "data retrieved successfully",
        "data": {
            "measurement": "telemetry",
            "tags": {"product_imei": unit.product_imei},
            "voltage": [[12.91, "2016-01-03T00:00:00Z"], [13, "2016-01-04T00:00:00Z"]],
        },
    }
    assert "voltage" not in call(cast.bob, "GET", url).json()["data"]  # by default the last seven days
    for bad in ("x", "99999999999999999999", "2016-13-45"):
        answer = call(cast.bob, "GET", f"{url}?start={bad}")
        assert (answer.status_code, list(answer.json()["data"])) == (400, ["start"])
    bad = device.send("POST", "/v1/rm_data", {"fields": {"voltage": [["never", 1]]}})
    assert (bad.status_code, device.signed(bad)) == (400, True)
