"""Reads the one file of a multipart body as a stream, so that an upload never lies in memory or in a temporary file.

What stands before the file is bounded; the file itself is counted by whoever takes its chunks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Final

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect, Request

from invekto.kernel.errors import FieldError, Invalid, TooLarge

BEFORE_THE_FILE_MAX: Final = 64 << 10
"""Headers and small fields. A part without end would be read for as long as its sender likes."""


@dataclass(frozen=True, slots=True)
class FilePart:
    """`name` and `declared` are what the sender claims. `chunks` ends with the part; Invalid when the body is cut."""

    name: str | None
    declared: str | None
    chunks: AsyncGenerator[bytes]


async def file_part(request: Request, field: str) -> FilePart:
    """The part called `field`. Reads the body up to the part's content.

    Raises:
        Invalid: there is no such part. TooLarge: more than BEFORE_THE_FILE_MAX stands before it.
    """
    content_type, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary")
    if content_type != b"multipart/form-data" or not boundary:
        raise Invalid(fields=[FieldError(field, "required")])
    reader = _Reader(request.stream(), boundary, field)
    while reader.is_before_the_file() and await reader.step():
        if reader.is_before_the_file() and reader.bytes_read > BEFORE_THE_FILE_MAX:
            raise TooLarge(max_bytes=BEFORE_THE_FILE_MAX)
    if reader.part is None:
        raise Invalid(fields=[FieldError(field, "required")])
    name, declared = reader.part
    return FilePart(name, declared, reader.chunks())


class _Reader:
    """Feeds the parser and keeps what it calls back with, of the wanted part only."""

    def __init__(self, body: AsyncIterator[bytes], boundary: bytes, field: str) -> None:
        self.part: tuple[str | None, str | None] | None = None
        self.bytes_read = 0
        self._body = body
        self._field = field
        self._inside = False
        self._complete = False
        self._data: deque[bytes] = deque()
        self._headers: dict[bytes, bytes] = {}
        self._header_name = b""
        self._header_value = b""
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begins,
                "on_header_field": self._header_name_grows,
                "on_header_value": self._header_value_grows,
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._content,
                "on_part_end": self._part_ends,
            },
        )

    def is_before_the_file(self) -> bool:
        return self.part is None

    async def step(self) -> bool:
        """Takes one piece of the body. False at its end."""
        try:
            piece = await anext(self._body, None)
        except ClientDisconnect:
            raise Invalid(fields=[FieldError(self._field, "incomplete")]) from None
        if piece is None:
            return False
        self.bytes_read += len(piece)
        try:
            self._parser.write(piece)
        except FormParserError:
            raise Invalid(fields=[FieldError("", "wrong_format")]) from None
        return True

    async def chunks(self) -> AsyncGenerator[bytes]:
        while True:
            while self._data:
                yield self._data.popleft()
            if self._complete:
                return
            if not await self.step() and not self._data and not self._complete:
                raise Invalid(fields=[FieldError(self._field, "incomplete")])

    def _part_begins(self) -> None:
        self._headers = {}

    def _header_name_grows(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _header_value_grows(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _header_ends(self) -> None:
        self._headers[self._header_name.lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        if self.part is not None or options.get(b"name") != self._field.encode():
            return
        name, declared = options.get(b"filename"), self._headers.get(b"content-type")
        self.part = (_text(name), _text(declared))
        self._inside = True

    def _content(self, data: bytes, start: int, end: int) -> None:
        if self._inside:
            self._data.append(data[start:end])

    def _part_ends(self) -> None:
        self._complete = self._complete or self._inside
        self._inside = False


def _text(header: bytes | None) -> str | None:
    return None if header is None else header.decode("utf-8", "replace")
