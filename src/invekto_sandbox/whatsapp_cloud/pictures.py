"""Small pictures made on the spot, so that a scenario needs no files."""

from __future__ import annotations

import math
import struct
import zlib

_GROUNDS = ((11, 122, 112), (200, 120, 20), (80, 90, 190), (170, 60, 90), (60, 130, 60), (90, 90, 100))


def picture(index: int, width: int = 360, height: int = 270) -> bytes:
    """A PNG: a slope of one colour with a lighter disc. Another `index`, another colour and place."""
    red, green, blue = _GROUNDS[index % len(_GROUNDS)]
    centre_x, centre_y, radius = width * (2 + index % 3) // 6, height // 2, height // 3
    rows = bytearray()
    for y in range(height):
        shade = 100 + 55 * y // height
        plain = bytes(min(255, value * shade // 100) for value in (red, green, blue))
        light = bytes(min(255, value + 40) for value in plain)
        half = math.isqrt(max(0, radius**2 - (y - centre_y) ** 2))
        rows += b"\0" + plain * (centre_x - half) + light * (2 * half) + plain * (width - centre_x - half)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(bytes(rows), 6))
        + _chunk(b"IEND", b"")
    )


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
