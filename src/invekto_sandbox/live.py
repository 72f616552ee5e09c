"""Who holds which phone: the pages that are connected, what they look at, and what they are told.

A customer is *played* while a connected page has opened their thread, and for a moment after it left, so that a
reload does not let the phone answer by itself. Knows no provider: a phone is (account, customer id).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

from invekto_sandbox.eventlog import Entry

_FRAME_S = 0.05
_MANY = 60  # beyond this many changes in one frame the page is told to load its list again
_WAITING_SHOWN = 20

Phone = tuple[str, int]


class Narrator(Protocol):
    """A provider tells what a page shows."""

    def rows(self, account: str, customer_ids: Sequence[int]) -> list[dict[str, Any]]: ...

    def messages(self, phone: Phone, seqs: Sequence[int]) -> list[dict[str, Any]]: ...

    def opened(self, phone: Phone) -> None: ...

    def seen(self, phone: Phone) -> None: ...

    def left(self, phone: Phone) -> None: ...


@dataclass(slots=True, eq=False)
class _Page:
    socket: WebSocket
    account: str = ""
    open: Phone | None = None
    visible: bool = False
    opened: set[Phone] = field(default_factory=set)
    customers: set[int] = field(default_factory=set)
    seqs: set[int] = field(default_factory=set)
    log: list[Entry] = field(default_factory=list)
    log_skipped: int = 0
    notices: list[dict[str, Any]] = field(default_factory=list)
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class Hub:
    """`grace_s`: how long a phone stays in the hands of a page that has gone: a reload takes less."""

    def __init__(self, grace_s: float) -> None:
        self._grace_s = grace_s
        self._pages: set[_Page] = set()
        self._grace: dict[Phone, asyncio.TimerHandle] = {}
        self.narrator_of: Callable[[str], Narrator | None] = lambda _account: None
        self.waiting: Callable[[int], dict[str, Any]] = lambda _limit: {"total": 0, "items": []}

    def connected(self, phone: Phone) -> bool:
        return any(phone in page.opened for page in self._pages)

    def played(self, phone: Phone) -> bool:
        return phone in self._grace or self.connected(phone)

    def visible(self, phone: Phone) -> bool:
        return any(page.visible and page.open == phone for page in self._pages)

    def changed(self, phone: Phone, seq: int | None = None) -> None:
        """The customer's row, and the message `seq` of the thread, are not as they were."""
        account, customer_id = phone
        for page in self._pages:
            if page.account == account:
                page.customers.add(customer_id)
                if seq is not None and page.open == phone:
                    page.seqs.add(seq)
                page.wake.set()

    def logged(self, entry: Entry) -> None:
        for page in self._pages:
            page.log.append(entry)
            if len(page.log) > _MANY * 20:  # a page that does not read must not eat our memory
                page.log_skipped += len(page.log) - _MANY
                del page.log[:-_MANY]
            page.wake.set()

    def close(self) -> None:
        """Nobody lets go of a phone any more."""
        for timer in self._grace.values():
            timer.cancel()
        self._grace.clear()

    def wake(self) -> None:
        """The list of waiting webhooks is not as it was."""
        for page in self._pages:
            page.wake.set()

    def notice(self, frame: dict[str, Any]) -> None:
        for page in self._pages:
            page.notices.append(frame)
            page.wake.set()

    async def serve(self, socket: WebSocket) -> None:
        await socket.accept()
        page = _Page(socket)
        self._pages.add(page)
        writer = asyncio.create_task(self._write(page))
        try:
            while True:
                self._hear(page, json.loads(await socket.receive_text()))
        except (WebSocketDisconnect, json.JSONDecodeError, KeyError, TypeError, ValueError):
            pass  # the page has gone, or is not one of ours: either way its phones are let go below
        finally:
            writer.cancel()
            self._pages.discard(page)
            for phone in page.opened:
                self._let_go(phone)
            with contextlib.suppress(RuntimeError):
                await socket.close()

    def _hear(self, page: _Page, frame: dict[str, Any]) -> None:
        """{"type": "view", "number", "customer": id|null, "visible": bool, "opened": [ids]?}."""
        if frame["type"] != "view":
            return
        page.account = str(frame["number"])
        customer = frame["customer"]
        page.open = None if customer is None else (page.account, int(customer))
        page.visible = bool(frame["visible"]) and page.open is not None
        wanted = {(page.account, int(one)) for one in frame.get("opened", ())}
        if page.open is not None:
            wanted.add(page.open)
        narrator = self.narrator_of(page.account)
        for phone in wanted - page.opened:
            page.opened.add(phone)
            timer = self._grace.pop(phone, None)
            if timer is not None:
                timer.cancel()
            if narrator is not None:
                narrator.opened(phone)
        if page.visible and page.open is not None and narrator is not None:
            narrator.seen(page.open)

    def _let_go(self, phone: Phone) -> None:
        if self.connected(phone):
            return
        earlier = self._grace.pop(phone, None)
        if earlier is not None:
            earlier.cancel()
        self._grace[phone] = asyncio.get_running_loop().call_later(self._grace_s, self._end_grace, phone)

    def _end_grace(self, phone: Phone) -> None:
        self._grace.pop(phone, None)
        narrator = self.narrator_of(phone[0])
        if narrator is not None and not self.connected(phone):
            narrator.left(phone)

    async def _write(self, page: _Page) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await page.wake.wait()
                page.wake.clear()
                await page.socket.send_text(json.dumps(self._frame(page)))
                await asyncio.sleep(_FRAME_S)

    def _frame(self, page: _Page) -> dict[str, Any]:
        """Takes all that has gathered for the page: one frame, however fast the events come."""
        frame: dict[str, Any] = {"type": "changes", "number": page.account}
        narrator = self.narrator_of(page.account)
        customers, page.customers = page.customers, set()
        seqs, page.seqs = page.seqs, set()
        if narrator is not None:
            if len(customers) > _MANY:
                frame["reload"] = True
                customers &= {page.open[1]} if page.open else set()
            frame["customers"] = narrator.rows(page.account, sorted(customers))
            if page.open is not None and seqs:
                frame["messages"] = narrator.messages(page.open, sorted(seqs))
                frame["customer"] = page.open[1]
        log, page.log = page.log, []
        frame["log"] = [entry.summary() for entry in log[-_MANY:]]
        frame["log_skipped"] = page.log_skipped + max(0, len(log) - _MANY)
        page.log_skipped = 0
        frame["notices"], page.notices = page.notices, []
        frame["waiting"] = self.waiting(_WAITING_SHOWN)
        return frame
