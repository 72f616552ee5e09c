"""Keeps our list of templates like the provider's: read whole on demand and by the clock, changed one by one by webhooks.

The provider is asked outside any transaction. A list is older than what came while it was read, so it never undoes that.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from invekto.channels.adapter import ChannelError, CredentialsRefused, TemplateUpdated, Transient
from invekto.channels.service import mark_reconnect_needed
from invekto.channels.templates import ProviderTemplate
from invekto.kernel.errors import InvektoError
from invekto.kernel.events import Event
from invekto.kernel.ids import uuid7
from invekto.kernel.jobs import Job, job_rows_of
from invekto.kernel.tenancy import Connection
from invekto.kernel.text import search_key, storable
from invekto.kernel.tx import SYSTEM, Actor, Tx
from invekto.templates.accounts import Account, Door, account_of, as_answer
from invekto.templates.events import SYNC_JOB, TemplateJudged

_log = logging.getLogger(__name__)

_PAGES_MAX: Final = 100
_GATHERED_S: Final = 15
"""How long webhooks about one account are gathered before its list is read once for all of them."""

# A row that changed after the reading began keeps what it has: a webhook or a person was faster than the list.
_UPSERT = """
insert into template (tenant_id, id, kind, provider, account_key, provider_id, name, language, category, status, quality,
                      rejected_reason, parameter_format, components, search_key, created_at, changed_at)
select $1, x.id, $2, $3, $4, x.provider_id, x.name, x.language, x.category, x.status, x.quality, x.reason, x.format,
       x.components::jsonb, x.search_key, $5, $5
  from unnest($6::uuid[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
              $14::text[], $15::text[], $16::text[])
    as x (id, provider_id, name, language, category, status, quality, reason, format, components, search_key)
on conflict (tenant_id, account_key, name, language) do update
   set provider_id = excluded.provider_id, category = excluded.category, status = excluded.status,
       quality = excluded.quality, rejected_reason = excluded.rejected_reason,
       parameter_format = excluded.parameter_format, components = excluded.components,
       search_key = excluded.search_key, changed_at = excluded.changed_at
 where template.changed_at <= $5
   and (template.provider_id, template.category, template.status, template.quality, template.rejected_reason,
        template.parameter_format, template.components)
       is distinct from
       (excluded.provider_id, excluded.category, excluded.status, excluded.quality, excluded.rejected_reason,
        excluded.parameter_format, excluded.components)
returning id
"""
_GONE = """
update template set status = 'DELETED', changed_at = $3
 where tenant_id = $1 and account_key = $2 and status <> 'DELETED' and changed_at <= $3
   and (name, language) not in (select * from unnest($4::text[], $5::text[]))
returning id
"""


def sync_job(channel_id: UUID, at: datetime | None = None) -> Job:
    """Reads the list of a channel's account, at once or `at`; waiting twice is waiting once."""
    when = "now" if at is None else "later"
    return Job(SYNC_JOB, {"channel_id": str(channel_id)}, run_at=at, dedupe_key=f"templates:{channel_id}:{when}")


def _gathered_job(account_key: str, channel_id: UUID, now: datetime) -> Job:
    """Reads the account's list at the end of the running quarter of a minute: once for all webhooks that came in it. What comes
    while a list is being read belongs to the next quarter, so no change falls between two readings."""
    turn = int(now.timestamp()) // _GATHERED_S + 1
    at = datetime.fromtimestamp(turn * _GATHERED_S, UTC)
    return Job(
        SYNC_JOB, {"channel_id": str(channel_id)}, run_at=at, dedupe_key=f"templates:{account_key}:webhooks:{turn}"
    )


async def sync_account(door: Door, tenant_id: UUID, actor: Actor, channel_id: UUID) -> int:
    """Reads the provider's whole list of a channel's account and takes it over. The number of templates it has.

    Raises:
        Invalid, Conflict: see `account_of`.
        Unavailable: the provider does not answer.
    """
    async with door.database.tx(tenant_id, actor) as tx:
        account = await account_of(tx, door, channel_id)
    began_at = door.database.clock.now()
    try:
        found = await _read(door, account)
    except ChannelError as error:
        await note_refusal(door, tenant_id, account, error)
        raise as_answer(error) from error
    await door.database.run(tenant_id, actor, lambda tx: take_over(tx, account, found, began_at))
    return len(found)


async def run_sync_job(door: Door, tenant_id: UUID, channel_id: UUID) -> None:
    """The job. A channel without templates, or one that must be connected again, has nothing to read."""
    try:
        count = await sync_account(door, tenant_id, SYSTEM, channel_id)
    except InvektoError as error:
        if error.http_status == 503:
            raise Transient(error.code) from error
        _log.info("templates of channel %s are not read: %s", channel_id, error.code)
        return
    _log.info("templates of channel %s: %d", channel_id, count)


async def note_refusal(door: Door, tenant_id: UUID, account: Account, error: ChannelError) -> None:
    """A refused token is the channel's trouble: it is told in a transaction of its own."""
    if isinstance(error, CredentialsRefused):
        async with door.database.tx(tenant_id, SYSTEM) as tx:
            await mark_reconnect_needed(await tx.raw(), tenant_id, account.channel_id, error.detail)
            tx.wake("event")


async def _read(door: Door, account: Account) -> list[ProviderTemplate]:
    found: dict[tuple[str, str], ProviderTemplate] = {}
    after: str | None = None
    for _ in range(_PAGES_MAX):
        page = await account.adapter.list_templates(door.http, account.credentials, after)
        found.update({(one.name, one.language): one for one in page.items})
        if page.after is None or page.after == after:
            break
        after = page.after
    return list(found.values())


async def take_over(tx: Tx, account: Account, found: Sequence[ProviderTemplate], began_at: datetime) -> None:
    """Writes the list that was begun to be read at `began_at`; what it does not name any more is deleted there."""
    changed = await tx.fetch(
        _UPSERT,
        tx.tenant_id,
        account.kind,
        account.provider,
        account.key,
        began_at,
        [uuid7() for _ in found],
        [one.key for one in found],
        [one.name for one in found],
        [one.language for one in found],
        [one.category for one in found],
        [one.status for one in found],
        [one.quality for one in found],
        [one.rejected_reason for one in found],
        [one.parameter_format for one in found],
        [json.dumps(list(one.components)) for one in found],
        [searched(one.name, one.components) for one in found],
    )
    gone = await tx.fetch(
        _GONE, tx.tenant_id, account.key, began_at, [one.name for one in found], [one.language for one in found]
    )
    tx.emit(*(TemplateJudged(entity_id=row["id"], detail={"source": "list"}) for row in [*changed, *gone]))


def searched(name: str, components: Sequence[object]) -> str:
    """The words a template is found by: its name and its texts."""
    texts = [str(one["text"]) for one in components if isinstance(one, dict) and one.get("text")]
    return search_key(" ".join([name.replace("_", " "), name, *texts]))


# What webhooks say ------------------------------------------------------------------------------------------------

# Forward only by the provider's time: a repeated or late webhook does not undo a newer one. Unknown ones wait for the list.
_APPLY = """
update template t
   set status = coalesce(x.status, t.status), category = coalesce(x.category, t.category),
       quality = coalesce(x.quality, t.quality),
       rejected_reason = case when x.status is null then t.rejected_reason else x.reason end,
       changed_at = $9, judged_at = x.occurred_at
  from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[])
    as x (tenant_id, account_key, provider_id, status, category, quality, reason, occurred_at)
 where t.tenant_id = x.tenant_id and t.account_key = x.account_key and t.provider_id = x.provider_id
   and (t.judged_at is null or t.judged_at <= x.occurred_at)
returning t.tenant_id, t.id
"""


async def apply_updates(
    connection: Connection, updates: Sequence[tuple[UUID, UUID, TemplateUpdated]], now: datetime
) -> list[tuple[UUID, Event]]:
    """What providers said of templates, as `(tenant, channel, event)`, in one statement; the connection is of ingest's role and
    has claimed the tenants. The newest word about a template wins. The facts to log, by tenant.

    A template that we do not know, or whose parts have changed, orders that its account's list be read.
    """
    merged: dict[tuple[UUID, str, str], dict[str, str | None]] = {}
    times: dict[tuple[UUID, str, str], datetime] = {}
    for tenant_id, _, one in sorted(updates, key=lambda update: update[2].occurred_at):
        key = (tenant_id, one.account_key, one.template_key)
        said = merged.setdefault(key, {"status": None, "category": None, "quality": None, "reason": None})
        if one.status is not None:
            reason = None if one.reason in (None, "", "NONE") else storable(str(one.reason))[:200]
            said |= {"status": storable(one.status)[:40], "reason": reason}
        said |= {
            name: storable(value)[:40]
            for name, value in (("category", one.category), ("quality", one.quality))
            if value is not None
        }
        times[key] = one.occurred_at
    if not merged:
        return []
    keys = list(merged)
    rows = await connection.fetch(
        _APPLY,
        [key[0] for key in keys],
        [key[1] for key in keys],
        [key[2] for key in keys],
        *([merged[key][name] for key in keys] for name in ("status", "category", "quality", "reason")),
        [times[key] for key in keys],
        now,
    )
    unsure = [one for one in updates if one[2].rewritten] + await _unknown(connection, updates, len(rows) < len(keys))
    jobs = {
        (tenant_id, one.account_key): (tenant_id, _gathered_job(one.account_key, channel_id, now))
        for tenant_id, channel_id, one in unsure
    }
    if jobs:
        await connection.execute(*job_rows_of(list(jobs.values())))
    return [(row["tenant_id"], TemplateJudged(entity_id=row["id"], detail={"source": "webhook"})) for row in rows]


async def _unknown(
    connection: Connection, updates: Sequence[tuple[UUID, UUID, TemplateUpdated]], some: bool
) -> list[tuple[UUID, UUID, TemplateUpdated]]:
    """The updates of templates that are not here. `some` False: there can be none."""
    if not some:
        return []
    rows = await connection.fetch(
        "select t.tenant_id, t.account_key, t.provider_id from unnest($1::uuid[], $2::text[], $3::text[])"
        "   as x (tenant_id, account_key, provider_id)"
        " join template t on t.tenant_id = x.tenant_id and t.account_key = x.account_key and t.provider_id = x.provider_id",
        [tenant for tenant, _, _ in updates],
        [one.account_key for _, _, one in updates],
        [one.template_key for _, _, one in updates],
    )
    known = {(row["tenant_id"], row["account_key"], row["provider_id"]) for row in rows}
    return [one for one in updates if (one[0], one[2].account_key, one[2].template_key) not in known]
