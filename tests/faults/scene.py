"""A desk under load in both directions, with a witness outside and screens that follow it; and how it is held to its promises.

Customers of both firms and of a number that nobody has connected write; every webhook of the second firm comes twice at
once. Agents answer. The tests kill processes; at the end of each, `check` compares everything that was ever sent.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from invekto.entry.processes import standing_in
from tests.desk import Desk, wait_until
from tests.faults import promises
from tests.faults.agents import Agent, Answer, Customers, Visitors
from tests.faults.promises import Stored
from tests.faults.screen import Screen
from tests.faults.witness import Ledger

LEASE_S = 60
"""How long a killed worker's lanes stay its own (docs/architecture.md): the longest that anything may wait."""
RATE = 40
_AGENTS = (("demo", "agent1", 10.0), ("demo", "agent2", 10.0), ("demo2", "agent1", 6.0))
_SETTLED_S = 40


class Scene:
    """Kept for a whole run: each check looks at everything since the start."""

    def __init__(self, desk: Desk, dice: random.Random) -> None:
        self.desk = desk
        self.dice = dice
        self.answers: list[Answer] = []
        # Messages whose provider says nothing of them until a test lets it.
        self.silent: set[str] = set()
        # Messages whose end is another one than being read, and which.
        self.ends: dict[str, str] = {}
        # Ids of what customers edited or took back.
        self.changes: set[str] = set()
        # False between a strike and a check that found nothing: what is lost stays lost, so no later check makes sense.
        self.whole = True
        self._deadly: list[tuple[datetime, datetime]] = []
        self.control = desk.customer()
        # The provider repeats soon and reports soon: the faults are ours, not its patience.
        # Whoever wrote by a test's own hand may be answered: the sandbox does not know them.
        known = {"delays": _delays(0.05), "strangers": "open"}
        self._tell("/settings", retry_s=[0.4] * 600, whatsapp_cloud=known)
        self.numbers = [number["phone_number_id"] for number in desk.sandbox_info()["numbers"]]
        self._tell("/faults", number=self.numbers[1], faults={"duplicate": {"times": 2}})
        stranger = self.control.post("/whatsapp_cloud/numbers", json={"name": "Nobody's"}).raise_for_status().json()
        self.nobodys: str = stranger["items"][0]["phone_number_id"]
        self.steady = Screen(desk, "demo", "supervisor").opened()
        self.dropping = Screen(desk, "demo", "agent2", random.Random(dice.random())).opened()
        self.screens = [
            self.steady,
            self.dropping,
            Screen(desk, "demo", "agent1").opened(),
            Screen(desk, "demo2", "supervisor").opened(),
        ]

    def close(self) -> None:
        for screen in self.screens:
            screen.close()
        self.control.close()

    def _tell(self, path: str, **what: Any) -> None:
        self.control.put(path, json=what).raise_for_status()

    # Load ---------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def load(self, also: Sequence[Visitors] = (), rate: float = RATE) -> Iterator[None]:
        """Both directions, as long as the block runs; then everybody has said what they were saying, and was heard."""
        self.whole = False
        one, other = self.numbers
        before = len(self.ledger().arrivals())
        customers = Customers(self.desk, [one, one, other, one, other, self.nobodys], rate)
        agents = [Agent(self.desk, firm, user, random.Random(self.dice.random()), pace) for firm, user, pace in _AGENTS]
        people: list[Customers | Agent | Visitors] = [customers, *agents, *also]
        self.dropping.dropping.set()
        for person in people:
            person.start()
        try:
            yield
            # On a busy machine, or behind a long fault, somebody may not have come to speak yet.
            wait_until(
                lambda: all(agent.spoke() or agent.problems for agent in agents),
                lambda: f"every agent got through{self.logs()}",
                _SETTLED_S,
            )
        finally:
            self.dropping.dropping.clear()
            for person in people:
                person.rest()
            self.answers += [answer for agent in agents for answer in agent.answers]
        problems = [problem for person in people for problem in person.problems]
        assert not problems, self._told(problems)
        self.acknowledged()
        for visitor in also:
            self.changes |= visitor.changes
        written = customers.written + sum(visitor.written for visitor in also)
        assert len(self.ledger().arrivals()) - before == written

    @contextlib.contextmanager
    def workers_die(self) -> Iterator[None]:
        """Only here may an answer become `unknown` that the provider was never asked to send: its worker was killed
        when it was about to ask, and nobody can tell."""
        began = self._now()
        yield
        self._deadly.append((began, self._now()))

    def slow_provider(self, ms: int) -> contextlib.AbstractContextManager[None]:
        """Takes messages so late that whoever asked may be dead by then."""
        return self.faulty(slow={"ms": ms})

    @contextlib.contextmanager
    def faulty(self, number: str | None = None, **faults: Any) -> Iterator[None]:
        """The provider misbehaves (src/invekto_sandbox/README.md, Faults): for one number, or for all without a fault of their own."""
        self._tell("/faults", **({} if number is None else {"number": number}), faults=faults)
        try:
            yield
        finally:
            self._tell("/faults", **({} if number is None else {"number": number}), faults=dict.fromkeys(faults))

    def _now(self) -> datetime:
        moment: datetime = self.desk.rows("select now() as moment")[0]["moment"]
        return moment

    def _interrupted(self) -> set[str]:
        """Messages whose delivery was begun while workers were killed."""
        query = "select message_id::text from attempt where started_at between $1 and $2"
        return {row["message_id"] for span in self._deadly for row in self.desk.rows(query, *span)}

    @contextlib.contextmanager
    def speaking(self, user: str) -> Iterator[Agent]:
        """Somebody of the first firm who says what they are told to."""
        agent = Agent(self.desk, "demo", user, self.dice, per_s=1)
        try:
            yield agent
        finally:
            agent.rest()
            self.answers += agent.answers
        assert not agent.problems

    def writes(self, phone: str, text: str) -> str:
        """A customer of the first firm writes; the conversation's id, once it is there."""
        said = self.control.post("/whatsapp_cloud/say", json={"phone": phone, "text": text}).raise_for_status().json()
        query = "select conversation_id::text from message where provider_id = $1"
        rows = wait_until(lambda: self.desk.rows(query, said["id"]), f"{text} has arrived")
        return str(rows[0]["conversation_id"])

    def reports_after(self, seconds: float) -> None:
        """How long the provider takes for each next status of what it accepts from now on."""
        self._tell("/settings", whatsapp_cloud={"delays": _delays(seconds)})

    def message(self, message_id: str) -> dict[str, Any]:
        """A message's outcome as it is stored."""
        query = "select status, error_code, provider_id from message where id = $1::uuid"
        return self.desk.rows(query, message_id)[0]

    def becomes(self, message_id: str, *statuses: str, timeout_s: float = 20) -> None:
        """Waits until a message of ours has one of the statuses."""
        wait_until(
            lambda: self.message(message_id)["status"] in statuses,
            lambda: f"it is {statuses}, but {self.message(message_id)}{self.logs()}",
            timeout_s,
        )

    def report(self, wamid: str, status: str) -> None:
        """The provider says what became of a message, and has been heard."""
        wish = {"status": status, "wait": True}
        answer = self.control.post(f"/whatsapp_cloud/messages/{wamid}/status", json=wish).raise_for_status().json()
        assert answer["answer"]["status"] == 200

    # Promises -----------------------------------------------------------------------------------------------------

    def ledger(self) -> Ledger:
        return Ledger.read(self.desk.ledger_lines())

    def acknowledged(self) -> None:
        """Waits until the provider has nothing left to repeat."""
        wait_until(lambda: self._queued() == 0, lambda: f"the queue is empty; it holds {self._queued()}", _SETTLED_S)

    def _queued(self) -> int:
        return int(self.control.get("/state").raise_for_status().json()["queue"])

    def lease_end(self) -> datetime:
        """When, by the database's clock, everything must be over that a process holds which is dead by now."""
        return self._now() + timedelta(seconds=LEASE_S)

    def held(self, until: datetime | None) -> Mapping[str, Any]:
        """Conversations whose lane waits for nothing but the lease of a dead process."""
        rows = self.desk.rows(
            "select conversation_id::text, lease_until from lane where lease_token is not null and lease_until <= $1",
            until,
        )
        return {row["conversation_id"]: row["lease_until"] for row in rows}

    def check(self, dead_until: datetime | None = None, *, timeout_s: float = _SETTLED_S) -> None:
        """Waits until everything since the start is as the witness says it must be: what is under way comes to rest, what
        is lost, doubled or out of order stays so until the deadline.

        `dead_until`: a lane that a killed process holds until then may still wait, and its messages with it.
        """
        self.acknowledged()
        wait_until(lambda: not self._wrong(dead_until), lambda: self._told(self._wrong(dead_until)), timeout_s)
        wait_until(lambda: not any(self._unlike()), lambda: self._told(self._unlike()))
        ledger, stored = self.ledger(), Stored.read(self.desk)
        strange = {copy.status for copy in ledger.copies} - {200, 503, None}
        assert not strange, f"the provider was answered {strange}"
        wrong = [*promises.leaked(self.screens, stored), *(one for screen in self.screens for one in screen.problems)]
        assert not wrong, self._told(wrong)
        self.whole = True
        print(
            f"{len(ledger.arrivals())} written, {len(ledger.sends)} sent, {len(ledger.copies)} webhooks,"
            f" {sum(row['status'] == 'unknown' for row in stored.messages)} unknown, {len(self.held(dead_until))} lanes wait"
        )

    def _wrong(self, dead_until: datetime | None) -> list[str]:
        waiting, stored, ledger = self.held(dead_until), Stored.read(self.desk), self.ledger()
        return [
            *promises.lost_or_doubled(ledger, stored, self.changes),
            *promises.reports_lost_or_doubled(ledger, stored),
            *promises.asked_twice(ledger, stored),
            *promises.answers_lost_or_doubled(self.answers, stored),
            *promises.reordered(ledger, stored, self.answers),
            *promises.unfinished(ledger, stored, waiting, self.silent, self._interrupted(), self.ends),
            *promises.leftovers(self.desk, waiting),
        ]

    def _unlike(self) -> Iterator[str]:
        stored = Stored.read(self.desk)
        for screen in self.screens:
            yield from promises.unlike(screen, stored, sees_all=screen.user == "supervisor")

    def _told(self, wrong: Any) -> str:
        sentences = list(wrong)
        return f"{len(sentences)} are wrong:\n" + "\n".join(sentences[:30]) + self.logs()

    def logs(self) -> str:
        return "".join(f"\n--- {name}\n{self.desk.log(name)}" for name in self.desk.running)


@contextlib.contextmanager
def frozen(desk: Desk) -> Iterator[None]:
    """Every process of the server stands still."""
    first = desk.postgres.pid
    assert first is not None
    stopped: set[int] = set()
    try:
        # The first process first: it starts no others any more.
        for pid in (first, *standing_in(desk.postgres.cluster, "postgres")):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                stopped.add(pid)
        yield
    finally:
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def rss_mb(pid: int) -> float:
    """How much memory a process holds, in megabytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _delays(seconds: float) -> dict[str, float]:
    return {"sent_s": seconds, "delivered_s": seconds, "read_s": seconds}
