"""Making units: the numbers that serials are made of."""

from django.db import models

from apps.core.models import Row
from apps.core.scope import GlobalOnly


class Serial(Row):
    """A number drawn once and never again; a unit's serial number is made of it."""

    SCOPE = GlobalOnly()

    serial_number = models.AutoField(primary_key=True)
