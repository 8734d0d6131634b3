"""What stands in a cell of the admin's lists."""

import datetime as dt
from typing import Any

from django.contrib.admin.utils import quote
from django.db import models
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext

from apps.core.actors import RECORDED, called
from apps.core.deleting import MOST, Group
from apps.core.models import Row
from apps.core.naming import SECONDS
from apps.core.naming import called as column_called
from apps.core.telling import tell

IDENTIFYING = ("product_imei", "serial_number", "name", "label", "email", "username", "imsi", "iccid", "transaction_id")


def label_of(row: Any) -> str:
    """What people know a row by."""
    for name in IDENTIFYING:
        if value := getattr(row, name, None):
            return str(row.in_words() or value) if isinstance(row, Row) else str(value)
    if isinstance(row, Row) and (words := row.in_words()):
        return f"{words} · {moment(row.created_at)}"
    if isinstance(at := getattr(row, "date", None), dt.datetime):  # one of many alike: when tells more than its number
        return f"{row} · {moment(at)}"
    return str(row)


def picked_as(row: Any) -> str:
    """How a row stands among others to choose from: by what people know it by, a unit by both of its numbers."""
    if isinstance(row, Row) and row.in_words():
        return label_of(row)
    names = [str(value) for name in IDENTIFYING if (value := getattr(row, name, None))]
    return " · ".join(names[:2]) or label_of(row)


def moment(at: dt.datetime) -> str:
    """A time by the reader's clock, to stand in a sentence."""
    return date_format(localtime(at), "SHORT_DATETIME_FORMAT")


def when(at: dt.datetime) -> str:
    """A time on one line."""
    return format_html('<span class="whitespace-nowrap">{}</span>', moment(at))


def counted(group: Group) -> str:
    """How many, as far as they were counted."""
    if group.is_more:
        return gettext("more than %(count)s") % {"count": number_format(MOST, force_grouping=True)}
    return str(number_format(group.count, force_grouping=True))


def holder(site: Any, group: Group, row: Row) -> str:
    """Rows that hold this one, with the way to them."""
    text = tell("%(name)s: %(text)s", name=capfirst(group.model._meta.verbose_name_plural), text=counted(group))
    if group.field is None or group.model not in site._registry:
        return text
    return format_html('<a href="{}" class="underline">{}</a>', list_of(site, group.model, group.field, row), text)


def list_of(site: Any, model: type[models.Model], field: models.ForeignKey | None, row: Row) -> str:
    """The address of the list of those rows whose pointer `field` holds this row; of rows without a pointer, which name
    it by its key as a text (core.scope.ByText), of those that name it."""
    if field is None:
        asked = urlencode({str(row.KEY): getattr(row, str(row.KEY))})
    else:
        asked = urlencode({f"{field.name}__{field.target_field.name}__exact": getattr(row, field.target_field.attname)})
    return f"{reverse(f'{site.name}:{model._meta.app_label}_{model._meta.model_name}_changelist')}?{asked}"


def linked(site: Any, field: models.ForeignKey) -> Any:
    """A column of links to the rows that this one points to."""

    def shown(row: Any) -> Any:
        other = getattr(row, field.name)
        if other is None:
            return None
        model = field.related_model
        if not isinstance(other, model) or model not in site._registry:  # unseen (scope.py), or of no list
            return label_of(other)
        where = f"{site.name}:{model._meta.app_label}_{model._meta.model_name}_change"
        return format_html(
            '<a href="{}" class="underline">{}</a>', reverse(where, args=[quote(other.pk)]), label_of(other)
        )

    shown.short_description = capfirst(field.verbose_name)  # type: ignore[attr-defined]
    shown.admin_order_field = field.attname  # type: ignore[attr-defined]
    shown.field_name = field.name  # type: ignore[attr-defined]
    shown.__name__ = f"linked_{field.name}"
    return shown


def unbroken(field: Any) -> Any:
    """A column of times, in the short form, or of what people know a row by: on one line."""

    def shown(row: Any) -> Any:
        value = getattr(row, field.attname)
        if isinstance(value, dt.datetime):
            return when(value)
        return None if value is None else format_html('<span class="whitespace-nowrap">{}</span>', value)

    return _named(shown, field)


def plain(field: Any) -> Any:
    """Any other column, headed as a form heads it: on a phone each cell bears its heading."""

    def shown(row: Any) -> Any:
        return in_words(field, getattr(row, field.attname))

    shown.boolean = isinstance(field, models.BooleanField)  # type: ignore[attr-defined]
    return _named(shown, field)


def in_words(field: Any, value: Any) -> Any:
    """A column's value as people say it: options by their names, who did something, seconds as they count them."""
    if isinstance(value, str):
        said = getattr(field, "said", None) or (dict(field.flatchoices) if field.choices else {})
        return called(value) if field.column in RECORDED else said.get(value, value)
    return lasting(value) if value is not None and is_lasting(field) else value


def is_said(field: Any) -> bool:
    """Whether in_words() says it in another way than Django would."""
    return field.column in RECORDED or is_lasting(field) or bool(getattr(field, "said", None) and not field.choices)


def is_lasting(field: Any) -> bool:
    return getattr(field, "counts", "") == SECONDS


def lasting(seconds: float) -> str:
    """A time that lasts, in its two largest units: `12 days 4 hours`."""
    left, told = abs(round(seconds)), list[tuple[int, Any]]()
    for size, text in ((86_400, _days), (3_600, _hours), (60, _minutes), (1, _seconds)):
        count, left = divmod(left, size)
        if count or told or size == 1:
            told.append((count, text))
    words = [text(count) for count, text in told[:2] if count] or [_seconds(0)]
    return ("-" if seconds < 0 else "") + " ".join(words)


def _days(count: int) -> str:
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": number_format(count, force_grouping=True)}


def _hours(count: int) -> str:
    return ngettext("%(count)s hour", "%(count)s hours", count) % {"count": count}


def _minutes(count: int) -> str:
    return ngettext("%(count)s minute", "%(count)s minutes", count) % {"count": count}


def _seconds(count: int) -> str:
    return ngettext("%(count)s second", "%(count)s seconds", count) % {"count": count}


def _named(shown: Any, field: Any) -> Any:
    name: Any = column_called(field) if is_lasting(field) else field.verbose_name
    shown.short_description = capfirst(name)
    shown.admin_order_field = field.attname
    shown.__name__ = field.name
    return shown
