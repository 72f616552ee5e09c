"""Size and small picture of an image. Runs in the child only: see `process`.

A thumbnail is drawn upright and carries nothing of the original beside its pixels: no place, no camera, no profile.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PIL import Image, ImageOps

LONGEST_SIDE: Final = 480
MAX_PIXELS: Final = 50_000_000
"""More than any phone takes. Beyond, the size is told and nothing is decoded."""
_FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}
_ORIENTATION: Final = 0x0112
_ON_ITS_SIDE: Final = range(5, 9)


class Unreadable(Exception):
    """It is not the picture it begins as."""


def read_picture(source: Path, mime: str, target: Path) -> dict[str, object]:
    """`width` and `height` as seen; a webp at `target` unless there are too many pixels."""
    # Pillow's own guard only warns; ours counts before a pixel is decoded.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(source, formats=[_FORMATS[mime]]) as picture:
            width, height = picture.size
            turned = picture.getexif().get(_ORIENTATION) in _ON_ITS_SIDE
            if width * height <= MAX_PIXELS:
                # A JPEG is decoded at an eighth where that is enough.
                picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
                write_thumbnail(picture, target)
    except MemoryError as error:
        raise Unreadable("more than the memory of this process") from error
    except Exception as error:  # a damaged file raises whatever its decoder trips over
        raise Unreadable(f"{type(error).__name__}: {error}") from error
    return {"width": height if turned else width, "height": width if turned else height}


def write_thumbnail(picture: Image.Image, target: Path) -> None:
    """At most LONGEST_SIDE, never larger than the original, upright, as webp. Changes `picture`."""
    see_through = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    mode = "RGBA" if see_through else "RGB"
    # Made small before it is turned: each step on the whole picture would hold all its pixels once more.
    drawn = picture if picture.mode == mode else picture.convert(mode)
    drawn.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    ImageOps.exif_transpose(drawn, in_place=True)
    # A new picture: what the old one carried beside its pixels stays behind.
    bare = Image.new(drawn.mode, drawn.size)
    bare.paste(drawn)
    bare.save(target, "WEBP", quality=75, method=4)
