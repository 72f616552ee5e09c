"""The connections of outgoing calls: made to checked addresses only, kept for the next call, never more than a limit."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from invekto.kernel.addresses import Address, AddressRefused
from invekto.kernel.http_errors import HttpConnectFailed, HttpRefusedAddress, HttpTimeout
from invekto.kernel.http_wire import Progress, Wire

CONNECT_TIMEOUT_S: Final = 5.0
_FREE_TIMEOUT_S: Final = 5.0
_CONNECTIONS_MAX: Final = 100
_KEPT_S: Final = 30.0

Resolver: TypeAlias = Callable[[str, int], Awaitable[list[Address]]]
Origin: TypeAlias = tuple[str, str, int]
"""Scheme, host as it is connected to (ASCII), port."""


class Connections:
    """Connects to what `resolve` gave, asked once per connection; without `resolve`, to wherever the name leads."""

    def __init__(self, tls: ssl.SSLContext, resolve: Resolver | None) -> None:
        self._tls = tls
        self._resolve = resolve
        self._free = asyncio.Semaphore(_CONNECTIONS_MAX)
        # By origin, the one used last at the end; all together in the order they became idle.
        self._idle: dict[Origin, list[Wire]] = {}
        self._idle_count = 0
        self._open = 0

    async def take(self, origin: Origin, progress: Progress) -> Wire:
        """A connection for one exchange: a kept one or a new one. `give_back` it in any case.

        Raises:
            HttpError: HttpTimeout when none came free, HttpConnectFailed, HttpRefusedAddress.
        """
        await self._wait_for_a_place(progress)
        try:
            kept = self._kept(origin)
            if kept is not None:
                return kept
            if self._open + self._idle_count >= _CONNECTIONS_MAX:
                self._close_one_idle()
            wire = await self._connect(origin, progress)
        except BaseException:
            self._free.release()
            raise
        self._open += 1
        return wire

    def give_back(self, origin: Origin, wire: Wire) -> None:
        self._open -= 1
        if wire.finish():
            wire.idle_since = asyncio.get_running_loop().time()
            self._idle.setdefault(origin, []).append(wire)
            self._idle_count += 1
        self._free.release()

    async def close(self) -> None:
        for kept in self._idle.values():
            for wire in kept:
                wire.close()
        self._idle.clear()
        self._idle_count = 0
        await asyncio.sleep(0)  # lets the loop close what was aborted

    async def _wait_for_a_place(self, progress: Progress) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        waiting = asyncio.timeout(_FREE_TIMEOUT_S)
        try:
            async with waiting:
                await self._free.acquire()
        except TimeoutError:
            if not waiting.expired():
                raise
            raise HttpTimeout("no free connection in time", sent=progress.sent) from None

    def _kept(self, origin: Origin) -> Wire | None:
        kept = self._idle.get(origin)
        oldest = asyncio.get_running_loop().time() - _KEPT_S
        while kept:
            wire = kept.pop()
            self._idle_count -= 1
            if wire.idle_since >= oldest and wire.is_fresh():
                self._open += 1
                return wire
            wire.close()
        self._idle.pop(origin, None)
        return None

    def _close_one_idle(self) -> None:
        """The one that has been idle for longest makes room."""
        if not self._idle_count:
            return
        origin = min((o for o, kept in self._idle.items() if kept), key=lambda o: self._idle[o][0].idle_since)
        self._idle[origin].pop(0).close()
        self._idle_count -= 1
        if not self._idle[origin]:
            del self._idle[origin]

    async def _connect(self, origin: Origin, progress: Progress) -> Wire:
        scheme, host, port = origin
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                if self._resolve is None:
                    return await self._open_to(host, port, scheme, host)
                return await self._open_to_any(await self._resolve(host, port), origin)
        except AddressRefused as error:
            raise HttpRefusedAddress(str(error), sent=progress.sent) from None
        except TimeoutError:
            # Ours, or the system's own: a failed connection like any other. The caller's deadline comes as a cancellation.
            raise HttpConnectFailed(f"no connection to {host} in time", sent=progress.sent) from None
        except (OSError, UnicodeError) as error:
            raise HttpConnectFailed(f"{host}: {error}", sent=progress.sent) from error

    async def _open_to_any(self, addresses: list[Address], origin: Origin) -> Wire:
        """Every address gets its share of the time: a dead first one must not use it all up."""
        scheme, host, port = origin
        loop = asyncio.get_running_loop()
        end = loop.time() + CONNECT_TIMEOUT_S
        failure: OSError = OSError("it has no address")
        for position, address in enumerate(addresses):
            share = max(end - loop.time(), 0) / (len(addresses) - position)
            try:
                async with asyncio.timeout(share):
                    return await self._open_to(str(address), port, scheme, host)
            except TimeoutError:
                failure = OSError("no connection in time")
            except OSError as error:
                failure = error
        raise failure

    async def _open_to(self, address: str, port: int, scheme: str, host: str) -> Wire:
        secure = scheme == "https"
        _, wire = await asyncio.get_running_loop().create_connection(
            Wire, address, port, ssl=self._tls if secure else None, server_hostname=host if secure else None
        )
        return wire
