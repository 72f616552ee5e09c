"""Reads of a thread: messages with their files and what they answer, and who may have a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg

from invekto.conversations.queries import Viewer
from invekto.kernel.tenancy import Connection
from invekto.kernel.tx import Tx

QUOTE_LENGTH: Final = 200


def shown(alias: str) -> str:
    """Whether a message may be read: a revoked one only where the firm keeps showing them. Asked of revoked ones alone."""
    firms = f"select t.revoked_messages from tenant t where t.id = {alias}.tenant_id"  # noqa: S608  # aliases of this module
    return f"({alias}.revoked_at is null or ({firms}) = 'show')"


MESSAGE_COLUMNS: Final = f"""
m.tenant_id, m.id, m.conversation_id, m.seq, m.direction, m.type, m.text, m.payload::text as payload, m.status,
m.error_code, m.error_vendor_code, m.error_detail, m.author_kind, m.author_id, a.name as author_name, m.client_id,
m.provider_at, m.created_at, m.sent_at, m.delivered_at, m.read_at, m.dismissed_at, m.version,
m.context::text as context, m.edited_at, m.revoked_at, {shown("m")} as shown,
q.id as quoted_id, q.seq as quoted_seq, q.type as quoted_type,
case when {shown("q")} then left(q.text, {QUOTE_LENGTH}) end as quoted_text,
q.author_kind as quoted_author_kind, q.author_id as quoted_author_id, b.name as quoted_author_name,
(select json_agg(json_build_object('id', f.id, 'kind', f.kind, 'mime', f.mime, 'size', f.size, 'name', f.name,
                                   'state', f.state, 'voice', f.voice, 'width', f.width, 'height', f.height,
                                   'duration_s', f.duration_s, 'waveform', f.waveform,
                                   'thumbnail', f.thumbnail_key is not null) order by f.position, f.id)
   from attachment f where f.tenant_id = m.tenant_id and f.message_id = m.id)::text as attachments
"""  # noqa: S608  # a constant of this file
MESSAGE_JOINS: Final = """
  left join user_account a on a.tenant_id = m.tenant_id and a.id = m.author_id and m.author_kind = 'user'
  left join message q on q.tenant_id = m.tenant_id and q.id = m.reply_to_id
  left join user_account b on b.tenant_id = q.tenant_id and b.id = q.author_id and q.author_kind = 'user'
"""

_PAGE: Final = f"""
with page as materialized (
  select * from message
   where tenant_id = $1 and conversation_id = $2 and seq < $3
   order by seq desc limit $4
)
select {MESSAGE_COLUMNS} from page m {MESSAGE_JOINS} order by m.seq
"""  # noqa: S608  # put together from constants of this file
_ONE: Final = f"select {MESSAGE_COLUMNS} from message m {MESSAGE_JOINS} where m.tenant_id = $1 and m.conversation_id = $2 and m.id = $3"  # noqa: S608
_CHANGED: Final = f"""
select {MESSAGE_COLUMNS}
  from unnest($1::uuid[], $2::uuid[]) as wanted (tenant_id, id)
  cross join lateral (select x.* from message x where x.tenant_id = wanted.tenant_id and x.id = wanted.id limit 1) m {MESSAGE_JOINS}
 order by m.seq
"""  # noqa: S608


async def list_messages(tx: Tx, conversation_id: UUID, before_seq: int, limit: int) -> list[asyncpg.Record]:
    """The `limit` messages before a seq, ascending. One statement. Index: (tenant_id, conversation_id, seq).

    Whether the conversation is visible is the caller's first question.
    """
    return await tx.fetch(_PAGE, tx.tenant_id, conversation_id, before_seq, limit)


_NEWER_PAGE: Final = f"""
with page as materialized (
  select * from message
   where tenant_id = $1 and conversation_id = $2 and seq > $3
   order by seq limit $4
)
select {MESSAGE_COLUMNS} from page m {MESSAGE_JOINS} order by m.seq
"""  # noqa: S608  # as above


async def list_newer_messages(tx: Tx, conversation_id: UUID, after_seq: int, limit: int) -> list[asyncpg.Record]:
    """The `limit` messages behind a seq, ascending. As `list_messages`."""
    return await tx.fetch(_NEWER_PAGE, tx.tenant_id, conversation_id, after_seq, limit)


async def find_message(tx: Tx, conversation_id: UUID, message_id: UUID) -> asyncpg.Record | None:
    """One message of this conversation. By primary key."""
    return await tx.fetchrow(_ONE, tx.tenant_id, conversation_id, message_id)


async def changed_messages(connection: Connection, keys: Sequence[tuple[UUID, UUID]]) -> list[asyncpg.Record]:
    """Messages by (tenant, id), for the stream's role; in the order of `seq` within their conversations."""
    return await connection.fetch(_CHANGED, [tenant for tenant, _ in keys], [id_ for _, id_ in keys])


async def contacts_notes(tx: Tx, viewer: Viewer, contact_id: UUID, limit: int) -> list[asyncpg.Record]:
    """The newest notes in a contact's visible conversations. Indexes: identity by contact, message by conversation."""
    return await tx.fetch(
        f"""
        with page as materialized (
          select m.* from identity i
            join conversation c on c.tenant_id = i.tenant_id and c.identity_id = i.id
            join message m on m.tenant_id = c.tenant_id and m.conversation_id = c.id
           where i.tenant_id = $1 and i.contact_id = $4 and m.type = 'note' and {viewer.visible}
             and $2::uuid is not null
           order by m.created_at desc, m.id desc limit $5
        )
        select {MESSAGE_COLUMNS} from page m {MESSAGE_JOINS} order by m.created_at desc, m.id desc
        """,  # noqa: S608  # put together from constants of this file; values are parameters
        tx.tenant_id,
        *viewer.parameters,
        contact_id,
        limit,
    )


async def visible_attachment(tx: Tx, viewer: Viewer, attachment_id: UUID) -> asyncpg.Record | None:
    """A file whose conversation the viewer sees, one of a canned reply, or one that they uploaded and have not sent yet.
    By primary keys."""
    return await tx.fetchrow(
        f"""
        select f.id, f.kind, f.mime, f.size, f.name, f.storage_key, f.thumbnail_key, f.state, f.voice, f.width, f.height,
               f.duration_s, f.waveform, f.thumbnail_key is not null as thumbnail, f.message_id, f.provider_media_id,
               m.conversation_id
          from attachment f
          left join message m on m.tenant_id = f.tenant_id and m.id = f.message_id
          left join conversation c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
         where f.tenant_id = $1 and f.id = $4
           and ((f.message_id is null and (f.uploaded_by_id = $2 or f.canned_reply_id is not null))
                or (c.id is not null and {viewer.visible} and {shown("m")}))
        """,  # noqa: S608  # as above
        tx.tenant_id,
        *viewer.parameters,
        attachment_id,
    )


async def list_revisions(tx: Tx, message_id: UUID) -> list[asyncpg.Record]:
    """The earlier texts of a message, oldest first, without the one it has now. By primary key."""
    return await tx.fetch(
        f"""
        select text, payload, written_at
          from (select r.text, r.payload::text as payload, r.written_at, r.provider_id
                  from message_revision r
                  join message m on m.tenant_id = r.tenant_id and m.id = r.message_id
                 where r.tenant_id = $1 and r.message_id = $2 and {shown("m")}
                 order by r.written_at desc, r.provider_id desc offset 1) earlier
         order by written_at, provider_id
        """,  # noqa: S608  # a constant of this file
        tx.tenant_id,
        message_id,
    )
