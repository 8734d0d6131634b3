"""The five levels of permission (contract/actions.md, "Conventions"): each may do all that the one below may."""

from functools import total_ordering

from django.db import models
from django.utils.translation import gettext_lazy as _


@total_ordering
class Level(models.TextChoices):
    OVERVIEW = "OVERVIEW", _("Overview: reads")
    TECHNICAL = "TECHNICAL", _("Technical: switches units, notes, repairs")
    ADMIN = "ADMIN", _("Admin: entities, states, messages to units")
    FACTORY = "FACTORY", _("Factory: makes units")
    SYSTEM = "SYSTEM", _("System: everything")

    @property
    def rank(self) -> int:
        return list(Level).index(self)

    def __lt__(self, other: object) -> bool:  # as text OVERVIEW would stand above ADMIN
        if not isinstance(other, Level):
            return NotImplemented
        return self.rank < other.rank
