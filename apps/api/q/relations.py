"""Relations of a model by the names the contract gives them: to-many by the reverse name of the key that makes them,
to-one by the key's column without `_id`."""

import functools
from dataclasses import dataclass
from typing import Any, cast

from django.db import models
from django.db.models import OuterRef, Q

from apps.core.models import Row


@dataclass(frozen=True)
class Relation:
    """`near` and `far` are the attributes that must be equal for a row here and a row there to belong together."""

    name: str
    model: type[Row]
    to_many: bool
    near: str
    far: str

    def linked(self) -> Q:
        """The condition on a row there, inside a subquery of rows here."""
        return Q(**{self.far: OuterRef(self.near)})


@functools.cache
def relations_of(model: type[Row]) -> dict[str, Relation]:
    found: dict[str, Relation] = {}
    for field in model._meta.get_fields():
        related: Any = field.related_model
        if not (isinstance(related, type) and issubclass(related, Row)):
            continue
        if isinstance(field, models.ForeignKey):
            column = str(field.column)
            if column in model.HIDDEN:
                continue
            name = "product" if column == "product_imei" else column.removesuffix("_id")
            found[name] = Relation(name, related, False, field.attname, field.target_field.attname)
        elif field.one_to_many or field.one_to_one:
            key = cast(models.ForeignKey, field.remote_field)
            hidden = key.remote_field.hidden or str(key.column) in related.HIDDEN
            if not hidden:
                found[str(field.name)] = Relation(str(field.name), related, True, key.target_field.attname, key.attname)
    return found
