"""What the list of units shows, and so what "all of them" means: a search, or what the filters leave."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Entity
from apps.products import contact, deadlines, queries
from apps.products.models import EnableState
from apps.products.states import NON_EXISTANT
from apps.products.words import STATES

LONGEST_KEY = 9  # digits of a key in an address


def _switched(*states: EnableState) -> Callable[[], Q]:
    return lambda: Q(latest_enable_history__current_enable_state__in=states)


# {word in the address: (what people call it, which units)}
FILTERS: dict[str, tuple[Any, Callable[[], Q]]] = {
    "enabled": (_("On"), _switched(EnableState.ENABLED)),
    "disabled": (_("Off"), _switched(EnableState.DISABLED, EnableState.INIT)),
    "pending": (_("Pending"), contact.pending),
    "pending_long": (_("Pending for over a day"), lambda: contact.pending(contact.LONG)),
    "lapsed": (_("Lapsed"), deadlines.with_lapsed),
    "overdue": (_("Overdue"), contact.overdue),
    "never": (_("Never connected"), contact.never_heard),
}


@dataclass(frozen=True)
class Choice:
    """What a reader asked to see, as texts of an address (or of the form of acts, which takes it along): `q` is a
    search, `show` one of FILTERS, `state` and `entity` are keys."""

    q: str = ""
    show: str = ""
    state: str = ""
    entity: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """A `show` that there is not is passed over; a state or entity that there is not leaves no unit."""
        show = given.get("show", "")
        return cls("", show if show in FILTERS else "", given.get("state", ""), given.get("entity", ""))

    @classmethod
    def sent(cls, given: Mapping[str, Any]) -> Self | None:
        """As a form brings it. None where a part of it says nothing: that must not come to mean every unit."""
        asked, text = cls.of(given), queries.clean(given.get("q", ""))
        if (given.get("q") and not text) or asked.show != given.get("show", ""):
            return None
        return cls(q=text) if text else asked

    @property
    def address(self) -> str:
        return urlencode({name: value for name, value in asdict(self).items() if value})

    @property
    def filters(self) -> bool:
        return bool(self.show or self.state or self.entity)

    def units(self, reader: Any) -> Any:
        """The units in scope that it leaves, unordered."""
        if self.q:
            return queries.search(self.q, by=reader)
        rows = queries.units(reader)
        if self.show:
            rows = rows.filter(FILTERS[self.show][1]())
        if self.state:
            state = _key(self.state)
            rows = rows.none() if state is None else rows.filter(queries.in_state(state))
        if self.entity:
            # Which of one's units belong to a stranger too is not told.
            entity = Entity.objects.visible_to(reader).filter(pk=_key(self.entity) or 0).first()
            rows = rows.none() if entity is None else rows.filter(queries.in_entity(entity.pk))
        return rows


def _key(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= LONGEST_KEY else None


@dataclass(frozen=True)
class Menu:
    """A filter of many options, as links: (address, what people call it, whether it is chosen)."""

    name: Any
    any: Any
    options: list[tuple[str, Any, bool]]

    @property
    def chosen(self) -> Any:
        return next((name for address, name, chosen in self.options[1:] if chosen), "")


def chips(choice: Choice) -> list[tuple[str, Any, bool]]:
    kinds = [("", _("All")), *((key, name) for key, (name, _which) in FILTERS.items())]
    return [(replace(choice, show=key).address, name, key == choice.show) for key, name in kinds]


def menus(choice: Choice, reader: Any) -> list[Menu]:
    """The state; and the entity, for those who see several."""
    states = [(str(key), name) for key, name in STATES.items() if key != NON_EXISTANT]
    found = [_menu(choice, "state", _("State"), _("Any state"), states)]
    if reader.is_global:
        rows = Entity.objects.visible_to(reader).order_by("name").values_list("pk", "name")
        entities = [(str(key), name) for key, name in rows]
        if len(entities) > 1:
            found.append(_menu(choice, "entity", _("Entity"), _("Any entity"), entities))
    return found


def _menu(choice: Choice, column: str, name: Any, none: Any, options: list[tuple[str, Any]]) -> Menu:
    held = getattr(choice, column)
    return Menu(name, none, [
        (replace(choice, **{column: key}).address, label, key == held) for key, label in (("", none), *options)
    ])  # fmt: skip
