"""A row of any table for tests, made from what its columns declare; what needs more says so here.

A table that neither the columns nor SPECIAL can make fails tests/contract/test_every_table.py.
"""

import datetime as dt
import itertools
from collections.abc import Callable
from typing import Any

from django.db import models

from apps.accounts.models import Entity, RepairCentre, User
from apps.core.actors import SYSTEM
from apps.core.columns import Column, columns_of
from apps.core.models import Row
from apps.core.rows import new
from apps.core.tables import Table
from apps.dcm.models import PaymentCommand
from apps.factory.models import FactoryLog
from apps.products.models import (
    Product,
    ProductEntityLinker,
    ProductType,
    SoftwareRollout,
    SoftwareVersionType,
)
from tests.cast import make_unit

_numbers = itertools.count(100_000)  # beyond the keys of reference data


def _unit(entity: Entity | None) -> Product:
    return make_unit(f"test-{next(_numbers):012d}", entity=entity)


def _entity_link(entity: Entity | None, product: Product | None = None) -> ProductEntityLinker:
    """Every unit has one already, and can't have a second of the same entity."""
    return (product or _unit(entity)).product_entity_linker.get(date_removed=None)


def _repair_centre(entity: Entity | None) -> RepairCentre:
    """An entity has one at most."""
    entity = entity or SPECIAL[Entity](None)
    held = RepairCentre.objects.filter(entity=entity).first()
    return held or new(RepairCentre, by=SYSTEM, name=f"Centre {next(_numbers)}", entity=entity)


def _user(entity: Entity | None) -> User:
    scope = "ENTITY" if entity else "GLOBAL"
    return new(User, by=SYSTEM, email=f"user{next(_numbers)}@example.org", scope=scope, entity=entity)


def _factory_log(entity: Entity | None, product: Product | None = None) -> FactoryLog:
    """Belongs to a unit by its IMEI, without a key."""
    imei = (product or _unit(entity)).product_imei
    return new(
        FactoryLog, by=SYSTEM, app_name="jig", product_imei=imei, timestamp=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    )


def _rollout(entity: Entity | None) -> SoftwareRollout:
    """One that is over: of those that run there is one a type."""
    version = SoftwareVersionType.objects.order_by("pk").first()
    kind = ProductType.objects.order_by("pk").first()
    return new(SoftwareRollout, by=SYSTEM, product_type=kind, software_version_type=version, state="done")


def _payment(entity: Entity | None, product: Product | None = None, **given: Any) -> PaymentCommand:
    """Category and value go together."""
    values = {"category": "payment", "value": 60, "void": False, "transaction_id": f"t{next(_numbers)}"} | given
    return new(PaymentCommand, by=SYSTEM, product=product or _unit(entity), **values)


SPECIAL: dict[type[Row], Callable[..., Any]] = {
    Product: _unit,
    RepairCentre: _repair_centre,
    User: _user,
    FactoryLog: _factory_log,
    ProductEntityLinker: _entity_link,
    SoftwareRollout: _rollout,
    PaymentCommand: _payment,
    Entity: lambda entity: entity or new(Entity, by=SYSTEM, name=f"Entity {next(_numbers)}", bboxx_company_flag=False),
}


def make(model: type[Row], entity: Entity | None, **given: Any) -> Any:
    """A saved row that belongs to this entity as far as the model belongs to entities at all."""
    if model in SPECIAL:
        return SPECIAL[model](entity, **given)
    values = {
        column.field.name: _value(column, entity)
        for column in columns_of(model).values()
        if _needed(column) and column.field.name not in given
    }
    return new(model, by=SYSTEM, **values, **given)


def body_of(table: Table, entity: Entity | None) -> dict[str, Any]:
    """What a POST of this table needs, in the contract's names."""
    body = {}
    for column in table.columns.values():
        if not _needed(column) or column.name in table.owned:
            continue
        body[column.name] = body_value(column, entity)
    return body


def body_value(column: Column, entity: Entity | None) -> Any:
    """A value for this column as a client would send it."""
    value = _value(column, entity)
    if isinstance(value, models.Model):
        value = getattr(value, column.field.target_field.attname)
    return value.isoformat() if isinstance(value, dt.date) else value


def _needed(column: Column) -> bool:
    """Not null without default, or a pointer that decides whose the row is."""
    if column.is_system_set:
        return False
    if isinstance(column.field, models.ForeignKey) and column.field.related_model in (Product, Entity):
        return True
    return not column.field.null and not column.field.has_default()


def _value(column: Column, entity: Entity | None) -> Any:
    field = column.field
    if isinstance(field, models.ForeignKey):
        related = field.related_model
        if (
            related not in SPECIAL
            and not field.unique
            and related.SCOPE is not None
            and related.SCOPE.writes_need_global
        ):
            held = related.objects.first()
            return held or make(related, entity)
        return make(related, entity)
    return sample(column)


# Columns with a rule of their own (core.rules).
RULED: dict[str, Callable[[int], Any]] = {
    "imsi": lambda number: f"{number:015d}",
    "iccid": lambda number: f"{number:019d}",
    "ip_address": lambda number: f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
    "latitude": lambda number: str(number % 90),
    "price_per_day": lambda number: f"{number % 90 + 1}.25",
    "currency": lambda number: "USD",
    "longitude": lambda number: str(number % 180),
    "gps_lat": lambda number: number % 90 + 0.5 - 1,
    "gps_lon": lambda number: number % 180 + 0.5 - 1,
}


def sample(column: Column, number: int | None = None) -> Any:
    """A fresh value that the column takes."""
    number = next(_numbers) if number is None else number
    field = column.value_field
    if column.name == "data_type":
        return "string"  # of a parameter: the type of which every text is
    if column.field.choices:
        options = [choice for choice, _ in column.field.flatchoices]
        return options[number % len(options)]
    if column.name in RULED:
        return RULED[column.name](number)
    match field:
        case models.BooleanField():
            return bool(number % 2)
        case models.IntegerField():
            return number
        case models.FloatField():
            return number + 0.5
        case models.DateTimeField():
            return dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=number)
        case models.DateField():
            return dt.date(2026, 1, 1) + dt.timedelta(days=number % 300)
        case models.BinaryField():
            return b"bytes %d" % number
        case models.JSONField():
            return {"number": number}
        case models.CharField() | models.TextField():
            return f"t{number}"[: field.max_length or 255]
    raise TypeError(f"tests/factories.py: no sample for {column.name}")
