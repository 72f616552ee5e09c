"""What can wait gives way to what cannot: the hot paths of a process say when they are busy, the others wait meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from typing import Final

_HOLDS_S: Final = 0.3
_LOOKS_EVERY_S: Final = 0.1


class Pressure:
    """One per process. Nothing is refused by it, and nothing waits without an end."""

    def __init__(self) -> None:
        self._until = -math.inf

    def note(self, busy: bool) -> None:
        """A round of a hot path was as large as rounds are when more comes than can be done."""
        if busy:
            self._until = time.monotonic() + _HOLDS_S

    @property
    def high(self) -> bool:
        return time.monotonic() < self._until

    async def ease(self, longest_s: float, stop: asyncio.Event) -> None:
        """Returns when it is quiet, after `longest_s`, or at `stop`."""
        deadline = time.monotonic() + longest_s
        while self.high and not stop.is_set() and time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _LOOKS_EVERY_S)
