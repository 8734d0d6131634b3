from apps.accounts.models import Entity, Hub, Shop
from apps.core.tables import Table

TABLES = [
    Table(path="entities", model=Entity),
    Table(path="hubs", model=Hub),
    Table(path="shops", model=Shop),
]
