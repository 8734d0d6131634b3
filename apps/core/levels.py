"""The five levels of permission (contract/actions.md, "Conventions"): each may do all that the one below may."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Level(models.TextChoices):
    OVERVIEW = "OVERVIEW", _("Overview: reads")
    TECHNICAL = "TECHNICAL", _("Technical: switches units, notes, repairs")
    ADMIN = "ADMIN", _("Admin: entities, states, messages to units")
    FACTORY = "FACTORY", _("Factory: makes units")
    SYSTEM = "SYSTEM", _("System: everything")

    @property
    def rank(self) -> int:
        return list(Level).index(self)

    # All four: a text choice inherits str's, by which OVERVIEW would stand above ADMIN.
    def __lt__(self, other: str) -> bool:
        return self.rank < Level(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Level(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Level(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Level(other).rank
