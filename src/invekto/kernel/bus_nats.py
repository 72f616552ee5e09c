"""The bus over a NATS server (core publish and subscribe, nothing stored)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import nats
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from invekto.kernel.bus import Announce

_LONGEST: Final = 1_000
"""Characters that a text of ours may have; a longer one is not ours."""


class NatsBus:
    """`url` is nats://[user:password@]host:port or tls://…; desks that share a server differ in `subject`."""

    name = "nats"
    trouble: tuple[type[Exception], ...] = (nats.errors.Error, OSError, TimeoutError)

    def __init__(self, url: str, subject: str) -> None:
        self._url, self._subject = url, subject

    async def _connect(self, lost: asyncio.Event) -> Client:
        async def gone() -> None:
            lost.set()

        async def noted(_error: Exception) -> None:
            """Whoever asked is told by what its own call raises."""

        # Coming back is the caller's matter, as with the other bus: it looks at everything once when it hears again.
        return await nats.connect(
            self._url,
            name="invekto-wakeup",
            allow_reconnect=False,
            # The client's own tries at the start would last for minutes.
            max_reconnect_attempts=1,
            reconnect_time_wait=0.1,
            connect_timeout=5,
            ping_interval=10,
            max_outstanding_pings=2,
            closed_cb=gone,
            disconnected_cb=gone,
            error_cb=noted,
        )

    @asynccontextmanager
    async def announcing(self) -> AsyncIterator[Announce]:
        client = await self._connect(asyncio.Event())

        async def announce(text: str) -> None:
            await client.publish(self._subject, text.encode())
            await client.flush(1)

        try:
            yield announce
        finally:
            await client.close()

    async def listen(self, heard: Callable[[str], None], ready: Callable[[], None]) -> None:
        lost, subscribed = asyncio.Event(), asyncio.Event()
        client = await self._connect(lost)

        async def take(message: Msg) -> None:
            subscribed.set()
            if len(message.data) <= _LONGEST:
                heard(message.data.decode("utf-8", "replace"))

        try:
            await client.subscribe(self._subject, cb=take)
            # A flush would prove nothing: its ping overtakes what is still to be written. Our own word comes after it.
            await client.publish(self._subject, b"")
            await asyncio.wait_for(subscribed.wait(), 5)
            ready()
            await lost.wait()
        finally:
            await client.close()
