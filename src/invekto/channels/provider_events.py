"""What providers say of accounts: kept on the channel as its health, or kept for a while because nobody uses it yet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from invekto.channels.adapter import ChannelUpdated
from invekto.channels.claims import Route
from invekto.channels.events import ChannelHealthChanged
from invekto.kernel.events import Event
from invekto.kernel.tenancy import Connection
from invekto.kernel.text import storable


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A part of a receipt under the name of what it is."""

    tenant_id: UUID
    channel_id: UUID
    receipt_id: int
    path: str
    kind: str
    raw: bytes
    occurred_at: datetime


async def keep_provider_events(connection: Connection, events: Sequence[Kept], now: datetime) -> None:
    """Once per place in its receipt."""
    if not events:
        return
    await connection.execute(
        "insert into provider_event (tenant_id, receipt_id, path, channel_id, kind, raw, occurred_at, received_at)"
        " select *, $8 from unnest($1::uuid[], $2::bigint[], $3::text[], $4::uuid[], $5::text[], $6::bytea[],"
        " $7::timestamptz[]) on conflict do nothing",
        [one.tenant_id for one in events],
        [one.receipt_id for one in events],
        [storable(one.path) for one in events],
        [one.channel_id for one in events],
        [one.kind for one in events],
        [one.raw for one in events],
        [one.occurred_at for one in events],
        now,
    )


async def update_channels(
    connection: Connection, updates: Sequence[tuple[UUID, ChannelUpdated]]
) -> list[tuple[UUID, Event]]:
    """Writes quality, limit and health where they are newer than what is there: (tenant, update). The facts of it.

    An account-wide update reaches every channel of the firm under that account; one with an address that number alone.
    """
    if not updates:
        return []
    ordered = sorted(updates, key=lambda one: one[1].occurred_at)
    events = [event for _, event in ordered]
    rows = await connection.fetch(
        # Folded first: an update touches a row once.
        "with said as (select * from unnest($1::uuid[], $2::text[], $3::bool[], $4::text[], $5::text[], $6::text[],"
        "   $7::text[], $8::jsonb[], $9::timestamptz[]) with ordinality"
        "   as x (tenant_id, account_key, parent, address, kind, quality, messaging_limit, health, at, place)),"
        " met as (select h.tenant_id, h.id, said.kind, said.quality, said.messaging_limit, said.health, said.at, said.place"
        "  from said join channel h on h.tenant_id = said.tenant_id and case when said.parent then h.parent_account_key"
        "   else h.account_key end = said.account_key"
        "   and (said.address is null or regexp_replace(coalesce(h.address, ''), '[^0-9]', '', 'g') = said.address)"
        "   and coalesce((h.health -> said.kind ->> 'at')::timestamptz, '-infinity') <= said.at),"
        " folded as (select tenant_id, id, jsonb_object_agg(kind, health order by place) as health, max(at) as at,"
        "   (array_agg(quality order by place desc) filter (where quality is not null))[1] as quality,"
        "   (array_agg(messaging_limit order by place desc) filter (where messaging_limit is not null))[1] as messaging_limit"
        "  from met group by tenant_id, id)"
        " update channel h set health = h.health || folded.health, health_at = greatest(h.health_at, folded.at),"
        "  quality = coalesce(folded.quality, h.quality),"
        "  messaging_limit = coalesce(folded.messaging_limit, h.messaging_limit)"
        " from folded where h.tenant_id = folded.tenant_id and h.id = folded.id returning h.tenant_id, h.id",
        [tenant for tenant, _ in ordered],
        [event.account_key for event in events],
        [event.parent for event in events],
        [event.address for event in events],
        [event.kind for event in events],
        [event.quality for event in events],
        [event.messaging_limit for event in events],
        [json.dumps({**event.health, "at": event.occurred_at.isoformat()}, ensure_ascii=False) for event in events],
        [event.occurred_at for event in events],
    )
    return [
        (row["tenant_id"], ChannelHealthChanged(entity_id=row["id"], detail={"fields": ["health"]})) for row in rows
    ]


async def find_parent_routes(
    connection: Connection, accounts: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], list[Route]]:
    """The routes of the numbers under an account, by (kind, parent account key), one per firm and app."""
    wanted = sorted(set(accounts))
    if not wanted:
        return {}
    rows = await connection.fetch(
        "select distinct on (r.kind, r.parent_account_key, r.tenant_id, r.app_id) r.kind, r.parent_account_key,"
        " r.tenant_id, r.channel_id, r.app_id from unnest($1::text[], $2::text[]) as wanted (kind, account_key)"
        " join channel_route r on r.kind = wanted.kind and r.parent_account_key = wanted.account_key"
        " order by r.kind, r.parent_account_key, r.tenant_id, r.app_id, r.channel_id",
        [kind for kind, _ in wanted],
        [account for _, account in wanted],
    )
    found: dict[tuple[str, str], list[Route]] = {}
    for row in rows:
        route = Route(row["tenant_id"], row["channel_id"], row["app_id"])
        found.setdefault((row["kind"], row["parent_account_key"]), []).append(route)
    return found


async def forget_provider_events(connection: Connection, older_than: datetime) -> int:
    """Deletes what came before `older_than`; gives the number."""
    return int(await connection.fetchval("select forget_provider_events($1)", older_than))
