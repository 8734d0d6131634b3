"""Points in, points out: each once, whatever a unit repeats and however its clock stands."""

import datetime as dt

import pytest
from django.utils import timezone

from apps.core.refusals import Invalid
from apps.telemetry import store
from apps.telemetry.models import Point

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
