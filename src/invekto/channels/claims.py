"""What ingest takes from the stored receipts and gives back: claims in order, routes, the quarantine, the mark of being done.

A receipt is one raw body with many events, senders and firms. It is never deduplicated: the messages' keys do that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from prometheus_client import Counter

from invekto.kernel.ids import uuid7
from invekto.kernel.metrics import REGISTRY
from invekto.kernel.tenancy import Connection
from invekto.kernel.text import storable

RECEIPTS_DONE: Final = Counter("invekto_receipts_done", "Webhooks that were stored as messages.", registry=REGISTRY)
QUARANTINED: Final = Counter(
    "invekto_quarantined", "Parts of webhooks that could not be stored.", ("reason",), registry=REGISTRY
)
CLAIM_MAX: Final = 512
CONSUMER_LOCK: Final = 0x494E4745
"""The advisory lock of the one worker that reads receipts."""
CLAIM_MAX_BYTES: Final = 4 << 20


@dataclass(frozen=True, slots=True)
class StoredReceipt:
    id: int
    kind: str
    app_id: UUID | None
    channel_id: UUID | None
    query: str
    headers: str
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Route:
    """The channel that an account of a provider belongs to."""

    tenant_id: UUID
    channel_id: UUID
    app_id: UUID | None

    def admits(self, receipt: StoredReceipt) -> bool:
        """An app speaks for the channels bound to it alone, a channel's own URL for that channel alone."""
        if receipt.channel_id is not None:
            return receipt.channel_id == self.channel_id
        return receipt.app_id == self.app_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A part that could not be stored: for the quarantine."""

    receipt: StoredReceipt
    path: str
    raw: bytes
    reason: str
    detail: str | None = None
    tenant_id: UUID | None = None
    channel_id: UUID | None = None


# By receipt_open_idx, in the order of arrival; a huge body comes alone. There is one consumer, so nothing is locked.
_CLAIM = """
select id, kind, app_id, channel_id, query, headers::text as headers, body, received_at
  from (select *, sum(octet_length(body)) over (order by id) - octet_length(body) as before
          from (select * from receipt where done_at is null order by id limit $1) open) sized
 where before < $2
 order by id
"""


async def claim_receipts(connection: Connection, limit: int = CLAIM_MAX) -> list[StoredReceipt]:
    """The oldest receipts that are not done: at most `limit`, and about CLAIM_MAX_BYTES."""
    return [StoredReceipt(**row) for row in await connection.fetch(_CLAIM, limit, CLAIM_MAX_BYTES)]


# By receipt_open_idx: a count that stops at the limit, and the oldest.
_BACKLOG = """
select (select count(*) from (select from receipt where done_at is null limit $1) open) as waiting,
       (select extract(epoch from clock_timestamp() - received_at)::float8
          from receipt where done_at is null order by id limit 1) as oldest_s
"""


async def backlog(connection: Connection, at_most: int) -> tuple[int, float]:
    """How many receipts wait, counted up to `at_most`, and for how many seconds the oldest has."""
    row = await connection.fetchrow(_BACKLOG, at_most)
    assert row is not None, "a select without a table gives a row"
    return row["waiting"], row["oldest_s"] or 0.0


async def find_routes(connection: Connection, accounts: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Route]:
    """The routes of accounts, by (kind, account key). A provider's webhooks name the kind by their URL."""
    wanted = sorted(set(accounts))
    if not wanted:
        return {}
    rows = await connection.fetch(
        "select r.kind, r.account_key, r.tenant_id, r.channel_id, r.app_id"
        " from unnest($1::text[], $2::text[]) as wanted (kind, account_key)"
        " join channel_route r on r.kind = wanted.kind and r.account_key = wanted.account_key",
        [kind for kind, _ in wanted],
        [account for _, account in wanted],
    )
    return {
        (row["kind"], row["account_key"]): Route(row["tenant_id"], row["channel_id"], row["app_id"]) for row in rows
    }


async def all_routes(connection: Connection) -> dict[UUID, list[UUID]]:
    """Every connected channel, by tenant. The connection is of ingest's role."""
    found: dict[UUID, list[UUID]] = {}
    for row in await connection.fetch("select tenant_id, channel_id from channel_route order by tenant_id, channel_id"):
        found.setdefault(row["tenant_id"], []).append(row["channel_id"])
    return found


async def channel_teams(connection: Connection, channels: Iterable[tuple[UUID, UUID]]) -> dict[UUID, UUID | None]:
    """The team that answers on each channel of the claim's tenants."""
    wanted = sorted(set(channels))
    rows = await connection.fetch(
        "select h.id, h.team_id from unnest($1::uuid[], $2::uuid[]) as wanted (tenant_id, id)"
        " join channel h on h.tenant_id = wanted.tenant_id and h.id = wanted.id",
        [tenant for tenant, _ in wanted],
        [channel for _, channel in wanted],
    )
    return {row["id"]: row["team_id"] for row in rows}


async def note_inbound(connection: Connection, channels: Iterable[tuple[UUID, UUID]], now: datetime) -> None:
    """Remembers that these channels received something: their health. Once a minute is enough."""
    wanted = sorted(set(channels))
    if not wanted:
        return
    await connection.execute(
        "update channel h set last_inbound_at = $3::timestamptz from unnest($1::uuid[], $2::uuid[]) as x (tenant_id, id)"
        " where h.tenant_id = x.tenant_id and h.id = x.id"
        " and (h.last_inbound_at is null or h.last_inbound_at < $3::timestamptz - interval '1 minute')",
        [tenant for tenant, _ in wanted],
        [channel for _, channel in wanted],
        now,
    )


async def quarantine(connection: Connection, parked: Sequence[Parked], now: datetime) -> None:
    """Keeps what could not be stored, once per place and reason: visible, and replayable."""
    if not parked:
        return
    await connection.execute(
        "insert into quarantine (tenant_id, id, receipt_id, kind, app_id, channel_id, path, raw, reason, detail, created_at)"
        " select *, $11 from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::uuid[], $6::uuid[], $7::text[],"
        " $8::bytea[], $9::text[], $10::text[]) on conflict (receipt_id, path, reason) do nothing",
        [one.tenant_id for one in parked],
        [uuid7() for _ in parked],
        [one.receipt.id for one in parked],
        [one.receipt.kind for one in parked],
        [one.receipt.app_id for one in parked],
        [one.channel_id or one.receipt.channel_id for one in parked],
        [storable(one.path) for one in parked],
        [one.raw for one in parked],
        [one.reason for one in parked],
        [None if one.detail is None else storable(one.detail) for one in parked],
        now,
    )


async def mark_done(connection: Connection, receipts: Sequence[StoredReceipt]) -> None:
    await connection.execute(
        "update receipt set done_at = now() where id = any($1::bigint[])", [receipt.id for receipt in receipts]
    )


async def forget_done_receipts(connection: Connection, older_than: datetime, limit: int) -> int:
    """Deletes of the first `limit` receipts that are done those that came before `older_than`; gives their number.

    By the key: receipts are numbered as they come. A replayed one is old and has a new number, so it goes with its neighbours.
    """
    return int(
        await connection.fetchval(
            "with gone as (delete from receipt where id in (select id from (select id, received_at from receipt"
            " where done_at is not null order by id limit $2) first where received_at < $1) returning 1)"
            " select count(*) from gone",
            older_than,
            limit,
        )
    )
