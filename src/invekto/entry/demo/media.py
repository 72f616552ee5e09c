"""The sample files: drawn here, or synthetic recordings (a hum, a drawing that moves). Nobody's voice, nobody's picture."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Literal, TypeAlias

from PIL import Image, ImageDraw, ImageFilter, ImageFont

FileKind: TypeAlias = Literal["image", "video", "audio", "document", "sticker"]


@dataclass(frozen=True, slots=True)
class SampleFile:
    """`name` is shown for documents only."""

    key: str
    kind: FileKind
    mime: str
    content: bytes
    voice: bool = False


@cache
def sample_files() -> dict[str, tuple[SampleFile, ...]]:
    """The files by message type."""
    made = [
        *(SampleFile(f"image-{number}", "image", "image/jpeg", _jpeg(draw)) for number, draw in enumerate(_PICTURES)),
        *(SampleFile(f"sticker-{number}", "sticker", "image/webp", _webp(mood)) for number, mood in enumerate((1, -1))),
        *(
            SampleFile(f"document-{number}", "document", "application/pdf", _pdf(*page))
            for number, page in enumerate(_PAGES)
        ),
        *(
            SampleFile(name.removesuffix(".ogg"), "audio", "audio/ogg", _kept(name), voice=True)
            for name in ("voice-3s.ogg", "voice-5s.ogg", "voice-8s.ogg")
        ),
        SampleFile("wire", "video", "video/mp4", _kept("wire.mp4")),
    ]
    kinds = dict.fromkeys(file.kind for file in made)
    return {kind: tuple(file for file in made if file.kind == kind) for kind in kinds}


def _kept(name: str) -> bytes:
    return (resources.files(__package__) / "files" / name).read_bytes()


# Pictures -------------------------------------------------------------------------------------------------------


def _jpeg(draw: Callable[[], Image.Image]) -> bytes:
    out = io.BytesIO()
    draw().save(out, "JPEG", quality=82)
    return out.getvalue()


def _tooth(draw: ImageDraw.ImageDraw, x: float, y: float, scale: float, fill: str | int, *, up: bool = False) -> None:
    turn = -1 if up else 1
    crown = [(-1, 0), (-0.9, -0.7), (-0.3, -0.95), (0.3, -0.95), (0.9, -0.7), (1, 0)]
    roots = [(0.7, 1.3), (0.45, 1.9), (0.15, 0.9), (-0.15, 0.9), (-0.45, 1.9), (-0.7, 1.3)]
    draw.polygon([(x + px * scale, y + turn * py * scale) for px, py in (*crown, *roots)], fill=fill)


def _film() -> Image.Image:
    """A panoramic film, as a drawing."""
    picture = Image.new("L", (960, 480), 18)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((60, -160, 900, 640), fill=46)
    draw.ellipse((200, 300, 760, 620), fill=24)
    for number in range(14):
        angle = (number - 6.5) / 6.5
        x, bend = 480 + angle * 330, 60 * angle * angle
        _tooth(draw, x, 262 - bend, 21, 150 + (number * 7) % 40)
        _tooth(draw, x, 214 - bend, 21, 150 + (number * 11) % 40, up=True)
    draw.rectangle((806, 208, 830, 226), fill=235)
    return picture.filter(ImageFilter.GaussianBlur(3)).convert("RGB")


def _part() -> Image.Image:
    """A brush head on a table."""
    picture = Image.new("RGB", (900, 900), "#d9cfc1")
    draw = ImageDraw.Draw(picture)
    for number in range(0, 900, 60):
        draw.line((0, number, 900, number + 40), fill="#d2c6b5", width=3)
    draw.rounded_rectangle((405, 330, 495, 790), 44, fill="#f7f8f8", outline="#c5ccce", width=4)
    draw.rounded_rectangle((375, 150, 525, 390), 66, fill="#ffffff", outline="#c5ccce", width=4)
    for row in range(7):
        for column in range(5):
            x, y = 400 + column * 24, 180 + row * 26
            draw.rounded_rectangle((x, y, x + 14, y + 18), 5, fill="#2fa39a" if (row + column) % 3 else "#7cc7c1")
    draw.text((418, 640), "B-72", fill="#8a9499", font=ImageFont.load_default(32))
    return picture.filter(ImageFilter.GaussianBlur(0.8))


def _card() -> Image.Image:
    """An insurance card."""
    picture = Image.new("RGB", (1000, 640), "#5b6b73")
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((70, 70, 930, 570), 36, fill="#f2f6f8")
    draw.rounded_rectangle((70, 70, 930, 190), 36, fill="#25577a")
    draw.text((110, 105), "SAGLIK SIGORTASI", fill="#ffffff", font=ImageFont.load_default(44))
    for number, line in enumerate(("POLICE  0000 0000 0000", "ORNEK SIGORTALI", "01.01 - 31.12")):
        draw.text((110, 270 + number * 80), line, fill="#30424d", font=ImageFont.load_default(40))
    return picture.rotate(-2, expand=False, fillcolor="#5b6b73")


def _room() -> Image.Image:
    """The sea room's window."""
    picture = Image.new("RGB", (1000, 700), "#efe7da")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((180, 70, 820, 500), fill="#bfe0ee")
    draw.rectangle((180, 320, 820, 500), fill="#3d8fb0")
    for number in range(40):
        x, y = 190 + (number * 137) % 610, 335 + (number * 53) % 155
        draw.line((x, y, x + 26, y), fill="#6fb3cc", width=3)
    draw.ellipse((640, 110, 720, 190), fill="#fff3c4")
    draw.line((500, 70, 500, 500), fill="#ffffff", width=16)
    draw.rectangle((170, 60, 830, 510), outline="#ffffff", width=18)
    draw.rounded_rectangle((120, 560, 880, 760), 40, fill="#c9d6cf")
    return picture


_PICTURES: Final = (_film, _part, _card, _room)


def _webp(mood: int) -> bytes:
    """A tooth with a face."""
    picture = Image.new("RGBA", (512, 512), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    _tooth(draw, 256, 230, 138, "#fdfdfb")
    for x in (212, 300):
        draw.ellipse((x - 14, 182, x + 14, 214), fill="#2c3940")
    box = (206, 204, 306, 272) if mood > 0 else (206, 246, 306, 314)
    draw.arc(box, *((20, 160) if mood > 0 else (200, 340)), fill="#2c3940", width=10)
    draw.line([(96 + math.cos(step / 6) * 12, 120 + step * 4) for step in range(20)], fill="#7cc7c1", width=8)
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=80)
    return out.getvalue()


# Documents ------------------------------------------------------------------------------------------------------

_PAGES: Final = (
    (
        "REPORT",
        ("Panoramic radiograph", "No finding is stated on this sample page.", "Please bring it to the examination."),
    ),
    ("INVOICE", ("Mavera Klinik", "Examination and consultation", "Sample document, no fiscal value")),
)


def _pdf(title: str, lines: tuple[str, ...]) -> bytes:
    """One page of text, written by hand: five objects and their table."""
    text = [f"BT /F1 22 Tf 60 760 Td ({title}) Tj ET"]
    text += [f"BT /F1 12 Tf 60 {715 - 22 * number} Td ({line}) Tj ET" for number, line in enumerate(lines)]
    stream = "\n".join(text).encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    )
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)
