"""Delivers webhooks: kept in a queue until answered 200, retried with backoff, in order within a lane.

Knows no provider: a `Sender` signs the bodies and shakes hands with an address before it is used.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from invekto_sandbox.eventlog import EventLog
from invekto_sandbox.faults import Faults
from invekto_sandbox.ledger import Ledger
from invekto_sandbox.settings import Settings
from invekto_sandbox.store import Store
from invekto_sandbox.wire import Wire, WireError

log = logging.getLogger("invekto_sandbox.webhooks")

Event = Mapping[str, Any]
"""What a webhook carries: {"type": "message"|"status"|"other", "id", "status"?}."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """`lane`: webhooks of one lane go out one after another; an empty lane waits for nobody."""

    provider: str
    account: str
    url: str
    body: bytes
    lane: str
    label: str
    about: str
    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one attempt. `status` is None when no answer came; `error` says why then."""

    status: int | None
    ms: float
    error: str | None = None
    forged: bool = False

    @property
    def delivered(self) -> bool:
        return self.status == 200 and not self.forged


class Sender(Protocol):
    def headers(self, body: bytes, *, forged: bool) -> dict[str, str]: ...

    async def greet(self, url: str) -> str | None:
        """Gives None when the address may be used, else the reason why not."""

    def settled(self, webhook: Webhook, outcome: Outcome) -> None:
        """Called after each attempt, inside no transaction."""


@dataclass(slots=True)
class _Item:
    id: int
    webhook: Webhook
    attempts: int
    first: asyncio.Future[Outcome]
    timer: asyncio.TimerHandle | None = None
    next_at: float = 0.0


@dataclass(slots=True)
class Dispatcher:
    settings: Settings
    store: Store
    wire: Wire
    log: EventLog
    ledger: Ledger
    faults: Faults
    senders: dict[str, Sender] = field(default_factory=dict)
    retry_s: tuple[float, ...] = ()
    timeout_s: float = 20.0
    _items: dict[int, _Item] = field(default_factory=dict)
    _lanes: dict[str, deque[_Item]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _slots: asyncio.Semaphore = field(init=False)
    _closing: bool = False

    def __post_init__(self) -> None:
        self.retry_s = self.settings.retry_s
        self.timeout_s = self.settings.webhook_timeout_s
        self._slots = asyncio.Semaphore(self.settings.connections)

    @property
    def pending(self) -> int:
        return len(self._items)

    def add(self, webhooks: Sequence[Webhook]) -> list[asyncio.Future[Outcome]]:
        """Queues them in the caller's transaction; they go out when it commits.
        Each future gives the outcome of the first attempt."""
        loop = asyncio.get_running_loop()
        items = []
        for webhook in webhooks:
            item_id = self.store.run(
                "insert into webhook (provider, account, url, body, lane, label, about, events, next_at)"
                " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                webhook.provider,
                webhook.account,
                webhook.url,
                webhook.body,
                webhook.lane,
                webhook.label,
                webhook.about,
                json.dumps(webhook.events),
                time.time(),
            )
            items.append(_Item(item_id, webhook, 0, loop.create_future()))
        self.store.after_commit(lambda: self._start(items))
        return [item.first for item in items]

    def resume(self) -> None:
        """Takes up what an earlier process left in the queue."""
        loop = asyncio.get_running_loop()
        for row in self.store.all("select * from webhook order by id"):
            webhook = Webhook(
                provider=row["provider"],
                account=row["account"],
                url=row["url"],
                body=row["body"],
                lane=row["lane"],
                label=row["label"],
                about=row["about"],
                events=json.loads(row["events"]),
            )
            item = _Item(row["id"], webhook, row["attempts"], loop.create_future())
            self._items[item.id] = item
            self._later(item, max(0.0, row["next_at"] - time.time()))

    def flush(self) -> int:
        """Tries everything that waits for its next attempt now. Gives how many that are."""
        waiting = [item for item in self._items.values() if item.timer is not None]
        for item in waiting:
            if item.timer is not None:
                item.timer.cancel()
                self._launch(item)
        return len(waiting)

    def queue(self, limit: int) -> list[dict[str, Any]]:
        return [
            {
                "id": item.id,
                "number": item.webhook.account,
                "url": item.webhook.url,
                "label": item.webhook.label,
                "about": item.webhook.about,
                "attempts": item.attempts,
                "next_at": item.next_at or None,
            }
            for item in list(self._items.values())[:limit]
        ]

    def forget(self) -> None:
        for item in self._items.values():
            if item.timer is not None:
                item.timer.cancel()
            if not item.first.done():
                item.first.set_result(Outcome(None, 0.0, "reset"))
        self._items.clear()
        self._lanes.clear()
        self.store.run("delete from webhook")

    async def close(self) -> None:
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, items: Sequence[_Item]) -> None:
        for item in items:
            self._items[item.id] = item
            self._launch(item)
        while len(self._items) > self.settings.max_queue:
            oldest = next(iter(self._items.values()))
            self._drop(oldest, "dropped: the queue is full")

    def _launch(self, item: _Item) -> None:
        item.timer, item.next_at = None, 0.0
        lane = item.webhook.lane
        if lane and lane in self._lanes:
            self._lanes[lane].append(item)
            return
        if lane:
            self._lanes[lane] = deque()
        task = asyncio.create_task(self._drain(lane, item))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a webhook's delivery broke; it is tried again after the next start", exc_info=error)

    async def _drain(self, lane: str, item: _Item | None) -> None:
        try:
            while item is not None:
                if item.id in self._items:
                    async with self._slots:
                        await self._attempt(item)
                waiting = self._lanes.get(lane)
                item = waiting.popleft() if waiting else None
        finally:
            self._lanes.pop(lane, None)

    async def _attempt(self, item: _Item) -> None:
        webhook = item.webhook
        sender = self.senders[webhook.provider]
        refusal = await sender.greet(webhook.url)
        if refusal is not None:
            outcome = Outcome(None, 0.0, refusal)
            self._write(webhook, outcome, item.attempts)
        else:
            forged = self.faults.forges(webhook.account)
            headers = sender.headers(webhook.body, forged=forged)
            copies = self.faults.copies(webhook.account)
            outcomes = await asyncio.gather(*(self._post(item, headers, forged, copy) for copy in range(copies)))
            outcome = next((one for one in outcomes if one.delivered), outcomes[0])
        if item.id not in self._items:
            return  # forgotten by a reset while it was out
        if outcome.delivered or outcome.forged:
            del self._items[item.id]
            self.store.run("delete from webhook where id = ?", item.id)
        else:
            self._retry(item)
        sender.settled(webhook, outcome)
        if not item.first.done():
            item.first.set_result(outcome)

    async def _post(self, item: _Item, headers: Mapping[str, str], forged: bool, copy: int) -> Outcome:
        webhook = item.webhook
        began = time.perf_counter()
        try:
            answer = await self.wire.request("POST", webhook.url, headers, webhook.body, timeout_s=self.timeout_s)
        except WireError as error:
            outcome = Outcome(None, (time.perf_counter() - began) * 1000, str(error), forged)
            body = b""
        else:
            outcome = Outcome(answer.status, (time.perf_counter() - began) * 1000, None, forged)
            body = answer.body
        self._write(webhook, outcome, item.attempts, copy, body)
        if self.ledger.on:
            await self.ledger.append(
                "webhook",
                id=item.id,
                provider=webhook.provider,
                number=webhook.account,
                attempt=item.attempts + 1,
                copy=copy,
                events=list(webhook.events),
                sha256=hashlib.sha256(webhook.body).hexdigest(),
                status=outcome.status,
                error=outcome.error,
                forged=forged,
                ms=round(outcome.ms, 2),
            )
        return outcome

    def _write(self, webhook: Webhook, outcome: Outcome, attempts: int, copy: int = 0, answer: bytes = b"") -> None:
        notes = [
            "forged" if outcome.forged else "",
            f"copy {copy + 1}" if copy else "",
            f"attempt {attempts + 1}" if attempts else "",
            outcome.error or "",
        ]
        self.log.add(
            "webhook",
            provider=webhook.provider,
            account=webhook.account,
            label=webhook.label,
            about=webhook.about,
            status=outcome.status,
            ms=outcome.ms,
            note=" · ".join(filter(None, notes)) or None,
            request=webhook.body,
            answer=answer,
        )

    def _retry(self, item: _Item) -> None:
        if item.attempts >= len(self.retry_s):
            self._drop(item, "given up")
            return
        wait_s = self.retry_s[item.attempts]
        item.attempts += 1
        self.store.run(
            "update webhook set attempts = ?, next_at = ? where id = ?", item.attempts, time.time() + wait_s, item.id
        )
        if not self._closing:
            self._later(item, wait_s)

    def _later(self, item: _Item, wait_s: float) -> None:
        item.next_at = time.time() + wait_s
        item.timer = asyncio.get_running_loop().call_later(wait_s, self._launch, item)

    def _drop(self, item: _Item, reason: str) -> None:
        del self._items[item.id]
        if item.timer is not None:
            item.timer.cancel()
        self.store.run("delete from webhook where id = ?", item.id)
        self._write(item.webhook, Outcome(None, 0.0, reason), item.attempts)
