"""Connections of outgoing calls: made to checked addresses only, and telling when a request's first byte leaves."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeAlias

import httpcore

from invekto.kernel.addresses import Address

Resolver: TypeAlias = Callable[[str, int], Awaitable[list[Address]]]
_SocketOption: TypeAlias = Any  # httpcore's own alias is private, and no option is ever given


@dataclass(slots=True)
class Progress:
    """How far one call has come."""

    sent: bool = False


progress: ContextVar[Progress] = ContextVar("progress")
"""The call that this task makes. A pooled connection outlives a call, so it asks here whose bytes it writes."""


class WatchedBackend(httpcore.AsyncNetworkBackend):
    """Connects to what `resolve` gave, asked once per connection; without `resolve`, to wherever the name leads."""

    def __init__(self, resolve: Resolver | None) -> None:
        self._resolve = resolve
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[_SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        if self._resolve is None:
            return WatchedStream(await self._inner.connect_tcp(host, port, timeout, local_address, socket_options))
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            addresses = await asyncio.wait_for(self._resolve(host, port), timeout)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"{host} was not resolved in time") from None
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} was not resolved: {error}") from error
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for position, address in enumerate(addresses):
            # Every address gets its share of the time that is left: a dead first one must not use it all up.
            share = None if timeout is None else max(timeout - (loop.time() - started), 0) / (len(addresses) - position)
            try:
                stream = await self._inner.connect_tcp(str(address), port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return WatchedStream(stream)
        raise failure

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class WatchedStream(httpcore.AsyncNetworkStream):
    """Passes everything through and marks the present call as sent before its first byte. TLS greetings do not count."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            progress.get().sent = True
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return WatchedStream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
