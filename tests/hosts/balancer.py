"""Carries connections from one port to several addresses in turn: a small load balancer that asks who is well.

As a real one it hangs up on everybody whom it has carried to a machine that does not answer any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import Sequence

_ASKED_EVERY_S = 0.5
_ANSWERS_WITHIN_S = 1.0

Address = tuple[str, int]


class Balancer(threading.Thread):
    """Listens on `here`, in a loop of its own, until `close`. `health`: a path that must answer 200."""

    def __init__(self, here: Address, backends: Sequence[Address], health: str | None = None) -> None:
        super().__init__(name=f"balancer of {here[1]}", daemon=True)
        self._here, self._backends, self._health = here, list(backends), health
        self._ill: set[Address] = set()
        self._carried: defaultdict[Address, set[asyncio.StreamWriter]] = defaultdict(set)
        self._turn = 0
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._end = asyncio.Event()

    def opened(self) -> Balancer:
        self.start()
        assert self._listening.wait(10), f"nobody may listen on {self._here}"
        return self

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self.join(10)

    def run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._carry, *self._here)
        asking = [asyncio.create_task(self._ask(backend)) for backend in self._backends if self._health]
        self._listening.set()
        await self._end.wait()
        for task in asking:
            task.cancel()
        server.close()

    async def _ask(self, backend: Address) -> None:
        while True:
            if await self._is_well(backend):
                self._ill.discard(backend)
            else:
                self._ill.add(backend)
                for writer in self._carried[backend]:
                    writer.transport.abort()
            await asyncio.sleep(_ASKED_EVERY_S)

    async def _is_well(self, backend: Address) -> bool:
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN_S):
                reader, writer = await asyncio.open_connection(*backend)
                writer.write(f"GET {self._health} HTTP/1.1\r\nHost: {backend[0]}\r\nConnection: close\r\n\r\n".encode())
                said = await reader.readline()
                writer.close()
                return b" 200 " in said
        except (OSError, TimeoutError):
            return False

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._turn += 1
        first = self._turn % len(self._backends)
        turns = self._backends[first:] + self._backends[:first]
        for backend in sorted(turns, key=lambda one: one in self._ill):
            try:
                there = await asyncio.wait_for(asyncio.open_connection(*backend), _ANSWERS_WITHIN_S)
            except (OSError, TimeoutError):
                continue
            both = {writer, there[1]}
            self._carried[backend] |= both
            await asyncio.gather(_pump(reader, there[1]), _pump(there[0], writer))
            self._carried[backend] -= both
            return
        writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    writer.close()
