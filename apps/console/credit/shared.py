"""What the pages of credit share: amounts of time in people's words, refusals, what a card says of a unit's credit."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.console.bench.words import lasted
from apps.core.actions import Action
from apps.core.refusal_words import said
from apps.core.refusals import Refused
from apps.dcm import limits, models, queries
from apps.dcm.queries import Drift, Standing
from apps.products import queries as units
from apps.products.models import Product

DAY = 86400
CATEGORIES: Mapping[str, Promise] = {
    models.PAYMENT: gettext_lazy("Paid in"),
    models.BAD_PAYMENT: gettext_lazy("Taken back"),
    models.ZERO: gettext_lazy("Set to zero"),
    models.FORCE_RESET: gettext_lazy("All taken back (force-reset)"),
}


def in_words(seconds: int) -> str:
    """An amount of credit: days and hours, whatever its sign."""
    seconds = abs(seconds)
    return lasted(seconds) if seconds >= 60 else _("%(n)s s") % {"n": seconds}


def unit_of(request: HttpRequest, imei: str) -> Product:
    """In scope, or NotFound, with what the pages show of it."""
    reader: Any = request.user
    units.fetch(imei, by=reader)
    return units.units(reader).get(product_imei=imei)


def may(reader: Any, act: Action) -> bool:
    """Whether somebody of this level may do that at all."""
    return act.level is None or reader.level >= act.level


def fresh_id() -> str:
    """An id made with a form: however often it is sent, it moves credit once."""
    return f"counter-{uuid.uuid4().hex[:20]}"


def given_id(given: Mapping[str, Any]) -> str:
    return str(given.get("id") or "")[: models.LONGEST_ID] or fresh_id()


def problem_of(refused: Refused, product: Product, by: Any) -> str:
    """Why not, in people's words: days instead of seconds, and the way out."""
    if refused.code == "over_limit":
        text = _("You may take away %(most)s at most at once; ask somebody of a higher level.")
        return text % {"most": in_words(limits.most_of(by) or 0)}
    if refused.code == "more_than_added":
        found = queries.sums(product)
        left = max(0, found["added"] - found["removed"])
        text = _("That is more than was ever paid in: %(left)s can be taken back.")
        return text % {"left": in_words(left)}
    if refused.code == "zero_pending":
        return _("The unit is being set to zero and has not answered yet: wait for it, or take all back (force-reset).")
    if refused.code == "not_dcm":
        return _("This unit does not keep its own credit; switch that on first.")
    if refused.code == "duplicate":
        return _("This form was used for something else already, and nothing was changed. Begin anew.")
    if refused.code == "commands_open":
        return _("Not while credit is on its way: wait for the unit, or take all back (force-reset).")
    return said(refused, fields=False)


@dataclass(frozen=True)
class Card:
    """A unit's credit at a glance; looked up only where it is shown."""

    product: Product

    @cached_property
    def standing(self) -> Standing:
        return queries.standing(self.product)

    @cached_property
    def drift(self) -> Drift | None:
        return queries.drift(self.standing.row)

    @cached_property
    def requests(self) -> int:
        """Removals that wait for a second person."""
        return queries.waiting(self.product).count()

    @property
    def ends(self) -> str:
        """never, unknown, over, or until (of `standing`): what the light depends on."""
        if not self.product.is_payg:
            return "never"
        if self.standing.until is None:
            return "unknown"
        return "over" if self.standing.left == 0 else "until"

    @property
    def left(self) -> str:
        return in_words(self.standing.left)

    @property
    def reported(self) -> str:
        return in_words(self.standing.row.balance) if self.standing.row else ""

    @property
    def reported_at(self) -> dt.datetime | None:
        return self.standing.row.reported_at if self.standing.row else None

    @property
    def on_its_way(self) -> str:
        """With its sign; empty where nothing is."""
        seconds = self.standing.outstanding
        return f"{'+' if seconds > 0 else '−'}{in_words(seconds)}" if seconds else ""

    @property
    def drift_said(self) -> str:
        """Where the clock runs wrong by more than may be."""
        if self.drift is None or not self.drift.is_large:
            return ""
        share = round(abs(self.drift.share) * 100)
        values = {"share": share, "fell": in_words(self.drift.fell), "wall": in_words(self.drift.wall)}
        if self.drift.share > 0:
            return _("Its clock runs %(share)s %% fast: %(fell)s of credit went in %(wall)s.") % values
        return _("Its clock runs %(share)s %% slow: %(fell)s of credit went in %(wall)s.") % values

    @property
    def excess_said(self) -> str:
        if not self.standing.excess:
            return ""
        text = _("The unit says %(more)s more than it was ever given here. Compare with the payments below.")
        return text % {"more": in_words(self.standing.excess)}

    @property
    def age_is_old(self) -> bool:
        return self.reported_at is not None and timezone.now() - self.reported_at > dt.timedelta(days=1)


def card_of(product: Product) -> Card:
    return Card(product)
