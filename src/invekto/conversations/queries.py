"""Who sees which conversation, and the reads of its row: list, counts, one, many.

Visibility is decided here and nowhere else: `Viewer.visible` in SQL, `Viewer.sees` on a row that is already loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, assert_never
from uuid import UUID

import asyncpg

from invekto.accounts.permissions import CONTACT_PII_VIEW, CONVERSATIONS_REPLY, ViewScope, view_scope
from invekto.conversations.schemas import Counts, Status, View
from invekto.kernel.auth import Principal
from invekto.kernel.tenancy import Connection
from invekto.kernel.tx import Tx

# A channel without a team has everybody's queue: a small firm needs no teams.
_MY_QUEUES: Final = "(c.assignee_id is null and (c.team_id is null or c.team_id = any($3::uuid[])))"


@dataclass(frozen=True, slots=True)
class Viewer:
    """The eyes of one user: whose conversations they see, whether phone numbers are whole, and whether templates are theirs to read."""

    user_id: UUID
    scope: ViewScope | None
    team_ids: frozenset[UUID]
    sees_pii: bool
    reads_templates: bool = False

    @classmethod
    def of(cls, principal: Principal) -> Viewer:
        return cls(
            principal.user_id,
            view_scope(principal),
            principal.team_ids,
            principal.may(CONTACT_PII_VIEW),
            principal.may(CONVERSATIONS_REPLY),
        )

    @property
    def visible(self) -> str:
        """The condition on `c`, a conversation. Its statement's $2 is the user, $3 the teams (`parameters`)."""
        match self.scope:
            case "all":
                return "($3::uuid[] is not null)"
            case "team":
                return f"(c.assignee_id = $2 or c.team_id = any($3::uuid[]) or {_MY_QUEUES})"
            case "own":
                return f"(c.assignee_id = $2 or {_MY_QUEUES})"
            case None:
                return "($3::uuid[] is null)"

    @property
    def parameters(self) -> tuple[UUID, list[UUID]]:
        return self.user_id, list(self.team_ids)

    def sees(self, assignee_id: UUID | None, team_id: UUID | None) -> bool:
        """The same as `visible`, asked of a row."""
        if self.scope == "all":
            return True
        if self.scope is None:
            return False
        if assignee_id == self.user_id:
            return True
        if assignee_id is None:
            return team_id is None or team_id in self.team_ids
        return self.scope == "team" and team_id in self.team_ids

    def may_queue_for(self, team_id: UUID | None) -> bool:
        """Whether the conversation would be theirs to take if nobody had it."""
        return self.sees(None, team_id)


# Tags come as JSON text: an array of rows would cost asyncpg a codec lookup per column.
# The list's line of a revoked message is hidden where the firm hides such; others pay one look at their firm's row.
_COLUMNS: Final = """
c.tenant_id, c.id, c.number, c.status, c.preview, c.preview_type, c.preview_direction, c.preview_status, c.last_seq,
c.last_message_at, c.waiting_since, c.snoozed_until, c.resolved_at, c.created_at, c.version, c.inbound_count,
c.answered_inbound_no, c.window_opened_by, c.window_closes_at,
(select f.revoked_messages from tenant f where f.id = c.tenant_id) = 'hide'
  and exists (select from message l where l.tenant_id = c.tenant_id and l.conversation_id = c.id and l.seq = c.preview_seq
               and l.revoked_at is not null) as preview_hidden,
c.contact_id, k.name as contact_name, k.phone as contact_phone,
c.channel_id, h.kind as channel_kind, h.name as channel_name,
c.assignee_id, u.name as assignee_name, c.team_id, t.name as team_name,
(select json_agg(json_build_object('id', g.id, 'name', g.name, 'color', g.color) order by g.name_key)
   from conversation_tag x join tag g on g.tenant_id = x.tenant_id and g.id = x.tag_id
  where x.tenant_id = c.tenant_id and x.conversation_id = c.id)::text as tags
"""
_JOINS: Final = """
  join contact k on k.tenant_id = c.tenant_id and k.id = c.contact_id
  join channel h on h.tenant_id = c.tenant_id and h.id = c.channel_id
  left join user_account u on u.tenant_id = c.tenant_id and u.id = c.assignee_id
  left join team t on t.tenant_id = c.tenant_id and t.id = c.team_id
"""
_MY_READ: Final = (
    "left join conversation_read r on r.tenant_id = c.tenant_id and r.conversation_id = c.id and r.user_id = $2"
)
# The place before every row: newer than any message can be.
_BEGINNING: Final = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=(1 << 128) - 1))


def list_sql(viewer: Viewer, view: View) -> str:
    """The statement of `list_conversations`: one index scan per way of being visible, each already in order.

    An `or` over assignee and queue would read every open conversation of the firm to find a page of mine.
    """
    mine = "c.assignee_id = $2"
    queue = f"c.assignee_id is null and {viewer.visible}"
    match view:
        case "mine":
            ways = [f"{mine} and {viewer.visible}"]
        case "unassigned":
            ways = [queue]
        case "all":
            ways = [mine, queue] if viewer.scope == "own" else [viewer.visible]
        case _:
            assert_never(view)
    scans = " union all ".join(
        # Constants of this file; values are parameters.
        f"(select c.* from conversation c where c.tenant_id = $1 and c.status = $4 and {way}"  # noqa: S608
        " and (c.last_message_at, c.id) < ($5, $6) order by c.last_message_at desc, c.id desc limit $7)"
        for way in ways
    )
    return f"""
    with found as ({scans}), page as materialized (
      select * from found order by last_message_at desc, id desc limit $7
    )
    select {_COLUMNS}, r.seq as read_seq, r.inbound_no as read_inbound_no
      from page c {_JOINS} {_MY_READ}
     where $3::uuid[] is not null
     order by c.last_message_at desc, c.id desc
    """  # noqa: S608  # put together from constants of this file; values are parameters


async def list_conversations(
    tx: Tx, viewer: Viewer, view: View, status: Status, after: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """A page behind `after`, newest message first, with what the viewer has read. One statement, no lock.

    Indexes: conversation_mine_idx, conversation_unassigned_idx, conversation_list_idx.
    """
    return await tx.fetch(
        list_sql(viewer, view), tx.tenant_id, *viewer.parameters, status, *(after or _BEGINNING), limit
    )


async def count_open(tx: Tx, viewer: Viewer) -> Counts:
    """The open conversations that the viewer may see. Indexes as for the list."""
    # Mine and my queues never overlap, so their sum spares a third scan.
    everything = "null" if viewer.scope == "own" else _count(viewer.visible)
    row = await tx.fetchrow(
        f"select {_count('c.assignee_id = $2', viewer.visible)} as mine,"
        f" {_count('c.assignee_id is null', viewer.visible)} as unassigned, {everything} as everything",
        tx.tenant_id,
        *viewer.parameters,
    )
    assert row is not None, "a select without a table gives a row"
    mine, unassigned = row["mine"], row["unassigned"]
    return {
        "mine": mine,
        "unassigned": unassigned,
        "all": mine + unassigned if row["everything"] is None else row["everything"],
    }


def _count(*conditions: str) -> str:
    every = " and ".join(conditions)
    return f"(select count(*) from conversation c where c.tenant_id = $1 and c.status = 'open' and {every})"  # noqa: S608  # as above


async def find_conversation(tx: Tx, viewer: Viewer, conversation_id: UUID) -> asyncpg.Record | None:
    """One conversation with the viewer's read mark and draft, or None when it is not there for them. By primary key.

    `earlier_id` is the conversation before it, if the viewer may see that too.
    """
    return await tx.fetchrow(
        f"""
        select {_COLUMNS}, r.seq as read_seq, r.inbound_no as read_inbound_no,
               d.kind as draft_kind, d.text as draft_text, d.updated_at as draft_updated_at,
               earlier.id as earlier_id
          from conversation c {_JOINS} {_MY_READ}
          left join draft d on d.tenant_id = c.tenant_id and d.conversation_id = c.id and d.user_id = $2
          left join conversation earlier on earlier.tenant_id = c.tenant_id and earlier.id = c.previous_id
               and {viewer.visible.replace("c.", "earlier.")}
         where c.tenant_id = $1 and c.id = $4 and {viewer.visible}
        """,  # noqa: S608  # put together from constants of this file; values are parameters
        tx.tenant_id,
        *viewer.parameters,
        conversation_id,
    )


async def is_visible(tx: Tx, viewer: Viewer, conversation_id: UUID) -> bool:
    """By primary key."""
    found = await tx.fetchrow(
        f"select 1 from conversation c where c.tenant_id = $1 and c.id = $4 and {viewer.visible} and $2::uuid is not null",  # noqa: S608  # as above
        tx.tenant_id,
        *viewer.parameters,
        conversation_id,
    )
    return found is not None


async def contacts_conversations(tx: Tx, viewer: Viewer, contact_id: UUID, limit: int) -> list[asyncpg.Record]:
    """A contact's conversations that the viewer sees, newest message first. Index: conversation_identity_idx."""
    return await tx.fetch(
        f"""
        with page as materialized (
          select c.* from identity i
            join conversation c on c.tenant_id = i.tenant_id and c.identity_id = i.id
           where i.tenant_id = $1 and i.contact_id = $4 and {viewer.visible}
           order by c.last_message_at desc, c.id desc limit $5
        )
        select {_COLUMNS}, r.seq as read_seq, r.inbound_no as read_inbound_no
          from page c {_JOINS} {_MY_READ}
         order by c.last_message_at desc, c.id desc
        """,  # noqa: S608  # as above
        tx.tenant_id,
        *viewer.parameters,
        contact_id,
        limit,
    )


_CHANGED: Final = f"""select {_COLUMNS},
       (select json_agg(json_build_array(r.user_id, r.seq, r.inbound_no)) from conversation_read r
         where r.tenant_id = c.tenant_id and r.conversation_id = c.id and r.user_id = any($3::uuid[]))::text as reads
  from unnest($1::uuid[], $2::uuid[]) as wanted (tenant_id, id)
  cross join lateral (select x.* from conversation x where x.tenant_id = wanted.tenant_id and x.id = wanted.id limit 1) c {_JOINS}
"""  # noqa: S608  # constants of this file


async def changed_conversations(
    connection: Connection, keys: Sequence[tuple[UUID, UUID]], user_ids: Sequence[UUID]
) -> list[asyncpg.Record]:
    """Conversations by (tenant, id) with the read marks of `user_ids`, in one statement, for the stream's role.

    Primary keys only. Rows outside the claimed tenants do not come.
    """
    return await connection.fetch(_CHANGED, [tenant for tenant, _ in keys], [id_ for _, id_ in keys], user_ids)
