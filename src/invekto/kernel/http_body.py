"""What goes out and comes in as the body of a call: uploads that stream, answers that are unpacked within a cap."""

from __future__ import annotations

import json
import re
import secrets
import zlib
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from invekto.kernel.http_errors import HttpInterrupted, HttpTooLarge

_INFLATE_STEP: Final = 64 << 10
_NOT_IN_HEADER: Final = re.compile(r'[\x00-\x1f\x7f"\\]')


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file of known length in a multipart form, read while it is sent."""

    field: str
    name: str
    mime: str
    size: int
    chunks: AsyncIterable[bytes]


Body = bytes | AsyncIterator[bytes] | None


def encode(
    json_value: Any, content: bytes | None, form: Mapping[str, str] | None, file: FilePart | None
) -> tuple[dict[str, str], Body]:
    """Headers and bytes of a request's body. ValueError when two kinds of body are given."""
    if sum((json_value is not None, content is not None, form is not None or file is not None)) > 1:
        raise ValueError("a request has one body: json, content or form")
    if json_value is not None:
        packed = json.dumps(json_value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        return {"content-type": "application/json", "content-length": str(len(packed))}, packed
    if file is not None:
        return _multipart(form or {}, file)
    if form is not None:
        packed = urlencode(form).encode()
        return {"content-type": "application/x-www-form-urlencoded", "content-length": str(len(packed))}, packed
    if content is not None:
        return {"content-length": str(len(content))}, content
    return {}, None


def _multipart(form: Mapping[str, str], file: FilePart) -> tuple[dict[str, str], Body]:
    boundary = secrets.token_hex(16)
    fields = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{value}\r\n'
        for name, value in form.items()
    )
    head = (
        f"{fields}--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{_quoted(file.field)}"; filename="{_quoted(file.name)}"\r\n'
        f"Content-Type: {_quoted(file.mime)}\r\n\r\n"
    ).encode()
    tail = f"\r\n--{boundary}--\r\n".encode()

    async def body() -> AsyncIterator[bytes]:
        yield head
        async for chunk in file.chunks:
            yield chunk
        yield tail

    headers = {
        "content-type": f"multipart/form-data; boundary={boundary}",
        "content-length": str(len(head) + file.size + len(tail)),
    }
    return headers, body()


def _quoted(text: str) -> str:
    """A name inside a part's header: line ends would begin a header of their own (RFC 7578, 4.2; WHATWG form data)."""
    return _NOT_IN_HEADER.sub(lambda match: f"%{ord(match[0]):02X}", text)


async def inflated(chunks: AsyncIterator[bytes], encoding: str) -> AsyncIterator[bytes]:
    """The body unpacked, in steps of at most 64 KiB, so that a bomb is noticed before it is in memory."""
    if encoding in ("", "identity"):
        async for chunk in chunks:
            yield chunk
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise HttpInterrupted(f"the answer is packed as {encoding[:40]!r}, which was not asked for", sent=True)
    unpacker = zlib.decompressobj(wbits=32 + zlib.MAX_WBITS)
    try:
        async for chunk in chunks:
            packed = chunk
            while packed and not unpacker.eof:
                yield unpacker.decompress(packed, _INFLATE_STEP)
                packed = unpacker.unconsumed_tail
        while rest := unpacker.decompress(unpacker.unconsumed_tail, _INFLATE_STEP):
            yield rest
    except zlib.error:
        raise HttpInterrupted("the answer is not packed as it says", sent=True) from None
    if not unpacker.eof:
        raise HttpInterrupted("the packed answer ends early", sent=True)


async def no_longer_than(chunks: AsyncIterator[bytes], max_bytes: int) -> AsyncIterator[bytes]:
    """The same chunks until they are more than `max_bytes` together."""
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise HttpTooLarge(f"the answer is longer than {max_bytes} bytes", sent=True)
        yield chunk
