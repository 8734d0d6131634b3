from apps.core.tables import Table
from apps.webhooks.models import Channel, Subscriber

TABLES = [
    Table(path="channels", model=Channel, fixed=("name",)),
    Table(path="subscribers", model=Subscriber, create=None, edit=None, delete=None),
]
