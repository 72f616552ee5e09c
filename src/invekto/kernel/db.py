"""Connections: one engine for requests and one small pool per role of the hot paths. Knows no product word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar, cast
from uuid import UUID

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import QueuePool

from invekto.kernel.bus import open_bus
from invekto.kernel.clock import Clock, SystemClock
from invekto.kernel.events import Subscriptions
from invekto.kernel.link import LINK_SETTINGS, LinkConnection
from invekto.kernel.tenancy import PINNED_PLANS, ROLES_WITH_PINNED_PLANS, Connection, Pool
from invekto.kernel.tx import Actor, Tx
from invekto.kernel.wakeup import Wakeup

T = TypeVar("T")

RETRIES = 5
_RETRIED = ("40001", "40P01")  # serialization failure, deadlock: nothing was kept, the whole may run again


# The server that comes along has it set; any other gets it from us. A forgotten transaction would stop the event log.
_SESSION: Final[dict[str, str]] = {"jit": "off", "idle_in_transaction_session_timeout": "60s", **LINK_SETTINGS}


async def _keep(_connection: object) -> None:
    """No reset query on release: it costs 150 us, and every setting we make is transaction-scoped."""


def role_settings(role: str) -> dict[str, str]:
    """What a connection of a role of tenancy asks for in its start-up packet."""
    pinned = PINNED_PLANS if role in ROLES_WITH_PINNED_PLANS else {}
    return {**_SESSION, "role": role, "application_name": role, **pinned}


@dataclass(frozen=True, slots=True)
class DatabaseOptions:
    """`url` is a libpq url of the app's login, `bus_url` a NATS server's or None. Sizes are connections."""

    url: str = field(repr=False)
    bus_url: str | None = field(default=None, repr=False)
    request_pool: int = 10
    role_pool: int = 4
    connect_timeout_s: float = 5
    pool_timeout_s: float = 5


@dataclass
class Database:
    """The process's door to PostgreSQL. `open` it once; every use-case gets its `Tx` from `tx` or `run`."""

    options: DatabaseOptions
    engine: AsyncEngine
    wakeup: Wakeup
    clock: Clock = field(default_factory=SystemClock)
    subscriptions: Subscriptions = field(default_factory=Subscriptions)
    _pools: dict[str, Pool] = field(default_factory=dict)
    _pool_lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    async def open(
        cls,
        options: DatabaseOptions,
        *,
        clock: Clock | None = None,
        subscriptions: Subscriptions | None = None,
        listen: bool = True,
    ) -> Database:
        """Connects nothing yet but the wake-up listener (`listen`): pools fill when used."""

        async def connect() -> Connection:
            try:
                return await asyncpg.connect(
                    options.url,
                    timeout=options.connect_timeout_s,
                    server_settings={**_SESSION, "application_name": "invekto"},
                    connection_class=LinkConnection,
                )
            except (FileNotFoundError, TimeoutError) as error:
                # No socket file, or no answer: a server that is away, like a refused connection.
                raise ConnectionRefusedError(f"the database does not answer: {error}") from error

        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=connect,
            # Its errors would quote what people wrote.
            hide_parameters=True,
            pool_size=options.request_pool,
            max_overflow=0,
            pool_timeout=options.pool_timeout_s,
        )
        wakeup = Wakeup(open_bus(options.url, options.bus_url))
        database = cls(
            options,
            engine,
            wakeup,
            clock or SystemClock(),
            subscriptions or Subscriptions(),
        )
        if listen:
            wakeup.start()
        return database

    async def close(self) -> None:
        await self.wakeup.close()
        for pool in self._pools.values():
            await pool.close()
        await self.engine.dispose()

    async def pool(self, role: str) -> Pool:
        """The pool whose connections are `role` (see tenancy). Made on first use, kept until `close`."""
        async with self._pool_lock:
            if role not in self._pools:
                self._pools[role] = await asyncpg.create_pool(
                    self.options.url,
                    min_size=0,
                    max_size=self.options.role_pool,
                    max_inactive_connection_lifetime=0,
                    timeout=self.options.connect_timeout_s,
                    command_timeout=60,
                    server_settings=role_settings(role),
                    reset=_keep,
                    connection_class=LinkConnection,
                )
            return self._pools[role]

    def connections(self) -> dict[str, tuple[int, int, int]]:
        """Of each pool that is in use: how many connections it may open, and how many are lent and idle."""
        requests = cast("QueuePool", self.engine.pool)
        found = {"requests": (requests.size(), requests.checkedout(), requests.checkedin())}
        for role, pool in self._pools.items():
            idle = pool.get_idle_size()
            found[role.removeprefix("invekto_")] = (pool.get_max_size(), pool.get_size() - idle, idle)
        return found

    @asynccontextmanager
    async def tx(self, tenant_id: UUID, actor: Actor, *, now: datetime | None = None) -> AsyncIterator[Tx]:
        """One transaction of one tenant, committed at the end of the block, rolled back on any error."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            tx = Tx(
                session=session,
                tenant_id=tenant_id,
                actor=actor,
                now=now or self.clock.now(),
                subscriptions=self.subscriptions,
            )
            await tx.open()
            yield tx
            await tx.commit()
        self.wakeup.wake(*tx.topics)

    async def run(
        self,
        tenant_id: UUID,
        actor: Actor,
        use_case: Callable[[Tx], Awaitable[T]],
        *,
        now: datetime | None = None,
    ) -> T:
        """`tx` around a use-case that may lose a race: a deadlock or serialization failure runs the whole again."""
        for attempt in range(1, RETRIES + 1):
            try:
                async with self.tx(tenant_id, actor, now=now) as tx:
                    return await use_case(tx)
            except (DBAPIError, asyncpg.PostgresError) as error:
                # The second kind comes from the raw statements of `Tx.fetch` and its siblings.
                if attempt == RETRIES or _sqlstate(error) not in _RETRIED:
                    raise
                await asyncio.sleep(0.01 * attempt)
        raise AssertionError("unreachable: the last attempt returns or raises")


def _sqlstate(error: DBAPIError | asyncpg.PostgresError) -> str | None:
    cause: Any = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
