"""Waking many units up, and making them connect: as one, by the actions of every other door."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as noop

from apps.accounts.models import Entity
from apps.connectivity import actions, queries
from apps.connectivity.models import SmsHistory
from apps.core.actors import Actor
from apps.core.refusals import Refused
from apps.core.telling import tell
from apps.jobs.models import Job, JobItem, Outcome
from apps.products import queries as products
from apps.products.bulk import OnUnits
from apps.products.models import Product

TALLY = "tally"  # among a job's params: {messages: how many, entities: {key, as a text: how many of them}}
BEYOND = noop("beyond what is left of the entity's quota of wake-ups for today")
ENTITIES_SHOWN = 5


class BySms(OnUnits):
    """Acts that send text messages: a preview says how many, for how much, and of what is left of the day's quotas;
    what goes beyond it is refused there, before anything is sent."""

    def by_sms(self, unit: Product) -> bool:
        return True

    def weigh(self, job: Job, changed: Sequence[JobItem]) -> Mapping[str, Any]:
        held: Mapping[str, Any] = (job.params.get(TALLY) if job.done else None) or {}
        messages, taken = int(held.get("messages", 0)), dict(held.get("entities", {}))
        units = [(item, unit) for item in changed if (unit := _unit(item.key, job.owner)) and self.by_sms(unit)]
        belongs = products.entity_ids_of(unit for _item, unit in units)
        left = queries.left_today(key for keys in belongs.values() for key in keys)
        for item, unit in units:
            keys = belongs.get(unit.product_imei, [])
            if any(taken.get(str(key), 0) >= left[key] for key in keys):
                item.trial, item.trial_text = Outcome.REFUSED, tell(BEYOND)
                continue
            messages += 1
            taken |= {str(key): taken.get(str(key), 0) + 1 for key in keys}
        return {TALLY: {"messages": messages, "entities": taken}}

    def costs(self, job: Job, count: int) -> str:
        """What is going to be sent, for how much where a price is set, and what of the quotas it takes."""
        held = job.params.get(TALLY) or {"messages": count, "entities": {}}
        number = held["messages"]
        if not number:
            return ""
        cost = queries.cost_of(number)
        if cost:
            text = ngettext("%(count)d SMS goes out, for %(cost)s.", "%(count)d SMS go out, for %(cost)s.", number)
            text = text % {"count": number, "cost": cost}
        else:
            text = ngettext("%(count)d SMS goes out.", "%(count)d SMS go out.", number) % {"count": number}
        return "\n".join([text, *_quotas(job, {int(key): taken for key, taken in held["entities"].items()})])


def _unit(key: str, by: Actor) -> Product | None:
    try:
        return products.named(key, by=by)
    except Refused:  # it went a moment ago
        return None


def _quotas(job: Job, taken: Mapping[int, int]) -> list[str]:
    """A line an entity, those first of which least is left after it. Named are those that whoever began sees."""
    begun, left = job.begun_by(), queries.left_today(taken)
    names = dict(Entity.objects.visible_to(begun).filter(pk__in=taken).values_list("pk", "name"))
    first = sorted(names, key=lambda key: (left[key] - taken[key], key))[:ENTITIES_SHOWN]
    text = gettext("%(name)s: %(count)s of the %(left)s wake-ups that are left for today.")
    return [
        text % {"name": names[key], "count": _number(taken[key]), "left": _number(left[key])} for key in first
    ]  # fmt: skip


def _number(count: int) -> str:
    return str(number_format(count, force_grouping=True))


class WakeUp(BySms):
    title, icon, level = _("Wake units up by SMS"), "sms", actions.send_wakeup.level  # type: ignore[assignment]

    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        actions.send_wakeup(unit, by=by)
        return tell("an SMS is queued")


class ForceConnection(BySms):
    title, icon, level = _("Make units connect"), "cell_tower", actions.force_connection.level  # type: ignore[assignment]

    def by_sms(self, unit: Product) -> bool:
        return not unit.rtc_enabled_flag

    def act(self, unit: Product, params: Mapping[str, Any], by: Actor) -> str | None:
        sent = actions.force_connection(unit, by=by)
        return tell("an SMS is queued") if isinstance(sent, SmsHistory) else tell("a real-time message is queued")
