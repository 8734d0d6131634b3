"""Photos of the demo's bench: drawn, for nobody's unit was photographed for it."""

import io
import random

from PIL import Image, ImageDraw

from apps.repairs.pictures import Picture, prepared

WIDE, HIGH = 480, 360
DESKS = ((193, 154, 107), (168, 132, 94), (142, 150, 158), (120, 134, 120))
CASINGS = ((38, 50, 56), (69, 90, 100), (245, 245, 240), (255, 179, 0))


def snapped(chance: random.Random) -> Picture:
    """A casing on a desk, with its sockets, a lamp and perhaps a crack."""
    image = Image.new("RGB", (WIDE, HIGH), chance.choice(DESKS))
    draw = ImageDraw.Draw(image)
    for y in range(0, HIGH, 24):
        draw.line((0, y, WIDE, y + chance.randint(-6, 6)), fill=(90, 75, 60), width=1)
    left, top = chance.randint(60, 110), chance.randint(60, 100)
    right, low = left + 270, top + 170
    casing = chance.choice(CASINGS)
    draw.rounded_rectangle((left, top, right, low), 22, fill=casing, outline=(20, 20, 20), width=4)
    for place in range(4):
        x = left + 30 + place * 56
        draw.rectangle((x, low - 50, x + 34, low - 32), fill=(15, 15, 15))
    draw.ellipse((right - 50, top + 22, right - 26, top + 46), fill=chance.choice(((76, 175, 80), (229, 57, 53))))
    if chance.random() < 0.6:
        x, y = left + chance.randint(30, 120), top + 8
        for _ in range(7):
            further = (x + chance.randint(4, 22), y + chance.randint(8, 20))
            draw.line((x, y, *further), fill=(250, 250, 250) if sum(casing) < 300 else (30, 30, 30), width=3)
            x, y = further
    out = io.BytesIO()
    image.save(out, "PNG")
    out.seek(0)
    return prepared(out, size=len(out.getvalue()))
