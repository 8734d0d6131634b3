from apps.core.tables import Table
from apps.parts.models import (
    Part,
    PartType,
    PartTypeCategory,
    PartTypeProductTypeLinker,
    PartTypeReplacementLinker,
)

TABLES = [
    Table(path="parts", model=Part),
    Table(path="part_types", model=PartType),
    Table(path="part_type_categories", model=PartTypeCategory),
    Table(path="part_type_product_type_linker", model=PartTypeProductTypeLinker),
    Table(path="part_type_replacement_linker", model=PartTypeReplacementLinker),
]
