"""What keeps firms apart below the routes: a connection without a firm, a setting left behind, a forged one (A4, A6, A50)."""

from __future__ import annotations

import asyncpg
import pytest
from sqlalchemy import text

from invekto.entry.roles import APP
from invekto.kernel.tenancy import DELIVERY, INGEST, STREAM, claimed
from invekto.kernel.tx import SYSTEM, Tx
from tests.attacks.arena import Arena
from tests.rest import stored

SETTINGS = ("app.tenant_id", "app.tenants")


@pytest.mark.attack("A6")
async def test_no_setting_outlives_its_transaction_in_a_pooled_connection(arena: Arena) -> None:
    db, firm = arena.world.db, arena.world.firm
    for _ in range(20):
        async with db.tx(firm.id, SYSTEM) as tx:
            assert await tx.fetch("select 1 from user_account")

    async def failing(tx: Tx) -> None:
        await tx.fetch("select 1")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await db.run(firm.id, SYSTEM, failing)
    async with db.engine.connect() as connection:
        for name in SETTINGS:
            assert (await connection.scalar(text(f"select current_setting('{name}', true)"))) in (None, "")
        assert await connection.scalar(text("select count(*) from user_account")) == 0
    for role in (INGEST, DELIVERY, STREAM):
        pool = await db.pool(role)
        async with pool.acquire() as raw, claimed(raw, [firm.id]):
            pass
        async with pool.acquire() as raw:
            assert (await raw.fetchval("select current_setting('app.tenants', true)")) in (None, "")


@pytest.mark.attack("A6")
async def test_a_claim_of_one_firm_shows_no_row_of_another(arena: Arena) -> None:
    """In every table that the role may read, under the settings the product itself makes."""
    firm, other = arena.world.firm, arena.world.firms["demo2"]
    tables = await stored(
        arena.superuser_url,
        "select table_name from information_schema.columns where column_name = 'tenant_id' and table_schema = 'public'",
    )
    seen = 0
    for role in (INGEST, DELIVERY):
        async with (await arena.world.db.pool(role)).acquire() as raw:
            for (table,) in tables:
                if not await raw.fetchval("select has_table_privilege(current_user, $1, 'select')", table):
                    continue
                # Tables by which a role finds its work name firms to it: tests/architecture lists them.
                if await open_to(arena, table, role):
                    continue
                async with claimed(raw, [firm.id]):
                    count = await raw.fetchval(f'select count(*) from "{table}" where tenant_id = $1', other.id)
                assert count == 0, (role, table)
                seen += 1
    assert seen > 10


async def open_to(arena: Arena, table: str, role: str) -> bool:
    rows = await stored(
        arena.superuser_url,
        "select 1 from pg_policies where tablename = $1 and qual = 'true' and $2 = any(roles::text[])"
        " union select 1 from pg_class where relname = $1 and not relrowsecurity",
        table,
        role,
    )
    return bool(rows)


@pytest.mark.attack("A6", "A50")
@pytest.mark.parametrize(
    "statement",
    [
        "set row_security = off; select count(*) from user_account",
        "set role invekto_owner",
        "set role postgres",
        "set session authorization postgres",
        "alter table user_account no force row level security",
        "create policy all_of_it on user_account using (true)",
        "create table stolen as select 1",
        "create function f() returns int language sql security definer as 'select 1'",
        "copy (select 1) to program 'id'",
        "select pg_read_file('/etc/passwd')",
        "update audit_entry set actor_id = null",
        "delete from audit_entry",
        "truncate audit_entry",
        "alter role invekto_app bypassrls",
    ],
)
async def test_the_applications_login_cannot_free_itself(arena: Arena, statement: str) -> None:
    """Whatever SQL an attacker got it to run: as a firm's own transaction, with the application's login."""
    connection = await asyncpg.connect(arena.app_url)
    try:
        assert await connection.fetchval("select current_user") == APP
        async with connection.transaction():
            await connection.execute(f"select set_config('app.tenant_id', '{arena.world.firm.id}', true)")
            with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.InvalidParameterValueError)):
                await connection.execute(statement)
    finally:
        await connection.close()
