"""As in English, but for the day first where a day is typed, and months cut as French cuts them: `6 juil. 2026 14:01`
(Django's own three letters make `Jui` of June, beside `Jul`)."""

from backoffice.formats.en.formats import *  # noqa: F403
from backoffice.formats.en.formats import TIME_INPUT_FORMATS

DATE_FORMAT = SHORT_DATE_FORMAT = "j N Y"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j N Y H:i"
MONTH_DAY_FORMAT = "j N"
DATE_INPUT_FORMATS = ["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y", "%d-%m-%Y"]
DATETIME_INPUT_FORMATS = [f"{day} {time}" for day in DATE_INPUT_FORMATS for time in TIME_INPUT_FORMATS] + [
    "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M",
]  # fmt: skip
