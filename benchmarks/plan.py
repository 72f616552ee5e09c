"""How long and how often each thing is measured. The ratios are of rounds that lie side by side: A B A B."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.machine import Spent, wait_for_calm


@dataclass
class Plan:
    """`patience_s` is what may be spent in all on waiting for strangers to leave the machine."""

    rounds: int
    s1_s: float
    ack_s: float
    messages: int
    newcomers: int
    latency_s: float
    outbox: int
    sends: int
    list_sizes: tuple[int, ...]
    list_s: float
    search_sizes: tuple[int, ...]
    sockets: int
    idle_sockets: int
    slow_sockets: int
    starts: int
    demo: bool
    patience_s: float
    disturbed: list[str] = field(default_factory=list)

    @classmethod
    def full(cls) -> Plan:
        return cls(
            rounds=3,
            s1_s=3,
            ack_s=3,
            messages=6000,
            newcomers=5000,
            latency_s=7,
            outbox=3000,
            sends=60,
            list_sizes=(10_000, 100_000, 1_000_000),
            list_s=6,
            search_sizes=(1_000_000,),
            sockets=1000,
            idle_sockets=4000,
            slow_sockets=20,
            starts=3,
            demo=True,
            patience_s=60,
        )

    @classmethod
    def quick(cls) -> Plan:
        return cls(
            rounds=1,
            s1_s=2,
            ack_s=2,
            messages=3000,
            newcomers=2500,
            latency_s=4,
            outbox=1500,
            sends=30,
            list_sizes=(10_000,),
            list_s=2,
            search_sizes=(100_000,),
            sockets=200,
            idle_sockets=200,
            slow_sockets=5,
            starts=1,
            demo=False,
            patience_s=10,
        )

    def repeat(self, what: str) -> Iterator[int]:
        """The rounds of one row, each begun when the machine is calm, if it gets calm in time."""
        for number in range(1, self.rounds + 1):
            self.calm_down(what)
            yield number

    def calm_down(self, what: str) -> None:
        began = time.monotonic()
        foreign = wait_for_calm(self.patience_s)
        self.patience_s = max(0.0, self.patience_s - (time.monotonic() - began - 0.5))
        say(f"{what} ... ({foreign:.0%} of the machine taken by others)")

    def judge(self, what: str, *spent: Spent) -> None:
        """Keeps in mind that a round was disturbed, for the last lines of the report."""
        worst = max(one.foreign for one in spent)
        if not all(one.calm for one in spent):
            self.disturbed.append(f"{what}: others took {worst:.0%} of the machine meanwhile")


def say(sentence: str) -> None:
    print(f"  {sentence}", file=sys.stderr, flush=True)
