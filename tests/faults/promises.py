"""What must hold after every fault: the witness's ledger, the database and the screens are held against each other.

I1 to I7 as the docstrings name them. Each check gives sentences about what is wrong; none is right.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.desk import Desk
from tests.faults.agents import Answer
from tests.faults.screen import Screen
from tests.faults.witness import Ledger

Row = dict[str, Any]

BY_HAND = "wamid.BYHAND."
"""Messages with such an id were posted by a test itself, past the sandbox's ledger: their test checks them."""


@dataclass(frozen=True)
class Stored:
    """Everything that is stored. `firms`: the tenant's slug by the provider's number; numbers of nobody are missing."""

    firms: Mapping[str, str]
    messages: list[Row]
    conversations: list[Row]
    reports: list[Row]
    quarantined: list[bytes]

    @classmethod
    def read(cls, desk: Desk) -> Stored:
        channels = desk.rows(
            "select h.account_key, t.slug from channel h join tenant t on t.id = h.tenant_id"
            " where h.kind = 'whatsapp_cloud'"
        )
        messages = desk.rows(
            "select m.id::text, m.conversation_id::text, t.slug as firm, h.account_key as number, m.seq, m.direction,"
            " m.text, m.status, m.provider_id, m.client_id, m.version"
            " from message m join tenant t on t.id = m.tenant_id join channel h on h.id = m.channel_id"
            " order by m.conversation_id, m.seq"
        )
        conversations = desk.rows(
            "select c.id::text, t.slug as firm, c.identity_id::text, c.last_seq, c.version, c.status,"
            " c.assignee_id::text, c.preview, c.preview_status"
            " from conversation c join tenant t on t.id = c.tenant_id"
        )
        reports = desk.rows("select provider_id, status, applied_at is not null as applied from delivery_update")
        quarantined = desk.rows("select raw, tenant_id from quarantine")
        ours = [row["raw"] for row in quarantined if row["tenant_id"]]
        assert all(BY_HAND.encode() in raw for raw in ours), "nothing else of a firm's is unreadable here"
        return cls(
            firms={row["account_key"]: row["slug"] for row in channels},
            messages=messages,
            conversations=conversations,
            reports=reports,
            quarantined=[row["raw"] for row in quarantined],
        )

    def threads(self) -> dict[str, list[Row]]:
        """Every conversation's messages by seq."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.messages:
            found[row["conversation_id"]].append(row)
        return found


def lost_or_doubled(ledger: Ledger, stored: Stored, changes: Container[str] = ()) -> Iterable[str]:
    """I1: what a customer wrote is one message of the right firm, or, of a number of nobody, visible in the quarantine.

    `changes`: what customers edited or took back, which is no message of its own.
    Everything, not only what was answered 200: the provider repeats until it is, so at the end nothing is missing.
    """
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in stored.messages:
        if row["direction"] == "inbound":
            rows[row["provider_id"]].append(row)
    arrivals = ledger.arrivals()
    for wamid, arrival in arrivals.items():
        found = rows[wamid]
        firm = stored.firms.get(arrival.number)
        if arrival.latest is None:
            yield f"{wamid} was never acknowledged"
        elif wamid in changes:
            if found:
                yield f"{wamid} changes another message, and is one: {found}"
        elif firm is None:
            kept = sum(wamid.encode() in raw for raw in stored.quarantined)
            if found or not 1 <= kept <= arrival.copies:
                yield f"{wamid}, of nobody: {kept} times in the quarantine of {arrival.copies}, rows {found}"
        elif [row["firm"] for row in found] != [firm]:
            yield f"{wamid} for {firm}: rows {found}"
    for wamid in rows.keys() - arrivals.keys():
        if not wamid.startswith(BY_HAND):
            yield f"nobody wrote {wamid}"


def reports_lost_or_doubled(ledger: Ledger, stored: Stored) -> Iterable[str]:
    """I1 for statuses: each is kept once, and has been applied."""
    kept = Counter((row["provider_id"], row["status"]) for row in stored.reports)
    for report in ledger.reports(acknowledged=True) - kept.keys():
        yield f"status {report} was acknowledged and is not there"
    for report in kept.keys() - ledger.reports(acknowledged=False):
        yield f"nobody reported {report}"
    yield from (f"status {report} is there {times} times" for report, times in kept.items() if times > 1)
    yield from (f"status {row} waits" for row in stored.reports if not row["applied"])


def asked_twice(ledger: Ledger, stored: Stored) -> Iterable[str]:
    """I2: the provider took a message at most once, and only messages of ours, by the number of their firm."""
    ours = {row["id"]: row for row in stored.messages if row["direction"] == "outbound"}
    for message_id, times in ledger.accepted().items():
        if times > 1:
            yield f"{message_id} was taken {times} times: {ours.get(message_id)}"
    for line in ledger.sends:
        row = ours.get(line["callback_data"])
        if row is None or row["number"] != line["number"]:
            yield f"sent, and not ours: {line}"


def answers_lost_or_doubled(answers: Iterable[Answer], stored: Stored) -> Iterable[str]:
    """I2 for agents: a key that was answered yes is one message, the one that was named; a key answered no is none."""
    by_key: dict[str, list[Row]] = defaultdict(list)
    for row in stored.messages:
        if row["direction"] == "outbound":
            by_key[row["client_id"]].append(row)
    for answer in answers:
        rows = by_key.pop(answer.key, [])
        if [row["id"] for row in rows] != ([] if answer.message_id is None else [answer.message_id]):
            yield f"{answer}: rows {rows}"
        elif rows and (rows[0]["conversation_id"], rows[0]["text"]) != (answer.conversation_id, answer.text):
            yield f"{answer} became {rows[0]}"
    yield from (f"nobody posted {rows}" for rows in by_key.values())


def reordered(ledger: Ledger, stored: Stored, answers: Iterable[Answer]) -> Iterable[str]:
    """I3: `seq` has no gap; what a customer wrote, what an agent posted and what the provider took keep their order.

    Inbound: whatever was acknowledged before the next one was sent comes before it. A provider that gets no 200 goes
    on with the next message, so that is the order it arrived in; undisturbed it is the order it was written in.
    """
    arrivals = ledger.arrivals()
    taken = {line["callback_data"]: place for place, line in enumerate(ledger.sends) if line["accepted"]}
    threads = stored.threads()
    for conversation in stored.conversations:
        thread = threads[conversation["id"]]
        seqs = [row["seq"] for row in thread]
        if seqs != list(range(1, len(seqs) + 1)) or conversation["last_seq"] != len(seqs):
            yield f"{conversation}: seqs {seqs}"
        inbound = [row["provider_id"] for row in thread if row["provider_id"] in arrivals]
        for place, wamid in enumerate(inbound):
            for later in inbound[place + 1 :]:
                if arrivals[later].surely_before(arrivals[wamid]):
                    yield f"{later} came before {wamid} and stands behind it in {conversation['id']}"
        outbound = [taken[row["id"]] for row in thread if row["id"] in taken]
        if outbound != sorted(outbound):
            yield f"the provider took the answers of {conversation['id']} in the order {outbound}"
    seq_of = {row["id"]: row["seq"] for row in stored.messages}
    posted: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        if answer.message_id in seq_of:
            posted[answer.conversation_id].append(answer)
    for told in posted.values():
        for one, other in pairwise(told):
            if seq_of[str(one.message_id)] > seq_of[str(other.message_id)]:
                yield f"{one} stands behind {other}"


def unfinished(
    ledger: Ledger,
    stored: Stored,
    waiting: Container[str],
    silent: Container[str],
    interrupted: Container[str],
    ends: Mapping[str, str],
) -> Iterable[str]:
    """I4 and I5: what the provider took ends as read. What it was never asked for is `unknown` if its worker died.

    `ends`: the status that single messages must have instead, because a test wanted it so.

    `waiting`: conversations whose lane a killed process still holds, so that nothing has to be finished there yet.
    `silent`: messages of which the provider has reported nothing so far. `interrupted`: begun while workers were killed.
    """
    accepted = ledger.accepted()
    for row in stored.messages:
        if row["direction"] != "outbound" or row["id"] in silent:
            continue
        if row["id"] in ends:
            right = row["status"] == ends[row["id"]]
        elif accepted[row["id"]]:
            right = row["status"] == "read"
        elif row["status"] == "unknown":
            right = row["id"] in interrupted
        else:
            right = row["conversation_id"] in waiting
        if not right:
            yield f"taken {accepted[row['id']]} times and {row['status']}: {row}"


def leftovers(desk: Desk, waiting: Container[str]) -> Iterable[str]:
    """I5: no receipt is open, and no lane, outbox row or attempt but of `waiting`."""
    for row in desk.rows("select id, received_at from receipt where done_at is null"):
        yield f"receipt {row}"
    for row in desk.rows(
        "select 'lane' as what, conversation_id::text, next_at::text as detail from lane"
        " union all select 'outbox', conversation_id::text, message_id::text from outbox"
        " union all select 'attempt', m.conversation_id::text, m.id::text from attempt a join message m on m.id = a.message_id"
        " where a.finished_at is null"
    ):
        if row["conversation_id"] not in waiting:
            yield f"left over: {row}"


def leaked(screens: Iterable[Screen], stored: Stored) -> Iterable[str]:
    """I6: no screen was ever told of a row of another firm."""
    owner = {row["id"]: row["firm"] for row in (*stored.messages, *stored.conversations)}
    for screen in screens:
        for id_ in screen.seen:
            if owner.get(id_, screen.firm) != screen.firm:
                yield f"{screen.name} was told of {id_} of {owner[id_]}"


def unlike(screen: Screen, stored: Stored, *, sees_all: bool) -> Iterable[str]:
    """I7: what the screen holds and what its user would load now are the same."""
    visible = {
        row["id"]: row
        for row in stored.conversations
        if row["firm"] == screen.firm and (sees_all or row["assignee_id"] in (None, screen.user_id))
    }
    with screen.lock:
        conversations = {
            id_: (
                row["version"],
                row["last_seq"],
                row["status"],
                (row["assignee"] or {}).get("id"),
                row["preview_status"],
            )
            for id_, row in screen.conversations.items()
        }
        messages = {
            id_: (row["conversation_id"], row["seq"], row["direction"], row["text"], row["status"], row["version"])
            for id_, row in screen.messages.items()
        }
    now = {
        id_: (row["version"], row["last_seq"], row["status"], row["assignee_id"], row["preview_status"])
        for id_, row in visible.items()
    }
    fresh = {
        row["id"]: (row["conversation_id"], row["seq"], row["direction"], row["text"], row["status"], row["version"])
        for row in stored.messages
        if row["conversation_id"] in visible
    }
    for what, held, right in (("conversation", conversations, now), ("message", messages, fresh)):
        for id_ in held.keys() | right.keys():
            if held.get(id_) != right.get(id_):
                yield f"{screen.name}: {what} {id_} is {held.get(id_)}, should be {right.get(id_)}"
