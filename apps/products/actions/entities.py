"""Which entities a unit belongs to (seed 004, "/products/<imei>/assign_entity" and its siblings).

Entity 1, "Unknown Entity", holds exactly the units that belong to no other.
"""

from django.utils import timezone

from apps.accounts.models import UNKNOWN_ENTITY, Entity
from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import Forbidden, Invalid, refuse_if
from apps.core.rows import new, touch
from apps.products import queries
from apps.products.actions.announce import announce
from apps.products.models import Product, ProductEntityLinker

ABSENT = "points to no row that exists"


@action(level=Level.ADMIN)
def assign_entity(product: Product, *, entity_id: int, by: Actor) -> Product:
    """Add an entity to the unit; the Unknown Entity leaves as another comes."""
    product = queries.fetch(product.product_imei, by=by, lock=True)
    _check(entity_id, "entity_id", by)
    return _settle(product, add=entity_id, remove=None, by=by)


@action(level=Level.ADMIN)
def change_entity(product: Product, *, old_entity_id: int, new_entity_id: int, by: Actor) -> Product:
    """Replace one entity of the unit by another."""
    product = queries.fetch(product.product_imei, by=by, lock=True)
    errors = {}
    if not _visible(new_entity_id, by):
        errors["new_entity_id"] = ABSENT
    if old_entity_id not in queries.entity_ids(product) or not _visible(old_entity_id, by):
        errors["old_entity_id"] = "is not an entity of this unit"
    if errors:
        raise Invalid(errors)
    return _settle(product, add=new_entity_id, remove=old_entity_id, by=by)


@action(level=Level.ADMIN)
def remove_entity(product: Product, *, entity_id: int, by: Actor) -> Product:
    """Take an entity off the unit; one without any goes to the Unknown Entity."""
    product = queries.fetch(product.product_imei, by=by, lock=True)
    if entity_id not in queries.entity_ids(product) or not _visible(entity_id, by):
        raise Invalid({"entity_id": "is not an entity of this unit"})
    # Nobody's unit is the Unknown Entity's: without another one there is nothing to be removed from it.
    refuse_if(queries.entity_ids(product) == [UNKNOWN_ENTITY], "entity_id", "is not an entity of this unit")
    return _settle(product, add=None, remove=entity_id, by=by)


def _visible(entity_id: int, by: Actor) -> bool:
    return bool(Entity.objects.visible_to(by).filter(pk=entity_id).exists())


def _check(entity_id: int, field: str, by: Actor) -> None:
    if not _visible(entity_id, by):
        raise Invalid({field: ABSENT})


def _settle(product: Product, *, add: int | None, remove: int | None, by: Actor) -> Product:
    before = set(queries.entity_ids(product))
    after = (before - {remove}) | ({add} if add else set())
    after = (after - {UNKNOWN_ENTITY} if add != UNKNOWN_ENTITY else after) or {UNKNOWN_ENTITY}
    if len(after) > 1:
        after.discard(UNKNOWN_ENTITY)
    if after == before:
        return product
    now = timezone.now()
    left = before - after
    links = ProductEntityLinker.objects.filter(product=product, date_removed=None, entity_id__in=left)
    links.update(date_removed=now, modified_at=now, modified_by=by.name_for_record)
    for entity_id in sorted(after - before):
        new(ProductEntityLinker, by=by, product=product, entity_id=entity_id, date_added=now)
    touch(product, by=by)
    if not Product.objects.visible_to(by).filter(pk=product.pk).exists():
        raise Forbidden("The unit would leave your scope; ask somebody of GLOBAL scope")
    announce("product.entities_changed", product, by=by, also_for=left, entity_ids=sorted(after))
    return product
