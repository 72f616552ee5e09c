"""Messages and files to send, for tests of what goes out."""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from invekto.channels.adapter import Address, FetchedMedia, Outbound
from invekto.channels.outgoing import File, OutboundContent, OutboundMedia, Text
from tests.channels.conftest import CUSTOMER

PHONE = Address(scheme="phone", value=f"+{CUSTOMER}")
CREDENTIALS = {"access_token": "EAAsecret", "phone_number_id": "42", "waba_id": "2002"}


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\0\0\0")) + chunk(b"IEND", b"")
    )


PNG = _png()
OGG = b"OggS" + bytes(24) + b"OpusHead" + bytes(200)
PDF = b"%PDF-1.7\n" + bytes(300_000)


def text(said: str = "Selam", *to: Address, reply: str | None = None) -> Outbound:
    return Outbound(to=to or (PHONE,), callback_data="0193-ours", content=Text(text=said), reply_to_provider_id=reply)


def file(kind: str, content: bytes, mime: str, *, name: str | None = None, voice: bool = False) -> OutboundMedia:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 64_000):
            yield content[start : start + 64_000]

    return OutboundMedia(kind=kind, mime=mime, name=name, size=len(content), voice=voice, open=chunks)


def with_file(media: OutboundMedia, caption: str | None = None) -> Outbound:
    return carrying(File(media=media, caption=caption))


def carrying(content: OutboundContent) -> Outbound:
    return Outbound(to=(PHONE,), callback_data="0193-ours", content=content)


@dataclass
class Reader:
    """Keeps a file that is fetched, as the media store would."""

    content: bytes = b""
    mime: str = ""
    size: int | None = None

    async def store(self, fetched: FetchedMedia) -> None:
        self.mime, self.size = fetched.mime, fetched.size
        async for chunk in fetched.chunks:
            self.content += chunk
