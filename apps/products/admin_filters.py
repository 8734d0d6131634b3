"""Filters of the admin's list of units that are no columns of theirs."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from apps.accounts.models import Entity
from apps.products.models import ProductEntityLinker
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
        units = ProductEntityLinker.objects.filter(entity_id=entity, date_removed=None).values("product_id")
        return queryset.filter(product_imei__in=units)


class StateFilter(DropdownFilter):
    title, parameter_name = _("state"), "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [(str(key), name) for key, name in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        state = _key(self.value())
        if state is None:
            return queryset.none() if self.value() else queryset
        return queryset.filter(latest_state__current_state_type_id=state)


def _key(value: str | None) -> int | None:
    return int(value) if value and value.isdecimal() and len(value) <= LONGEST else None
