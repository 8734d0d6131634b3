"""Photos of a repair: kept, and taken away again by whoever took them."""

from collections.abc import Sequence

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import Forbidden, NotFound, Refused, refuse_if
from apps.core.rows import new
from apps.events.actions import emit
from apps.products import queries as products
from apps.repairs.models import PhotoFile, Repair, RepairPhoto
from apps.repairs.pictures import Picture

MOST_AT_ONCE = 12
MOST_OF_A_REPAIR = 60


@action(level=Level.TECHNICAL)
def add_photos(repair: Repair, *, pictures: Sequence[Picture], by: Actor) -> list[RepairPhoto]:
    """Keep these (pictures.prepared, before the transaction) with the step at which the repair stands."""
    repair = _running(repair, by=by)
    refuse_if(not pictures, "photo", "choose or take a photo first")
    count = repair.photos.count() + len(pictures)
    refuse_if(count > MOST_OF_A_REPAIR, "photo", f"would be more than the {MOST_OF_A_REPAIR} that a repair may have")
    rows = []
    for one in pictures:
        row = new(
            RepairPhoto, by=by, repair=repair, state_id=repair.workflow_state_id, width=one.width, height=one.height
        )
        PhotoFile.objects.create(photo=row, picture=one.picture, small=one.small)
        rows.append(row)
    _told(repair, by=by)
    return rows


@action(level=Level.TECHNICAL)
def remove_photo(photo: RepairPhoto, *, by: Actor) -> None:
    """By who took it, while the repair runs: afterwards it is part of the record."""
    repair = _running(photo.repair, by=by)
    row = RepairPhoto.objects.filter(pk=photo.pk).first()
    if row is None:
        raise NotFound()
    if row.created_by != by.name_for_record:
        raise Forbidden("A photo is removed by the person who took it")
    row.delete()
    _told(repair, by=by)


def _running(repair: Repair, *, by: Actor) -> Repair:
    product = products.fetch(repair.product_id, by=by, lock=True)
    repair = Repair.objects.get(pk=repair.pk)
    repair.product = product
    if not repair.running:
        raise Refused("The repair has ended", code="ended")
    return repair


def _told(repair: Repair, *, by: Actor) -> None:
    product = repair.product
    emit(
        "repair.photos_changed", subject=product.subject, entity_ids=products.entity_ids(product), by=by,
        payload={"product_imei": product.product_imei, "repair_id": repair.pk},
    )  # fmt: skip
