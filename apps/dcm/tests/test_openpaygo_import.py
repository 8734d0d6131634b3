"""`manage.py import_openpaygo`: the factory's file, all or nothing."""

import pytest
from django.core.management import CommandError, call_command

from apps.core.actors import SYSTEM
from apps.dcm import actions
from apps.dcm.models import OfflineToken, TokenKey
from tests.cast import make_unit

pytestmark = pytest.mark.django_db
HEADER = "Serial Number,Starting Code,Key,Count,Time Divider,Restricted Digit Mode,Hardware Model,Version,Test Code"
KEY, OTHER = "a29ab82edc5fbbc41ec9530f6dac86b1", "bc41ec9530f6dac86b1a29ab82edc5fb"


@pytest.fixture
def unit(cast):
    return make_unit("010101234560005", entity=cast.a)


@pytest.fixture
def bring(tmp_path, capsys):
    def run(*rows, header=HEADER, encoding="utf-8", **options):
        path = tmp_path / "keys.csv"
        path.write_bytes("\r\n".join([header, *rows]).encode(encoding))
        call_command("import_openpaygo", str(path), **options)
        return capsys.readouterr().out

    return run


def row(unit, key=KEY, code="123456789", count="0", divider="1", restricted="0", model="Mini"):
    return f"{getattr(unit, 'serial_number', unit)},{code},{key},{count},{divider},{restricted},{model},2,000111222"


def test_keys_come_in_by_serial_number_or_imei(bring, unit, cast):
    other = make_unit("010101234560013", entity=cast.a)
    out = bring(row(unit, key=KEY.upper()), row(other.product_imei, code="", divider="", restricted="1", model=""))
    assert "2 new" in out
    first, second = TokenKey.objects.get(product=unit), TokenKey.objects.get(product=other)
    assert (first.secret_key, first.starting_code, first.count, first.hardware_model) == (KEY, "123456789", 0, "Mini")
    assert (second.starting_code, second.time_divider, second.restricted, second.hardware_model) == (
        None,
        1,
        True,
        None,
    )
    assert KEY not in out


def test_the_same_row_again_changes_nothing_and_our_count_never_goes_back(bring, unit):
    bring(row(unit, count="4"))
    TokenKey.objects.update(count=10, known_count=8)
    assert "1 unchanged" in bring(row(unit, count="4"), encoding="utf-8-sig")
    key = TokenKey.objects.get()
    assert (key.count, key.known_count) == (10, 8)
    bring(row(unit, count="12"))
    key.refresh_from_db()
    assert (key.count, key.known_count) == (12, 12)


def test_another_key_needs_replace(bring, unit):
    bring(row(unit))
    OfflineToken.objects.create(
        product=unit, transaction_id="p1", type="ADD_TIME", count=2, units=1, token="1", issued_by="x"
    )
    TokenKey.objects.update(count=30, known_count=20, request_count=9, answer="{}")
    with pytest.raises(CommandError, match=r"Nothing was imported.*row 2 .*another Key.*--replace"):
        bring(row(unit, key=OTHER))
    with pytest.raises(CommandError, match="time divider"):
        bring(row(unit, divider="24"))
    assert "1 replaced" in bring(row(unit, key=OTHER), replace=True)
    key = TokenKey.objects.get()
    assert (key.secret_key, key.count, key.known_count, key.request_count) == (OTHER, 30, 0, None)
    assert OfflineToken.objects.get().state == "dead"
    actions.report_count(unit, count=2, by=SYSTEM)  # of the new key: the old code was never entered
    assert OfflineToken.objects.get().state == "dead"


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ({"key": "ab"}, "Key must be 32"), ({"key": "g" * 32}, "Key must be 32"), ({"key": ""}, "Key must be 32"),
        ({"code": "1234567890"}, "Starting Code"), ({"code": "12x"}, "Starting Code"), ({"code": "-1"}, "Starting Code"),
        ({"count": "-1"}, "Count"), ({"count": "1.0"}, "Count"), ({"count": ""}, "Count"), ({"count": "9" * 30}, "Count"),
        ({"divider": "0"}, "Time Divider"), ({"divider": "256"}, "Time Divider"), ({"restricted": "2"}, "Restricted"),
        ({"restricted": "yes"}, "Restricted"), ({"model": "x" * 256}, "Hardware Model"), ({"count": "²"}, "Count"),
        ({"model": '"a,b'}, "is no CSV"), ({"model": "a,b"}, "cells"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named_and_nothing_is_taken(bring, unit, cast, columns, named):
    good = make_unit("010101234560013", entity=cast.a)
    with pytest.raises(CommandError, match=rf"Nothing was imported.*row 3.*{named}"):
        bring(row(good), row(unit, **columns))
    assert TokenKey.objects.count() == 0


def test_a_file_that_is_none_is_refused(bring, unit, tmp_path):
    for options, named in (
        ({"header": "Serial Number,Key"}, "row 1: the header needs the column Starting Code"),
        ({"encoding": "utf-16"}, "no UTF-8"),
    ):
        with pytest.raises(CommandError, match=named):
            bring(row(unit), **options)
    with pytest.raises(CommandError, match="row 2 .*no unit has this Serial Number"):
        bring(row("nobody"))
    with pytest.raises(CommandError, match="row 3 .*row 2"):
        bring(row(unit), row(unit))
    with pytest.raises(CommandError, match="row 3 .*unit of row 2"):
        bring(row(unit), row(unit.product_imei))
    with pytest.raises(CommandError, match="can't be read"):
        call_command("import_openpaygo", str(tmp_path / "none.csv"))
    assert TokenKey.objects.count() == 0
