"""The admin of what is no table of the contract: read, by a level of its own, counted no further than anybody pages."""

from typing import Any, ClassVar

from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin

from apps.core.admin.asked import AskedAdmin
from apps.core.admin.cells import plain, unbroken
from apps.core.admin.scope import InScope
from apps.core.levels import Level

FURTHEST = 10_000


class ShortCount(Paginator):
    """Counts to FURTHEST: a log has no end that anybody pages to."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows[:FURTHEST].count()) if hasattr(rows, "query") else len(rows)


class PlainAdmin(AskedAdmin, InScope, ModelAdmin):
    """Read only, unless a subclass says otherwise."""

    level: ClassVar[Level] = Level.SYSTEM
    needs_global: ClassVar[bool] = False
    paginator = ShortCount
    list_per_page = 50
    show_full_result_count = False
    list_filter_submit = True
    actions = None

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [self._shown(name) for name in super().get_list_display(request)]

    def _shown(self, name: Any) -> Any:
        """As in lists of tables: times on one line, headings as forms have them."""
        field = next((one for one in self.opts.concrete_fields if one.name == name), None)
        if field is None:
            return name
        return unbroken(field) if isinstance(field, models.DateTimeField) else plain(field)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user: Any = request.user
        sees = user.is_authenticated and user.is_staff and user.level >= self.level
        return bool(sees and (user.is_global or not self.needs_global))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
