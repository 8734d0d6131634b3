"""Waking many units up, and making them connect: as one, by the actions of every other door."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.connectivity import actions, queries
from apps.connectivity.models import SmsHistory
from apps.core.actors import Actor
from apps.core.telling import tell
from apps.products.bulk import OnUnits
from apps.products.models import Product


class WakeUp(OnUnits):
    title, icon, level = _("Wake units up by SMS"), "sms", actions.send_wakeup.level  # type: ignore[assignment]

    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        actions.send_wakeup(unit, by=by)
        return tell("an SMS is queued")

    def costs(self, count: int) -> str:
        """What is going to be sent, and for how much where a price is set."""
        cost = queries.cost_of(count)
        if cost:
            text = ngettext("%(count)d SMS goes out, for %(cost)s.", "%(count)d SMS go out, for %(cost)s.", count)
            return text % {"count": count, "cost": cost}
        return ngettext("%(count)d SMS goes out.", "%(count)d SMS go out.", count) % {"count": count}


class ForceConnection(OnUnits):
    title, icon, level = _("Make units connect"), "cell_tower", actions.force_connection.level  # type: ignore[assignment]

    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        sent = actions.force_connection(unit, by=by)
        return tell("an SMS is queued") if isinstance(sent, SmsHistory) else tell("a real-time message is queued")
