from apps.core.tables import Table
from apps.repairs.models import PartProductLinker

TABLES = [Table(path="part_product_linker", model=PartProductLinker, create=None)]
