"""Channels and who subscribes to them."""

from django.db import models

from apps.accounts.models import Entity
from apps.core.crypto import EncryptedField
from apps.core.models import Row
from apps.core.scope import ByEntity, Reference


class Channel(Row):
    """A stream of notifications that can be subscribed to."""

    SCOPE = Reference()

    name = models.CharField(max_length=255, primary_key=True)


class Subscriber(Row):
    """A URL that hears a channel, signed with its key."""

    SCOPE = ByEntity("entity")
    SECRET = ("key",)

    subscriber_id = models.AutoField(primary_key=True)
    url = models.TextField()
    channel_name = models.ForeignKey(Channel, models.PROTECT, db_column="channel_name", related_name="subscriber")
    entity = models.ForeignKey(Entity, models.PROTECT, null=True, related_name="subscriber")
    key = EncryptedField(max_length=24, label="subscriber.key")
