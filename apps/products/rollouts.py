"""Who takes part in a roll-out, and how it goes."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Mod

from apps.products.models import (
    Product,
    ProductEntityLinker,
    ProductSoftwareLinker,
    ProductTypeSoftwareVersionTypeLinker,
    SoftwareRollout,
)
from apps.products.states import TERMINATED

# The part of a hundred that a unit falls into: neighbours in the factory fall into different ones, and the first
# hundredth of one roll-out is not that of the next. 7,919 has no factor in common with 100.
SPREAD, SHIFT, PARTS = 7919, 37, 100


@dataclass(frozen=True)
class Progress:
    """Units that were ordered to take the version, and what became of them."""

    ordered: int
    confirmed: int
    failed: int
    withdrawn: int

    @property
    def waiting(self) -> int:
        return self.ordered - self.confirmed - self.failed - self.withdrawn

    @property
    def share_failed(self) -> float:
        """Per cent of the ordered units."""
        return 100.0 * self.failed / self.ordered if self.ordered else 0.0


def obstacle(rollout: SoftwareRollout) -> tuple[str, str] | None:
    """(column, why) where the version can't be ordered for any of these units (any more)."""
    if rollout.software_version_type.status == "bad":
        return "software_version_type", "is marked as bad and is never installed"
    allowed = ProductTypeSoftwareVersionTypeLinker.objects.filter(
        product_type=rollout.product_type_id, software_version_type=rollout.software_version_type_id
    )
    return None if allowed.exists() else ("product_type", "is not allowed to run this version; allow it first")


def stopped_with_open_orders() -> QuerySet[SoftwareRollout]:
    left = ProductSoftwareLinker.objects.filter(rollout=OuterRef("pk"), date_added=None, date_removed=None)
    found: QuerySet[Any] = SoftwareRollout.objects.filter(Exists(left), state="stopped")
    return found


def with_progress(found: QuerySet[SoftwareRollout]) -> QuerySet[SoftwareRollout]:
    """The same roll-outs, their orders counted along with them: a list of them costs no query a row."""
    failed = Q(orders__date_added=None, orders__date_removed=None, orders__update_attempts__gte=F("attempts_allowed"))
    return found.annotate(
        ordered=Count("orders"),
        confirmed=Count("orders", filter=Q(orders__date_added__isnull=False)),
        failed=Count("orders", filter=failed),
        withdrawn=Count("orders", filter=Q(orders__date_added=None, orders__date_removed__isnull=False)),
    )


def progress(rollout: SoftwareRollout) -> Progress:
    """How it goes now; of a roll-out that with_progress() brought, how it went when that was asked."""
    told: Any = rollout
    if not hasattr(rollout, "ordered"):
        told = with_progress(SoftwareRollout.objects.filter(pk=rollout.pk)).get()
    return Progress(told.ordered, told.confirmed, told.failed, told.withdrawn)


def group(rollout: SoftwareRollout, percent: int) -> QuerySet[Product]:
    """The units that belong to this group, those that have the version already among them."""
    rows: QuerySet[Any] = Product.objects.filter(product_type=rollout.product_type_id)
    rows = rows.exclude(latest_state__current_state_type=TERMINATED)
    if rollout.entity_id is not None:
        links = ProductEntityLinker.objects.filter(
            product=OuterRef("product_imei"), entity=rollout.entity_id, date_removed=None
        )
        rows = rows.filter(Exists(links))
    if percent < PARTS:
        part = Mod(F("row_no") * Value(SPREAD) + Value(SHIFT * (rollout.pk or 0)), Value(PARTS))
        rows = rows.annotate(part=part).filter(part__lt=percent)
    return rows


def locked(rollout: SoftwareRollout, units: QuerySet[Product]) -> QuerySet[Product]:
    """Those of them that are locked to another version and stay with it."""
    return units.filter(software_lock__isnull=False).exclude(software_lock=rollout.software_version_type_id)


def to_be_ordered(rollout: SoftwareRollout, units: QuerySet[Product]) -> QuerySet[Product]:
    """Those of them that this roll-out still has to order the version for."""
    version = rollout.software_version_type
    known = ProductSoftwareLinker.objects.filter(product=OuterRef("product_imei"), rollout=rollout)
    running = ProductSoftwareLinker.objects.filter(
        product=OuterRef("product_imei"), software_version_type=version, date_added__isnull=False, date_removed=None
    )
    return units.filter(
        ~Exists(known),
        ~Exists(running),
        Q(reported_software=None) | ~Q(reported_software=version.name),
        Q(software_lock=None) | Q(software_lock=version),
    )
