"""Filters of the admin's list of units that are no columns of theirs."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from apps.accounts.models import Entity
from apps.products import contact, deadlines, queries
from apps.products.words import STATES

LONGEST = 9  # digits of a key in an address


class EntityFilter(DropdownFilter):
    """The entity that a unit belongs to now, for those who see several."""

    title, parameter_name = _("entity"), "entity"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        user: Any = request.user
        if not user.is_global:
            return []
        return [(str(key), name) for key, name in Entity.objects.order_by("name").values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        entity = _key(self.value())
        if entity is None:
            return queryset.none() if self.value() else queryset
        return queryset.filter(queries.in_entity(entity))


class StateFilter(DropdownFilter):
    title, parameter_name = _("state"), "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [(str(key), name) for key, name in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        state = _key(self.value())
        if state is None:
            return queryset.none() if self.value() else queryset
        return queryset.filter(queries.in_state(state))


class ContactFilter(DropdownFilter):
    """Whether a unit was heard when it should have been, and whether an order waits for it."""

    title, parameter_name = _("contact"), "contact"
    ways: ClassVar[dict[str, tuple[Any, Callable[[], Q]]]] = {
        "overdue": (_("overdue"), contact.overdue),
        "never": (_("never connected"), contact.never_heard),
        "pending": (_("an order waits"), contact.pending),
        "pending_long": (_("an order waits for over a day"), lambda: contact.pending(contact.LONG)),
        "lapsed": (_("an order lapsed"), deadlines.with_lapsed),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [(key, name) for key, (name, _which) in self.ways.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        value = self.value()
        if not value:
            return queryset
        return queryset.filter(self.ways[value][1]()) if value in self.ways else queryset.none()


def _key(value: str | None) -> int | None:
    return int(value) if value and value.isdecimal() and len(value) <= LONGEST else None
