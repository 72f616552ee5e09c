"""The schema can be spread over several servers by firm (docs/scaling.md): every table has its class, and keeps its rules."""

from __future__ import annotations

import asyncpg
import pytest

REFERENCE = {"tenant", "app", "channel_route"}
"""On every node: small, read by ingest to find whose a message is."""

OF_THE_INGEST_NODE = {
    "receipt",
    "quarantine",
    "sign_in_attempt",
    "database_epoch",
    "search_progress",
    "alembic_version",
    "pgqueuer",
    "pgqueuer_log",
    "pgqueuer_schedules",
    "pgqueuer_statistics",
}
"""Without a firm, or before it is known."""

GIVEN_UP_THEN = {"channel_route_channel_id_fkey"}
"""References that the day of the second node ends: a route is written in the transaction that writes its channel."""


@pytest.fixture
async def admin(owner_url: str) -> asyncpg.Connection[asyncpg.Record]:
    return await asyncpg.connect(owner_url)


async def _names(admin: asyncpg.Connection[asyncpg.Record], query: str) -> set[str]:
    return {row[0] for row in await admin.fetch(query)}


async def _distributed(admin: asyncpg.Connection[asyncpg.Record]) -> set[str]:
    every = await _names(
        admin,
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') "
        "and not relispartition",
    )
    assert every >= REFERENCE | OF_THE_INGEST_NODE, "a class names a table that is gone"
    return every - REFERENCE - OF_THE_INGEST_NODE


async def test_every_table_of_a_firm_can_be_distributed_by_it(admin: asyncpg.Connection[asyncpg.Record]) -> None:
    with_tenant = await _names(
        admin,
        "select attrelid::regclass::text from pg_attribute where attname = 'tenant_id' and attnotnull and not attisdropped",
    )
    assert await _distributed(admin) - with_tenant == set()


async def test_every_unique_key_of_a_distributed_table_has_the_tenant(
    admin: asyncpg.Connection[asyncpg.Record],
) -> None:
    rows = await admin.fetch(
        """
        select i.indexrelid::regclass::text as name, i.indrelid::regclass::text as source
          from pg_index i join pg_class c on c.oid = i.indrelid
         where i.indisunique and c.relnamespace = 'public'::regnamespace
           and not exists (select from pg_attribute a
                            where a.attrelid = i.indrelid and a.attname = 'tenant_id' and a.attnum = any(i.indkey))
        """
    )
    distributed = await _distributed(admin)
    assert [row["name"] for row in rows if row["source"] in distributed] == []


async def test_references_stay_on_a_node(admin: asyncpg.Connection[asyncpg.Record]) -> None:
    """Between two distributed tables both sides have the tenant at the same place; nothing of every node, or of the
    ingest node, refers to a distributed row."""
    rows = await admin.fetch(
        """
        select k.conname, k.conrelid::regclass::text as source, k.confrelid::regclass::text as target,
               array(select a.attname::text from unnest(k.conkey) with ordinality as c (n, o)
                     join pg_attribute a on a.attrelid = k.conrelid and a.attnum = c.n order by c.o) as here,
               array(select a.attname::text from unnest(k.confkey) with ordinality as c (n, o)
                     join pg_attribute a on a.attrelid = k.confrelid and a.attnum = c.n order by c.o) as there
          from pg_constraint k where k.contype = 'f' and k.connamespace = 'public'::regnamespace
        """
    )
    distributed = await _distributed(admin)
    assert rows
    wrong = [
        row["conname"]
        for row in rows
        if (
            row["target"] in distributed
            and ("tenant_id", "tenant_id") not in zip(row["here"], row["there"], strict=True)
        )
        or (row["target"] in distributed and row["source"] not in distributed)
        or (row["target"] in OF_THE_INGEST_NODE and row["source"] not in OF_THE_INGEST_NODE)
    ]
    assert set(wrong) == GIVEN_UP_THEN


async def test_numbers_that_every_node_gives_out_have_room_for_its_mark(
    admin: asyncpg.Connection[asyncpg.Record],
) -> None:
    """A node puts its number into the highest bits of what it gives out: only a bigint has them."""
    rows = await admin.fetch(
        """
        select a.attrelid::regclass::text as source, a.atttypid::regtype::text as type
          from pg_attribute a join pg_class c on c.oid = a.attrelid
         where a.attidentity <> '' and c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        """
    )
    assert {"event", "outbox"} <= {row["source"] for row in rows}
    assert {row["type"] for row in rows} == {"bigint"}
