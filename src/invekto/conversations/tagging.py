"""Tags of a firm, and which of them a conversation carries."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from invekto.conversations.events import ConversationChanged
from invekto.conversations.lifecycle import lock_visible
from invekto.conversations.queries import Viewer
from invekto.conversations.schemas import Tag, TagColor
from invekto.conversations.thread import append_activity
from invekto.kernel.errors import Conflict, FieldError, Invalid
from invekto.kernel.ids import uuid7
from invekto.kernel.text import search_key
from invekto.kernel.tx import Tx


async def create_tag(tx: Tx, name: str, color: TagColor) -> Tag:
    """A new tag. Names that read alike are one name: Conflict `tag_exists`."""
    key = search_key(name)
    if not key:
        raise Invalid(fields=[FieldError("name", "required")])
    row = await tx.fetchrow(
        "insert into tag (tenant_id, id, name, name_key, color, created_at) values ($1, $2, $3, $4, $5, $6)"
        " on conflict (tenant_id, name_key) do nothing returning id, name, color",
        tx.tenant_id,
        uuid7(),
        name,
        key,
        color,
        tx.now,
    )
    if row is None:
        raise Conflict("tag_exists", params={"name": name})
    return Tag(id=row["id"], name=row["name"], color=row["color"])


async def list_tags(tx: Tx, after_key: str, limit: int) -> list[asyncpg.Record]:
    """Tags by folded name. Index: (tenant_id, name_key)."""
    return await tx.fetch(
        "select id, name, color, name_key from tag where tenant_id = $1 and name_key > $2 order by name_key limit $3",
        tx.tenant_id,
        after_key,
        limit,
    )


async def set_tags(tx: Tx, viewer: Viewer, conversation_id: UUID, tag_ids: Sequence[UUID]) -> None:
    """Makes `tag_ids` the whole set. The same set again changes nothing.

    Raises:
        NotFound: hidden.
        Invalid: a tag that this firm does not have, by its place in the list.
    """
    await lock_visible(tx, viewer, conversation_id)
    rows = await tx.fetch(
        """
        select g.id, g.name, x.tag_id is not null as held
          from tag g
          left join conversation_tag x on x.tenant_id = g.tenant_id and x.tag_id = g.id and x.conversation_id = $2
         where g.tenant_id = $1 and (g.id = any($3::uuid[]) or x.tag_id is not null)
         order by g.name_key
        """,
        tx.tenant_id,
        conversation_id,
        list(tag_ids),
    )
    known = {row["id"] for row in rows}
    unknown = [FieldError(f"tag_ids.{place}", "not_found") for place, id_ in enumerate(tag_ids) if id_ not in known]
    if unknown:
        raise Invalid(fields=unknown)
    wanted = set(tag_ids)
    added = [row for row in rows if row["id"] in wanted and not row["held"]]
    removed = [row for row in rows if row["id"] not in wanted]
    if not added and not removed:
        return
    await tx.execute(
        "delete from conversation_tag where tenant_id = $1 and conversation_id = $2 and tag_id = any($3::uuid[])",
        tx.tenant_id,
        conversation_id,
        [row["id"] for row in removed],
    )
    await tx.execute(
        "insert into conversation_tag (tenant_id, conversation_id, tag_id) select $1, $2, unnest($3::uuid[])",
        tx.tenant_id,
        conversation_id,
        [row["id"] for row in added],
    )
    actor = await tx.fetchrow(
        "select name from user_account where tenant_id = $1 and id = $2", tx.tenant_id, tx.actor.id
    )
    await append_activity(
        tx,
        conversation_id,
        "tagged",
        by=actor and actor["name"],
        added=[row["name"] for row in added],
        removed=[row["name"] for row in removed],
    )
    tx.emit(ConversationChanged(conversation_id=conversation_id))
