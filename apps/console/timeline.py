"""What happened to a unit, in one line of time: switching, states, entities, notes, software, parameters, parts,
repairs, alerts, messages and what people changed by hand. Contacts are not in it: a unit makes six of them a day.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import DateTimeField, Value
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.console import messages
from apps.console.credit import entries
from apps.core import history
from apps.core.actors import called, unit
from apps.core.admin.cells import in_words
from apps.core.admin.scope import Unseen, hide_strangers, names_of_keys
from apps.core.levels import Level
from apps.parts.models import PartParameter
from apps.products.models import EnableState, Product, ProductParameter
from apps.products.words import LABELS, state_called
from apps.repairs.queries import fitted

SHOWN, MOST = 20, 500
SPAN = ("date_added", "date_removed")
LONG_AGO = Value(dt.datetime(1970, 1, 1, tzinfo=dt.UTC))
KINDS: Mapping[str, Promise] = {
    "power": gettext_lazy("Switch"),
    "tamper": gettext_lazy("Tamper switch"),
    "state": gettext_lazy("State"),
    "entity": gettext_lazy("Entity"),
    "note": gettext_lazy("Note"),
    "software": gettext_lazy("Software"),
    "parameter": gettext_lazy("Parameter"),
    "credit": gettext_lazy("Credit"),
    "part": gettext_lazy("Part"),
    "repair": gettext_lazy("Repair"),
    "alert": gettext_lazy("Alert"),
    "sms": gettext_lazy("SMS"),
    "rtc": gettext_lazy("Real time"),
    "change": gettext_lazy("Changed by hand"),
}


@dataclass(frozen=True)
class Entry:
    """One thing that happened; `lines`: (what, before, after) of a change by hand; `where`: its row in the admin."""

    kind: str
    at: dt.datetime
    text: str = ""
    by: str | None = ""
    where: str = ""
    lines: list[tuple[Any, Any, Any]] = field(default_factory=list)

    @property
    def label(self) -> Promise:
        return KINDS[self.kind]

    @property
    def who(self) -> str | Promise:
        return called(self.by)


def timeline(product: Product, reader: Any, *, kind: str = "", most: int = SHOWN) -> list[Entry]:
    """The newest `most` entries (of one kind), the newest first. For who may open the admin each leads to its row."""
    found: list[Entry] = []
    for name, source in SOURCES.items():
        if kind in ("", name):
            found += source(product, most, reader)
    found.sort(key=lambda entry: entry.at, reverse=True)
    if reader.is_staff and reader.level >= Level.ADMIN:
        return found[:most]
    return [Entry(one.kind, one.at, one.text, one.by, "", one.lines) for one in found[:most]]


def _newest(rows: Any, most: int, *dates: Any) -> Any:
    """The rows of which something happened last. `dates`: columns, or expressions, that entries are dated by."""
    dated = [Coalesce(date, LONG_AGO, output_field=DateTimeField()) for date in dates]
    return rows.order_by((Greatest(*dated) if len(dated) > 1 else dated[0]).desc(), "-pk")[:most]


def _row(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def _switched(kind: str, rows: Any, most: int) -> list[Entry]:
    return [
        Entry(kind, row.date, _switch_in_words(row), row.user, _row(row))
        for row in _newest(rows.exclude(current_enable_state=EnableState.INIT), most, "date")
    ]


def _switch_in_words(row: Any) -> str:
    return _until(row, str(LABELS[EnableState(row.current_enable_state)]))


def _until(row: Any, text: str) -> str:
    """An order with the time that it holds until, and whether that is over."""
    if row.valid_until is None:
        return text
    if row.lapsed:
        return _("%(order)s (lapsed: not confirmed in time)") % {"order": text}
    at = date_format(localtime(row.valid_until), "SHORT_DATETIME_FORMAT")
    return _("%(order)s (not after %(at)s)") % {"order": text, "at": at}


def _power(product: Product, most: int, reader: Any) -> list[Entry]:
    return _switched("power", product.enable_history_rel, most)


def _tamper(product: Product, most: int, reader: Any) -> list[Entry]:
    return _switched("tamper", product.tamper_enable_histories, most)


def _states(product: Product, most: int, reader: Any) -> list[Entry]:
    rows = _newest(product.states.select_related("current_state_type"), most, "created_at")
    return [
        Entry(
            "state", row.created_at, str(state_called(row.current_state_type)), row.created_by, _row(row),
        )
        for row in rows
    ]  # fmt: skip


def _spans(kind: str, rows: Any, began: str, ended: str, name: Any) -> Iterator[Entry]:
    """Rows that hold from date_added until date_removed: both are things that happened."""
    for row in rows:
        if row.date_added:
            yield Entry(kind, row.date_added, began % {"name": name(row)}, row.created_by, _row(row))
        if row.date_removed:
            yield Entry(kind, row.date_removed, ended % {"name": name(row)}, row.modified_by, _row(row))


def _in_sight(rows: Any, reader: Any) -> list[Any]:
    """These rows; what they point to out of the reader's sight is Unseen, and not to be named."""
    found = list(rows)
    hide_strangers(found, reader)
    return found


def _entities(product: Product, most: int, reader: Any) -> list[Entry]:
    links = product.product_entity_linker.select_related("entity")
    rows = _in_sight(_newest(links, most, *SPAN), reader)

    def name(row: Any) -> str:
        return _("an entity that you do not see") if isinstance(row.entity, Unseen) else str(row.entity.name)

    return list(_spans("entity", rows, _("belongs to %(name)s"), _("leaves %(name)s"), name))


def _notes(product: Product, most: int, reader: Any) -> list[Entry]:
    rows = _newest(product.notes, most, "created_at")
    return [Entry("note", row.created_at, row.note_text, row.created_by, _row(row)) for row in rows]


def _software(product: Product, most: int, reader: Any) -> list[Entry]:
    links = product.product_software_linker.select_related("software_version_type")
    rows = list(_newest(links, most, "created_at", *SPAN))
    itself = unit(product.product_imei).name_for_record  # a version that it brought along was ordered by nobody
    ordered = [
        Entry("software", row.created_at, _until(row, _("%(name)s ordered") % {"name": row.software_version_type.name}),
              row.created_by, _row(row))
        for row in rows if row.created_by != itself
    ]  # fmt: skip
    ended = [
        Entry("software", row.date_removed, _("the order of %(name)s ended") % {"name": row.software_version_type.name},
              row.modified_by, _row(row))
        for row in rows if row.date_removed and not row.date_added
    ]  # fmt: skip
    ran = [row for row in rows if row.date_added]
    runs = _spans(
        "software", ran, _("runs %(name)s"), _("no longer runs %(name)s"), lambda row: row.software_version_type.name
    )
    return [*ordered, *ended, *runs]


_STATUS: Mapping[str | None, Promise] = {
    "pending": gettext_lazy("ordered"), "active": gettext_lazy("confirmed by the unit"),
    "expired": gettext_lazy("overtaken by a later order"), "removed": gettext_lazy("no longer holds"),
}  # fmt: skip


def _parameters(product: Product, most: int, reader: Any) -> list[Entry]:
    held = ProductParameter.objects.filter(product=product).select_related("parameter_type")
    of_parts = PartParameter.objects.filter(part__in=fitted(product).values("part"))
    dated = Coalesce("date_removed", "date_added", "created_at")
    rows = [
        *_newest(held, most, dated),
        *_newest(of_parts.select_related("parameter_type", "part__part_type"), most, dated),
    ]
    return [
        Entry(
            "parameter", row.date_removed or row.date_added or row.created_at,
            _("%(name)s: %(text)s") % {
                "name": f"{_of_part(row)}{row.parameter_type.name} = {row.value[:80]}", "text": _status(row),
            },
            row.created_by, _row(row),
        )
        for row in rows
    ]  # fmt: skip


def _of_part(row: Any) -> str:
    return f"{row.part.called} · " if isinstance(row, PartParameter) else ""


def _status(row: Any) -> str:
    if getattr(row, "lapsed", False):
        return _("lapsed: not confirmed in time")
    text = str(_STATUS.get(row.status, row.status or ""))
    return _until(row, text) if row.status == "pending" and isinstance(row, ProductParameter) else text


def _parts(product: Product, most: int, reader: Any) -> list[Entry]:
    rows = _newest(product.part_product_linker.select_related("part__part_type"), most, *SPAN)

    def name(row: Any) -> str:
        return f"{row.part.part_type.name} {row.part.serial_number or ''}".strip()

    return list(_spans("part", rows, _("%(name)s fitted"), _("%(name)s taken out"), name))


def _repairs(product: Product, most: int, reader: Any) -> list[Entry]:
    found = []
    for row in _in_sight(_newest(product.repairs.select_related("repair_centre"), most, "created_at"), reader):
        centre = "" if isinstance(row.repair_centre, Unseen) else getattr(row.repair_centre, "name", "")
        told = " · ".join(word for word in (row.process, row.outcome, centre) if word)
        found.append(Entry("repair", row.created_at, told, row.created_by, _row(row)))
    return found


def _alerts(product: Product, most: int, reader: Any) -> list[Entry]:
    raised = Coalesce("start_time", "created_at")
    rows = _newest(product.alerts.select_related("alert_type"), most, raised, "dismissed_at")
    found = []
    for row in rows:
        label = row.alert_type.label
        found.append(Entry("alert", row.start_time or row.created_at, label, row.created_by, _row(row)))
        if row.dismissed_at:
            text = _("%(name)s dismissed") % {"name": label}
            if row.dismissal_reason:
                text = f"{text}: {row.dismissal_reason[:200]}"
            found.append(Entry("alert", row.dismissed_at, text, row.dismissed_by, _row(row)))
    return found


def _sms(product: Product, most: int, reader: Any) -> list[Entry]:
    return [Entry("sms", at, text, by, _row(row) if row else "") for at, text, by, row in messages.sms(product, most)]


def _rtc(product: Product, most: int, reader: Any) -> list[Entry]:
    return [Entry("rtc", at, text, by, _row(row)) for at, text, by, row in messages.rtc(product, most)]


def _credit(product: Product, most: int, reader: Any) -> list[Entry]:
    return [Entry("credit", at, text, by, _row(row)) for at, text, by, row in entries.in_time(product, most)]


def _changes(product: Product, most: int, reader: Any) -> list[Entry]:
    """What people changed of the unit's own row."""
    fields = {field.column: field for field in product._meta.concrete_fields}
    where = reverse("admin:products_product_history", args=[product.pk])
    images = list(history.images(Product, [product.pk])[:most])
    names = names_of_keys(Product, [image.history_change_reason or {} for image in images], reader)

    def line(name: str, pair: Any) -> tuple[Any, Any, Any]:
        field, named = fields.get(name), names.get(name, {})
        before, after = pair
        if field is None:
            return name, before, after
        before, after = (named[one] if one in named else in_words(field, one) for one in (before, after))
        return field.verbose_name, before, after

    return [
        Entry("change", image.history_date, "", image.history_user_id, where, [
            line(name, pair) for name, pair in (image.history_change_reason or {}).items()
        ])
        for image in images
    ]  # fmt: skip


SOURCES = {
    "power": _power, "tamper": _tamper, "state": _states, "entity": _entities, "note": _notes, "software": _software,
    "parameter": _parameters, "credit": _credit, "part": _parts, "repair": _repairs, "alert": _alerts, "sms": _sms,
    "rtc": _rtc, "change": _changes,
}  # fmt: skip
