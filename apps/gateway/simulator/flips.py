"""Units that are switched to and fro on a bad network, and what must come of it: every unit does what was ordered last,
and none ever takes over an order that a newer one had replaced (guarantees.md, G11)."""

import random
from dataclasses import dataclass, field
from typing import Any

from apps.gateway.simulator.unit import Unit


@dataclass
class Witness:
    """What was ordered of one unit, and whether it kept to it."""

    wanted: dict[int, bool] = field(default_factory=dict)  # by the `seq` of the order
    stale: int = 0
    applied: int = 0

    @property
    def newest(self) -> bool:
        return self.wanted[max(self.wanted)]


class WatchedUnit(Unit):
    """A unit whose every obedience is looked at."""

    def watch(self) -> Witness:
        self.witness = Witness()
        return self.witness

    def obey(self, orders: dict[str, Any]) -> bool:
        held, was = self.seq, self.enabled
        changed = super().obey(orders)
        if self.enabled != was:
            self.witness.applied += 1
            known = self.witness.wanted.get(self.seq)
            if self.seq < held or (known is not None and known != self.enabled):
                self.witness.stale += 1
        return changed


def contacts(chance: random.Random) -> int:
    """How often a unit is heard between two orders: most often not at all or once."""
    return chance.choice((0, 0, 1, 1, 2))
