"""Tells what a file is from its first bytes, and what may be shown. A name or a declared type alone is never believed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

HEAD_LENGTH: Final = 4096
UNKNOWN: Final = "application/octet-stream"

MediaKind = Literal["image", "video", "audio", "document"]

# What a browser may show inside our own pages. Everything else is a download: SVG, HTML, XML and PDF can hold script.
SHOWN_INLINE: Final = frozenset(
    {
        "image/jpeg", "image/png", "image/gif", "image/webp",
        "audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/amr", "audio/wav", "audio/webm", "audio/flac",
        "video/mp4", "video/3gpp", "video/webm", "video/quicktime",
    }
)  # fmt: skip

_PREFIXES: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
    (b"#!AMR", "audio/amr"),
    (b"fLaC", "audio/flac"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"{\\rtf", "application/rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-elf"),
)
_WIDE_TEXT: Final = (b"\xff\xfe", b"\xfe\xff")
_RIFF: Final = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS: Final = {
    b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"qt  ": "video/quicktime", b"heic": "image/heic", b"heix": "image/heic",
    b"mif1": "image/heif", b"avif": "image/avif", b"avis": "image/avif",
}  # fmt: skip
_OFFICE: Final = (
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)
# A container says only "an office file"; among these the declared type may say which.
_REFINED_BY_DECLARATION: Final = {
    "application/zip": {mime for _, mime in _OFFICE},
    "application/x-ole-storage": {"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"},
    "text/plain": {"text/csv", "text/vcard", "text/calendar", "application/json"},
    "audio/ogg": {"audio/ogg; codecs=opus"},
    "video/mp4": {"audio/mp4"},
    "video/webm": {"audio/webm"},
    "video/3gpp": {"audio/3gpp"},
}
_MARKUP: Final = re.compile(rb"<(!doctype\s+html|html|head|body|script|svg|\?xml|!--|iframe|img|a\s)", re.IGNORECASE)
# RFC 6838 4.2: 127 characters at most; without the bound a long word would cost its square.
_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")


def sniff(head: bytes) -> str | None:
    """The media type that the first HEAD_LENGTH bytes show, or None. Markup of any kind is never `text/plain`."""
    if head.startswith(_WIDE_TEXT):
        # Its first two bytes could also begin a sound of a layer that nobody uses.
        return _text(head.decode("utf-16", "replace").encode())
    for prefix, mime in _PREFIXES:
        if head.startswith(prefix):
            return mime
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return _BRANDS.get(brand) or ("video/3gpp" if brand[:3] == b"3gp" else "video/mp4")
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head[:4] == b"OggS":
        return "video/ogg" if b"theora" in head[:64] else "audio/ogg"
    if head[:4] == b"PK\x03\x04":
        return _zip(head)
    if len(head) > 1 and head[0] == 0xFF:
        if head[1] & 0xF6 == 0xF0:
            return "audio/aac"
        if head[1] & 0xE6 in (0xE2, 0xE4, 0xE6):
            return "audio/mpeg"
    return _text(head)


def settle(head: bytes, declared: str | None) -> str:
    """The type to store and serve. What the bytes show wins; the declared type only tells members of a family apart."""
    shown = sniff(head)
    wanted = media_type(declared)
    if shown is None:
        return UNKNOWN
    return wanted if wanted in _REFINED_BY_DECLARATION.get(shown, ()) else shown


def media_type(declared: str | None) -> str:
    """`Type/Sub; x=y` -> `type/sub`; UNKNOWN when it is none."""
    match = _TYPE.match((declared or "").strip().lower())
    return match[0] if match else UNKNOWN


def kind_of(mime: str) -> MediaKind:
    """How people see it. A picture that browsers do not show is a document."""
    family = mime.partition("/")[0]
    if family == "audio":
        return "audio"
    if mime in SHOWN_INLINE and family == "image":
        return "image"
    if mime in SHOWN_INLINE and family == "video":
        return "video"
    return "document"


def _zip(head: bytes) -> str:
    for marker, mime in _OFFICE:
        if b"[Content_Types].xml" in head and marker in head:
            return mime
    if head[30:38] == b"mimetype" and head[38:].startswith(b"application/vnd.oasis.opendocument."):
        end = head.find(b"PK", 38)
        return head[38 : end if end > 0 else 80].decode("ascii", "replace")
    return "application/zip"


def _text(head: bytes) -> str | None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _MARKUP.search(head):
        if re.search(rb"<svg", head, re.IGNORECASE):
            return "image/svg+xml"
        return "text/xml" if start[:5].lower() == b"<?xml" else "text/html"
    if start[:11].upper() == b"BEGIN:VCARD":
        return "text/vcard"
    if not head:
        return None
    if any(byte < 0x20 and byte not in b"\t\n\r\f" for byte in head):
        return None
    try:
        head[: _whole_characters(head)].decode("utf-8")
    except UnicodeDecodeError:
        # Turkish text files of old Windows programs: every byte is a letter there, and the file is a download anyway.
        return "text/plain" if len(head.decode("cp1254", "ignore")) == len(head) else None
    return "text/plain"


def _whole_characters(head: bytes) -> int:
    """The length without a UTF-8 sequence that the end of the head has cut."""
    for back in range(1, min(4, len(head)) + 1):
        byte = head[-back]
        if byte & 0xC0 == 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(head) - back if needed > back else len(head)
        if byte < 0x80:
            break
    return len(head)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's sides in pixels, and whether it moves."""

    width: int
    height: int
    animated: bool


def webp_picture(head: bytes) -> Picture | None:
    """What a WebP file's first 30 bytes say of it; None when they are not those of one.

    Source: developers.google.com/speed/webp/docs/riff_container (extended, lossy and lossless files).
    """
    if len(head) < 30 or head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        return None
    little = int.from_bytes
    match head[12:16]:
        case b"VP8X":
            return Picture(little(head[24:27], "little") + 1, little(head[27:30], "little") + 1, bool(head[20] & 0x02))
        case b"VP8 " if head[23:26] == b"\x9d\x01\x2a":
            return Picture(little(head[26:28], "little") & 0x3FFF, little(head[28:30], "little") & 0x3FFF, False)
        case b"VP8L" if head[20] == 0x2F:
            sides = little(head[21:25], "little")
            return Picture((sides & 0x3FFF) + 1, (sides >> 14 & 0x3FFF) + 1, False)
        case _:
            return None
