"""Makes webhooks durable before they are acknowledged: one commit for everything that came while the last one was under way.

Self-clocked group commit: an idle writer stores at once, a busy one collects. Two writers, each with a connection of its
own, so that one collects and commits while the other waits for the disk. Reads nothing of what it stores: see `claims`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import asyncpg
from prometheus_client import Counter, Histogram

from invekto.channels.backlog import BACKLOG_MAX, Backlog
from invekto.kernel.away import DATABASE_TROUBLE, SERVER_AWAY
from invekto.kernel.db import Database, role_settings
from invekto.kernel.errors import Unavailable
from invekto.kernel.failpoints import hit
from invekto.kernel.link import LinkConnection
from invekto.kernel.metrics import REGISTRY
from invekto.kernel.tenancy import RECEIPTS, Connection
from invekto.kernel.text import storable

if TYPE_CHECKING:
    from asyncpg.prepared_stmt import PreparedStatement

_log = logging.getLogger(__name__)

WRITERS: Final = 2
WAITING_MAX: Final = 2_000
WAITING_MAX_BYTES: Final = 64 << 20
WAITING_MAX_S: Final = 2.0
_BATCH_MAX: Final = 500
_SECOND_FROM: Final = 16
_BATCH_MAX_BYTES: Final = 16 << 20
_CONNECT_S: Final = 2.0
_COMMIT_S: Final = 5.0
_AGAIN_S: Final = 0.25
_CAUGHT_UP_S: Final = 30.0

STORED: Final = Counter("invekto_receipts_stored", "Webhooks stored before they were acknowledged.", registry=REGISTRY)
REFUSED: Final = Counter(
    "invekto_receipts_refused", "Webhooks answered 503 because they could not be stored.", registry=REGISTRY
)
BATCH: Final = Histogram(
    "invekto_receipts_batch", "Webhooks per commit.", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 500), registry=REGISTRY
)

_INSERT: Final = """
insert into receipt (kind, app_id, channel_id, query, headers, body, received_at)
select * from unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::jsonb[], $6::bytea[], $7::timestamptz[])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReceipt:
    """A genuine webhook, as it came. `headers` are those that a parser may ask for, names in lower case."""

    kind: str
    app_id: UUID | None
    channel_id: UUID | None
    body: bytes
    received_at: datetime
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Waiting:
    receipt: NewReceipt
    stored: asyncio.Future[None]
    since: float


class ReceiptWriter:
    """One per web process: `start` it, `close` it; what waits is stored before it closes."""

    def __init__(self, database: Database, *, backlog_max: int = BACKLOG_MAX) -> None:
        self._database = database
        self._backlog = Backlog(database, backlog_max)
        self._watching: asyncio.Task[None] | None = None
        self._queue: deque[_Waiting] = deque()
        self._bytes = 0
        self._has_work = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False
        self._connected = 0
        self._flushing = 0
        self._try_again_at = 0.0

    def start(self) -> Sequence[asyncio.Task[None]]:
        """Gives what runs until `close`, for somebody to watch."""
        self._tasks = [
            asyncio.create_task(self._write_forever(), name=f"receipts-{number}") for number in range(WRITERS)
        ]
        self._watching = asyncio.create_task(self._backlog.watch(), name="receipts-backlog")
        return [*self._tasks, self._watching]

    async def close(self) -> None:
        """Stores what waits and lets the connections go."""
        self._closing = True
        self._has_work.set()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([*self._tasks, self._watching])
        self._tasks, self._watching = [], None
        self._refuse(self._take_all())

    async def store(self, receipt: NewReceipt) -> None:
        """Returns when the receipt is on disk. Unavailable: it is not, or nobody can tell; the provider asks again."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._overfull(now) or (not self._connected and now < self._try_again_at) or self._closing:
            REFUSED.inc()
            raise Unavailable(retry_after_s=1)
        if self._backlog.full:
            REFUSED.inc()
            raise Unavailable(retry_after_s=_CAUGHT_UP_S)
        waiting = _Waiting(receipt, loop.create_future(), now)
        self._queue.append(waiting)
        self._bytes += len(receipt.body)
        self._has_work.set()
        await waiting.stored

    def _overfull(self, now: float) -> bool:
        if not self._queue:
            return False
        return (
            len(self._queue) >= WAITING_MAX
            or self._bytes >= WAITING_MAX_BYTES
            or now - self._queue[0].since > WAITING_MAX_S
        )

    # One writer -----------------------------------------------------------------------------------------------

    async def _write_forever(self) -> None:
        while not (self._closing and not self._queue):
            if not self._queue:
                self._has_work.clear()
                await self._has_work.wait()
                continue
            try:
                await self._connected_writing()
            except DATABASE_TROUBLE as error:
                # Also: it is there, but does not let us in or lacks the table.
                _log.warning("receipts: nothing can be stored: %s: %s", type(error).__name__, error)
                self._try_again_at = asyncio.get_running_loop().time() + _AGAIN_S
                if not self._connected:
                    self._refuse(self._take_all())
                await asyncio.sleep(_AGAIN_S)

    async def _connected_writing(self) -> None:
        """Holds a connection until it is closed under us; raises one of SERVER_AWAY when a batch was lost with it."""
        connection = await self._connect()
        self._connected += 1
        try:
            insert = await connection.prepare(_INSERT)
            while not connection.is_closed():
                if self._worth_a_commit() and (batch := self._take()):
                    self._flushing += 1
                    try:
                        await self._flush(insert, batch)
                    finally:
                        self._flushing -= 1
                elif self._closing and not self._queue:
                    return
                else:
                    self._has_work.clear()
                    await self._has_work.wait()
        finally:
            self._connected -= 1
            # What this writer leaves is the other one's.
            self._has_work.set()
            connection.terminate()

    def _worth_a_commit(self) -> bool:
        """While another commit is under way a few wait for its end: halved batches would cost the server twice."""
        return not self._flushing or len(self._queue) >= _SECOND_FROM

    async def _connect(self) -> Connection:
        settings = {**role_settings(RECEIPTS), "synchronous_commit": "on"}
        return await asyncpg.connect(  # nosemgrep: statement-without-a-firm  # receipts belong to no firm: a role of their own
            self._database.options.url,
            timeout=_CONNECT_S,
            command_timeout=_COMMIT_S,
            server_settings=settings,
            connection_class=LinkConnection,
        )

    async def _flush(self, insert: PreparedStatement[Any], batch: list[_Waiting]) -> None:
        try:
            hit("receipts.before_commit")
            await insert.fetch(*_columns([waiting.receipt for waiting in batch]))
            hit("receipts.after_commit")
        except SERVER_AWAY:
            # It may be stored: the provider sends it again, and the messages' keys make that harmless.
            self._refuse(batch)
            raise
        except (asyncpg.PostgresError, ValueError, OverflowError) as error:
            await self._one_by_one(insert, batch, error)
            return
        except BaseException:
            self._refuse(batch)
            raise
        BATCH.observe(len(batch))
        STORED.inc(len(batch))
        for waiting in batch:
            if not waiting.stored.done():
                waiting.stored.set_result(None)
        self._database.wakeup.wake("receipt")

    async def _one_by_one(self, insert: PreparedStatement[Any], batch: list[_Waiting], error: Exception) -> None:
        """The database took offence at something in the batch: whose fault it is must not cost the others."""
        if len(batch) == 1:
            _log.error("a receipt is refused by the database: %s", error)
            self._refuse(batch)
            return
        for number, waiting in enumerate(batch):
            try:
                await self._flush(insert, [waiting])
            except BaseException:
                self._refuse(batch[number + 1 :])
                raise

    # The queue ------------------------------------------------------------------------------------------------

    def _take(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        size = 0
        while self._queue and len(batch) < _BATCH_MAX and size < _BATCH_MAX_BYTES:
            waiting = self._queue.popleft()
            self._bytes -= len(waiting.receipt.body)
            if not waiting.stored.done():
                batch.append(waiting)
                size += len(waiting.receipt.body)
        return batch

    def _take_all(self) -> list[_Waiting]:
        taken, self._bytes = list(self._queue), 0
        self._queue.clear()
        return taken

    @staticmethod
    def _refuse(batch: list[_Waiting]) -> None:
        for waiting in batch:
            if not waiting.stored.done():
                REFUSED.inc()
                waiting.stored.set_exception(Unavailable(retry_after_s=1))


def _columns(receipts: list[NewReceipt]) -> tuple[list[Any], ...]:
    return (
        [one.kind for one in receipts],
        [one.app_id for one in receipts],
        [one.channel_id for one in receipts],
        [storable(one.query) for one in receipts],
        [_json(tuple(one.headers.items())) for one in receipts],
        [one.body for one in receipts],
        [one.received_at for one in receipts],
    )


@lru_cache(maxsize=256)
def _json(headers: tuple[tuple[str, str], ...]) -> str:
    """Nearly every webhook of a provider carries the same ones."""
    return json.dumps({name: storable(value) for name, value in headers})


async def store_again(connection: Connection, receipt: NewReceipt) -> int:
    """Stores one receipt for a replay and gives its id. The connection is of the receipts' role."""
    columns = [column[0] for column in _columns([receipt])]
    found = await connection.fetchval(
        "insert into receipt (kind, app_id, channel_id, query, headers, body, received_at)"
        " values ($1, $2, $3, $4, $5, $6, $7) returning id",
        *columns,
    )
    return int(found)


async def store_all_again(connection: Connection, receipts: list[NewReceipt]) -> None:
    """The same for many, in their order and one statement."""
    await connection.execute(_INSERT, *_columns(receipts))
