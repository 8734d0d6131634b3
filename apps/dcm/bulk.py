"""Credit of many units from a list: unit, days or seconds, transaction id, one payment a line. The ids make it safe to
do again: what was paid in already is told as such, and paid once."""

import uuid
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.actors import Actor
from apps.core.refusals import Invalid
from apps.core.telling import kept, number, tell
from apps.dcm import actions
from apps.dcm.models import LONGEST_ID, MOST_SECONDS, PAYMENT, PaymentCommand
from apps.jobs.kinds import Pulse
from apps.jobs.models import Job
from apps.products.bulk import OnUnits
from apps.products.models import Product

DAY = 86400
MOST_DAYS = MOST_SECONDS // DAY


class PayIn(OnUnits):
    title, icon, level = _("Pay in credit to units"), "payments", actions.add_payment_command.level  # type: ignore[assignment]

    def form(self, *, by: Actor, data: Any = None) -> forms.Form:
        return DaysForm(data)

    def form_of_lines(self, *, by: Actor, data: Any = None) -> forms.Form:
        return LineForm(data)

    def read(self, job: Job, pulse: Pulse) -> Iterator[tuple[str, Any]]:
        seen: dict[str, tuple[str, Any]] = {}
        for key, payload in super().read(job, pulse):
            name = (payload or {}).get("transaction_id", "")
            if name and seen.setdefault(name, (key, payload)) != (key, payload):
                payload = {"refused": kept(tell("“%(given)s”: %(why)s", given=name[:80], why=tell(TWICE)))}
            yield key, payload

    def params(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        days, seconds = cleaned.get("days"), cleaned.get("seconds")
        found = {"seconds": seconds if days is None else int(days * DAY)}
        if "transaction_id" in cleaned:
            return found | {"transaction_id": cleaned["transaction_id"]}
        return found | {"days": f"{days:f}", "batch": uuid.uuid4().hex}

    def told(self, params: Mapping[str, Any]) -> str:
        return tell("%(days)s days each", days=number(params["seconds"] / DAY)) if "batch" in params else ""

    def was_done(self, unit: Product, params: Mapping[str, Any], by: Actor) -> bool:
        done = PaymentCommand.objects.filter(transaction_id=_id(unit, params), product=unit, category=PAYMENT)
        return done.filter(value=params["seconds"]).exists()

    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        seconds = params["seconds"]
        actions.pay_in(unit, seconds=seconds, transaction_id=_id(unit, params), by=by)
        until = PaymentCommand.objects.get(transaction_id=_id(unit, params)).receipt.until_after
        return tell("%(days)s days paid in; light until %(at)s", days=number(seconds / DAY), at=until)


TWICE = "is another payment's in this list"  # refusal_words.py


def _id(unit: Product, params: Mapping[str, Any]) -> str:
    """Its own line's; else of this job and unit."""
    return str(params.get("transaction_id") or f"{params['batch']} {unit.product_imei}")


class DaysField(forms.DecimalField):
    """Days of light, also parts of one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=_("Days"), min_value=Decimal("0.01"), max_value=MOST_DAYS, max_digits=9, decimal_places=4,
            localize=True, **options,
        )  # fmt: skip
        self.widget.attrs["inputmode"] = "decimal"


class DaysForm(forms.Form):
    """For units without lines of their own: so many days each."""

    days = DaysField()


class LineForm(forms.Form):
    headings: ClassVar[Any] = {"days": _("Days"), "seconds": _("Seconds"), "transaction_id": _("Transaction id")}

    days = DaysField(required=False)
    seconds = forms.IntegerField(label=_("Seconds"), min_value=1, max_value=MOST_SECONDS, required=False)
    transaction_id = forms.CharField(label=_("Transaction id"), max_length=LONGEST_ID)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        given = [name for name in ("days", "seconds") if cleaned.get(name) is not None]
        if not self.errors and len(given) != 1:
            raise Invalid({"days": "give either days or seconds, and not both"})
        return cleaned
