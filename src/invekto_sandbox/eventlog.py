"""What passed between the provider and the product, newest 2,000, in memory: for people and tests to look at."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Direction = Literal["webhook", "call"]
_BODY_SHOWN = 64_000


@dataclass(slots=True)
class Entry:
    """`webhook`: we called the product. `call`: the product called us. `status` is None when no answer came."""

    id: int
    at: float
    provider: str
    account: str
    direction: Direction
    label: str
    about: str
    status: int | None
    ms: float
    note: str | None
    request: bytes
    answer: bytes

    def summary(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "at": self.at,
            "provider": self.provider,
            "number": self.account,
            "direction": self.direction,
            "label": self.label,
            "about": self.about,
            "status": self.status,
            "ms": round(self.ms, 1),
            "note": self.note,
        }

    def whole(self) -> dict[str, Any]:
        """With both bodies as text, exactly as they went over the wire."""
        return self.summary() | {
            "request": self.request.decode("utf-8", "replace"),
            "answer": self.answer.decode("utf-8", "replace"),
        }


class EventLog:
    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=2_000)
        self._ids = itertools.count(1)
        self.on_entry: Callable[[Entry], None] = lambda _entry: None

    def add(
        self,
        direction: Direction,
        *,
        provider: str,
        account: str,
        label: str,
        about: str,
        status: int | None,
        ms: float,
        note: str | None = None,
        request: bytes = b"",
        answer: bytes = b"",
    ) -> None:
        entry = Entry(
            id=next(self._ids),
            at=time.time(),
            provider=provider,
            account=account,
            direction=direction,
            label=label,
            about=about,
            status=status,
            ms=ms,
            note=note,
            request=request[:_BODY_SHOWN],
            answer=answer[:_BODY_SHOWN],
        )
        self._entries.append(entry)
        self.on_entry(entry)

    def newest(self, limit: int, *, after: int = 0, direction: str | None = None) -> list[Entry]:
        """Newest first; `after` is the id of the last entry already seen."""
        found: list[Entry] = []
        for entry in reversed(self._entries):
            if entry.id <= after or len(found) == limit:
                break
            if direction in (None, entry.direction):
                found.append(entry)
        return found

    def find(self, entry_id: int) -> Entry | None:
        return next((entry for entry in reversed(self._entries) if entry.id == entry_id), None)

    def clear(self) -> None:
        self._entries.clear()
