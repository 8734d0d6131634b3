"""Who does something. Every action takes `by`: a person (accounts.User), a unit, or the system itself."""

from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.levels import Level


class Actor(Protocol):
    """What the rules need to know of someone: a name for the record, a level, and how far they see."""

    @property
    def name_for_record(self) -> str: ...
    @property
    def level(self) -> Level: ...
    @property
    def is_global(self) -> bool: ...
    @property
    def entity_key(self) -> int | None: ...


@dataclass(frozen=True)
class Machine:
    """An actor that is no person; it sees everything and stands in records under its own name."""

    name_for_record: str
    level: Level = Level.SYSTEM
    is_global: bool = True
    entity_key: int | None = None


SYSTEM = Machine("system")
PUBLIC = Machine("the public", Level.OVERVIEW, is_global=False)  # whoever has scanned a unit's label
_UNIT = "unit "


def unit(imei: str) -> Machine:
    """The unit itself, speaking through the gateway."""
    return Machine(f"{_UNIT}{imei}")


_CALLED = {
    SYSTEM.name_for_record: _("the system"),
    PUBLIC.name_for_record: _("reported by the public"),
    _UNIT: _("the unit itself"),
}
RECORDED = ("created_by", "modified_by", "user", "dismissed_by")  # the columns that hold names for the record


def called(name: str | None) -> str | Promise:
    """What people call whoever stands in a record under this name: a person by their address."""
    return _CALLED.get(_UNIT if (name or "").startswith(_UNIT) else name or "", name or "")


def see_all(who: Any) -> bool:
    return who is not None and bool(who.is_global)
