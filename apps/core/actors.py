"""Who does something. Every action takes `by`: a person (accounts.User), a unit, or the system itself."""

from dataclasses import dataclass
from typing import Any, Protocol

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


def unit(imei: str) -> Machine:
    """The unit itself, speaking through the gateway."""
    return Machine(f"unit {imei}")


def see_all(who: Any) -> bool:
    return who is not None and bool(who.is_global)
