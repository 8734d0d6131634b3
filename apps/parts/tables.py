from apps.core.tables import Table
from apps.parts.models import Part, PartType, PartTypeCategory

TABLES = [
    Table(path="parts", model=Part),
    Table(path="part_types", model=PartType),
    Table(path="part_type_categories", model=PartTypeCategory),
]
