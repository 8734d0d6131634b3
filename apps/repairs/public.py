"""A fault told by somebody without an account, who has scanned the label of a unit.

The address on the label holds the unit's serial number sealed under the key ring (deterministic AEAD): nobody can make
or change one, it tells nothing, nothing needs to be kept for it, and it outlives a new board.
"""

import base64
import binascii
import datetime as dt
from collections.abc import Iterable, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core import wording
from apps.core.actions import action
from apps.core.actors import PUBLIC, Actor
from apps.core.crypto import keyed_digest
from apps.core.identifiers import is_blank
from apps.core.refusals import NotFound, TooMany, refuse_if
from apps.core.rows import new
from apps.events.actions import emit
from apps.products import queries as products
from apps.products.models import Product, ProductNote

AGAIN = dt.timedelta(hours=1)  # the same words within it were sent twice: a slow network, an impatient thumb
A_DAY = 3  # reports of a unit, whoever sends them
PER_SOURCE = 10  # an hour from one address, over all units (accounts.signin)
LONGEST = 1000
FAULTS: Mapping[str, Promise] = {
    "off": _("It does not switch on"), "lights": _("The lights do not work"),
    "usb": _("Phones do not charge"), "charging": _("It does not charge in the sun"),
    "short": _("It is empty too soon"), "broken": _("It is broken or wet"),
}  # fmt: skip
_LABEL = b"report of a fault"


def token_of(product: Product) -> str:
    """What stands in the address on this unit's label."""
    sealed = _cipher().encrypt(product.serial_number.encode(), [_LABEL])
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def unit_of(token: str) -> Product:
    """NotFound for what is no token of ours."""
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        serial = _cipher().decrypt(raw, [_LABEL]).decode()
    except (InvalidTag, binascii.Error, UnicodeError, ValueError):
        raise NotFound() from None
    found = Product.objects.filter(serial_number=serial).first()
    if found is None:
        raise NotFound()
    return found


@action(level=None)
def report_fault(product: Product, *, faults: Iterable[str], text: str, by: Actor = PUBLIC) -> ProductNote:
    """Keep it as a note of the unit, by "the public"; the same words sent again are the note that is there. Invalid for
    nothing said; TooMany beyond A_DAY a unit."""
    ticked = [str(FAULTS[name]) for name in FAULTS if name in set(faults)]
    text = " ".join(wording.harmless(text).split())
    text = "" if is_blank(text) else text
    refuse_if(not ticked and not text, "text", "tick what is wrong, or write it")
    refuse_if(len(text) > LONGEST, "text", f"is longer than {LONGEST} characters")
    product = Product.objects.select_for_update(of=("self",), no_key=True).get(pk=product.pk)
    since = timezone.now() - dt.timedelta(days=1)
    words = "; ".join([*ticked, *([f"“{text}”"] if text else [])])
    told = ProductNote.objects.filter(product=product, created_by=by.name_for_record, created_at__gt=since)
    again = told.filter(note_text=words, created_at__gt=timezone.now() - AGAIN).order_by("-pk").first()
    if again is not None:
        return again
    times = list(told.order_by("-created_at").values_list("created_at", flat=True)[:A_DAY])
    if len(times) >= A_DAY:
        left = times[-1] + dt.timedelta(days=1) - timezone.now()
        raise TooMany(
            "This has been told already; somebody will look at it", retry_after=max(1, int(left.total_seconds()))
        )
    note: ProductNote = new(ProductNote, by=by, product=product, note_text=words)
    emit(
        "product.fault_reported", subject=product.subject, entity_ids=products.entity_ids(product), by=by,
        payload={"product_imei": product.product_imei, "product_note_id": note.pk},
    )  # fmt: skip
    return note


def _cipher() -> AESSIV:
    return AESSIV(bytes.fromhex(keyed_digest("address on the label", "public report")))
