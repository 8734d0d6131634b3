"""manage.py import_cells: OpenCelliD's CSV, again and again, with bad lines."""

import gzip
import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.connectivity import importing
from apps.connectivity.cells import Cell, Radio
from apps.products.models import Product

pytestmark = pytest.mark.django_db
HEAD = "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal"
GOOD = "GSM,635,10,11,1,0,30.05,-1.95,1500,12,1,1400000000,1500000000,-80"
LTE = "LTE,635,14,5001,123456789,3,30.5,-1.5,3000,2,1,1400000000,1500000000,"
KENYA = "UMTS,639,2,70,9,,36.8,-1.28,1000,4,1,1400000000,1500000000,0"


def run(tmp_path, *lines, name="cells.csv", **options):
    path = tmp_path / name
    text = "\n".join(lines) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    out, err = io.StringIO(), io.StringIO()
    call_command("import_cells", str(path), stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


@pytest.mark.parametrize("name", ["cells.csv", "cells.csv.gz"])
def test_columns_of_opencellid(tmp_path, name):
    told, _err = run(tmp_path, HEAD, GOOD, LTE, KENYA, name=name)
    assert "3 cells kept" in told
    one = Cell.objects.get(cell=1)
    assert (one.mcc, one.net, one.area, one.radio) == (635, 10, 11, Radio.GSM)
    assert (one.lat, one.lon, one.range, one.samples, one.updated) == (-1950000, 30050000, 1500, 12, 1500000000)


def test_without_a_heading_and_of_one_country(tmp_path):
    told, _err = run(tmp_path, GOOD, LTE, KENYA, mcc=[639])
    assert "1 cells kept, 2 of other countries" in told
    assert list(Cell.objects.values_list("mcc", flat=True)) == [639]


def test_again_brings_up_to_date_and_never_back(tmp_path):
    run(tmp_path, HEAD, GOOD)
    run(tmp_path, HEAD, GOOD.replace(",30.05,", ",30.06,").replace("1500000000", "1600000000"))
    assert Cell.objects.get().lon == 30060000
    run(tmp_path, HEAD, GOOD)
    assert (Cell.objects.count(), Cell.objects.get().lon) == (1, 30060000)


def writes():
    """How many rows were ever written, as far as the database tells."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SELECT array_agg(ctid::text ORDER BY ctid) FROM {Cell._meta.db_table}")
            return cursor.fetchone()
        return cursor.connection.total_changes


def test_what_is_known_already_is_not_written_again(tmp_path):
    """A row that is written again leaves its old self behind, and a country is a million of them."""
    run(tmp_path, HEAD, GOOD, LTE)
    before = writes()
    run(tmp_path, HEAD, GOOD, LTE)
    assert writes() == before
    run(tmp_path, GOOD.replace(",1500,12,", ",1500,13,"))  # measured once more, at the same second
    assert Cell.objects.get(cell=1).samples == 13


def test_a_cell_twice_in_a_file_is_its_newer_line(tmp_path):
    newer = GOOD.replace(",1500,12,", ",900,13,").replace("1500000000", "1600000000")
    run(tmp_path, newer, GOOD)
    assert Cell.objects.get().range == 900


BAD = {
    "GSM,635,10": "has 3 columns",
    "GPS" + GOOD[3:]: "radio 'GPS' is none of",
    GOOD.replace("635", "6x5"): "mcc '6x5' is no whole number",
    GOOD.replace("635", "0"): "mcc 0 is not from 1 to 999",
    GOOD.replace("-1.95", "-91"): "lat -91 is not from -90 to 90",
    GOOD.replace("-1.95", "nan"): "lat nan is not from",
    GOOD.replace("30.05", "1e999"): "lon 1e999 is not from",
    GOOD.replace(",11,1,", f",11,{2**40},"): "cell",
    GOOD.replace("1500,12", "-1,12"): "range -1 is not from",
    "x" * 2000: "is too long",
    '"' + GOOD: "has 1 columns",
}


@pytest.mark.parametrize("line", BAD)
def test_a_bad_line_is_named_by_its_number_and_ends_it(tmp_path, line):
    with pytest.raises(CommandError) as told:
        run(tmp_path, HEAD, GOOD, "", line, LTE)
    assert "line 4: " in str(told.value)
    assert BAD[line] in str(told.value)
    assert Cell.objects.count() == 0  # nothing of its batch


def test_skip_bad_names_each_and_keeps_the_rest(tmp_path):
    told, err = run(tmp_path, HEAD, GOOD, *BAD, LTE, skip_bad=True)
    assert "2 cells kept, 11 bad lines left out" in told
    assert all(f"line {number}: " in err for number in range(3, 14))


@pytest.mark.parametrize("head", [HEAD.replace("lon,lat", "lat,lon"), HEAD.replace(",", ";"), "radio,mcc,net"])
def test_a_heading_of_other_columns_is_refused(tmp_path, head):
    """Lines are read by place: latitude and longitude exchanged would place every unit of a country wrongly."""
    swapped = GOOD.replace("30.05,-1.95", "-1.95,30.05")
    for options in ({}, {"skip_bad": True}):
        with pytest.raises(CommandError, match="line 1: its columns must be radio,mcc,net,area,cell,.*commas$"):
            run(tmp_path, head, swapped, **options)
    assert Cell.objects.count() == 0
    told, _err = run(tmp_path, '"' + HEAD.upper().replace(",", '","') + '"', GOOD)
    assert "1 cells kept" in told


def test_in_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 10)
    lines = [GOOD.replace(",11,1,", f",11,{number},") for number in range(95)]
    told, _err = run(tmp_path, *lines)
    assert "95 cells kept" in told
    assert Cell.objects.count() == 95


@pytest.mark.parametrize("name", ["no.csv", "broken.csv.gz"])
def test_a_file_that_cant_be_read(tmp_path, name):
    (tmp_path / "broken.csv.gz").write_bytes(gzip.compress((GOOD + "\n").encode() * 99)[:-20])
    with pytest.raises(CommandError, match="can't be read"):
        call_command("import_cells", str(tmp_path / name), stdout=io.StringIO())


def test_units_that_waited_for_their_cells_get_their_places(tmp_path, unit, device):
    device.report(cells=[{"mcc": 635, "mnc": 10, "lac": 11, "cid": 1, "signal": -70}])
    told, _err = run(tmp_path, GOOD)
    assert "1 units without a place have one now" in told
    assert Product.objects.get(pk=unit.pk).latest_connection_location.error_radius == 1500


@pytest.mark.parametrize("lines", [(HEAD, GOOD), (GOOD,)], ids=["heading", "none"])
def test_the_mark_that_spreadsheets_put_first_is_no_part_of_it(tmp_path, lines):
    told, _err = run(tmp_path, "\ufeff" + lines[0], *lines[1:])
    assert "1 cells kept" in told
