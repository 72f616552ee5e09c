"""Tells waiting loops, in every process, that something new is there. A wake-up may be lost: every loop also polls.

One LISTEN and one notifier connection per process. NOTIFY is sent after the commit and coalesced: inside the business
transaction it would cut throughput to a third.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Final

import asyncpg

from invekto.kernel.away import DATABASE_TROUBLE
from invekto.kernel.tenancy import Connection

_CHANNEL = "invekto"
# Under load one NOTIFY announces everything of these milliseconds; each costs every listener and the server a round.
_SPACING_S: Final = 0.004
_log = logging.getLogger(__name__)


class Wakeup:
    """`wake` announces topics, `wait` waits for one. Topics: receipt, event, outbox, job."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._outgoing: set[str] = set()
        self._has_outgoing = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._forever(self._listen), name="wakeup-listen"),
            asyncio.create_task(self._forever(self._notify), name="wakeup-notify"),
        ]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def wake(self, *topics: str) -> None:
        """Wakes this process at once and the others by one coalesced NOTIFY. Call it after the commit."""
        if not topics:
            return
        self._ring(topics)
        self._outgoing.update(topics)
        self._has_outgoing.set()

    def subscribe(self, topic: str) -> asyncio.Event:
        """An event that is set at every wake-up of `topic`; the holder clears it before it looks."""
        event = asyncio.Event()
        self._waiting.setdefault(topic, set()).add(event)
        return event

    def unsubscribe(self, topic: str, event: asyncio.Event) -> None:
        self._waiting.get(topic, set()).discard(event)

    @staticmethod
    async def wait(event: asyncio.Event, timeout_s: float) -> None:
        """Returns when the event is set or after `timeout_s`: the poll that makes a lost wake-up harmless."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), timeout_s)

    def _ring(self, topics: tuple[str, ...] | list[str]) -> None:
        for topic in topics:
            for event in self._waiting.get(topic, ()):
                event.set()

    async def _connect(self) -> Connection:
        return await asyncpg.connect(
            self._url,
            timeout=5,
            server_settings={"application_name": "invekto-wakeup", "synchronous_commit": "off"},
        )

    async def _listen(self) -> None:
        connection = await self._connect()
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _connection: lost.set())
            await connection.add_listener(
                _CHANNEL, lambda _c, _pid, _channel, payload: self._ring(str(payload).split(","))
            )
            # Whatever was announced while nobody listened: every loop looks once.
            self._ring(list(self._waiting))
            await lost.wait()
        finally:
            connection.terminate()

    async def _notify(self) -> None:
        connection = await self._connect()
        try:
            while True:
                await self._has_outgoing.wait()
                self._has_outgoing.clear()
                topics, self._outgoing = self._outgoing, set()
                try:
                    await connection.execute("select pg_notify($1, $2)", _CHANNEL, ",".join(sorted(topics)))
                except BaseException:
                    self._outgoing |= topics
                    self._has_outgoing.set()
                    raise
                await asyncio.sleep(_SPACING_S)
        finally:
            connection.terminate()

    async def _forever(self, loop: object) -> None:
        assert callable(loop)
        while True:
            try:
                await loop()
            except DATABASE_TROUBLE as error:
                _log.warning("wake-up connection lost, reconnecting: %s", error)
            await asyncio.sleep(0.5)
