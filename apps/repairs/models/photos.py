"""Photos taken at the bench. In the database, as the files of jobs are, so that every server finds them and a backup
holds them; the pictures in a table of their own, which lists of photos do not read."""

from django.db import models

from apps.core.models import Row
from apps.core.scope import Follows
from apps.repairs.models.repairs import Repair


class RepairPhoto(Row):
    """A photo of a repair, taken (created_by, created_at) at the step `state_id`."""

    SCOPE = Follows("repair")

    repair_photo_id = models.AutoField(primary_key=True)
    repair = models.ForeignKey(Repair, models.CASCADE, related_name="photos")
    state_id = models.CharField(max_length=255, null=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()


class PhotoFile(models.Model):
    """The picture and its small likeness, both JPEG without metadata (pictures.py)."""

    photo = models.OneToOneField(RepairPhoto, models.CASCADE, primary_key=True, related_name="file")
    picture = models.BinaryField()
    small = models.BinaryField()

    def __str__(self) -> str:
        return f"file of {self.photo_id}"
