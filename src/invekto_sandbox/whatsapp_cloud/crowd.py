"""N customers write: many people, m messages each, as fast as asked, with the latency of every answer."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from invekto_sandbox.posting import Outcome
from invekto_sandbox.whatsapp_cloud.accounts import Number
from invekto_sandbox.whatsapp_cloud.cloud import WhatsAppCloud
from invekto_sandbox.whatsapp_cloud.inbound import Draft
from invekto_sandbox.whatsapp_cloud.payloads import Json

_FIRST = [
    "Ayşe",
    "Mehmet",
    "Zeynep",
    "Emre",
    "Elif",
    "Burak",
    "Merve",
    "Can",
    "Selin",
    "Kerem",
    "Deniz",
    "Ömer",
    "İrem",
    "Umut",
    "Gülşah",
    "Tuğçe",
    "Ece",
    "Mert",
]
_LAST = [
    "Yılmaz",
    "Kaya",
    "Demir",
    "Şahin",
    "Çelik",
    "Yıldız",
    "Öztürk",
    "Aydın",
    "Arslan",
    "Doğan",
    "Kılıç",
    "Aslan",
    "Çetin",
    "Kurt",
    "Özdemir",
    "Şimşek",
]
_TEXTS = (
    "Merhaba, bilgi alabilir miyim?",
    "Yarın için randevu var mı?",
    "Hi, are you open on Saturday?",
    "Adresinizi paylaşır mısınız?",
    "Teşekkürler, bekliyorum.",
    "مرحبا، هل يمكنني حجز موعد؟",
    "Fiyat listesi rica etsem?",
    "Kontrol randevumu değiştirmek istiyorum.",
)
_PHONES_FROM = 905_560_000_000  # a range that no operator gives out


@dataclass(slots=True)
class Crowd:
    """One run. Counts are of webhooks, not messages: a batch is one webhook."""

    id: int
    customers: int
    messages: int
    began_at: float
    total: int = 0
    done: int = 0
    delivered: int = 0
    failed: int = 0
    ended_at: float | None = None
    latencies_ms: list[float] = field(default_factory=list)
    problems: dict[str, int] = field(default_factory=dict)

    def report(self) -> dict[str, Any]:
        ordered = sorted(self.latencies_ms)
        took_s = (self.ended_at or time.time()) - self.began_at
        return {
            "id": self.id,
            "customers": self.customers,
            "messages": self.messages,
            "webhooks": self.total,
            "done": self.done,
            "delivered": self.delivered,
            "failed": self.failed,
            "problems": self.problems,
            "running": self.ended_at is None,
            "took_s": round(took_s, 3),
            "per_s": round(self.delivered / took_s, 1) if took_s > 0 else None,
            "p50_ms": _quantile(ordered, 0.5),
            "p99_ms": _quantile(ordered, 0.99),
        }


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2) if ordered else None


@dataclass(frozen=True, slots=True)
class CrowdWish:
    """`rate`: webhooks per second, None as fast as `concurrency` allows. `batch`: messages of one customer per
    webhook. `ordered`: one customer's webhooks wait for each other. `new`: people who never wrote before."""

    numbers: Sequence[Number]
    customers: int
    messages: int = 1
    concurrency: int = 16
    rate: float | None = None
    batch: int = 1
    ordered: bool = False
    new: bool = True
    text: str | None = None


class Crowds:
    def __init__(self, cloud: WhatsAppCloud) -> None:
        self._cloud = cloud
        self._ids = itertools.count(1)
        self._runs: dict[int, Crowd] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def start(self, wish: CrowdWish) -> Crowd:
        run = Crowd(next(self._ids), wish.customers, wish.customers * wish.messages, time.time())
        run.total = wish.customers * -(-wish.messages // wish.batch)
        self._runs[run.id] = run
        task = asyncio.create_task(self._go(run, wish))
        self._tasks[run.id] = task
        task.add_done_callback(lambda _task: self._tasks.pop(run.id, None))
        return run

    def find(self, run_id: int) -> Crowd | None:
        return self._runs.get(run_id)

    @property
    def running(self) -> int:
        return len(self._tasks)

    async def wait(self, run: Crowd) -> None:
        task = self._tasks.get(run.id)
        if task is not None:
            await asyncio.shield(task)

    def stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()

    def _people(self, wish: CrowdWish) -> list[Json]:
        people = self._cloud.people
        store = self._cloud.core.store
        if not wish.new:
            rows = store.all("select * from wa_customer where grp = 'crowd' order by id limit ?", wish.customers)
            found = [dict(row) for row in rows]
        else:
            found = []
        row = store.one("select max(cast(phone as integer)) as top from wa_customer where grp = 'crowd'")
        top = max(_PHONES_FROM, (row["top"] if row else None) or 0)
        with store.tx():
            for _ in range(len(found), wish.customers):
                top += 1
                number = top - _PHONES_FROM
                name = f"{_FIRST[number % len(_FIRST)]} {_LAST[number // len(_FIRST) % len(_LAST)]}"
                found.append(people.create({"phone": f"+{top}", "name": name}, group="crowd"))
        return found

    async def _go(self, run: Crowd, wish: CrowdWish) -> None:
        """Round by round: everybody's first message, then everybody's second, so that conversations interleave."""
        try:
            everybody = self._people(wish)
            slots = asyncio.Semaphore(wish.concurrency)
            began, turn = time.perf_counter(), 0
            waiting: set[asyncio.Task[None]] = set()
            for round_ in range(0, wish.messages, wish.batch):
                for index, customer in enumerate(everybody):
                    if wish.rate:
                        await asyncio.sleep(max(0.0, began + turn / wish.rate - time.perf_counter()))
                    await slots.acquire()
                    turn += 1
                    count = min(wish.batch, wish.messages - round_)
                    number = wish.numbers[index % len(wish.numbers)]
                    drafts = [
                        Draft({"type": "text", "text": {"body": self._text(wish, index, round_ + offset)}})
                        for offset in range(count)
                    ]
                    written = self._cloud.inbound.write(number, customer, drafts, together=True, lane=wish.ordered)
                    if not written[0].firsts:
                        self._count(run, Outcome(None, 0.0, "nobody is subscribed"))
                        slots.release()
                        continue
                    task = asyncio.create_task(self._await(run, written[0].firsts[0], slots))
                    waiting.add(task)
                    task.add_done_callback(waiting.discard)
            if waiting:
                await asyncio.wait(set(waiting))
        finally:
            run.ended_at = time.time()
            self._cloud.core.hub.notice({"type": "crowd", "report": run.report()})

    async def _await(self, run: Crowd, future: asyncio.Future[Outcome], slots: asyncio.Semaphore) -> None:
        self._count(run, await future)
        slots.release()

    def _count(self, run: Crowd, outcome: Outcome) -> None:
        run.done += 1
        if outcome.delivered:
            run.delivered += 1
            run.latencies_ms.append(outcome.ms)
        else:
            run.failed += 1
            reason = outcome.error or f"HTTP {outcome.status}"
            run.problems[reason] = run.problems.get(reason, 0) + 1

    def _text(self, wish: CrowdWish, index: int, turn: int) -> str:
        if wish.text is not None:
            return wish.text.replace("{n}", str(index + 1)).replace("{m}", str(turn + 1))
        return _TEXTS[(index + turn) % len(_TEXTS)]
