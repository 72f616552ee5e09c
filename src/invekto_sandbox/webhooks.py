"""Delivers webhooks: kept in a queue until answered 200, retried with backoff, in order within a lane.

Knows no provider: a `Sender` signs the bodies, packs several into one, and shakes hands with an address before it is
used. What the fault menu asks for (copies, forgeries, overtaking, packing, outage) happens here.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from invekto_sandbox.eventlog import Entry, EventLog
from invekto_sandbox.faults import Faults
from invekto_sandbox.ledger import Ledger
from invekto_sandbox.posting import Outcome, Poster, Webhook, joined
from invekto_sandbox.settings import Settings
from invekto_sandbox.store import Store
from invekto_sandbox.wire import Wire

log = logging.getLogger("invekto_sandbox.webhooks")


class Sender(Protocol):
    def headers(self, body: bytes, *, forged: bool) -> dict[str, str]: ...

    def packed(self, bodies: Sequence[bytes]) -> bytes:
        """Several bodies as one."""

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
    kept: bool = False  # held back by a fault, not by an answer


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
    _waiting: dict[int, _Item] = field(default_factory=dict)
    _held: dict[str, _Item] = field(default_factory=dict)  # by account: waits to be overtaken
    _slots: asyncio.Semaphore = field(init=False)
    _poster: Poster = field(init=False)
    _closing: bool = False

    def __post_init__(self) -> None:
        self.retry_s = self.settings.retry_s
        self.timeout_s = self.settings.webhook_timeout_s
        self._slots = asyncio.Semaphore(self.settings.connections)
        self._poster = Poster(self.wire, self.log, self.ledger)

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
        waiting = list(self._waiting.values())
        for item in waiting:
            if item.timer is not None:
                item.timer.cancel()
                self._go(item)
        return len(waiting)

    def come_back(self) -> int:
        """Outage and overtaking may be over: what they alone held back goes out. Gives how many that are."""
        kept = [
            item
            for item in self._waiting.values()
            if item.kept
            and not self.faults.outage_s(item.webhook.account)
            and not self.faults.reorder_s(item.webhook.account)
        ]
        for item in kept:
            if item.timer is not None:
                item.timer.cancel()
            self._go(item)
        return len(kept)

    def waiting(self, limit: int) -> dict[str, Any]:
        """What waits for a later attempt: how many, and the first of them."""
        return {"total": len(self._waiting), "items": self._shown(list(self._waiting.values())[:limit])}

    def queue(self, limit: int) -> list[dict[str, Any]]:
        return self._shown(list(self._items.values())[:limit])

    def _shown(self, items: Sequence[_Item]) -> list[dict[str, Any]]:
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
            for item in items
        ]

    async def send_again(self, entry: Entry) -> Outcome:
        """The same bytes to the same address, signed anew, once, outside queue and faults."""
        headers = self.senders[entry.provider].headers(entry.request, forged=False)
        webhook = Webhook(entry.provider, entry.account, entry.url, entry.request, "", entry.label, entry.about, ())
        return await self._poster.ask(webhook, headers, timeout_s=self.timeout_s, note="sent again")

    def forget(self) -> None:
        for item in self._items.values():
            if item.timer is not None:
                item.timer.cancel()
            if not item.first.done():
                item.first.set_result(Outcome(None, 0.0, "reset"))
        for known in (self._items, self._lanes, self._waiting, self._held):
            known.clear()
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
        """Into its lane; or, while webhooks overtake each other, behind the next one of its account."""
        hold_s = self.faults.reorder_s(item.webhook.account)
        if not hold_s:
            self._go(item)
            return
        held = self._held.pop(item.webhook.account, None)
        if held is None or held.timer is None:
            self._held[item.webhook.account] = item
            self._wait(item, hold_s)
            return
        held.timer.cancel()
        self._waiting.pop(held.id, None)
        held.timer, held.next_at, held.kept = None, 0.0, False
        self._run(self._overtake(item, held))

    def _go(self, item: _Item) -> None:
        item.timer, item.next_at, item.kept = None, 0.0, False
        self._waiting.pop(item.id, None)
        lane = item.webhook.lane
        if self.faults.batch(item.webhook.account) is not None:
            lane = f"batch:{item.webhook.account}"
        if lane and lane in self._lanes:
            self._lanes[lane].append(item)
            return
        if lane:
            self._lanes[lane] = deque()
        self._run(self._drain(lane, item))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a webhook's delivery broke; it is tried again after the next start", exc_info=error)

    async def _overtake(self, first: _Item, held: _Item) -> None:
        for item in (first, held):
            if item.id in self._items:
                async with self._slots:
                    await self._attempt([item])

    async def _drain(self, lane: str, item: _Item | None) -> None:
        try:
            while item is not None:
                if item.id in self._items:
                    group = await self._group(lane, item)
                    async with self._slots:
                        await self._attempt(group)
                waiting = self._lanes.get(lane)
                item = waiting.popleft() if waiting else None
        finally:
            self._lanes.pop(lane, None)

    async def _group(self, lane: str, first: _Item) -> list[_Item]:
        """Those that travel together: only `first`, unless the account's webhooks are packed."""
        batch = self.faults.batch(first.webhook.account)
        if batch is None or lane not in self._lanes:
            return [first]
        group, end = [first], asyncio.get_running_loop().time() + batch.wait_ms / 1000
        while len(group) < batch.size:
            waiting = self._lanes[lane]
            if waiting and waiting[0].webhook.url != first.webhook.url:
                break
            if waiting:
                group.append(waiting.popleft())
            elif asyncio.get_running_loop().time() >= end:
                break
            else:
                await asyncio.sleep(0.01)
        return [item for item in group if item.id in self._items] or [first]

    async def _attempt(self, group: Sequence[_Item]) -> None:
        webhook = self._as_one([item.webhook for item in group])
        sender = self.senders[webhook.provider]
        away_s = self.faults.outage_s(webhook.account)
        if away_s > 0:
            self._hold(group, away_s)
            return
        refusal = await sender.greet(webhook.url)
        if refusal is not None:
            outcome = Outcome(None, 0.0, refusal)
            self._poster.write(webhook, outcome, note=_note(group[0].attempts))
        else:
            forged = self.faults.forges(webhook.account)
            headers = sender.headers(webhook.body, forged=forged)
            copies = self.faults.copies(webhook.account)
            outcomes = await asyncio.gather(
                *(self._post(group[0], webhook, headers, forged, copy) for copy in range(copies))
            )
            outcome = next((one for one in outcomes if one.delivered), outcomes[0])
        for item in group:
            self._settle(item, outcome)

    def _as_one(self, webhooks: Sequence[Webhook]) -> Webhook:
        first = webhooks[0]
        if len(webhooks) == 1:
            return first
        return replace(
            first,
            body=self.senders[first.provider].packed([one.body for one in webhooks]),
            label=f"batch x{len(webhooks)}",
            about=", ".join(dict.fromkeys(one.about for one in webhooks))[:120],
            events=[event for one in webhooks for event in one.events],
        )

    def _hold(self, group: Sequence[_Item], away_s: float) -> None:
        """The provider is away: no attempt, and none is counted. It goes out when the provider is back."""
        for item in group:
            if item.id not in self._items:
                continue
            self.store.run("update webhook set next_at = ? where id = ?", time.time() + away_s, item.id)
            if not self._closing:
                self._wait(item, away_s)
            if not item.first.done():
                item.first.set_result(Outcome(None, 0.0, "the provider is away"))
        self.log.on_waiting()

    def _settle(self, item: _Item, outcome: Outcome) -> None:
        if item.id not in self._items:
            return  # forgotten by a reset while it was out
        if outcome.delivered or outcome.forged:
            del self._items[item.id]
            self.store.run("delete from webhook where id = ?", item.id)
        else:
            self._retry(item)
        self.senders[item.webhook.provider].settled(item.webhook, outcome)
        if not item.first.done():
            item.first.set_result(outcome)

    async def _post(
        self, item: _Item, webhook: Webhook, headers: Mapping[str, str], forged: bool, copy: int
    ) -> Outcome:
        outcome = await self._poster.ask(
            webhook, headers, timeout_s=self.timeout_s, forged=forged, note=_note(item.attempts, copy)
        )
        await self._poster.witness(webhook, outcome, item_id=item.id, attempt=item.attempts + 1, copy=copy)
        return outcome

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
        self._timed(item, wait_s, self._launch)

    def _wait(self, item: _Item, wait_s: float) -> None:
        """Unlike `_later` it then goes out without being held again."""
        item.kept = True
        self._timed(item, wait_s, self._go)

    def _timed(self, item: _Item, wait_s: float, then: Callable[[_Item], None]) -> None:
        item.next_at = time.time() + wait_s
        item.timer = asyncio.get_running_loop().call_later(wait_s, then, item)
        self._waiting[item.id] = item

    def _drop(self, item: _Item, reason: str) -> None:
        del self._items[item.id]
        self._waiting.pop(item.id, None)
        if item.timer is not None:
            item.timer.cancel()
        self.store.run("delete from webhook where id = ?", item.id)
        self._poster.write(item.webhook, Outcome(None, 0.0, reason), note=_note(item.attempts))


def _note(attempts: int, copy: int = 0) -> str | None:
    return joined(f"copy {copy + 1}" if copy else None, f"attempt {attempts + 1}" if attempts else None)
