"""What passed between the provider and the product, newest 2,000, in memory: for people and tests to look at."""

from __future__ import annotations

import itertools
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Direction = Literal["webhook", "call"]
_BODY_SHOWN = 64_000
_SECRET_HEADERS = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization"})
_SECRET_PARAMETERS = re.compile(r"(\b(?:access_token|input_token|client_secret|hub\.verify_token|code)=)[^&]*")
HIDDEN = "•••"


def without_secrets(address: str) -> str:
    """An address or a query whose tokens and secrets are blotted out."""
    return _SECRET_PARAMETERS.sub(rf"\g<1>{HIDDEN}", address)


def _plain_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: HIDDEN if name.lower() in _SECRET_HEADERS else value for name, value in headers}


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
    url: str = ""
    request_headers: dict[str, str] = field(default_factory=dict)
    answer_headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False  # a body was too long to be kept whole

    @property
    def good(self) -> bool:
        return self.status is not None and self.status < 300

    @property
    def words(self) -> str:
        """All that is searched."""
        bodies = self.request.decode("utf-8", "replace"), self.answer.decode("utf-8", "replace")
        return "\n".join((self.label, self.about, self.note or "", *bodies)).casefold()

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
        """With both bodies as text, exactly as they went over the wire, and the headers without secrets."""
        return self.summary() | {
            "url": self.url,
            "request_headers": self.request_headers,
            "answer_headers": self.answer_headers,
            "cut": self.cut,
            "request": self.request.decode("utf-8", "replace"),
            "answer": self.answer.decode("utf-8", "replace"),
        }


class EventLog:
    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=2_000)
        self._ids = itertools.count(1)
        self.on_entry: Callable[[Entry], None] = lambda _entry: None
        self.on_waiting: Callable[[], None] = lambda: None  # something waits that has no entry

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
        url: str = "",
        request_headers: Mapping[str, str] | None = None,
        answer_headers: Mapping[str, str] | None = None,
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
            url=without_secrets(url),
            request_headers=_plain_headers((request_headers or {}).items()),
            answer_headers=_plain_headers((answer_headers or {}).items()),
            cut=max(len(request), len(answer)) > _BODY_SHOWN,
        )
        self._entries.append(entry)
        self.on_entry(entry)

    def newest(
        self, limit: int, *, after: int = 0, direction: str | None = None, failed: bool = False, words: str = ""
    ) -> list[Entry]:
        """Newest first; `after` is the id of the last entry already seen. `failed`: only what was not answered 2xx.
        `words`: only what has them in its label, its subject or a body, whatever the case."""
        wanted = words.casefold()
        found: list[Entry] = []
        for entry in reversed(self._entries):
            if entry.id <= after or len(found) == limit:
                break
            if direction not in (None, entry.direction) or (failed and entry.good):
                continue
            if not wanted or wanted in entry.words:
                found.append(entry)
        return found

    def find(self, entry_id: int) -> Entry | None:
        return next((entry for entry in reversed(self._entries) if entry.id == entry_id), None)

    def clear(self) -> None:
        self._entries.clear()
