"""Photos as we keep them: at most 1600 px, JPEG, encoded anew, so that nothing is in them but what is seen: no
position, no camera, no comment, and nothing that was hidden behind the picture."""

import io
import struct
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageOps

from apps.core.refusals import TooLarge, refuse_if

MOST_BYTES = 15 * 1024 * 1024
MOST_PIXELS = 60_000_000  # a picture may be small as a file and fill the memory all the same
LONGEST, LIKENESS = 1600, 320
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
UNREADABLE = (
    OSError, ValueError, SyntaxError, EOFError, struct.error, IndexError, KeyError, TypeError, OverflowError,
    Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip


@dataclass(frozen=True)
class Picture:
    picture: bytes
    small: bytes
    width: int
    height: int


def prepared(file: Any, *, size: int) -> Picture:
    """Of an open file. TooLarge beyond MOST_BYTES; Invalid `photo` for no picture, or one of too many pixels."""
    if size > MOST_BYTES:
        raise TooLarge(f"A photo may have {MOST_BYTES >> 20} MB at most; take it with a lower resolution")
    refuse_if(not size, "photo", "is empty")
    try:
        with Image.open(file, formats=FORMATS) as given:
            refuse_if(given.width * given.height > MOST_PIXELS, "photo", "has too many pixels; make it smaller first")
            given.draft("RGB", (LONGEST, LONGEST))
            given.load()
            upright = ImageOps.exif_transpose(given)
            upright.thumbnail((LONGEST, LONGEST))
            clean = _only_what_is_seen(upright)
    except UNREADABLE:
        refuse_if(True, "photo", "is no picture that can be read here; send a JPEG, PNG or WebP")
        raise
    small = clean.copy()
    small.thumbnail((LIKENESS, LIKENESS))
    return Picture(_jpeg(clean, 82), _jpeg(small, 75), clean.width, clean.height)


def _only_what_is_seen(image: Image.Image) -> Image.Image:
    """On white, in a new image: the old one hands its metadata on to whatever is saved from it."""
    seen = image.convert("RGBA") if image.mode in ("P", "PA", "LA", "RGBA", "La", "RGBa") else image.convert("RGB")
    clean = Image.new("RGB", seen.size, "white")
    clean.paste(seen, mask=seen.getchannel("A") if seen.mode == "RGBA" else None)
    return clean


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()
