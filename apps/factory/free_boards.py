"""Which board may become a unit: whole, in no unit, and with numbers that no other unit has."""

from apps.core.actors import Actor
from apps.factory import numbers
from apps.parts.models import Part
from apps.products.models import Product
from apps.repairs.models import PartProductLinker


def ready(pcb: Part, *, by: Actor) -> tuple[Part | None, str | None]:
    """(The SIM on the board, None), or what keeps it from becoming a unit. The caller holds the board's row and the
    lock on numbers."""
    missing = [name for name in ("imsi", "serial_number") if name not in pcb.carried]
    missing += [] if pcb.device_key else ["device_key"]
    if missing:
        return None, f"is a board without {' and '.join(missing)} in its properties"
    sims = Part.objects.filter(part_type__part_type_category__name__iexact=numbers.SIM_CARD)
    sim = sims.filter(serial_number=pcb.iccid or pcb.imsi).first()
    if sim is None:
        return None, "is a board whose SIM is no part that is known here"
    if Product.holding({str(pcb.serial_number)}, None).exists() or _sits(pcb):
        return sim, "sits in a unit already"
    if _sits(sim):
        return sim, "has a SIM that sits in a unit already"
    if others := Product.holding(set(pcb.carried.values()), pcb.device_key):
        seen = Product.objects.visible_to(by).filter(pk__in=others).first()
        if seen is None:  # one out of their sight is not named
            return sim, "carries numbers or the key of another unit"
        return sim, f"carries numbers or the key of the unit {seen.product_imei}"
    return sim, numbers.unbearable(pcb)


def _sits(part: Part) -> bool:
    return bool(PartProductLinker.objects.filter(part=part, date_removed=None).exists())
