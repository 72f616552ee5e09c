"""The only place that asks the machine for the time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present in UTC, aware."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class FrozenClock:
    """A clock that moves only when told; for tests and for demo data with dates relative to a fixed day."""

    def __init__(self, at: datetime) -> None:
        self._now = _utc(at)
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, by: timedelta) -> datetime:
        """Moves both clocks on and gives the new present. ValueError for a step back: `set` does that."""
        if by < timedelta(0):
            raise ValueError("advance() goes forward only; set() moves the wall clock back")
        self._now += by
        self._monotonic += by.total_seconds()
        return self._now

    def set(self, at: datetime) -> None:
        """Moves the wall clock only, as an operator or a time server does. The monotonic clock stays."""
        self._now = _utc(at)


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a clock needs an aware time")
    return at.astimezone(UTC)
