"""Days as XLSX counts them: a number of days since one, its fraction the time of day. No zone; ours are UTC."""

import datetime as dt

EPOCH, EPOCH_1904 = dt.datetime(1899, 12, 30), dt.datetime(1904, 1, 1)  # noqa: DTZ001
FIRST = dt.datetime(1900, 3, 1)  # noqa: DTZ001  # before it the format counts a day that never was
_PAST_LAST = 2_958_466
_DAY = 86_400_000_000  # microseconds


def read(raw: str, epoch: dt.datetime = EPOCH) -> dict[str, str]:
    """The cell of a count. Where that is not what we would write, to the microsecond, it was rounded on its way, and
    the nearest millisecond is meant."""
    count = float(raw)
    if not 1 <= count < _PAST_LAST:
        return {"refused": "is a time of day without its day"}
    whole = int(count)
    exact = epoch + dt.timedelta(days=whole, microseconds=round((count - whole) * _DAY))
    if counted(exact, epoch) != count:
        exact = epoch + dt.timedelta(days=whole, milliseconds=round((count - whole) * _DAY / 1000))
    return {"date": exact.isoformat()}


def counted(moment: dt.datetime, epoch: dt.datetime = EPOCH) -> float:
    since = moment - epoch
    return since.days + (since.seconds * 1_000_000 + since.microseconds) / _DAY
