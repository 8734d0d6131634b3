"""Time series, keyed by an opaque subject; nothing here knows units."""

from django.db import models

from apps.core.models import Row
from apps.core.scope import GlobalOnly


class Series(models.Model):
    """One field of one measurement of one subject under one set of tags."""

    subject = models.CharField(max_length=120)
    measurement = models.CharField(max_length=100)
    tags = models.TextField(default="{}")  # JSON with sorted keys: equal sets are equal texts
    field = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "measurement", "tags", "field"], name="telemetry_series_once")
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.measurement}.{self.field}"


class Point(models.Model):
    """A value at a time. `ahead`: its clock stood more than ten minutes before ours; never taken for the latest."""

    series = models.ForeignKey(Series, models.CASCADE, related_name="points", db_index=False)
    time = models.DateTimeField()
    value = models.JSONField()
    ahead = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "time"], name="telemetry_point_once")]

    def __str__(self) -> str:
        return f"{self.value} at {self.time}"


class InfluxShardData(Row):
    """What was seen of the shards of the former time-series database."""

    SCOPE = GlobalOnly()

    influx_shard_data_id = models.AutoField(primary_key=True)
    shard_data = models.JSONField(null=True)
    anomalies = models.JSONField(null=True)
