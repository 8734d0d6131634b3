"""What a level and a scope let a person do, in words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Visibility
from apps.core.levels import Level

LEVELS: dict[Level, str | Promise] = {
    Level.OVERVIEW: _("Sees units, their data and their histories; changes nothing."),
    Level.TECHNICAL: _("Also switches units on and off, writes notes, repairs."),
    Level.ADMIN: _("Also opens the admin, moves units between states and entities."),
    Level.FACTORY: _("Also makes units and reveals their keys."),
    Level.SYSTEM: _("Everything: reference data, users, schedules."),
}
SCOPES: dict[Visibility, str | Promise] = {
    Visibility.GLOBAL: _("All units of all entities."),
    Visibility.ENTITY: _("The units of the own entity, and nothing of others."),
}
