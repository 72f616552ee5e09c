"""Every table keeps tenants apart by its shape, not by the care of whoever queries it."""

from __future__ import annotations

import asyncpg
import pytest

from invekto.accounts.service import create_team, create_tenant, create_user
from invekto.kernel.db import Database
from invekto.kernel.ids import uuid7
from invekto.kernel.tx import SYSTEM

# Tables that belong to no tenant, each with the reason.
WITHOUT_TENANT = {
    "alembic_version": "the schema's own version",
    "database_epoch": "one row about the database",
    "receipt": "a raw body may speak of several tenants; nobody but receipts and ingest reads it",
    "search_progress": "one row: how far search has followed the log",
    "sign_in_attempt": "written before the firm is known to exist; holds keyed hashes",
    "pgqueuer": "the job queue: ids only, the handler opens a transaction of the named tenant",
    "pgqueuer_log": "the job queue",
    "pgqueuer_schedules": "the job queue",
    "pgqueuer_statistics": "the job queue",
}
# Tables with row-level security whose key another column leads, each with the reason.
OWN_KEY = {
    "tenant": "its id is the tenant",
    "app": "the platform's own app has no tenant",
    "channel_route": "the reference table that finds the tenant of an account",
    "quarantine": "a part whose channel is unknown has no tenant yet",
}
# Indexes that another column leads, each with the reason.
CROSS_TENANT_INDEXES = {
    "event_cursor_idx": "the stream reads all tenants' events once per process",
    "event_created_at_idx": "retention",
    "search_message_words_idx": "each word begins with its firm's mark; read by a function that names the firm",
    "search_contact_words_idx": "as above",
    "conversation_snoozed_idx": "the waker asks for whatever is due",
    "attachment_pending_idx": "the media fetcher asks for whatever is due",
    "attachment_facts_idx": "the reader of files asks for whatever is due",
    "lane_due_idx": "workers claim whatever is due",
    "delivery_update_received_at_idx": "retention of parked updates",
    "message_change_received_at_idx": "retention of changes",
    "provider_event_received_at_idx": "retention of what nobody used",
}


@pytest.fixture
async def admin(owner_url: str) -> asyncpg.Connection[asyncpg.Record]:
    return await asyncpg.connect(owner_url)


async def _tables(admin: asyncpg.Connection[asyncpg.Record]) -> dict[str, asyncpg.Record]:
    rows = await admin.fetch(
        """
        select c.relname, c.relrowsecurity, c.relforcerowsecurity, c.oid,
               exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id') as has_tenant
          from pg_class c
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        """
    )
    return {row["relname"]: row for row in rows}


async def test_every_table_forces_row_level_security_or_is_listed_with_its_reason(
    admin: asyncpg.Connection[asyncpg.Record],
) -> None:
    tables = await _tables(admin)
    open_tables = {name for name, row in tables.items() if not (row["relrowsecurity"] and row["relforcerowsecurity"])}
    assert open_tables == set(WITHOUT_TENANT)


async def test_every_policy_reads_a_transaction_scoped_setting_or_serves_a_narrow_role(
    admin: asyncpg.Connection[asyncpg.Record],
) -> None:
    rows = await admin.fetch("select tablename, policyname, roles::text[], qual from pg_policies")
    unbounded = {(row["tablename"], role) for row in rows if row["qual"] == "true" for role in row["roles"]}
    assert unbounded == {
        ("app", "invekto_ingest"),
        ("app", "invekto_receipts"),
        ("app", "invekto_owner"),
        ("event", "invekto_owner"),
        ("lane", "invekto_owner"),
        ("outbox", "invekto_owner"),
        ("channel_route", "invekto_ingest"),
        ("channel_route", "invekto_receipts"),
        ("event", "invekto_stream"),
        ("lane", "invekto_delivery"),
        ("quarantine", "invekto_ingest"),
        ("search_backfill", "invekto_owner"),
        ("search_contact", "invekto_search"),
        ("search_message", "invekto_search"),
        ("search_week", "invekto_search"),
        ("tenant", "invekto_owner"),
    }


async def test_the_tenant_leads_every_primary_key(admin: asyncpg.Connection[asyncpg.Record]) -> None:
    rows = await admin.fetch(
        """
        select c.relname, a.attname
          from pg_index i join pg_class c on c.oid = i.indrelid
          join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
         where i.indisprimary and c.relnamespace = 'public'::regnamespace
        """
    )
    other = {row["relname"] for row in rows if row["attname"] != "tenant_id"}
    assert other == set(WITHOUT_TENANT) | set(OWN_KEY)


async def test_the_tenant_leads_every_index(admin: asyncpg.Connection[asyncpg.Record]) -> None:
    rows = await admin.fetch(
        """
        select i.indexrelid::regclass::text as name, c.relname, a.attname
          from pg_index i join pg_class c on c.oid = i.indrelid
          join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
         where c.relnamespace = 'public'::regnamespace and not i.indisprimary
        """
    )
    exempt = set(WITHOUT_TENANT) | set(OWN_KEY)
    other = {row["name"] for row in rows if row["attname"] != "tenant_id" and row["relname"] not in exempt}
    assert other == set(CROSS_TENANT_INDEXES)


async def test_every_foreign_key_between_tenants_rows_carries_the_tenant(
    admin: asyncpg.Connection[asyncpg.Record],
) -> None:
    """Foreign-key checks ignore row-level security: a key without the tenant could point into another firm."""
    rows = await admin.fetch(
        """
        select k.conname, k.conrelid::regclass::text as source, k.confrelid::regclass::text as target,
               array(select a.attname::text from unnest(k.conkey) with ordinality as c (n, o)
                     join pg_attribute a on a.attrelid = k.conrelid and a.attnum = c.n order by c.o) as columns
          from pg_constraint k where k.contype = 'f' and k.connamespace = 'public'::regnamespace
        """
    )
    assert rows
    bare = {
        (row["source"], row["target"])
        for row in rows
        if row["columns"][0] != "tenant_id" and (row["source"], row["target"]) != ("channel", "app")
    }
    assert bare == set()


async def test_setting_a_reference_to_null_never_touches_the_tenant(
    admin: asyncpg.Connection[asyncpg.Record],
) -> None:
    rows = await admin.fetch(
        "select conname, pg_get_constraintdef(oid) as definition from pg_constraint where contype = 'f' and confdeltype = 'n'"
    )
    assert rows
    assert [row["conname"] for row in rows if "SET NULL (" not in row["definition"]] == []


async def test_no_column_is_an_enum_or_numeric(admin: asyncpg.Connection[asyncpg.Record]) -> None:
    """Their operators are not leakproof, so under row-level security they cannot reach an index."""
    rows = await admin.fetch(
        """
        select c.relname, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_type t on t.oid = a.atttypid
         where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
           and (t.typtype = 'e' or t.typname = 'numeric') and c.relname not like 'pgqueuer%'
        """
    )
    assert [tuple(row) for row in rows] == []


@pytest.mark.attack("A6")
async def test_the_application_owns_nothing_and_cannot_bypass_policies(
    admin: asyncpg.Connection[asyncpg.Record],
) -> None:
    roles = await admin.fetch(
        "select rolname, rolsuper, rolbypassrls, rolcreaterole from pg_roles where rolname like 'invekto%'"
    )
    assert {row["rolname"] for row in roles} >= {"invekto_app", "invekto_ingest", "invekto_stream"}
    for role in roles:
        assert not role["rolsuper"]
        assert not role["rolbypassrls"]
    owners = await admin.fetch("select distinct tableowner from pg_tables where schemaname = 'public'")
    assert [row["tableowner"] for row in owners] == ["invekto_owner"]


@pytest.mark.attack("A6")
async def test_a_connection_without_a_tenant_sees_no_row(
    admin: asyncpg.Connection[asyncpg.Record], database_url: str, db: Database
) -> None:
    """A forgotten `app.tenant_id` must find nothing, and a role's own pool nothing but what its policies name."""
    async with db.tx(uuid7(), SYSTEM) as tx:
        await create_tenant(tx, firm="demo", name="Firma")
        await create_user(tx, username="agent1", password="demo1234", role="user")
        await create_team(tx, name="Ekip")
    tables = await _tables(admin)
    app = await asyncpg.connect(database_url)
    seen = {}
    for name, row in tables.items():
        if not row["relrowsecurity"]:
            continue
        if not await app.fetchval("select has_table_privilege($1, 'select')", name):
            continue
        seen[name] = await app.fetchval(f'select count(*) from "{name}"')
    await app.close()
    assert seen["tenant"] == 0
    assert {name for name, count in seen.items() if count} <= {"app"}, "the platform's own app has no tenant"
