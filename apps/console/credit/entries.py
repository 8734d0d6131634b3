"""What was paid in and taken away, an entry each, in people's words."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from apps.console.credit.shared import CATEGORIES, in_words
from apps.core.actors import called
from apps.dcm import models, queries
from apps.dcm.models import CreditRequest, FinalBalance, PaymentCommand, Receipt
from apps.products.models import Product


@dataclass
class Entry:
    """A command. `given`: the seconds given and not taken back with it, of what counts still."""

    row: PaymentCommand
    final: FinalBalance | None
    asked: CreditRequest | None
    has_receipt: bool
    given: int = 0

    @property
    def title(self) -> str | Promise:
        return CATEGORIES.get(self.row.category, self.row.category)

    @property
    def amount(self) -> str:
        value = self.row.value
        return f"{'+' if value > 0 else '−'}{in_words(value)}" if value else ""

    @property
    def who(self) -> str | Promise:
        return called(self.row.created_by)

    @property
    def asked_by(self) -> str | Promise:
        return called(self.asked.created_by) if self.asked else ""

    @property
    def standing(self) -> str:
        """What became of it."""
        if self.row.void:
            return _("void")
        if self.row.status:
            return _("taken over by the unit")
        if self.row.withdrawn:
            return _("given as a token")
        return _("on its way")

    @property
    def is_open(self) -> bool:
        return not self.row.void and not self.row.status

    @property
    def closed_at(self) -> dt.datetime | None:
        return self.row.modified_at if self.row.status else None

    @property
    def left_said(self) -> str:
        """Of a zero-command that was answered."""
        if self.final is None:
            return ""
        values = {"left": in_words(self.final.final_balance), "added": in_words(self.final.total_added)}
        return _("The unit says that %(left)s were left; %(added)s had been paid in.") % values

    @property
    def given_said(self) -> str:
        return in_words(self.given)


def entries(product: Product, rows: Sequence[PaymentCommand]) -> list[Entry]:
    """Of these commands, which follow each other, the newest first."""
    keys, ids = [row.pk for row in rows], [row.transaction_id for row in rows]
    finals = _finals(keys)
    asked = {one.transaction_id: one for one in _of(CreditRequest, transaction_id__in=ids)}
    receipts = set(_of(Receipt, command__in=keys).values_list("command_id", flat=True))
    found = [Entry(row, finals.get(row.pk), asked.get(row.transaction_id), row.pk in receipts) for row in rows]
    if found:
        before = queries.sums(product, before=keys[-1])
        given = before["added"] - before["removed"]
        for entry in reversed(found):
            if not entry.row.void:
                given += entry.row.value
            entry.given = given
    return found


def _finals(keys: Sequence[int]) -> dict[int, FinalBalance]:
    return {one.zero_command_id: one for one in _of(FinalBalance, zero_command__in=keys)} if keys else {}


def _of(model: Any, **which: Any) -> Any:
    return model.objects.filter(**which)


def in_time(product: Product, most: int) -> list[tuple[dt.datetime, str, str | None, Any]]:
    """The latest as a unit's line of time tells them: (when, text, by whom, row)."""
    found: list[tuple[dt.datetime, str, str | None, Any]] = []
    rows = list(queries.commands(product)[:most])
    finals = _finals([row.pk for row in rows if row.category == models.ZERO])
    for row in rows:
        entry = Entry(row, finals.get(row.pk), None, False)
        text = f"{entry.title} {entry.amount}".strip()
        reason = f": {row.reason}" if row.reason else ""
        found.append((row.created_at, text + reason, row.created_by, row))
        if row.status and row.modified_at and row.category != models.ZERO:
            taken = _("%(what)s: taken over by the unit") % {"what": text}
            found.append((row.modified_at, taken, row.modified_by, row))
        if entry.final is not None:
            found.append((entry.final.created_at, entry.left_said, entry.final.created_by, row))
    return found
