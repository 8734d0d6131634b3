"""Serial numbers: `HB000501-084031-3` = product code, drawn number, check character.

The documentation shows the form and not how its check character was made; ours is ISO 7064 MOD 37,36 over code and
number, which catches every single slip and swap of neighbours (docs/adr/0007).
"""

from stdnum.iso7064 import mod_37_36

from apps.core.actors import Actor
from apps.core.rows import new
from apps.factory.models import Serial
from apps.parts.models import boards_holding
from apps.products.models import Product


def draw(code: str, *, by: Actor) -> str:
    """A fresh serial number under this product code. The database gives each number once; one that a unit or a board
    brought from elsewhere bears already is passed over."""
    while True:
        number = new(Serial, by=by).serial_number
        serial = f"{code}-{number:06d}-{check_character(code, number)}"
        if not (Product.holding({serial}, None).exists() or boards_holding({serial}, None).exists()):
            return serial


def check_character(code: str, number: int) -> str:
    return str(mod_37_36.calc_check_digit(f"{code}{number:06d}"))
