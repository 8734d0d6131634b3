"""Orders that hold until a time (`valid_until`): past it they are not handed out any more, `lapsed`, and may be given
again."""

import datetime as dt

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from apps.core.refusals import refuse_if
from apps.products.contact import PENDING
from apps.products.models import EnableHistory, ProductParameter, ProductSoftwareLinker


def check(valid_until: dt.datetime | None) -> None:
    refuse_if(valid_until is not None and valid_until <= timezone.now(), "valid_until", "must lie in the future")


def outlasts(asked: dt.datetime | None, held: dt.datetime | None) -> bool:
    """Whether the same order once more makes it hold longer, or for good. A later press never makes an order end
    sooner, which the one who gave it would not expect."""
    return held is not None and (asked is None or asked > held)


# Orders that lapsed and were not given anew, nor another in their place since.


def lapsed_switches() -> QuerySet[EnableHistory]:
    newer = EnableHistory.objects.filter(
        product=OuterRef("product"), pk__gt=OuterRef("pk"), current_enable_state__in=PENDING
    )
    return EnableHistory.objects.filter(~Exists(newer), lapsed=True)


def lapsed_software() -> QuerySet[ProductSoftwareLinker]:
    newer = ProductSoftwareLinker.objects.filter(product=OuterRef("product"), pk__gt=OuterRef("pk"))
    return ProductSoftwareLinker.objects.filter(~Exists(newer), lapsed=True)


def lapsed_parameters() -> QuerySet[ProductParameter]:
    newer = ProductParameter.objects.filter(
        product=OuterRef("product"), parameter_type=OuterRef("parameter_type"), pk__gt=OuterRef("pk")
    )
    return ProductParameter.objects.filter(~Exists(newer), lapsed=True)


def with_lapsed() -> Q:
    """Units of which an order lapsed."""
    found = Q()
    for rows in (lapsed_switches(), lapsed_software(), lapsed_parameters()):
        found |= Q(product_imei__in=rows.values("product_id"))
    return found
