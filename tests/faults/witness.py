"""The witness outside the product: what the provider sent, what it was answered, and what it was asked to send.

Read from the sandbox's fsynced ledger. Knows nothing of the database: see promises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

_STAMP_SLACK_S = 0.02
"""A line is stamped a little after its answer came: moments closer than this are called simultaneous."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of one webhook over the wire. `status` is None when no answer came."""

    number: str
    attempt: int
    began: float
    ended: float
    status: int | None
    events: tuple[tuple[str, str, str | None], ...]


@dataclass(slots=True)
class Arrival:
    """One message of a customer. It came in at some moment between `earliest` and `latest`, the first 200."""

    number: str
    earliest: float
    latest: float | None = None
    copies: int = 0

    def surely_before(self, other: Arrival) -> bool:
        """Whether this one had been acknowledged before the other one was sent for the first time."""
        return self.latest is not None and self.latest + _STAMP_SLACK_S < other.earliest


@dataclass
class Ledger:
    copies: list[Copy] = field(default_factory=list)
    sends: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def read(cls, lines: Iterable[dict[str, Any]]) -> Ledger:
        ledger = cls()
        for line in lines:
            if line["kind"] == "send":
                ledger.sends.append(line)
                continue
            ledger.copies.append(
                Copy(
                    number=line["number"],
                    attempt=line["attempt"],
                    began=line["at"] - line["ms"] / 1000,
                    ended=line["at"],
                    status=line["status"],
                    events=tuple((event["type"], event["id"], event.get("status")) for event in line["events"]),
                )
            )
        return ledger

    def arrivals(self) -> dict[str, Arrival]:
        """Every message that a customer wrote, by the provider's id."""
        found: dict[str, Arrival] = {}
        for copy in self.copies:
            for kind, wamid, _ in copy.events:
                if kind != "message":
                    continue
                one = found.setdefault(wamid, Arrival(copy.number, copy.began))
                one.copies += 1
                one.earliest = min(one.earliest, copy.began)
                if copy.status == 200:
                    one.latest = copy.ended if one.latest is None else min(one.latest, copy.ended)
        return found

    def reports(self, *, acknowledged: bool) -> set[tuple[str, str]]:
        """(provider's id, status) of every status webhook, or of those that were answered 200."""
        return {
            (wamid, str(status))
            for copy in self.copies
            for kind, wamid, status in copy.events
            if kind == "status" and (copy.status == 200 or not acknowledged)
        }

    def accepted(self) -> Counter[str]:
        """How often the provider took each of our messages, by our own id of it."""
        return Counter(line["callback_data"] for line in self.sends if line["accepted"])

    def answers_since(self, place: int) -> Counter[int | None]:
        """What webhooks have been answered since the ledger held `place` copies."""
        return Counter(copy.status for copy in self.copies[place:])
