"""Carries wake-ups between processes: PostgreSQL's NOTIFY by default, NATS where a desk has many processes (decision 30).

A bus may lose, repeat and reorder what it carries, and may be away: every loop polls as well, and the rows are the truth.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Protocol
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from invekto.kernel.away import DATABASE_TROUBLE
from invekto.kernel.link import LINK_SETTINGS, LinkConnection

Announce = Callable[[str], Awaitable[None]]
_NAME: Final = "invekto"


class Bus(Protocol):
    """One subject that every process of a desk hears; a message is a short text."""

    name: str
    trouble: tuple[type[Exception], ...]
    """What `listen` and `announcing` raise when the bus is away: ask again a little later."""

    def announcing(self) -> AbstractAsyncContextManager[Announce]:
        """A connection to speak through; what it gives sends one text to everybody, this process too."""

    async def listen(self, heard: Callable[[str], None], ready: Callable[[], None]) -> None:
        """Calls `ready` once it hears, `heard` with every text, and returns when the connection is lost."""


class PostgresBus:
    """LISTEN and NOTIFY on the desk's own database: two connections per process, nothing else to run."""

    name = "postgresql"
    trouble: tuple[type[Exception], ...] = DATABASE_TROUBLE

    def __init__(self, url: str) -> None:
        self._url = url

    async def _connect(self) -> asyncpg.Connection[asyncpg.Record]:
        return await asyncpg.connect(
            self._url,
            timeout=5,
            server_settings={"application_name": "invekto-wakeup", "synchronous_commit": "off", **LINK_SETTINGS},
            connection_class=LinkConnection,
        )

    @asynccontextmanager
    async def announcing(self) -> AsyncIterator[Announce]:
        connection = await self._connect()

        async def announce(text: str) -> None:
            await connection.execute("select pg_notify($1, $2)", _NAME, text)

        try:
            yield announce
        finally:
            connection.terminate()

    async def listen(self, heard: Callable[[str], None], ready: Callable[[], None]) -> None:
        connection = await self._connect()
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _connection: lost.set())
            await connection.add_listener(_NAME, lambda _c, _pid, _channel, payload: heard(str(payload)))
            ready()
            await lost.wait()
        finally:
            connection.terminate()


def open_bus(database_url: str, bus_url: str | None) -> Bus:
    """The bus of the settings: NATS when `bus_url` names it, else the database itself."""
    if bus_url is None:
        return PostgresBus(database_url)
    # Read only where it is used: most desks have no such server.
    from invekto.kernel.bus_nats import NatsBus

    parts = urlsplit(bus_url)
    subject = parts.path.strip("/") or _NAME
    return NatsBus(urlunsplit((parts.scheme, parts.netloc, "", "", "")), subject)
