"""Reads of templates and canned replies. Lists are small (hundreds), ordered by name, and searched by folded words."""

from __future__ import annotations

import json
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from invekto.kernel.errors import NotFound
from invekto.kernel.text import search_key
from invekto.kernel.tx import Tx

Row: TypeAlias = asyncpg.Record

_TEMPLATE = """
select t.id, t.kind, t.provider, t.account_key, t.provider_id, t.name, t.language, t.category, t.status, t.quality,
       t.rejected_reason, t.parameter_format, t.components::text as components, t.changed_at,
       (select h.id from channel h where h.tenant_id = t.tenant_id and h.parent_account_key = t.account_key
         order by h.status = 'reconnect_needed', h.number limit 1) as channel_id
  from template t
"""
# Index: template_list_idx. The name of an account's channel decides which account is meant.
_LIST = f"""{_TEMPLATE}
 where t.tenant_id = $1 and (t.name, t.id) > ($2, $3) and t.status <> 'DELETED'
   and ($4::uuid is null or t.account_key = (select h.parent_account_key from channel h where h.tenant_id = $1 and h.id = $4))
   and ($5::text is null or t.status = $5)
   and ($6::text is null or position($6 in t.search_key) > 0)
 order by t.name, t.id limit $7
"""  # noqa: S608  # constants of this file


async def list_templates(
    tx: Tx, after: tuple[str, UUID], limit: int, *, channel_id: UUID | None, status: str | None, words: str | None
) -> list[Row]:
    """Those that are not deleted, by name. `channel_id`: of that channel's account only."""
    wanted = search_key(words) if words else None
    rows = await tx.fetch(
        _LIST, tx.tenant_id, after[0], after[1], channel_id, status.upper() if status else None, wanted or None, limit
    )
    return list(rows)


async def find_template(tx: Tx, template_id: UUID, *, lock: bool = False) -> Row:
    """One that is not deleted. NotFound."""
    row = await tx.fetchrow(
        f"{_TEMPLATE} where t.tenant_id = $1 and t.id = $2 and t.status <> 'DELETED'{' for update of t' if lock else ''}",
        tx.tenant_id,
        template_id,
    )
    if row is None:
        raise NotFound
    assert isinstance(row, asyncpg.Record)
    return row


async def is_taken(tx: Tx, account_key: str, name: str, language: str) -> bool:
    """Whether the account has a template of this name and language."""
    row = await tx.fetchrow(
        "select 1 from template where tenant_id = $1 and account_key = $2 and name = $3 and language = $4"
        " and status <> 'DELETED'",
        tx.tenant_id,
        account_key,
        name,
        language,
    )
    return row is not None


_CANNED = """
select c.id, c.shortcut, c.title, c.folder, c.texts::text as texts, c.uses, c.sort_key from canned_reply c
"""
_CANNED_LIST = f"""{_CANNED}
 where c.tenant_id = $1 and (c.sort_key, c.id) > ($2, $3)
   and ($4::text is null or position($4 in c.search_key) > 0)
 order by c.sort_key, c.id limit $5
"""


async def list_canned(tx: Tx, after: tuple[str, UUID], limit: int, words: str | None) -> list[Row]:
    """By folder, then title, in the order of the Turkish alphabet. Index: canned_reply_list_idx."""
    wanted = search_key(words) if words else None
    return list(await tx.fetch(_CANNED_LIST, tx.tenant_id, after[0], after[1], wanted or None, limit))


async def find_canned(tx: Tx, canned_id: UUID, *, lock: bool = False) -> Row:
    """NotFound."""
    row = await tx.fetchrow(
        f"{_CANNED} where c.tenant_id = $1 and c.id = $2{' for update' if lock else ''}", tx.tenant_id, canned_id
    )
    if row is None:
        raise NotFound
    assert isinstance(row, asyncpg.Record)
    return row


def json_of(row: Row, column: str) -> Any:
    """A jsonb column that was read as text."""
    return json.loads(row[column])
