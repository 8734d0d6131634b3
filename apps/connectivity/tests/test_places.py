"""Places from cells: the centroid, its radius, when it is worked out, and what it leaves alone."""

import datetime as dt
import math
import random

import pytest
from django.utils import timezone

from apps.connectivity import places, sweeping
from apps.connectivity.cells import Cell, LocationSweep, Radio
from apps.connectivity.places import Heard, distance, place_of
from apps.core.actors import SYSTEM
from apps.products import actions
from apps.products.models import Connection, Product

pytestmark = pytest.mark.django_db


def cell(number, lat, lon, *, reach=1500, mcc=635, net=10, area=11, radio=Radio.GSM, samples=5):
    return Cell.objects.create(
        cell=number, area=area, mcc=mcc, net=net, radio=radio, range=reach, samples=samples, updated=0,
        lat=round(lat * 1e6), lon=round(lon * 1e6),
    )  # fmt: skip


def heard(*cells):
    return [{"lac": 11, "cid": number, "signal": signal, "mcc": 635, "mnc": 10} for number, signal in cells]


def latest(unit):
    unit = Product.objects.get(pk=unit.pk)
    return unit, unit.latest_connection_location


def sweep():
    LocationSweep.objects.update_or_create(pk=1, defaults={"done_to": 0})
    return sweeping.sweep()


def slow_centroid(cells):
    """The same by another way: the flat map around the first cell, and its middle by single steps of it."""
    lat0, lon0 = cells[0].lat, cells[0].lon
    across, up = 111_194.93 * math.cos(math.radians(lat0)), 111_194.93
    total = east = north = 0.0
    for one in cells:
        dbm = -120 if one.signal is None or one.signal > 31 else one.signal if one.signal < 0 else 2 * one.signal - 113
        much = math.pow(10, min(max(dbm, -120), -40) / 20)
        total += much
        east += much * (one.lon - lon0) * across
        north += much * (one.lat - lat0) * up
    east, north = east / total, north / total
    spread = max(math.hypot((one.lon - lon0) * across - east, (one.lat - lat0) * up - north) for one in cells)
    return lat0 + north / up, lon0 + east / across, spread


@pytest.mark.parametrize("seed", range(5))
def test_the_centroid_against_a_slow_computation(seed):
    chance = random.Random(seed)
    for _time in range(200):
        compare(chance)


def compare(chance):
    lat, lon = chance.uniform(-35, 35), chance.uniform(-170, 170)
    cells = [
        Heard(lat + chance.uniform(-0.05, 0.05), lon + chance.uniform(-0.05, 0.05), chance.choice([300, 1500, 9000]),
              chance.choice([None, 99, 0, 15, 31, -50, -71, -113, -140]))
        for _number in range(chance.randint(1, 7))
    ]  # fmt: skip
    found = place_of(cells)
    slow_lat, slow_lon, spread = slow_centroid(cells)
    assert distance(found.lat, found.lon, slow_lat, slow_lon) < 25  # of the flat map over ten kilometres
    reach = max(one.range for one in cells)
    assert -25 <= found.radius - (spread + reach) < 25
    for one in cells:  # the unit heard this mast, so it is within its range of it: and so within the circle
        assert found.radius > distance(found.lat, found.lon, one.lat, one.lon) + one.range - 0.01


def test_one_cell_is_its_range_and_an_unknown_range_is_no_certainty():
    assert place_of([Heard(-1.9, 30.1, 1200, -70)]).radius == 1200
    assert place_of([Heard(-1.9, 30.1, 0, -70)]).radius == places.UNKNOWN_RANGE


def test_across_the_date_line():
    found = place_of([Heard(0, 179.99, 500, -80), Heard(0, -179.99, 500, -80)])
    assert abs(abs(found.lon) - 180) < 0.001
    assert found.radius < 2000


def test_a_report_with_known_cells_gets_a_place_in_the_next_sweep(unit, device):
    cell(1, -1.95, 30.05, reach=1000)
    cell(2, -1.95, 30.07, reach=2000)
    assert device.report(cells=heard((1, -70), (2, -70), (3, -60))).status_code == 200
    assert latest(unit)[1] is None  # nothing on the unit's own way
    assert sweep() == 1
    found, place = latest(unit)
    assert (place.latitude, place.longitude) == ("-1.950000", "30.060000")
    assert place.error_radius == math.ceil(distance(-1.95, 30.06, -1.95, 30.05)) + 2000
    assert (place.location_failed_flag, place.modified_by) == (False, SYSTEM.name_for_record)
    assert (found.located, found.gps_lat, found.modified_at) == (True, None, unit.modified_at)
    assert sweep() == 0  # once


def test_gps_wins_and_its_radius_is_null(unit, device):
    cell(1, -1.95, 30.05)
    device.report(cells=heard((1, -70)), gps={"lat": -2.5, "lon": 29.5})
    assert sweep() == 0
    found, place = latest(unit)
    assert (place.latitude, place.error_radius, found.gps_lat, found.located) == ("-2.500000", None, -2.5, True)
    device.report(cells=heard((1, -70)))
    assert sweep() == 1
    found, newer = latest(unit)
    assert (newer.latitude, newer.error_radius) == ("-1.950000", 1500)
    assert (found.gps_lat, found.gps_lon) == (-2.5, 29.5)  # what its GPS said last
    place.refresh_from_db()
    assert (place.latitude, place.error_radius) == ("-2.500000", None)


def test_the_pointer_never_goes_back(unit, device):
    cell(1, -1.95, 30.05)
    device.report(cells=heard((1, -70)))
    device.report(gps={"lat": -2.5, "lon": 29.5})
    assert sweep() == 1
    assert latest(unit)[1].latitude == "-2.500000"
    assert Connection.objects.filter(product=unit, location_failed_flag=False).count() == 2


def test_a_deleted_location_falls_back_to_the_one_before(unit, device, cast, call):
    cell(1, -1.95, 30.05)
    device.report(cells=heard((1, -70)))
    sweep()
    first = latest(unit)[1]
    device.report(gps={"lat": -2.5, "lon": 29.5})
    second = latest(unit)[1]
    assert call(cast.root, "DELETE", f"/v1/connections/{second.pk}").status_code == 204
    assert latest(unit)[1] == first
    assert call(cast.root, "DELETE", f"/v1/connections/{first.pk}").status_code == 204
    assert latest(unit)[0].located is False


def test_odd_cells_place_nothing_and_stop_nothing(unit, device):
    cell(1, -1.95, 30.05)
    for cells in ([{}], [{"cid": 1}], [{"lac": -1, "cid": -1, "mcc": -1, "mnc": -1}],
                  [{"lac": 2**31 - 1, "cid": 2**31 - 1, "mcc": 2**31 - 1, "mnc": 2**31 - 1, "signal": 2**31 - 1}]):  # fmt: skip
        assert device.report(cells=cells).status_code == 200
    assert sweep() == 0
    assert Connection.objects.filter(latitude=None).count() == 4


def test_a_cell_without_a_network_is_of_the_units_and_the_most_measured_radio_counts(unit, device):
    cell(1, -1.95, 30.05, samples=3)
    cell(1, -1.5, 30.5, samples=30, radio=Radio.LTE)
    device.report(cells=[{"mcc": 635, "mnc": 10, "lac": 11, "cid": 9}, {"lac": 11, "cid": 1, "signal": -80}])
    assert sweep() == 1
    assert latest(unit)[1].latitude == "-1.500000"


def test_the_sweep_keeps_its_place_and_settles_only_what_is_old(unit, device, monkeypatch):
    cell(1, -1.95, 30.05)
    assert sweeping.sweep() == 0  # the first sweep leaves the past to the import
    device.report(cells=heard((1, -70)))
    before = LocationSweep.objects.get().done_to
    assert sweeping.sweep() == 1
    assert LocationSweep.objects.get().done_to == before  # young: looked at once more
    monkeypatch.setattr(sweeping, "SETTLED", -sweeping.SETTLED)
    assert sweeping.sweep() == 0
    assert LocationSweep.objects.get().done_to == Connection.objects.latest("pk").pk


def test_a_connection_from_the_future_holds_up_no_later_one(unit, device, monkeypatch):
    """Of a server whose clock ran ahead: the sweep goes on behind it, instead of beginning with it for a day."""
    cell(1, -1.95, 30.05)
    sweeping.sweep()
    for _time in range(4):
        device.report(cells=heard((1, -70)))
    first = Connection.objects.earliest("pk").pk
    ago, ahead = timezone.now() - dt.timedelta(minutes=5), timezone.now() + dt.timedelta(days=1)
    Connection.objects.update(created_at=ago)
    Connection.objects.filter(pk=first).update(created_at=ahead)
    monkeypatch.setattr(sweeping, "PIECE", 1)
    monkeypatch.setattr(sweeping, "MOST", 2)
    assert [sweeping.sweep(), sweeping.sweep()] == [2, 2]


def test_many_in_pieces(unit, device, monkeypatch):
    cell(1, -1.95, 30.05)
    monkeypatch.setattr(sweeping, "PIECE", 2)
    for _time in range(5):
        device.report(cells=heard((1, -70)))
    assert sweep() == 5


def test_many_connections_cost_few_queries(unit, device, django_assert_max_num_queries):
    cell(1, -1.95, 30.05)
    device.report(cells=heard((1, -70)))
    row = Connection.objects.get()
    rows = []
    for _time in range(300):
        row.pk = None
        rows.append(Connection(**{f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields}))
    Connection.objects.bulk_create(rows)
    with django_assert_max_num_queries(50):
        assert sweep() == 301


def test_a_moved_in_unit_is_located_by_its_pointer(unit, device, tmp_path):
    from django.core.management import call_command

    device.report(gps={"lat": -2.5, "lon": 29.5})
    held = tmp_path / "all.json"
    call_command("export_tables", str(held), "--secrets")
    Product.objects.update(located=False)
    call_command("import_tables", str(held))
    assert latest(unit)[0].located is True


def test_record_places_is_no_door_for_people():
    assert actions.record_places.level is None
