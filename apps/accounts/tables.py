from apps.accounts.models import (
    Entity,
    EntityFacilityLinker,
    Hub,
    RepairCentre,
    Shop,
    User,
    UserRepairCentreLink,
)
from apps.core.tables import Table

TABLES = [
    Table(path="entities", model=Entity),
    Table(path="hubs", model=Hub),
    Table(path="shops", model=Shop),
    Table(path="users", model=User, create=None, edit=None, delete=None),
    Table(path="repair_centres", model=RepairCentre),
    Table(path="user_repair_centre_links", model=UserRepairCentreLink),
    Table(path="entity_facility_linker", model=EntityFacilityLinker),
]
