"""Reads the event log once per process and tells every screen what it may see of it (docs/api.md, "Stream").

A frame holds the rows as they are now, so a storm on one conversation is one row. What a screen missed while it was
away is replayed from the log by the same code; beyond the log's memory it is told to load everything again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final, cast
from uuid import UUID

from prometheus_client import Gauge, Histogram

from invekto.accounts.events import SessionEnded, TeamMemberAdded, UserDisabled
from invekto.accounts.sessions import live_principals
from invekto.conversations.stream import Batch, collect, load
from invekto.entry.sockets import SESSION_ENDED, Socket, hello
from invekto.kernel.auth import Principal
from invekto.kernel.away import DATABASE_TROUBLE
from invekto.kernel.db import Database
from invekto.kernel.errors import Unauthenticated
from invekto.kernel.events import Cursor, LoggedEvent, can_resume, head, missed_events, read_events
from invekto.kernel.metrics import REGISTRY, UNEXPECTED_ERRORS
from invekto.kernel.tenancy import STREAM, Connection, claimed

USER_SOCKETS_MAX: Final = 20
PROCESS_SOCKETS_MAX: Final = 10_000
PAGE: Final = 500
MISSED_MAX: Final = 2_000
POLL_S: Final = 1.0
PACE_S: Final = 0.004
TICK_S: Final = 20
SESSIONS_CHECKED_S: Final = 3
RETRY_S: Final = 0.5
# Rows above xmin will settle soon, and their NOTIFY has gone already.
_PENDING_S: Final = (0.002, 0.005, 0.01, 0.02, 0.05)
# These change who may see what, or whether somebody still may at all.
_RIGHTS_EVENTS: Final = frozenset({SessionEnded.kind, UserDisabled.kind, TeamMemberAdded.kind})

_SOCKETS = Gauge("invekto_stream_sockets", "Screens connected to this process.", registry=REGISTRY)
_BATCH_SECONDS = Histogram(
    "invekto_stream_batch_seconds",
    "Time to load a batch of events' rows and hand the frames out.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5),
    registry=REGISTRY,
)
_log = logging.getLogger("invekto.stream")


class Reader:
    """`start` it with the process; sockets `join` and `leave`. Without a socket it does not read."""

    def __init__(
        self, database: Database, *, tick_s: int = TICK_S, poll_s: float = POLL_S, checked_s: int = SESSIONS_CHECKED_S
    ) -> None:
        self._database = database
        self._tick_s = tick_s
        self._poll_s = poll_s
        self._checked_s = checked_s
        self._sockets: dict[UUID, set[Socket]] = defaultdict(set)
        self._per_user: Counter[UUID] = Counter()
        self._cursor: Cursor | None = None
        # A socket joins between two batches, never within one: its marks would be missing from the batch.
        self._turn = asyncio.Lock()
        self._occupied = asyncio.Event()
        self._recheck = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> Sequence[asyncio.Task[None]]:
        """Gives what runs until `close`, for somebody to watch."""
        self._tasks = [
            asyncio.create_task(self._read_forever(), name="stream-read"),
            asyncio.create_task(self._tick_forever(), name="stream-tick"),
        ]
        return self._tasks

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        async with (await self._database.pool(STREAM)).acquire() as connection:
            yield cast("Connection", connection)

    # Sockets ------------------------------------------------------------------------------------------------------

    def has_room_for(self, principal: Principal) -> bool:
        return self._per_user[principal.user_id] < USER_SOCKETS_MAX and self.connected < PROCESS_SOCKETS_MAX

    @property
    def connected(self) -> int:
        return self._per_user.total()

    async def join(self, socket: Socket, given: str | None) -> list[bytes]:
        """Puts the socket among those who are told, and gives what it must be sent before.

        Raises:
            Unauthenticated: the session has ended since it was looked up.
        """
        after = None if given is None else Cursor.decode(given)
        resumes = False
        async with self._connection() as connection:
            await self._check([socket], connection)
            if socket.close_code is not None:
                raise Unauthenticated
            if after is not None:
                resumes = await can_resume(connection, after)
        async with self._turn:
            start = await self._begin()
            self._sockets[socket.principal.tenant_id].add(socket)
            self._per_user[socket.principal.user_id] += 1
            _SOCKETS.inc()
            self._occupied.set()
        missed = await self._missed(socket, after, start) if after is not None and resumes else []
        if given is None or (resumes and missed is not None):
            # Where the screen stands, not where the log does: a line that breaks before what was missed has gone through
            # would otherwise leave a gap that no cursor shows.
            greeting = hello("hello", start if after is None else after)
        else:
            greeting = hello("resync", start)
        return [greeting, *(missed or ())]

    def leave(self, socket: Socket) -> None:
        sockets = self._sockets.get(socket.principal.tenant_id, set())
        if socket not in sockets:
            return
        sockets.discard(socket)
        self._per_user[socket.principal.user_id] -= 1
        _SOCKETS.dec()
        if not self._per_user[socket.principal.user_id]:
            del self._per_user[socket.principal.user_id]
        if not sockets:
            del self._sockets[socket.principal.tenant_id]
        if not self._sockets:
            self._occupied.clear()

    async def _begin(self) -> Cursor:
        """Where the next batch begins; the end of the log for the first socket. Under the turn."""
        if self._cursor is None or not self._sockets:
            async with self._connection() as connection:
                self._cursor = await head(connection)
        return self._cursor

    async def _missed(self, socket: Socket, after: Cursor, start: Cursor) -> list[bytes] | None:
        """Frames of what happened while the screen was away; None when that is too much to replay."""
        if after >= start:
            return []
        tenant_id = socket.principal.tenant_id
        async with self._connection() as connection:
            events = await missed_events(connection, tenant_id, after, start, limit=MISSED_MAX + 1)
            if len(events) > MISSED_MAX:
                return None
            frames = []
            for page in (events[place : place + PAGE] for place in range(0, len(events), PAGE)):
                place = Cursor(after.epoch, page[-1].xid, page[-1].seq)
                batches = await self._load(connection, page, [socket])
                frame = batches[tenant_id].frame(socket.viewer, place.encode())
                frames.extend([frame] if frame is not None else [])
        return frames

    # Reading ------------------------------------------------------------------------------------------------------

    async def _read_forever(self) -> None:
        news = self._database.wakeup.subscribe("event")
        while True:
            await self._occupied.wait()
            try:
                # Held while it reads: among a thousand screens that come back at once it would wait its turn.
                async with self._connection() as connection:
                    # The same three statements all day: planning them each time would cost half as much as they do.
                    await connection.execute("set plan_cache_mode = force_generic_plan")
                    await self._check_epoch(connection)
                    await self._read_on(connection, news)
            except DATABASE_TROUBLE as error:
                _log.warning("the event log cannot be read, trying again: %s", error)
                await asyncio.sleep(RETRY_S)

    async def _read_on(self, connection: Connection, news: asyncio.Event) -> None:
        waited = 0
        while True:
            await self._occupied.wait()
            news.clear()
            async with self._turn:
                pending, found = await self._read_once(connection)
            waited = 0 if found else waited
            if found:
                # What comes within this moment travels together; a single event after a pause has not waited.
                await asyncio.sleep(PACE_S)
            if pending:
                await asyncio.sleep(_PENDING_S[min(waited, len(_PENDING_S) - 1)])
                waited += 1
            else:
                waited = 0
                await self._database.wakeup.wait(news, self._poll_s)

    async def _check_epoch(self, connection: Connection) -> None:
        """A database that was restored meanwhile has another log: everybody loads again."""
        now = await head(connection)
        if self._cursor is not None and self._cursor.epoch != now.epoch:
            self._cursor = now
            for sockets in self._sockets.values():
                for socket in sockets:
                    socket.put(hello("resync", now))

    async def _read_once(self, connection: Connection) -> tuple[bool, bool]:
        """One page of the log to everybody whom it concerns. Whether more is coming, and whether there was any."""
        if self._cursor is None or not self._sockets:
            return False, False
        page = await read_events(connection, self._cursor, limit=PAGE)
        events = [event for event in page.events if event.tenant_id in self._sockets]
        if events:
            await self._tell(connection, events, page.cursor)
        self._cursor = page.cursor
        return page.pending, bool(page.events)

    async def _tell(self, connection: Connection, events: Sequence[LoggedEvent], cursor: Cursor) -> None:
        sockets = [socket for tenant in {e.tenant_id for e in events} for socket in self._sockets[tenant]]
        if any(event.kind in _RIGHTS_EVENTS for event in events):
            self._recheck.set()
        place = cursor.encode()
        with _BATCH_SECONDS.time():
            try:
                batches = await self._load(connection, events, sockets)
                for socket in sockets:
                    frame = batches[socket.principal.tenant_id].frame(socket.viewer, place)
                    if frame is not None:
                        socket.put(frame)
            except DATABASE_TROUBLE:
                raise
            except Exception:  # noqa: BLE001  # written down, counted, and everybody it concerns is told
                # A defect must not stop the log for everybody: whoever it concerns loads what we could not show.
                UNEXPECTED_ERRORS.inc()
                _log.exception("a batch of events could not be shown")
                for socket in sockets:
                    socket.put(hello("resync", cursor))

    async def _load(
        self, connection: Connection, events: Sequence[LoggedEvent], sockets: Iterable[Socket]
    ) -> dict[UUID, Batch]:
        changes = collect(events)
        user_ids = list({socket.principal.user_id for socket in sockets})
        async with claimed(connection, changes):
            return await load(connection, changes, user_ids)

    # Time ---------------------------------------------------------------------------------------------------------

    async def _tick_forever(self) -> None:
        second = 0
        while True:
            await self._occupied.wait()
            await self._database.wakeup.wait(self._recheck, 1.0)
            asked = self._recheck.is_set()
            self._recheck.clear()
            second += 0 if asked else 1
            everybody = [socket for sockets in self._sockets.values() for socket in sockets]
            for socket in everybody:
                socket.drop_if_stuck()
            if asked or second % self._checked_s == 0:
                try:
                    async with self._connection() as connection:
                        await self._check(everybody, connection)
                except DATABASE_TROUBLE as error:
                    _log.warning("sessions of open sockets cannot be checked, trying again: %s", error)
            if not asked and self._cursor is not None:
                # A twentieth of them each second, so that five thousand do not write at once.
                tick = hello("tick", self._cursor)
                for socket in everybody:
                    if id(socket) // 64 % self._tick_s == second % self._tick_s:
                        socket.put(tick)

    async def _check(self, sockets: Sequence[Socket], connection: Connection) -> None:
        """Ends sockets whose session counts no more; tells those who see other things now to load again."""
        keys = {(socket.principal.tenant_id, socket.principal.session_id) for socket in sockets}
        async with claimed(connection, {tenant for tenant, _ in keys}):
            live = await live_principals(connection, list(keys), self._database.clock.now())
        for socket in sockets:
            principal = live.get(socket.principal.session_id)
            if principal is None:
                socket.end(SESSION_ENDED)
            elif socket.follow(principal) and self._cursor is not None and self._knows(socket):
                socket.put(hello("resync", self._cursor))

    def _knows(self, socket: Socket) -> bool:
        return socket in self._sockets.get(socket.principal.tenant_id, ())
