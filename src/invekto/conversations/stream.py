"""What one tenant's events have changed, loaded once and encoded once per kind of viewer, cut to each viewer's sight.

The rows and shapes are those of REST. Knows no socket: see entry.realtime.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from invekto.conversations.events import ConversationAssigned, ConversationSeen
from invekto.conversations.queries import Viewer, changed_conversations
from invekto.conversations.queries_thread import changed_messages
from invekto.conversations.representations import encode, message, shared_conversation, unread_count
from invekto.kernel.events import LoggedEvent
from invekto.kernel.tenancy import Connection
from invekto.templates.events import TemplateChanged, TemplateJudged

_reads = msgspec.json.Decoder(list[tuple[UUID, int, int]]).decode


class _Assigned(msgspec.Struct):
    """The part of ConversationAssigned's detail that says who lost it."""

    holder: UUID | None = msgspec.field(name="from", default=None)


_assigned = msgspec.json.Decoder(_Assigned).decode
_OF_TEMPLATES: Final = frozenset({TemplateChanged.kind, TemplateJudged.kind})


@dataclass
class Changes:
    """Which rows some events of one tenant are about. `former`: who had a conversation before it was given on."""

    conversations: set[UUID] = field(default_factory=set)
    messages: set[UUID] = field(default_factory=set)
    seen: set[tuple[UUID, UUID]] = field(default_factory=set)
    former: dict[UUID, list[UUID | None]] = field(default_factory=lambda: defaultdict(list))
    templates: set[UUID] = field(default_factory=set)

    def add(self, event: LoggedEvent) -> None:
        if event.kind in _OF_TEMPLATES and event.entity_id is not None:
            self.templates.add(event.entity_id)
        if event.conversation_id is None:
            return
        if event.kind == ConversationSeen.kind:
            if event.user_id is not None:
                self.seen.add((event.conversation_id, event.user_id))
            return
        self.conversations.add(event.conversation_id)
        if event.message_id is not None:
            self.messages.add(event.message_id)
        if event.kind == ConversationAssigned.kind:
            self.former[event.conversation_id].append(_assigned(event.detail or "{}").holder)


def collect(events: Iterable[LoggedEvent]) -> dict[UUID, Changes]:
    """By tenant, each row once however often it changed."""
    changes: dict[UUID, Changes] = defaultdict(Changes)
    for event in events:
        changes[event.tenant_id].add(event)
    return changes


class Row:
    """A changed conversation: its bytes per right, its place for visibility, and the marks of who is looking."""

    __slots__ = ("_record", "assignee_id", "id", "marks", "shared", "team_id")

    def __init__(self, record: asyncpg.Record) -> None:
        self._record = record
        self.id: UUID = record["id"]
        self.assignee_id: UUID | None = record["assignee_id"]
        self.team_id: UUID | None = record["team_id"]
        reads: str | None = record["reads"]
        self.marks = {user: (seq, number) for user, seq, number in _reads(reads)} if reads else {}
        self.shared: dict[bool, bytes] = {}

    def read_state(self, user_id: UUID) -> tuple[int, int]:
        """read_seq and unread of one user."""
        seq, number = self.marks.get(user_id, (0, None))
        return seq, unread_count(self._record, number)

    def encoded(self, viewer: Viewer) -> bytes:
        """As REST shows it. Only the viewer's two numbers are not shared with everybody of the same right."""
        shared = self.shared.get(viewer.sees_pii)
        if shared is None:
            shared = encode(shared_conversation(self._record, sees_pii=viewer.sees_pii))[:-1]
            self.shared[viewer.sees_pii] = shared
        read_seq, unread = self.read_state(viewer.user_id)
        return b'%b,"unread":%d,"read_seq":%d}' % (shared, unread, read_seq)


class Line:
    """A changed message."""

    __slots__ = ("_record", "conversation_id", "shared")

    def __init__(self, record: asyncpg.Record) -> None:
        self._record = record
        self.conversation_id: UUID = record["conversation_id"]
        self.shared: dict[bool, bytes] = {}

    def encoded(self, viewer: Viewer) -> bytes:
        shared = self.shared.get(viewer.sees_pii)
        if shared is None:
            shared = self.shared[viewer.sees_pii] = encode(message(self._record, sees_pii=viewer.sees_pii))
        return shared


@dataclass(frozen=True)
class Batch:
    """One tenant's changed rows as they are now."""

    changes: Changes
    rows: Sequence[Row]
    lines: Sequence[Line]

    def frame(self, viewer: Viewer, cursor: str) -> bytes | None:
        """The `batch` frame of docs/api.md for one viewer, or None when nothing of it concerns them."""
        conversations: list[bytes] = []
        removed: list[str] = []
        reads: list[dict[str, Any]] = []
        visible: set[UUID] = set()
        for row in self.rows:
            if not viewer.sees(row.assignee_id, row.team_id):
                if any(viewer.sees(holder, row.team_id) for holder in self.changes.former.get(row.id, ())):
                    removed.append(str(row.id))
                continue
            visible.add(row.id)
            if row.id in self.changes.conversations:
                conversations.append(row.encoded(viewer))
            if (row.id, viewer.user_id) in self.changes.seen:
                read_seq, unread = row.read_state(viewer.user_id)
                reads.append({"conversation_id": row.id, "read_seq": read_seq, "unread": unread})
        lines = [line.encoded(viewer) for line in self.lines if line.conversation_id in visible]
        templates = sorted(map(str, self.changes.templates)) if viewer.reads_templates else []
        if not (conversations or lines or removed or reads or templates):
            return None
        frame = b'{"type":"batch","cursor":"%b","conversations":[%b],"messages":[%b],"removed":%b,"reads":%b,"templates":%b}'
        return frame % (
            cursor.encode(),
            b",".join(conversations),
            b",".join(lines),
            encode(removed),
            encode(reads),
            encode(templates),
        )


async def load(connection: Connection, changes: dict[UUID, Changes], user_ids: Sequence[UUID]) -> dict[UUID, Batch]:
    """The changed rows of several tenants in two statements, with the read marks of the users who are looking.

    The connection is of the stream's role and has claimed these tenants.
    """
    keys = [
        (tenant, id_)
        for tenant, change in changes.items()
        for id_ in change.conversations | {conversation for conversation, _ in change.seen}
    ]
    rows: dict[UUID, list[Row]] = defaultdict(list)
    if keys:
        for record in await changed_conversations(connection, keys, user_ids):
            rows[record["tenant_id"]].append(Row(record))
    lines: dict[UUID, list[Line]] = defaultdict(list)
    wanted = [(tenant, id_) for tenant, change in changes.items() for id_ in change.messages]
    if wanted:
        for record in await changed_messages(connection, wanted):
            lines[record["tenant_id"]].append(Line(record))
    return {tenant: Batch(change, rows[tenant], lines[tenant]) for tenant, change in changes.items()}


__all__: Final = ["Batch", "Changes", "collect", "load"]
