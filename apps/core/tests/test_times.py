"""Times that are read in one way only, and what is no time. The numbers are of the public cases."""

import datetime as dt

import pytest

from apps.core.times import iso, parse_moment, strict_moment


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("2016-11-25T10:51:30.077685", "2016-11-25T10:51:30.077685"),
        ("2016-11-25 10:51:30.077685123Z", "2016-11-25T10:51:30.077685"),  # nine digits, as the documentation has it
        ("2016-11-25T10:51:30.5+02:00", "2016-11-25T08:51:30.500000"),
        ("2016-11-25 10:51:30 -0530", "2016-11-25T16:21:30"),
        ("2016-11-25T10:51", "2016-11-25T10:51:00"),
        ("20161125T105130Z", "2016-11-25T10:51:30"),
        ("2016-11-25", "2016-11-25T00:00:00"),
        ("2016/11/25 10:51", "2016-11-25T10:51:00"),
        ("Thu, September 1st 2016", "2016-09-01T00:00:00"),
        ("Tue, October 4th 2016", "2016-10-04T00:00:00"),
        ("Sept 1, 2016 2:30 pm", "2016-09-01T14:30:00"),
        ("25-Nov-2016", "2016-11-25T00:00:00"),
        ("Fri, 25 Nov 2016 10:51:30 GMT", "2016-11-25T10:51:30"),
        ("Fri Nov 25 10:51:30 2016", "2016-11-25T10:51:30"),
    ],
)
def test_a_whole_day_in_one_reading(text, right):
    assert iso(strict_moment(text)) == right
    assert iso(parse_moment(text.replace("Sept ", "Sep "))) == right


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("05/06/26", "2026-06-05T00:00:00"),  # 24
        ("05/06/2026 2:30 PM", "2026-06-05T14:30:00"),  # 27
        ("05/06/2026 12:00 AM", "2026-06-05T00:00:00"),
        ("05 06 2026", "2026-06-05T00:00:00"),
        ("31.12.2026 23:59", "2026-12-31T23:59:00"),
        ("1-2-99", "1999-02-01T00:00:00"),
    ],
)
def test_the_day_stands_first_where_that_is_agreed_and_else_it_is_no_time(text, right):
    assert iso(strict_moment(text, day_first=True)) == right
    with pytest.raises(ValueError, match="."):
        strict_moment(text)


@pytest.mark.parametrize(
    "text",
    [
        "12:34", "5", "12", "7", "1/2", "10:51:30", "2016", "2016-11", "November 2016", "20161125",  # 31, 32, 34a, 34b
        "2016-11-25 10:51:30 CAT", "2016-11-25 10:51 EST", "2016-11-25T10:51:30 Africa/Kigali",  # 36
        "2026-11-25T12:00:00 02:00", "2026-11-25 12:00 02:00", "2026-11-25T12:00:00 0200",  # 37, 38: a lost plus
        "Mon, September 1st 2016", "Blursday, September 1st 2016", "Foo 1 2016", "2016-13-01", "2016-02-30", "31/02/2016",
        "2016-11-25T24:30", "2016-11-25T10:60", "13:00 PM 2016-11-25", "2016-11-25 13:00 PM", "2016-11-25 10:51 +02:75",
        "2016-11-25T10:51:30+99:00", "0001-01-01T00:00:00+10:00", "２０１６-11-25", "2016-11-25\x00", "", " ", "x" * 70, "today",
    ],
)  # fmt: skip
def test_nothing_is_guessed(text):
    for day_first in (False, True):
        with pytest.raises(ValueError, match="."):
            strict_moment(text, day_first=day_first)


@pytest.mark.parametrize("text", ["2016-11-25 10:51:30 CAT", "2026-11-25T12:00:00 02:00", "10:51 EST", "12:00 0200"])
def test_the_lenient_reader_loses_no_zone_either(text):
    with pytest.raises(ValueError, match="."):
        parse_moment(text)


def test_the_lenient_reader_takes_fragments_as_the_contract_lets_it():
    assert parse_moment("12:34").time() == dt.time(12, 34)
