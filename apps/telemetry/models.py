"""Time series, keyed by an opaque subject; nothing here knows units."""

from django.db import models


class Series(models.Model):
    """One field of one measurement of one subject under one set of tags."""

    subject = models.CharField(max_length=120)
    measurement = models.CharField(max_length=100)
    tags = models.TextField(default="{}")  # JSON with sorted keys: equal sets are equal texts
    field = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "measurement", "tags", "field"], name="telemetry_series_once"
            )
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
