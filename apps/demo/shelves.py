"""What lies on the shelves of the demo's repair centres: some of most parts, little of others, and batteries with a
number to scan, so that a part can be fitted."""

from collections.abc import Iterable

from apps.accounts.models import RepairCentre, User
from apps.core.rows import new
from apps.parts.models import Part, PartType, PartTypeReplacementLinker
from apps.repairs import stock
from apps.repairs.fittings import SCANNED
from apps.repairs.models import CentreStock

LOOSE = 2  # parts with a number, of each type in each centre
HELD, LOW = (6, 1, 0, 12), 2


def filled(centres: Iterable[tuple[RepairCentre, User]]) -> None:
    """Counted by whoever works there. What has been counted before stays."""
    kinds = list(PartType.objects.filter(
        pk__in=PartTypeReplacementLinker.objects.values("replacement_part_type")
    ).order_by("pk"))  # fmt: skip
    for place, (centre, by) in enumerate(centres, start=1):
        if CentreStock.objects.filter(repair_centre=centre).exists():
            continue
        for number, kind in enumerate(kinds):
            scanned = kind.serial_number_category == SCANNED
            held = LOOSE if scanned else HELD[(number + place) % len(HELD)]
            stock.count(
                repair_centre_id=centre.pk, part_type_id=kind.pk, in_stock=held, low_mark=LOW, reason="First count",
                by=by,
            )  # fmt: skip
            for one in range(LOOSE if scanned else 0):
                new(Part, by=by, part_type=kind, serial_number=f"SP{place}{kind.pk:04d}{one + 1:02d}")
