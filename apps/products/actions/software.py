"""Which software a unit is to run (seed 004, "/products/<imei>/update_software" and its siblings).

An order is a row of product_software_linker with neither date. It is handed out with the unit's instructions until the
unit's report names that version (`date_added`), or until a newer order or a person ends it (`date_removed` alone).
Only the newest open order is ever told.
"""

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import Invalid, refuse_if
from apps.core.rows import new, touch
from apps.products import deadlines, queries
from apps.products.actions.announce import announce
from apps.products.models import (
    Product,
    ProductSoftwareLinker,
    ProductTypeSoftwareVersionTypeLinker,
    SoftwareRollout,
    SoftwareVersionType,
)

Named = int | str  # a software_version_type by its id or its name


@action(level=Level.SYSTEM)
def update_software(
    product: Product,
    *,
    software: Named,
    rollout: SoftwareRollout | None = None,
    valid_until: dt.datetime | None = None,
    by: Actor,
) -> SoftwareVersionType:
    """Order the unit to run this version (as part of a roll-out). Where it runs already nothing is left pending.
    `valid_until`: past it the order lapses."""
    deadlines.check(valid_until)
    product = queries.fetch(product.product_imei, by=by, lock=True)
    version = _installable(product, software)
    _refuse_lock(product, version, "software")
    _order(product, version, by, rollout, valid_until)
    return version


@action(level=Level.SYSTEM)
def lock_software(product: Product, *, software: Named | None, by: Actor) -> SoftwareVersionType | None:
    """Order this version and let no other be ordered until it is unlocked; None unlocks and orders nothing."""
    product = queries.fetch(product.product_imei, by=by, lock=True)
    version = None if software is None else _installable(product, software)
    if version is not None:
        _order(product, version, by)
    if product.software_lock != version:
        product.software_lock = version
        touch(product, "software_lock", by=by)
        announce("product.software_locked", product, by=by, software=version and version.name)
    return version


@action(level=Level.SYSTEM)
def expire_software_updates(product: Product, *, by: Actor) -> int:
    """End every order that the unit has not confirmed; returns how many there were."""
    product = queries.fetch(product.product_imei, by=by, lock=True)
    return _withdraw(product, queries.software_open(product), by)


@action(level=None)
def end_orders(product: Product, *, rollout: SoftwareRollout, by: Actor) -> int:
    """The same for the order of a roll-out alone."""
    product = queries.fetch(product.product_imei, by=by, lock=True)
    return _withdraw(product, queries.software_open(product).filter(rollout=rollout), by)


def _withdraw(product: Product, orders: QuerySet[ProductSoftwareLinker], by: Actor) -> int:
    count = _end(orders, by)
    if count:
        _newer(product, by)
        announce("product.software_expired", product, by=by, count=count)
    return count


@action(level=None)
def lapse_software(product: Product, *, by: Actor) -> None:
    """End the orders whose time is over; the caller holds the unit's row."""
    due = queries.software_open(product).filter(valid_until__lte=timezone.now())
    for row in due.select_related("software_version_type"):
        row.lapsed, row.date_removed = True, timezone.now()
        touch(row, "lapsed", "date_removed", by=by)
        _newer(product, by)
        announce("product.software_lapsed", product, by=by, software=row.software_version_type.name)


@action(level=None)
def software_row_written(row: ProductSoftwareLinker, *, by: Actor) -> None:
    """An order through its table: what may not run on the unit is refused there too, and so is what its lock forbids;
    of several open orders the newest stands."""
    product = Product.objects.select_for_update(no_key=True).get(product_imei=row.product_id)
    if row.date_added is None and row.date_removed is None:
        _refuse_unfit(product, row.software_version_type, "software_version_type_id")
        _refuse_lock(product, row.software_version_type, "software_version_type_id")
        # Of two that are written at once the later number may have come here first.
        ordered = queries.software_open(product)
        newest = ordered.order_by("-pk").values_list("pk", flat=True).first()
        _end(ordered.filter(pk__lt=newest), by)
        if newest != row.pk:
            row.refresh_from_db()
    _newer(product, by)


@action(level=None)
def settle_software(product: Product, *, reported: str, told_at: dt.datetime | None, by: Actor) -> None:
    """The unit, whose row the caller holds, says which software runs on it. `told_at`: when it last fetched its
    instructions, if that was after its last report: an order that it knew then and has not carried out was tried."""
    open_orders = list(queries.software_ordered(product).select_related("software_version_type").order_by("-pk"))
    if product.reported_software == reported and not open_orders:
        return
    done = next((row for row in open_orders if row.software_version_type.name == reported), None)
    now = timezone.now()
    if product.reported_software != reported or done is not None:
        _note_running(product, reported, done, now, by)
    if done is None and open_orders and told_at is not None and told_at >= open_orders[0].created_at:
        newest = open_orders[0]
        newest.update_attempts = (newest.update_attempts or 0) + 1
        touch(newest, "update_attempts", by=by)


def _note_running(
    product: Product, reported: str, done: ProductSoftwareLinker | None, now: dt.datetime, by: Actor
) -> None:
    running = queries.software_running(product)
    running.exclude(software_version_type__name=reported if done is None else "").update(
        date_removed=now, modified_at=now, modified_by=by.name_for_record
    )
    if done is not None:
        done.date_added = now
        touch(done, "date_added", by=by)
        _end(queries.software_open(product).filter(pk__lt=done.pk), by)
    elif not running.exists():
        version = SoftwareVersionType.objects.filter(name=reported).first()
        if version is not None:
            new(ProductSoftwareLinker, by=by, product=product, software_version_type=version, date_added=now)
    product.reported_software = reported
    touch(product, "reported_software", by=by)
    announce("product.software_reported", product, by=by, software=reported)


def _installable(product: Product, software: Named) -> SoftwareVersionType:
    """The version that is named, if it may run on this type of unit at all."""
    version = _version(software)
    if version is None:
        raise Invalid({"software": "is no known software version"})
    _refuse_unfit(product, version, "software")
    return version


def _refuse_unfit(product: Product, version: SoftwareVersionType, field: str) -> None:
    refuse_if(version.status == "bad", field, "is marked as bad and is never installed")
    allowed = ProductTypeSoftwareVersionTypeLinker.objects.filter(
        product_type=product.product_type_id, software_version_type=version
    )
    refuse_if(not allowed.exists(), field, "is not allowed for this type of unit")


def _version(software: Named) -> SoftwareVersionType | None:
    versions = SoftwareVersionType.objects.all()
    if isinstance(software, str):
        named = versions.filter(name=software.strip()).first()
        if named is not None or not (software.isascii() and software.isdecimal() and len(software) < 10):
            return named
    key = int(software)
    return versions.filter(pk=key).first() if abs(key) < 2**31 else None


def _refuse_lock(product: Product, version: SoftwareVersionType, field: str) -> None:
    lock = product.software_lock
    if lock is not None and lock != version:
        raise Invalid({field: f"cannot be ordered: the software of this unit is locked to {lock.name}"}, code="locked")


def _order(
    product: Product,
    version: SoftwareVersionType,
    by: Actor,
    rollout: SoftwareRollout | None = None,
    valid_until: dt.datetime | None = None,
) -> None:
    ordered = queries.software_ordered(product)
    newest = ordered.order_by("-pk").first()
    runs = queries.runs_software(product, version)
    if newest is not None and newest.software_version_type_id == version.pk and not runs:
        if rollout is not None and newest.rollout_id is None:  # ordered by somebody before: it counts as its own
            newest.rollout = rollout
            touch(newest, "rollout", by=by)
        if deadlines.outlasts(valid_until, newest.valid_until):
            newest.valid_until = valid_until
            touch(newest, "valid_until", by=by)
            _newer(product, by)
            announce("product.software_ordered", product, by=by, software=version.name, stands=True)
        return
    ended = _end(queries.software_open(product), by)
    if not runs:
        columns = {
            "software_version_type": version,
            "update_attempts": 0,
            "rollout": rollout,
            "valid_until": valid_until,
        }
        new(ProductSoftwareLinker, by=by, product=product, **columns)
    if ended or not runs:
        _newer(product, by)
        announce("product.software_ordered", product, by=by, software=version.name, stands=not runs)


def _end(orders: QuerySet[ProductSoftwareLinker], by: Actor) -> int:
    """Orders that were overtaken or withdrawn have no date_added: they never ran."""
    now = timezone.now()
    return orders.update(date_removed=now, modified_at=now, modified_by=by.name_for_record)


def _newer(product: Any, by: Actor) -> None:
    product.order_seq += 1
    touch(product, "order_seq", by=by)
