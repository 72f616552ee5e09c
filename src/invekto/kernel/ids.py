"""Makes and parses the ids of rows. UUIDv7 only, so that an index grows at its end.

Says nothing about when a row was written: use its time column.
"""

from __future__ import annotations

import os
import re
import threading
import time
from uuid import UUID

_VERSION = 0x7 << 76
_VARIANT = 0x2 << 62
_COUNTER_BITS = 42
_RANDOM_BLOCK = 4000  # bytes taken from the system at once: a call per id would cost more than all the rest
_COUNTER_END = 1 << _COUNTER_BITS
_CANONICAL = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class _Sequence:
    """RFC 9562, 6.2 method 1: a 42-bit counter behind the millisecond, started at random below half of its range."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ms = 0
        self._counter = 0
        self._random = b""
        self._used = 0

    def next(self) -> UUID:
        with self._lock:
            if self._used == len(self._random):
                self._random, self._used = os.urandom(_RANDOM_BLOCK), 0
            random = int.from_bytes(self._random[self._used : self._used + 10], "big")
            self._used += 10
            ms = time.time_ns() // 1_000_000
            if ms > self._ms:
                self._ms = ms
                self._counter = random >> 39
            else:
                # The clock stood still or went back: the last millisecond goes on, so that order survives.
                self._counter += 1
                if self._counter == _COUNTER_END:
                    self._ms += 1
                    self._counter = 0
            ms, counter = self._ms, self._counter
        return UUID(
            int=ms << 80
            | _VERSION
            | (counter >> 30) << 64
            | _VARIANT
            | (counter & 0x3FFF_FFFF) << 32
            | random & 0xFFFF_FFFF
        )


_sequence = _Sequence()


def _renew_after_fork() -> None:
    # A child must not wait for a lock that another thread of its parent held.
    global _sequence
    _sequence = _Sequence()


os.register_at_fork(after_in_child=_renew_after_fork)


def uuid7() -> UUID:
    """A new id, above every id this process has made before."""
    return _sequence.next()


def parse_uuid(text: str) -> UUID | None:
    """The id written in the 36-character form, or None. Braces, `urn:` and bare hex are not ids on our wire."""
    return UUID(text) if _CANONICAL.fullmatch(text) else None
