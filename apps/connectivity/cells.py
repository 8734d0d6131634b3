"""Where the masts of mobile networks stand: our own table, filled by `manage.py import_cells`; no contract knows it."""

from django.db import models


class Radio(models.IntegerChoices):
    """The kinds of cell that OpenCelliD's column `radio` names."""

    GSM = 1
    CDMA = 2
    UMTS = 3
    LTE = 4
    NR = 5
    NBIOT = 6


class Cell(models.Model):
    """One cell. No number of its own and no index but its key: ten million of them are one to two gigabytes (adr/0022).

    `lat`, `lon` in millionths of a degree; `range` in metres, 0 where nobody knows; `updated` in seconds since 1970.
    """

    pk = models.CompositePrimaryKey("mcc", "net", "area", "cell", "radio")
    cell = models.BigIntegerField()
    area = models.IntegerField()
    lat = models.IntegerField()
    lon = models.IntegerField()
    range = models.IntegerField()
    samples = models.IntegerField()
    updated = models.IntegerField()
    mcc = models.SmallIntegerField()
    net = models.SmallIntegerField()
    radio = models.SmallIntegerField(choices=Radio.choices)

    def __str__(self) -> str:
        return f"{Radio(self.radio).name} {self.mcc}-{self.net}-{self.area}-{self.cell}"


class LocationSweep(models.Model):
    """How far connections have been looked at (tasks.locate): one row. What came before `done_to` is settled."""

    done_to = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"connections up to {self.done_to}"
