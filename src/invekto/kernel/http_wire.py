"""HTTP/1.1 as our own calls speak it: one connection, one exchange at a time, by the parser that also serves us.

A general client costs milliseconds of processor time per call; the outbox lives on this costing a tenth of one. Follows
no redirect, unpacks nothing, limits only the head: see http and http_body.
"""

from __future__ import annotations

import asyncio
import re
import select
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

import httptools

from invekto.kernel.http_body import Body
from invekto.kernel.http_errors import HttpInterrupted, HttpTooLarge

_HEAD_MAX: Final = 128 << 10
_BUFFERED_MAX: Final = 512 << 10
_OVERFLOW: Final = "Content-Length overflow"  # what the parser says
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_IN_VALUE: Final = re.compile(r"[\x00\r\n]")
_NOT_IN_TARGET: Final = re.compile(rb"[^\x21-\x7e]")

RawHeaders = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Progress:
    """How far one call has come. `sent`: bytes of the request may have left the machine; TLS greetings do not count."""

    sent: bool = False


def request_head(method: str, target: bytes, host: bytes, headers: Mapping[str, str]) -> bytes:
    """The first lines of a request. HttpInterrupted for what would begin a line of its own."""
    if _NOT_IN_TARGET.search(target):
        raise HttpInterrupted("the address holds what a request line cannot", sent=False)
    lines = [b"%b %b HTTP/1.1\r\nHost: %b" % (method.encode(), target, host)]
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or _NOT_IN_VALUE.search(value):
            raise HttpInterrupted(f"the header {name[:40]!r} cannot be written", sent=False)
        lines.append(f"{name}: {value}".encode())
    lines.append(b"\r\n")
    return b"\r\n".join(lines)


class Wire(asyncio.Protocol):
    """One connection. `exchange` sends a request and gives its answer's head; `chunks` the body; then `reusable` or not."""

    def __init__(self) -> None:
        self.idle_since = 0.0
        self.status = 0
        self.headers: RawHeaders = []
        self._transport: asyncio.Transport | None = None
        self._progress = Progress()
        self._parser: httptools.HttpResponseParser | None = None
        self._changed: asyncio.Future[None] | None = None
        self._writable = True
        self._chunks: deque[bytes] = deque()
        self._buffered = 0
        self._paused = False
        self._head_size = 0
        self._has_head = self._complete = self._informational = self._until_close = False
        self._whole_request_sent = self._keep_alive = False
        self._failure: str | None = None

    # What the caller does -----------------------------------------------------------------------------------------

    async def exchange(self, head: bytes, body: Body, length: int, progress: Progress) -> None:
        """Sends, and waits for the answer's head: `status` and `headers`. `length`: of the body, as announced.

        Raises:
            HttpInterrupted: the connection broke, or the other side spoke something else.
            HttpTooLarge: the answer announces more bytes than there can be.
        """
        assert self._parser is None, "one exchange at a time"
        self._progress = progress
        self._parser = httptools.HttpResponseParser(self)
        self.status, self.headers = 0, []
        self._head_size = 0
        self._has_head = self._complete = self._whole_request_sent = False
        if body is None or isinstance(body, bytes):
            self._write(head + (body or b""))
            self._whole_request_sent = True
        else:
            self._write(head)
            await self._send(body, length)
        while not self._has_head:
            self._raise_failure()
            await self._next_change()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, once. HttpInterrupted when it ends early."""
        while True:
            while self._chunks:
                chunk = self._chunks.popleft()
                self._buffered -= len(chunk)
                if self._paused and self._buffered < _BUFFERED_MAX // 2 and self._transport is not None:
                    self._paused = False
                    self._transport.resume_reading()
                yield chunk
            if self._complete:
                return
            self._raise_failure()
            await self._next_change()

    def finish(self) -> bool:
        """Ends the exchange. True when the connection may serve another one; otherwise it is closed here."""
        self._parser = None
        self._chunks.clear()
        self._buffered = 0
        reusable = self._complete and self._whole_request_sent and self._keep_alive and self._failure is None
        if not reusable:
            self.close()
        return reusable

    def is_fresh(self) -> bool:
        """Whether a kept connection still is one: not closed, and nothing came that nobody asked for."""
        transport = self._transport
        if transport is None or transport.is_closing() or self._failure is not None:
            return False
        descriptor = transport.get_extra_info("socket").fileno()
        if descriptor < 0:
            return False
        # The end may have arrived although the loop has not read it yet.
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    async def _send(self, body: AsyncIterator[bytes], length: int) -> None:
        """The body in chunks, no faster than the other side takes it. An answer in the middle of it ends the sending."""
        left = length
        async for chunk in body:
            left -= len(chunk)
            if left < 0:
                break
            self._write(chunk)
            while not self._writable and not self._has_head and self._failure is None:
                await self._next_change()
            if self._has_head or self._failure is not None:
                return
        if left != 0:
            self.close()
            raise HttpInterrupted("the body is not as long as announced", sent=self._progress.sent)
        self._whole_request_sent = True

    def _write(self, content: bytes) -> None:
        self._raise_failure()
        assert self._transport is not None
        if content:
            self._progress.sent = True
            self._transport.write(content)

    def _raise_failure(self) -> None:
        if self._failure is not None and _OVERFLOW in self._failure:
            raise HttpTooLarge(self._failure, sent=self._progress.sent)
        if self._failure is not None or self._transport is None:
            raise HttpInterrupted(self._failure or "the connection is closed", sent=self._progress.sent)

    async def _next_change(self) -> None:
        self._changed = asyncio.get_running_loop().create_future()
        try:
            await self._changed
        finally:
            self._changed = None

    # What the loop tells --------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one without saying so

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._has_head and self._until_close and exc is None and self._failure is None:
            self._complete = True
        elif not self._complete and self._failure is None:
            self._failure = (
                f"the connection broke: {exc}" if exc else "the connection was closed before the answer's end"
            )
        self._wake()

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self._wake()

    def data_received(self, data: bytes) -> None:
        if self._parser is None or self._complete:
            self._fail("bytes came that nobody had asked for")
            return
        if not self._has_head:
            self._head_size += len(data)
            if self._head_size > _HEAD_MAX:
                self._fail("the answer's head is too long")
                return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(f"no HTTP answer: {error}")
        self._wake()

    def _fail(self, reason: str) -> None:
        if self._failure is None:
            self._failure = reason
        self.close()
        self._wake()

    def _wake(self) -> None:
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)

    # What the parser tells --------------------------------------------------------------------------------------------

    # Whatever comes behind a complete answer belongs to nobody, and the connection is not to be trusted any more.

    def on_message_begin(self) -> None:
        if self._complete:
            self._keep_alive = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._complete:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self._complete:
            return
        assert self._parser is not None
        status = self._parser.get_status_code()
        self._informational = 100 <= status < 200
        if self._informational:
            self.headers = []
            return
        names = {name.lower() for name, _ in self.headers}
        bodiless = status in (204, 304)
        self._until_close = not bodiless and not names & {b"content-length", b"transfer-encoding"}
        self.status = status
        self._has_head = True

    def on_body(self, body: bytes) -> None:
        if self._complete:
            return
        self._chunks.append(body)
        self._buffered += len(body)
        if self._buffered > _BUFFERED_MAX and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        if self._complete or self._informational:
            return
        assert self._parser is not None
        self._complete = True
        self._keep_alive = not self._until_close and self._parser.should_keep_alive()
