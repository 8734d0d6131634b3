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
from django.utils.translation import gettext

from apps.core.deleting import MOST, Group
from apps.core.models import Row

IDENTIFYING = ("product_imei", "serial_number", "name", "label", "email", "username", "imsi", "iccid", "transaction_id")


def label_key(row: Row) -> str:
    """What finds a row, and what belongs to it, in any search."""
    return str(getattr(row, row.KEY or row._meta.pk.attname))


def label_of(row: Any) -> str:
    """What people know a row by."""
    for name in IDENTIFYING:
        if value := getattr(row, name, None):
            return str(value)
    if isinstance(at := getattr(row, "date", None), dt.datetime):  # one of many alike: when tells more than its number
        return f"{row} · {moment(at)}"
    return str(row)


def picked_as(row: Any) -> str:
    """How a row stands among others to choose from: by what people know it by, a unit by both of its numbers."""
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
    text = f"{capfirst(group.model._meta.verbose_name_plural)}: {counted(group)}"
    if group.field is None or group.model not in site._registry:
        return text
    meta, target = group.model._meta, group.field.target_field
    asked = urlencode({f"{group.field.name}__{target.name}__exact": getattr(row, target.attname)})
    where = f"{reverse(f'{site.name}:{meta.app_label}_{meta.model_name}_changelist')}?{asked}"
    return format_html('<a href="{}" class="underline">{}</a>', where, text)


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
    said = dict(field.flatchoices) if field.choices else {}

    def shown(row: Any) -> Any:
        value = getattr(row, field.attname)
        return said.get(value, value) if isinstance(value, str) else value

    shown.boolean = isinstance(field, models.BooleanField)  # type: ignore[attr-defined]
    return _named(shown, field)


def _named(shown: Any, field: Any) -> Any:
    shown.short_description = capfirst(field.verbose_name)
    shown.admin_order_field = field.attname
    shown.__name__ = field.name
    return shown
