"""Creating, editing and deleting rows of tables: the one way in for the API and the admin.

Each runs in one transaction, checks scope before and after the write, and refuses with every bad field at once.
"""

from collections.abc import Mapping
from typing import Any, cast

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils import timezone

from apps.core import history
from apps.core.actions import require_level
from apps.core.actors import Actor
from apps.core.columns import MASK, BadValue, Column, digest_of
from apps.core.models import Row
from apps.core.refusals import Forbidden, Invalid, NotFound
from apps.core.scope import Follows
from apps.core.tables import Table


def new(model: type[Row], *, by: Actor, **values: Any) -> Any:
    """A saved row with who and when; for actions, which know what they write."""
    row = model(created_by=by.name_for_record, **values)
    row.before_write()
    row.save(force_insert=True)
    return row


def touch(row: Row, *fields: str, by: Actor) -> None:
    """Save these fields of a row with who and when."""
    row.modified_at = timezone.now()
    row.modified_by = by.name_for_record
    row.save(update_fields=[*fields, "modified_at", "modified_by"])


@transaction.atomic
def create_row(table: Table, values: Mapping[str, Any], *, by: Actor) -> Any:
    require_level(by, table.create)
    _may_write(table, by)
    errors = _unknown(table, values)
    cleaned: dict[str, Any] = {}
    for column in table.columns.values():
        if column.is_system_set or column.name in table.owned:
            continue
        if column.name in values:
            _take(column, values[column.name], cleaned, errors, by, None)
        elif column.name in table.defaults:
            cleaned[column.attname] = table.defaults[column.name]
        elif not column.field.null and not column.field.has_default():
            errors[column.name] = "is required"
    if errors:
        raise Invalid(errors)
    row = table.model(created_by=by.name_for_record, **cleaned)
    _write(row)
    history.record(row, history.CREATED, by=by)
    if table.after_write:
        table.after_write(row, by=by)
    return _still_visible(table, row, by)


@transaction.atomic
def update_row(table: Table, key: Any, values: Mapping[str, Any], *, by: Actor) -> Any:
    """Change the given columns only. Missing row: NotFound, told before anything about the body."""
    require_level(by, table.edit)
    row = fetch_row(table, key, by=by, lock=True)
    _may_write(table, by)
    errors = _unknown(table, values)
    cleaned: dict[str, Any] = {}
    hooked: list[tuple[str, Any]] = []
    owned = {*table.owned, *(table.owned_of(row) if table.owned_of else ())}
    for name, value in values.items():
        column = table.columns.get(name)
        if column is None or column.is_system_set or column.name in owned:
            continue
        if column is table.key and name not in table.fixed:
            continue
        if column.secret and value == MASK:
            continue  # a mask sent back means unchanged
        if name in table.fixed:
            if value != getattr(row, column.attname):
                errors[name] = "never changes; make a new row instead"
            continue
        if name in table.on_edit:
            taken: dict[str, Any] = {}
            _take(column, value, taken, errors, by, row)
            hooked.append((name, taken.get(column.attname)))
            continue
        _take(column, value, cleaned, errors, by, row)
    if errors:
        raise Invalid(errors)
    if cleaned:
        before = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
        for attname, value in cleaned.items():
            setattr(row, attname, value)
        row.modified_at = timezone.now()
        row.modified_by = by.name_for_record
        _write(row, before)
        history.record(row, history.CHANGED, by=by, before=before)
        if table.after_write:
            table.after_write(row, by=by)
    for name, value in hooked:
        table.on_edit[name](row, value=value, by=by)
    return _still_visible(table, row, by)


@transaction.atomic
def delete_row(table: Table, key: Any, *, by: Actor) -> None:
    require_level(by, table.delete)
    row = fetch_row(table, key, by=by, lock=True, leaving=True)
    _may_write(table, by)
    history.record(row, history.DELETED, by=by)
    try:
        if table.remove:
            table.remove(row, by=by)
        else:
            row.delete()
    except (ProtectedError, RestrictedError) as error:
        holders = error.protected_objects if isinstance(error, ProtectedError) else error.restricted_objects
        names = sorted({str(holder._meta.verbose_name_plural) for holder in holders})
        raise Invalid(
            {table.key.name: f"is still held by its {' and '.join(names)}; delete those first"}, code="in_use"
        ) from None


def fetch_row(table: Table, key: Any, *, by: Actor | None, lock: bool = False, leaving: bool = False) -> Any:
    """The row under this key within the scope, or NotFound; a key of the wrong shape is simply not there. `leaving`:
    it is to be deleted, so that its lock also stops whoever is about to write a row that points to it."""
    try:
        value = table.key.take(key)
    except BadValue:
        raise NotFound() from None
    rows = table.model.objects.visible_to(by)
    if lock:
        _hold_first(table, rows.filter(**{table.key.field.name: value}))
        rows = rows.select_for_update(of=("self",), no_key=not leaving)
    row = rows.filter(**{table.key.field.name: value}).first()
    if row is None:
        raise NotFound()
    return row


def _hold_first(table: Table, rows: Any) -> None:
    """Lock the unit before a row of its own where an action follows that locks the unit: everybody else begins with the
    unit (docs/adr/0016), and two that wait for each other are both stopped."""
    scope = table.model.SCOPE
    if not isinstance(scope, Follows) or not (table.after_write or table.remove):
        return
    pointer: Any = table.model._meta.get_field(scope.path)
    held = rows.values_list(pointer.attname, flat=True).first()
    if held is not None:
        owners = pointer.related_model._base_manager.select_for_update(of=("self",), no_key=True)
        owners.filter(**{pointer.target_field.name: held}).only("pk").first()


def may_write(table: Table, by: Any) -> bool:
    """Whether this table is one whose rows this user may write at all, the level apart."""
    scope = table.model.SCOPE
    return not (scope is not None and scope.writes_need_global and not by.is_global)


def _may_write(table: Table, by: Actor) -> None:
    if not may_write(table, by):
        raise Forbidden("Reference data is written by users of GLOBAL scope only")


def _unknown(table: Table, values: Mapping[str, Any]) -> dict[str, str]:
    return {str(name)[:80]: "is no column of this table" for name in values if name not in table.columns}


def _take(
    column: Column, value: Any, cleaned: dict[str, Any], errors: dict[str, str], by: Actor, row: Row | None
) -> None:
    try:
        taken = column.take(value)
        if row is None or taken != getattr(row, column.attname):  # what is there already may stay
            column.check(taken)
    except BadValue as bad:
        errors[column.name] = str(bad)
        return
    if taken is not None and isinstance(column.field, models.ForeignKey):
        pointed_at = cast(type[Row], column.field.related_model).objects.visible_to(by)
        # A foreign row and a missing one answer alike.
        if not pointed_at.filter(**{column.field.target_field.name: taken}).exists():
            errors[column.name] = "points to no row that exists"
            return
    cleaned[column.attname] = taken


def _write(row: Row, before: Mapping[str, Any] | None = None) -> None:
    """Save the row: what differs from `before`, or all of a new one."""
    row.before_write()
    changed = [field.attname for field in row._meta.concrete_fields] if before is None else _changed(row, before)
    errors = _collisions(row) or row.conflicts(changed)
    if errors:
        raise Invalid(errors, code="duplicate")
    try:
        with transaction.atomic():
            row.save(force_insert=before is None, update_fields=before and changed)
    except IntegrityError:
        # Somebody else wrote the same between our look and our write.
        raise Invalid(_collisions(row) or {"row": "conflicts with another row"}, code="duplicate") from None


def _changed(row: Row, before: Mapping[str, Any]) -> list[str]:
    changed = {name for name, value in before.items() if getattr(row, name) != value}
    digests = {digest.name for name in changed if (digest := digest_of(type(row), name))}
    return sorted(changed | digests)


def _collisions(row: Row) -> dict[str, str]:
    """Unique columns and constraints that another row already holds, by column name."""
    errors: dict[str, str] = {}
    found: dict[str, list[Any]] = {}
    for check in (row.validate_unique, row.validate_constraints):
        try:
            check()
        except ValidationError as error:
            found |= error.update_error_dict({})
    for name, texts in found.items():
        if name == NON_FIELD_ERRORS:
            errors["row"] = "; ".join(str(message) for error in texts for message in error.messages)
        else:
            errors[str(row._meta.get_field(name).column)] = "is already in use by another row"  # type: ignore[union-attr]
    for field in row._meta.concrete_fields:
        digest = digest_of(type(row), field.attname)
        if digest is None or not digest.unique:
            continue
        value = digest.pre_save(row, True)
        if value and type(row)._base_manager.filter(**{digest.name: value}).exclude(pk=row.pk).exists():
            errors[str(field.column)] = "is already in use by another row"
    return errors


def _still_visible(table: Table, row: Row, by: Actor) -> Any:
    if not table.model.objects.visible_to(by).filter(pk=row.pk).exists():
        raise Forbidden("This row would lie outside your scope")
    return row
