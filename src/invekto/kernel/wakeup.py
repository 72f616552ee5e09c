"""Tells waiting loops, in every process, that something new is there. A wake-up may be lost: every loop also polls.

One connection that listens and one that speaks per process (`bus`). What is said is said after the commit and coalesced:
a NOTIFY inside the business transaction would cut throughput to a third.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from prometheus_client import Gauge

from invekto.kernel.bus import Bus
from invekto.kernel.metrics import REGISTRY

# Under load one message announces everything of these milliseconds; each costs every listener and the server a round.
_SPACING_S: Final = 0.004
_CONNECTED = Gauge(
    "invekto_wakeup_connected", "1 while this process hears the others; 0: it polls once a second.", registry=REGISTRY
)
_log = logging.getLogger(__name__)


class Wakeup:
    """`wake` announces topics, `wait` waits for one. Topics: receipt, event, outbox, job."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
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
        """Wakes this process at once and the others by one coalesced message. Call it after the commit."""
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

    async def _listen(self) -> None:
        def hears() -> None:
            self._hears(True)
            # Whatever was announced while nobody listened: every loop looks once.
            self._ring(list(self._waiting))

        try:
            await self._bus.listen(lambda text: self._ring(text.split(",")), hears)
        finally:
            self._hears(False)

    async def _notify(self) -> None:
        async with self._bus.announcing() as announce:
            while True:
                await self._has_outgoing.wait()
                self._has_outgoing.clear()
                topics, self._outgoing = self._outgoing, set()
                try:
                    await announce(",".join(sorted(topics)))
                except BaseException:
                    self._outgoing |= topics
                    self._has_outgoing.set()
                    raise
                await asyncio.sleep(_SPACING_S)

    def _hears(self, now: bool) -> None:
        _CONNECTED.set(int(now))

    async def _forever(self, loop: Callable[[], Awaitable[None]]) -> None:
        away = False
        while True:
            try:
                await loop()
            except self._bus.trouble as error:
                # Once for each time it goes: a bus may be away for hours, and everything works meanwhile.
                if not away:
                    _log.warning("wake-up connection (%s) lost, reconnecting: %s", self._bus.name, error)
                away = True
            else:
                away = False
            await asyncio.sleep(0.5)
