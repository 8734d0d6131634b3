"""Actions on units (contract/actions.md, "Units"; seed 004, "Product Actions")."""

import datetime as dt
from typing import Annotated, Any, cast

from django.http import HttpResponse
from django.utils import timezone
from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator
from rest_framework.request import Request

from apps.api.endpoint import Body, endpoint
from apps.api.envelope import success
from apps.api.moments import asked_moments
from apps.core.levels import Level
from apps.core.refusals import Invalid
from apps.products import actions, queries
from apps.products.models import Product
from apps.telemetry import store


def unit(request: Request, imei: str) -> Product:
    """What `<imei>` in a path names, within the scope."""
    return queries.fetch(imei, by=cast(Any, request.user))


class StateBody(Body):
    """`new_state`; the documentation's table calls it `entity_id`, which is taken too."""

    new_state: StrictInt

    @model_validator(mode="before")
    @classmethod
    def either_name(cls, data: Any) -> Any:
        if isinstance(data, dict) and "new_state" not in data and "entity_id" in data:
            return {**data, "new_state": data["entity_id"]}
        return data


class DcmBody(Body):
    enabled: StrictBool


class PaygBody(Body):
    is_payg: StrictBool


class EntityBody(Body):
    entity_id: StrictInt


class EntityChangeBody(Body):
    old_entity_id: StrictInt
    new_entity_id: StrictInt


class DeadlineBody(Body):
    """`valid_until`: a time after which the order is not handed out any more; none: it stands until another comes."""

    valid_until: str | None = None

    @property
    def deadline(self) -> dt.datetime | None:
        return asked_moments(self, "valid_until").get("valid_until")


class SoftwareBody(DeadlineBody):
    """A software version type by its id or its name. `valid_until` (ours) as for enable."""

    software: StrictInt | StrictStr


class LockBody(Body):
    """The same, or null, which unlocks."""

    software: StrictInt | StrictStr | None


@endpoint("PUT", level=actions.enable_product.level, fetch=unit, body=DeadlineBody)
def enable(request: Request, product: Product, body: DeadlineBody) -> HttpResponse:
    """Order the unit to switch on. It is `pending_enabled` until the unit has confirmed it; once more: no change."""
    actions.enable_product(product, valid_until=body.deadline, by=request.user)
    return success("Product enabled")


@endpoint("PUT", level=actions.disable_product.level, fetch=unit, body=DeadlineBody)
def disable(request: Request, product: Product, body: DeadlineBody) -> HttpResponse:
    """Order the unit to switch off. It is `pending_disabled` until the unit has confirmed it."""
    actions.disable_product(product, valid_until=body.deadline, by=request.user)
    return success("Product disabled")


@endpoint("PUT", level=actions.update_software.level, fetch=unit, body=SoftwareBody)
def update_software(request: Request, product: Product, body: SoftwareBody) -> HttpResponse:
    """Order a software version. The unit gets it at its next contact; `product_software_linker` shows the order."""
    version = actions.update_software(product, software=body.software, valid_until=body.deadline, by=request.user)
    return success(f"#{product.product_imei} updated to software_version {version.name}")


@endpoint("PUT", level=actions.lock_software.level, fetch=unit, body=LockBody)
def lock_software(request: Request, product: Product, body: LockBody) -> HttpResponse:
    """Order a software version and refuse every other until the lock is taken off, which null does."""
    version = actions.lock_software(product, software=body.software, by=request.user)
    if version is None:
        text = f"#{product.product_imei} software_lock is now removed"
    else:
        text = f"#{product.product_imei} updated and locked to software_version {version.name}"
    return success(text, {"software_lock_id": version and version.pk, "software_lock_name": version and version.name})


@endpoint("PUT", level=actions.expire_software_updates.level, fetch=unit)
def expire_software_updates(request: Request, product: Product) -> HttpResponse:
    """End the software updates that the unit has not confirmed."""
    count = actions.expire_software_updates(product, by=request.user)
    if not count:
        return success(f"Product {product.product_imei} had no pending updates to expire")
    return success(f"Product {product.product_imei} had {count} software update(s) expired")


@endpoint("PUT", level=actions.enable_tamper_switch.level, fetch=unit)
def enable_tamper_switch(request: Request, product: Product) -> HttpResponse:
    """Order the unit's tamper switch on; pending until the unit has confirmed it."""
    actions.enable_tamper_switch(product, by=request.user)
    return success(f"Product #{product.product_imei} tamper_switch_enabled")


@endpoint("PUT", level=actions.disable_tamper_switch.level, fetch=unit)
def disable_tamper_switch(request: Request, product: Product) -> HttpResponse:
    """Order the unit's tamper switch off; pending until the unit has confirmed it."""
    actions.disable_tamper_switch(product, by=request.user)
    return success(f"Product #{product.product_imei} tamper_switch_disabled")


@endpoint("PUT", level=actions.set_dcm_enabled_flag.level, fetch=unit, body=DcmBody)
def set_dcm_enabled_flag(request: Request, product: Product, body: DcmBody) -> HttpResponse:
    """Let the unit keep its own credit, or no more. Types that do so by default refuse either value; off while payment
    commands are open is refused."""
    actions.set_dcm_enabled_flag(product, value=body.enabled, by=request.user)
    return success(f"Product {product.product_imei}. DCM Enabled Flag set to {body.enabled}")


@endpoint("PUT", level=actions.set_is_payg.level, fetch=unit, body=PaygBody)
def set_is_payg(request: Request, product: Product, body: PaygBody) -> HttpResponse:
    """Whether the customer is still paying. A unit that is paid off never switches off for want of credit."""
    actions.set_is_payg(product, value=body.is_payg, by=request.user)
    return success(f"is_payg for the Product {product.product_imei}, has been set to={body.is_payg}")


@endpoint("PUT", level=actions.change_state.level, fetch=unit, body=StateBody)
def change_state(request: Request, product: Product, body: StateBody) -> HttpResponse:
    """Move the unit to another of its nine states, along the documented moves only."""
    actions.change_state(product, new_state=body.new_state, by=request.user)
    return success("Product state changed")


@endpoint("PUT", level=actions.assign_entity.level, fetch=unit, body=EntityBody)
def assign_entity(request: Request, product: Product, body: EntityBody) -> HttpResponse:
    """Let the unit belong to a further entity; the answer names all of its entities."""
    product = actions.assign_entity(product, entity_id=body.entity_id, by=request.user)
    return success(f"Product #{product.product_imei} assigned to entity: {body.entity_id}", _names(product))


@endpoint("PUT", level=actions.change_entity.level, fetch=unit, body=EntityChangeBody)
def change_entity(request: Request, product: Product, body: EntityChangeBody) -> HttpResponse:
    """Move the unit from one entity to another; the answer names all of its entities."""
    product = actions.change_entity(
        product, old_entity_id=body.old_entity_id, new_entity_id=body.new_entity_id, by=request.user
    )
    return success(f"Product #{product.product_imei} assigned to entity: {body.new_entity_id}", _names(product))


@endpoint("PUT", level=actions.remove_entity.level, fetch=unit, body=EntityBody)
def remove_entity(request: Request, product: Product, body: EntityBody) -> HttpResponse:
    """Take the unit from an entity. Without any it belongs to entity 1, "Unknown Entity"."""
    product = actions.remove_entity(product, entity_id=body.entity_id, by=request.user)
    return success(f"Entity #{body.entity_id} removed from Product #{product.product_imei}", _names(product))


class DataQuery(Body):
    """start and end in any documented form of a time: by default the last seven days, with an end alone the seven
    before it. `fields`: repeated, separated by commas, or `*`. `limit`: that many times, from the first on."""

    REPEATED = frozenset({"fields"})

    start: str | int | None = None
    end: str | int | None = None
    measurement: Annotated[str, Field(pattern=store.NAME)] = "telemetry"
    fields: list[str] | str = "*"
    limit: Annotated[int, Field(ge=1, le=1_000_000)] | None = None

    @property
    def names(self) -> list[str] | None:
        """The fields that are asked for; None for all."""
        given = [self.fields] if isinstance(self.fields, str) else self.fields
        names = [name.strip() for text in given for name in text.split(",") if name.strip()]
        return None if "*" in names or not names else names


@endpoint("GET", level=Level.OVERVIEW, fetch=unit, body=DataQuery)
def read_data(request: Request, product: Product, body: DataQuery) -> HttpResponse:
    """The unit's telemetry: {measurement, tags, field: [[value, time], …]}."""
    times: dict[str, dt.datetime] = {}
    errors: dict[str, str] = {}
    for name in ("start", "end"):
        given = getattr(body, name)
        if given is None:
            continue
        try:
            times[name] = store.take_time(given)
        except ValueError:
            errors[name] = "must be a time such as 2016-11-25T10:51:30"
    if errors:
        raise Invalid(errors)
    end = times.get("end", timezone.now())
    start = times.get("start", end - dt.timedelta(days=7))
    series = store.read(
        product.subject, measurement=body.measurement, start=start, end=end, fields=body.names, limit=body.limit
    )
    tags = {"product_imei": product.product_imei}
    return success("data retrieved successfully", {"measurement": body.measurement, "tags": tags, **series})


@endpoint("POST", level=Level.TECHNICAL, fetch=unit)
def write_data(request: Request, product: Product) -> HttpResponse:
    """Keep points: {measurement, tags, fields: {name: [[time, value], …]}}. One bad point refuses them all."""
    upload = store.check(request.data)
    count = store.write(product.subject, upload)
    return success(f"{count} data-point(s) successfully written to influx")


def _names(product: Product) -> dict[str, list[str]]:
    return {product.product_imei: queries.entity_names(product, by=None)}
