"""The files of canned replies: uploads that stay, and copies of them for whoever uses one. A copy shares the stored bytes."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from invekto.kernel.errors import FieldError, Invalid
from invekto.kernel.ids import uuid7
from invekto.kernel.tx import Tx


async def keep_files(tx: Tx, canned_id: UUID, attachment_ids: Sequence[UUID]) -> None:
    """These are the reply's files from now on, in this order; others that it had are let go, and forgotten within a day.

    Raises:
        Invalid: one that is neither my own unsent upload nor a file of this reply.
    """
    if len(set(attachment_ids)) != len(attachment_ids):
        raise Invalid(fields=[FieldError("attachment_ids", "twice")])
    await tx.execute(
        "update attachment set canned_reply_id = null where tenant_id = $1 and canned_reply_id = $2 and id <> all ($3::uuid[])",
        tx.tenant_id,
        canned_id,
        list(attachment_ids),
    )
    kept = await tx.fetch(
        "update attachment a set canned_reply_id = $2, position = x.place - 1"
        " from unnest($3::uuid[]) with ordinality as x (id, place)"
        " where a.tenant_id = $1 and a.id = x.id and a.message_id is null and a.state = 'stored'"
        " and (a.canned_reply_id = $2 or (a.canned_reply_id is null and a.uploaded_by_id = $4)) returning a.id",
        tx.tenant_id,
        canned_id,
        list(attachment_ids),
        tx.actor.id,
    )
    missing = set(attachment_ids) - {row["id"] for row in kept}
    if missing:
        wrong = [
            FieldError(f"attachment_ids.{place}", "not_found")
            for place, one in enumerate(attachment_ids)
            if one in missing
        ]
        raise Invalid(fields=wrong)


async def files_of(tx: Tx, canned_ids: Sequence[UUID]) -> dict[UUID, list[asyncpg.Record]]:
    """Each reply's files, in order, as an upload's rows and whether they have a `thumbnail`. Index: attachment_canned_reply_idx."""
    rows = await tx.fetch(
        "select canned_reply_id, id, kind, mime, size, name, thumbnail_key is not null as thumbnail from attachment"
        " where tenant_id = $1 and canned_reply_id = any ($2::uuid[]) order by canned_reply_id, position",
        tx.tenant_id,
        list(canned_ids),
    )
    found: dict[UUID, list[asyncpg.Record]] = {one: [] for one in canned_ids}
    for row in rows:
        found[row["canned_reply_id"]].append(row)
    return found


async def copy_files(tx: Tx, canned_id: UUID) -> list[asyncpg.Record]:
    """My own unsent copies of the reply's files, ready to be sent, as an upload's rows."""
    originals = await tx.fetch(
        "select id from attachment where tenant_id = $1 and canned_reply_id = $2 order by position",
        tx.tenant_id,
        canned_id,
    )
    rows = await tx.fetch(
        "insert into attachment (tenant_id, id, uploaded_by_id, position, kind, mime, size, name, voice, storage_key, state,"
        " width, height, animated, duration_s, waveform, thumbnail_key, facts_due_at, created_at)"
        " select a.tenant_id, x.copy, $4, a.position, a.kind, a.mime, a.size, a.name, a.voice, a.storage_key, a.state,"
        " a.width, a.height, a.animated, a.duration_s, a.waveform, a.thumbnail_key, a.facts_due_at, $5"
        " from unnest($2::uuid[], $3::uuid[]) as x (id, copy) join attachment a on a.tenant_id = $1 and a.id = x.id"
        " returning id, kind, mime, size, name, position",
        tx.tenant_id,
        [row["id"] for row in originals],
        [uuid7() for _ in originals],
        tx.actor.id,
        tx.now,
    )
    return sorted(rows, key=lambda row: int(row["position"]))
