"""A small HTTP/1.1 client that keeps its connections: what a provider uses to call its customers' webhooks.

One request costs some 100 us, so that a burst of webhooks measures the receiver and not the sandbox.
It follows no redirect (Meta's does not either) and caps what it reads.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import httptools

_IDLE_S = 3.0  # servers drop an idle connection after 5 s; one that is dropped while we write looks like a fault


class WireError(Exception):
    """No answer: refused, reset, timed out, or not HTTP. The text says which."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class _Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.idle_since = 0.0
        self.began = False
        self._answer: asyncio.Future[Answer] | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._limit = 0
        self._until_close = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one without saying so

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        if exc is None and self._until_close and self._parser is not None:
            self.on_message_complete()
        self._fail("connection reset" if exc else "connection closed without an answer")

    def data_received(self, data: bytes) -> None:
        self.began = True
        if self._parser is None:
            self.close()  # bytes nobody asked for
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(f"not HTTP: {error}")
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._until_close = not {"content-length", "transfer-encoding"} & self._headers.keys()

    def on_body(self, body: bytes) -> None:
        if len(self._body) + len(body) > self._limit:
            self._fail(f"the answer is longer than {self._limit} bytes")
            self.close()
            return
        self._body += body

    def on_message_complete(self) -> None:
        parser, answer = self._parser, self._answer
        if parser is None or answer is None or answer.done():
            return
        if not parser.should_keep_alive():
            self.close()
        self._parser = None
        answer.set_result(Answer(parser.get_status_code(), self._headers, bytes(self._body)))

    def ask(self, request: bytes, limit: int) -> asyncio.Future[Answer]:
        if self.transport is None:
            raise WireError("connection closed")
        self.began = self._until_close = False
        self._parser = httptools.HttpResponseParser(self)
        self._headers, self._body, self._limit = {}, bytearray(), limit
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._answer

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()
            self.transport = None

    def _fail(self, reason: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(WireError(reason))


class Wire:
    """Connections are pooled by origin; how many are open at once is the caller's matter."""

    def __init__(self) -> None:
        self._idle: dict[tuple[str, str, int], list[_Connection]] = {}
        self._tls = ssl.create_default_context()

    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        timeout_s: float,
        limit: int = 65_536,
    ) -> Answer:
        """Gives whatever status came. Raises WireError when no answer came within `timeout_s`."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise WireError(f"not an http address: {url}")
        origin = (parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {parts.netloc.rpartition('@')[2]}",
            f"Content-Length: {len(body)}",
        ]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        request = "\r\n".join((*lines, "", "")).encode("latin-1") + body
        try:
            async with asyncio.timeout(timeout_s):
                return await self._ask(origin, request, limit)
        except TimeoutError:
            raise WireError(f"no answer within {timeout_s:g} s") from None
        except OSError as error:
            raise WireError(error.strerror or type(error).__name__) from error

    async def _ask(self, origin: tuple[str, str, int], request: bytes, limit: int) -> Answer:
        kept = self._take(origin)
        if kept is not None:
            with contextlib.suppress(WireError):
                return await self._exchange(origin, kept, request, limit)
            if kept.began:  # it answered half: a fault of the receiver, which a second try would hide
                raise WireError("connection broke in the middle of the answer")
        scheme, host, port = origin
        _, fresh = await asyncio.get_running_loop().create_connection(
            _Connection, host, port, ssl=self._tls if scheme == "https" else None
        )
        return await self._exchange(origin, fresh, request, limit)

    async def _exchange(
        self, origin: tuple[str, str, int], connection: _Connection, request: bytes, limit: int
    ) -> Answer:
        try:
            answer = await connection.ask(request, limit)
        except BaseException:
            connection.close()
            raise
        if connection.transport is not None:
            connection.idle_since = time.monotonic()
            self._idle.setdefault(origin, []).append(connection)
        return answer

    def _take(self, origin: tuple[str, str, int]) -> _Connection | None:
        pool = self._idle.get(origin, [])
        while pool:
            connection = pool.pop()
            if connection.transport is not None and not connection.transport.is_closing():
                if time.monotonic() - connection.idle_since < _IDLE_S:
                    return connection
                connection.close()
        return None

    def close(self) -> None:
        for pool in self._idle.values():
            for connection in pool:
                connection.close()
        self._idle.clear()
