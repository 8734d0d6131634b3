"""Who changed which row, when, and from what to what (docs/adr/0012).

django-simple-history keeps an image of each row beside its table; here it is told to keep one where people write, which
is core.rows, and nowhere else: what units and actions write stands in histories of their own, and would drown it.
`history_change_reason` holds {column: [before, after]} of that very write, so nothing is guessed from neighbours.
"""

from collections.abc import Iterable
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from simple_history.models import HistoricalRecords

from apps.core.crypto import MASK, DigestField, EncryptedField
from apps.core.times import iso

CREATED, CHANGED, DELETED = "+", "~", "-"


class RowHistory(HistoricalRecords):
    """Images without secrets and their digests, indexed by the row's key alone; written by record(), not by signals."""

    def __init__(self) -> None:
        super().__init__(
            inherit=True,
            history_id_field=models.BigAutoField(),
            history_user_id_field=models.TextField(null=True),
            history_change_reason_field=models.JSONField(null=True, encoder=DjangoJSONEncoder),
        )

    def finalize(self, sender: Any, **kwargs: Any) -> None:
        super().finalize(sender, **kwargs)
        for name in ("post_save", "post_delete", "pre_delete"):
            getattr(models.signals, name).disconnect(getattr(self, name), sender=sender)

    def fields_included(self, model: Any) -> list[models.Field]:
        fields: list[models.Field] = super().fields_included(model)
        return [field for field in fields if not is_secret(field, model) and not isinstance(field, DigestField)]

    def copy_fields(self, model: Any) -> dict[str, Any]:
        fields: dict[str, Any] = super().copy_fields(model)
        for field in fields.values():
            field.db_index = field.name == model._meta.pk.name
        return fields


def is_secret(field: Any, model: Any) -> bool:
    return isinstance(field, EncryptedField) or field.column in (*model.SECRET, "password")


def record(row: Any, kind: str, *, by: Any, before: Any = None) -> None:
    """Keep an image of this row as it is now (of a deleted one, as it was). `before`: {attname: value}."""
    history: Any = type(row).history.model
    values = {field.attname: getattr(row, field.attname) for field in history.tracked_fields}
    history(
        history_date=timezone.now(), history_type=kind, history_user_id=by.name_for_record,
        history_change_reason=before and changes_between(row, before), **values,
    ).save(force_insert=True)  # fmt: skip


def changes_between(row: Any, before: Any) -> dict[str, list[Any]]:
    """{column: [before, after]}; of a secret only that it changed."""
    found = {}
    for field in row._meta.concrete_fields:
        old, new = before.get(field.attname), getattr(row, field.attname)
        if old == new or field.column.startswith("modified_") or isinstance(field, DigestField):
            continue
        found[field.column] = [MASK, MASK] if is_secret(field, type(row)) else [_told(old), _told(new)]
    return found


def _told(value: Any) -> Any:
    return f"{len(value)} bytes" if isinstance(value, bytes | memoryview) else value


KINDS = {CREATED: "created", CHANGED: "changed", DELETED: "deleted"}
MOST = 100


def images(model: Any, keys: Iterable[Any]) -> Any:
    """The images of the rows with these primary keys, newest first."""
    return model.history.model.objects.filter(**{f"{model._meta.pk.attname}__in": list(keys)}).order_by("-history_id")


def records(model: Any, keys: Iterable[Any]) -> dict[Any, list[dict[str, Any]]]:
    """{primary key: its newest changes, at most MOST: {at, by, kind, changes: {column: [before, after]}}}"""
    number = Window(RowNumber(), partition_by=F(model._meta.pk.attname), order_by=F("history_id").desc())
    found: dict[Any, list[dict[str, Any]]] = {}
    for image in images(model, keys).annotate(number_of_its=number).filter(number_of_its__lte=MOST):
        found.setdefault(getattr(image, model._meta.pk.attname), []).append(
            {"at": iso(image.history_date), "by": image.history_user_id, "kind": KINDS[image.history_type],
             "changes": image.history_change_reason or {}}
        )  # fmt: skip
    return found
