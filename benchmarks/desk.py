"""The product under measurement: one web process, one worker, the embedded PostgreSQL with its shipped settings.

The only addition to those settings is pg_stat_statements, switched off except while statements are counted.
"""

from __future__ import annotations

import array
import http.client
import json
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.firms import APP_SECRET, FIRMS, KIND, Firm, make_firms
from benchmarks.helpers import Load, Posted, Provider, Screens
from benchmarks.load import Order
from benchmarks.machine import Spent, spending
from benchmarks.pgbench import TABLE, Pgbench, Rate
from benchmarks.sockets import Watch
from invekto.entry.postgres import SUPERUSER, EmbeddedPostgres
from tests.desk import Desk, wait_until

_STATEMENTS = {"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.track": "none"}
DRAIN_S = 120.0
_FINDABLE = (
    "select not exists (select from event e, search_progress p"
    " where (e.xid, e.seq) > (p.xid::text::xid8, p.seq) and e.kind = 'message.appended')"
)
# Everybody who is to be new gets the next number above the second.
_OLD_PEOPLE = 905_300_000_000
_NEW_PEOPLE = 905_400_000_000
EXISTING_PER_FIRM = 40


@dataclass(frozen=True)
class Processed:
    """Webhooks that went the whole way: posted, answered, stored, pushed to their firm's screen."""

    order: Order
    posted: Posted
    came: array.array[float]
    spent: Spent

    def __post_init__(self) -> None:
        wanted = self.order.count * self.order.per_body
        if self.posted.accepted != self.order.count:
            raise AssertionError(
                f"{self.posted.accepted} of {self.order.count} accepted, refused: {self.posted.refused}"
            )
        pushed = sum(1 for at in self.came if at)
        if pushed != wanted:
            raise AssertionError(f"{pushed} of {wanted} messages were pushed to a screen")

    @property
    def per_s(self) -> float:
        """From the first post to the last push."""
        return len(self.came) / (max(self.came) - self.posted.began)

    @property
    def cpu_ms(self) -> float:
        return self.spent.total_s * 1000 / len(self.came)

    @property
    def push_ms(self) -> list[float]:
        """From when the webhook was due to the frame; for orders of one message per webhook."""
        return [(to - since) * 1000 for since, to in zip(self.posted.due, self.came, strict=True)]


class Caller:
    """A signed-in client on one keep-alive connection; times what an agent's browser would."""

    def __init__(self, port: int, cookie: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._headers = {"Cookie": cookie, "Accept-Language": "tr"}

    def get(self, path: str) -> tuple[float, dict[str, Any]]:
        """Milliseconds until the whole answer was there, and the answer."""
        return self._ask("GET", path, None, {})

    def post(self, path: str, document: dict[str, Any], **headers: str) -> tuple[float, dict[str, Any]]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._ask("POST", path, json.dumps(document), {"Content-Type": "application/json", **named})

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, text: str | None, headers: dict[str, str]) -> tuple[float, dict[str, Any]]:
        began = time.monotonic()
        self._connection.request(method, path, text, {**self._headers, **headers})
        answer = self._connection.getresponse()
        content = answer.read()
        took_ms = (time.monotonic() - began) * 1000
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return took_ms, json.loads(content)


class Bench(Desk):
    """A desk of `FIRMS` firms with a supervisor and an agent each; customers, screens and provider are ours."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.postgres = EmbeddedPostgres(folder / "postgres", configuration=_STATEMENTS)
        self.firms: list[Firm] = []
        self._mark = 0
        self._newcomers = 0
        self._cookies: dict[str, list[str]] = {}

    # Processes --------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Everything up to firms with existing conversations."""
        self.postgres.start()
        self.run("migrate")
        self.provider = Provider(self.folder)
        self.environment = {"INVEKTO_WHATSAPP_CLOUD_URL": f"http://127.0.0.1:{self.provider.port}"}
        self.firms = make_firms(self.env())
        self.rows("create extension pg_stat_statements")
        assert self.postgres.pid is not None
        self.rows(TABLE)
        self.pgbench = Pgbench(self.postgres.url(SUPERUSER), self.postgres.pid, self.folder)
        self.start_web()
        self.start_worker()
        self.sign_everybody_in()
        self.process(self.order(FIRMS * EXISTING_PER_FIRM // 10, new=False, per_body=10))

    def close(self) -> None:
        if hasattr(self, "provider"):
            self.provider.end()
        self.stop()

    def rest_of(self, name: str) -> None:
        """Ends a process by SIGTERM, as a deployment does."""
        self.kill(name, signal.SIGTERM)

    @property
    def trees(self) -> dict[str, int]:
        """Process trees whose CPU is the product's."""
        assert self.postgres.pid is not None
        found = {"postgres": self.postgres.pid}
        found.update({name: process.pid for name, process in self.running.items() if name in ("web", "worker")})
        return found

    @contextmanager
    def without_worker(self) -> Iterator[None]:
        """Receipts pile up meanwhile; they are thrown away before the worker comes back."""
        self.rest_of("worker")
        try:
            yield
        finally:
            self.rows("truncate receipt")
            self.start_worker()
            self.wait_for_worker()

    def wait_for_worker(self) -> None:
        """Returns when a message passes through the whole path again."""
        self.process(self.order(1, new=False))

    # Traffic ----------------------------------------------------------------------------------------------------

    def order(
        self,
        count: int,
        *,
        new: bool,
        rate_per_s: float = 0,
        seconds: float = 0,
        per_body: int = 1,
        firms: slice = slice(None),
    ) -> Order:
        """Webhooks from people who have a conversation, or each from somebody who has none."""
        first, base = self.next_mark(count * per_body), _OLD_PEOPLE
        if new:
            base = _NEW_PEOPLE + self._newcomers
            self._newcomers += count * per_body
        return Order(
            port=self.port,
            path=f"/hooks/{KIND}",
            app_secret=APP_SECRET,
            numbers=[firm.number for firm in self.firms[firms]],
            first_mark=first,
            count=count,
            senders=0 if new else EXISTING_PER_FIRM,
            sender_base=base,
            run=f"{id(self):x}{first}",
            per_body=per_body,
            rate_per_s=rate_per_s,
            seconds=seconds,
        )

    def next_mark(self, count: int = 1) -> int:
        """The first of `count` marks that nobody has yet."""
        first = self._mark
        self._mark += count
        return first

    def process(self, order: Order) -> Processed:
        """Posts, and waits until each message was pushed to its firm's screen."""
        screens = self.watch(order)
        try:
            load = Load(order, self.folder)
            try:
                with spending(self.trees) as spent:
                    load.go()
                    posted = load.done(DRAIN_S)
                    came = screens.came(DRAIN_S)
            finally:
                load.end()
        finally:
            screens.end()
        return Processed(order, posted, came, spent)

    def watch(self, order: Order) -> Screens:
        watch = Watch(
            port=self.port,
            origin=self.url,
            cookies=self._cookies["supervisor"],
            first_mark=order.first_mark,
            count=order.count * order.per_body,
        )
        return Screens(watch, self.folder)

    # People -----------------------------------------------------------------------------------------------------

    def sign_everybody_in(self) -> None:
        for user in ("supervisor", "agent"):
            self._cookies[user] = [self.cookie(user, firm.slug) for firm in self.firms]

    def cookie(self, user: str, firm: str) -> str:
        with self.signed_in(user, firm) as client:
            return "; ".join(f"{name}={value}" for name, value in client.cookies.items())

    def caller(self, user: str, firm: int) -> Caller:
        return Caller(self.port, self._cookies[user][firm])

    # Denominator ------------------------------------------------------------------------------------------------

    def s1(self, seconds: float) -> Rate:
        """One round of S1 on an empty table, when what came before is findable: that work waits while others are in a hurry."""
        if "worker" in self.running:
            wait_until(lambda: self.value(_FINDABLE), "everything is findable", DRAIN_S, 0.1)
        self.rows("truncate bench_row")
        return self.pgbench.s1(seconds)

    # Database ---------------------------------------------------------------------------------------------------

    def value(self, query: str, *args: Any) -> Any:
        return next(iter(self.rows(query, *args)[0].values()))

    def count_statements(self, on: bool) -> None:
        """Every backend sees it at its next statement."""
        self.rows(f"alter system set pg_stat_statements.track = '{'top' if on else 'none'}'")
        self.rows("select pg_reload_conf()")
        time.sleep(0.3)
