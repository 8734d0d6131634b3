"""Row: what every table of the contract has (seed 004, "Meta Data"), and the queryset that knows scope."""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Self, cast

from django.db import models
from django.utils import timezone

from apps.core.history import RowHistory
from apps.core.scope import Scope


class RowQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Self:
        """The rows this user's scope covers; none for nobody, and none for a model that declares no scope."""
        scope = cast("type[Row]", self.model).SCOPE
        if user is None or scope is None:
            return self.none()
        if user.is_global:
            return self.all()
        if user.entity_key is None:
            return self.none()
        condition = scope.rows_of(cast("type[Row]", self.model), user.entity_key)
        return self.all() if condition is None else self.filter(condition)


class Row(models.Model):
    """A record with who and when. `created_*` and `modified_*` are set by core.rows, never by a client."""

    SCOPE: ClassVar[Scope | None] = None
    KEY: ClassVar[str | None] = None  # the contract's key, where it is not Django's primary key
    HIDDEN: ClassVar[tuple[str, ...]] = ()  # columns of our own that no table answers
    DERIVED: ClassVar[tuple[str, ...]] = ()  # hidden ones that before_write() works out from the others
    # Columns written too often for anything to be kept until they change ("*": every column, new rows too).
    BUSY: ClassVar[tuple[str, ...]] = ()
    SECRET: ClassVar[tuple[str, ...]] = ()  # columns answered as a mask, never filtered, sorted or exported
    RULES: ClassVar[Mapping[str, Callable[[Any], None]]] = MappingProxyType({})  # of single columns (core.rules)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.TextField(editable=False, null=True)
    modified_at = models.DateTimeField(null=True, editable=False)
    modified_by = models.TextField(null=True, editable=False)

    objects = RowQuerySet.as_manager()
    history = RowHistory()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        names = (getattr(self, name, None) for name in ("name", "serial_number", "label", "email"))
        return next((str(name) for name in names if name), f"{self._meta.verbose_name} {self.pk}")

    def in_words(self) -> Any:
        """What people call this row where its own columns say it in the words of programs."""
        return ""

    def before_write(self) -> None:
        """A model's own way to bring its columns in order before each write through core.rows."""

    def before_import(self) -> dict[str, str]:
        """{column: why} where what a data set brings can't be a row at all, whatever else there is."""
        return {}

    @classmethod
    def after_import(cls, rows: list[Any]) -> None:
        """What follows when a data set has brought these rows."""

    def conflicts(self, changed: Collection[str]) -> dict[str, str]:
        """{column: why} where what these attributes now hold can't stand beside other rows, uniqueness apart."""
        return {}


META_COLUMNS = ("created_at", "created_by", "modified_at", "modified_by")
