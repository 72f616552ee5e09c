"""The event log: facts in commit order, read once per process by an opaque cursor. Holds ids, never personal values.

Order is (xid, seq), read only below `pg_snapshot_xmin`: identity values commit out of order, and a cursor over `seq`
alone loses events. Retention is 48 h; an older cursor is answered with a resync.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from invekto.kernel.jobs import Job
from invekto.kernel.tenancy import Connection


@dataclass(frozen=True, kw_only=True)
class Event:
    """A committed fact. Subclasses name their `kind` (`conversation.assigned`) and whether they are audited.

    `detail` holds ids, field names and small enumerations only.
    """

    kind: ClassVar[str]
    audited: ClassVar[bool] = False

    conversation_id: UUID | None = None
    message_id: UUID | None = None
    entity_id: UUID | None = None
    user_id: UUID | None = None
    detail: dict[str, Any] | None = None


_INSERT = """
insert into event (tenant_id, kind, conversation_id, message_id, entity_id, user_id, detail, created_at)
select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::jsonb[],
                     $8::timestamptz[])
"""


def insert_events(events: Sequence[tuple[UUID, Event]], now: datetime) -> tuple[Any, ...]:
    """The statement and its arguments that append `(tenant, event)` in this order; `seq` and `xid` are the database's."""
    return (
        _INSERT,
        [tenant for tenant, _ in events],
        [event.kind for _, event in events],
        [event.conversation_id for _, event in events],
        [event.message_id for _, event in events],
        [event.entity_id for _, event in events],
        [event.user_id for _, event in events],
        [None if event.detail is None else json.dumps(event.detail) for _, event in events],
        [now] * len(events),
    )


@dataclass(frozen=True)
class Subscription:
    """Somebody wants `kind`: `wants` is asked first, from cached settings, so no job row is written for nobody."""

    kind: str
    wants: Callable[[UUID, Event], bool]
    job: Callable[[UUID, Event], Job]


@dataclass
class Subscriptions:
    """The hand-written list of who wants which event; made in `entry.wiring`."""

    _by_kind: dict[str, list[Subscription]] = field(default_factory=dict)

    def add(self, *subscriptions: Subscription) -> None:
        for subscription in subscriptions:
            self._by_kind.setdefault(subscription.kind, []).append(subscription)

    def jobs_for(self, tenant_id: UUID, event: Event) -> Iterable[Job]:
        for subscription in self._by_kind.get(event.kind, ()):
            if subscription.wants(tenant_id, event):
                yield subscription.job(tenant_id, event)


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the log. Opaque on the wire (`encode`)."""

    epoch: int
    xid: int
    seq: int

    def encode(self) -> str:
        raw = f"{self.epoch}.{self.xid}.{self.seq}".encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str) -> Cursor | None:
        """None for anything that `encode` did not make."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            epoch, xid, seq = (int(part) for part in raw.decode("ascii").split("."))
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return None
        in_range = all(0 <= part < 2**63 for part in (epoch, xid, seq))
        return cls(epoch, xid, seq) if in_range else None


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One row of the log as the stream reads it. `detail` is JSON text: most readers never look at it."""

    tenant_id: UUID
    seq: int
    xid: int
    kind: str
    conversation_id: UUID | None
    message_id: UUID | None
    entity_id: UUID | None
    user_id: UUID | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events after a cursor. `pending`: rows at or above xmin exist, so ask again soon: their NOTIFY has gone."""

    events: Sequence[LoggedEvent]
    cursor: Cursor
    pending: bool


_LOGGED = """
select tenant_id, seq, xid::text::bigint as xid, kind, conversation_id, message_id, entity_id, user_id,
       detail::text as detail
  from event
"""
# `event.xid` below is the column: the output's own `xid` is a number that no index is ordered by.
# One statement, so one snapshot: asked for apart, an event could settle between the two and be seen by neither.
_NEW_EVENTS = f"""
select page.*, ahead.pending
  from (select exists (select from event where xid >= pg_snapshot_xmin(pg_current_snapshot())) as pending) ahead
  left join (
    {_LOGGED}
     where (xid, seq) > ($1::text::xid8, $2::bigint)
       and xid < pg_snapshot_xmin(pg_current_snapshot())
     order by event.xid, event.seq
     limit $3
  ) page on true
 order by page.xid, page.seq
"""  # noqa: S608  # a constant of this file
_MISSED_EVENTS = f"""{_LOGGED}
 where (xid, seq) > ($1::text::xid8, $2::bigint) and (xid, seq) <= ($3::text::xid8, $4::bigint) and tenant_id = $5
 order by event.xid, event.seq
 limit $6
"""
_PLACE = """
select epoch,
       (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint as xmin,
       trimmed_xid
  from database_epoch
"""
_HEAD = """
select d.epoch, d.trimmed_xid, last.xid, last.seq
  from database_epoch d
  left join lateral (
    select event.xid::text::bigint as xid, seq from event
     where event.xid < pg_snapshot_xmin(pg_current_snapshot())
     order by event.xid desc, event.seq desc limit 1
  ) last on true
"""


_TRIM = """
with old as (
  select tenant_id, seq from event where created_at < $1 order by created_at limit $2
), gone as (
  delete from event e using old where e.tenant_id = old.tenant_id and e.seq = old.seq returning e.xid
), mark as (
  update database_epoch
     set trimmed_xid = greatest(trimmed_xid, (select max(xid::text::bigint) from gone))
   where exists (select from gone)
)
select count(*) as deleted from gone
"""


async def read_events(connection: Connection, after: Cursor, *, limit: int = 1000) -> EventPage:
    """Events after `after` that can no longer be overtaken, in order. The connection is of the stream's role.

    Uses event_cursor_idx; takes no lock.
    """
    rows = await connection.fetch(_NEW_EVENTS, str(after.xid), after.seq, limit)
    events = [LoggedEvent(*row[:-1]) for row in rows if row["seq"] is not None]
    pending = bool(rows[0]["pending"]) or len(events) == limit
    cursor = Cursor(after.epoch, events[-1].xid, events[-1].seq) if events else after
    return EventPage(events, cursor, pending)


async def missed_events(
    connection: Connection, tenant_id: UUID, after: Cursor, until: Cursor, *, limit: int
) -> list[LoggedEvent]:
    """A tenant's events behind `after`, up to and with `until`, which is a place that has been read already.

    Uses event_cursor_idx; takes no lock.
    """
    rows = await connection.fetch(
        _MISSED_EVENTS, str(after.xid), after.seq, str(until.xid), until.seq, tenant_id, limit
    )
    return [LoggedEvent(*row) for row in rows]


async def head(connection: Connection) -> Cursor:
    """Where the log ends now: everything behind this cursor is still to come.

    It names an event, never the newest transaction: after a crash ids that left no trace on disk are given out again.
    """
    row = await connection.fetchrow(_HEAD)
    assert row is not None, "migrations insert the one row of database_epoch"
    trimmed = Cursor(row["epoch"], row["trimmed_xid"], 2**63 - 1)
    return trimmed if row["xid"] is None else max(trimmed, Cursor(row["epoch"], row["xid"], row["seq"]))


async def can_resume(connection: Connection, cursor: Cursor) -> bool:
    """False when the cursor is of another epoch, of the future, or when retention has passed over it."""
    row = await connection.fetchrow(_PLACE)
    assert row is not None, "migrations insert the one row of database_epoch"
    return bool(cursor.epoch == row["epoch"] and row["trimmed_xid"] <= cursor.xid < row["xmin"])


async def trim_events(connection: Connection, older_than: datetime, limit: int) -> int:
    """Deletes at most `limit` events from before `older_than`, remembers how far, and gives their number.

    Index: event_created_at_idx.
    """
    row = await connection.fetchrow(_TRIM, older_than, limit)
    assert row is not None, "an aggregate gives a row"
    return int(row["deleted"])


RESTORED: Final = """
truncate event;
update database_epoch set epoch = greatest(epoch + 1, extract(epoch from clock_timestamp())::bigint), trimmed_xid = 0;
"""
"""What a database needs that was put back to an earlier moment: its log tells of another history, so every screen loads
again. The epoch is one that no restore of the same backup has had. Holds for the schema of every version since the first."""
