"""The box for a time after which an order holds no more, in the clock of whoever fills it in."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.telling import Told, join, tell

NAME = "valid_until"
LOCAL = "%Y-%m-%dT%H:%M"  # as browsers send a box of day and time


class NotAfterField(forms.DateTimeField):
    """Optional; in the future; kept as UTC."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL)

    def __init__(self) -> None:
        super().__init__(label=gettext_lazy("Not after"), required=False)

    def clean(self, value: Any) -> Any:
        try:
            moment = super().clean(value)
            moment = moment and moment.astimezone(dt.UTC)
        except OverflowError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None
        if moment is not None and moment <= timezone.now():
            raise forms.ValidationError(_("This time is over: it is %(now)s now, by your clock (%(zone)s).") % _clock())
        return moment


class NotAfterForm(forms.Form):
    """The base of forms of orders that may have such a time."""

    valid_until = NotAfterField()
    field_order: Any = None

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.order_fields([*(name for name in self.fields if name != NAME), NAME])
        box = self.fields[NAME]
        box.help_text = (
            _("By your clock (%(zone)s), where it is %(now)s. What the unit has not confirmed by then is withdrawn.")
            % _clock()
        )
        box.widget.attrs["min"] = timezone.localtime().strftime(LOCAL)


def _clock() -> dict[str, str]:
    now = date_format(timezone.localtime(), "SHORT_DATETIME_FORMAT")
    return {"now": now, "zone": timezone.get_current_timezone_name()}


def as_param(cleaned: Mapping[str, Any]) -> dict[str, str]:
    """For a job's details: nothing where no time was given."""
    moment = cleaned.get(NAME)
    return {NAME: moment.isoformat()} if moment else {}


def of_params(params: Mapping[str, Any]) -> dt.datetime | None:
    text = params.get(NAME)
    return dt.datetime.fromisoformat(text) if text else None


def in_words(params: Mapping[str, Any], text: Any = "") -> str | Told:
    """`text`, and the time if there is one."""
    moment = of_params(params)
    if moment is None:
        return text
    until = tell("not after %(at)s", at=moment)
    return join([text, until], " · ") if text else until
