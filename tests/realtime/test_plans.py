"""The log is read by its index, in order, and stops at the limit: a backlog of a day must not be sorted to read a page."""

from __future__ import annotations

import asyncpg
import pytest

from invekto.kernel import events
from invekto.kernel.db import Database
from invekto.kernel.tenancy import STREAM
from tests.rest import World, stored


@pytest.mark.parametrize(
    ("statement", "types", "values"),
    [
        (events._NEW_EVENTS, "text, bigint, bigint", "'3', 0, 100"),
        (
            events._MISSED_EVENTS,
            "text, bigint, text, bigint, uuid, bigint",
            "'3', 0, '9999999', 0, '{tenant}', 100",
        ),
    ],
)
async def test_a_page_of_the_log_is_read_in_the_order_of_its_index(
    world: World, db: Database, superuser_url: str, statement: str, types: str, values: str
) -> None:
    await _long_log(world, superuser_url)
    async with (await db.pool(STREAM)).acquire() as connection:
        plan = await _plan(connection, statement, types, values.format(tenant=world.firm.id))  # type: ignore[arg-type]
    scan = plan.index("Index Scan using event_cursor_idx")
    above = plan[plan.rindex("Limit", 0, scan) : scan]
    assert "Sort" not in above, plan


async def test_the_end_of_the_log_is_found_by_its_index(world: World, db: Database, superuser_url: str) -> None:
    await _long_log(world, superuser_url)
    async with (await db.pool(STREAM)).acquire() as connection:
        plan = "\n".join(row[0] for row in await connection.fetch(f"explain {events._HEAD}"))
    assert "Backward using event_cursor_idx" in plan, plan
    assert "Sort" not in plan, plan


async def _long_log(world: World, superuser_url: str) -> None:
    await stored(
        superuser_url,
        "insert into event (tenant_id, kind) select $1, 'conversation.changed' from generate_series(1, 20000)",
        world.firm.id,
    )
    await stored(superuser_url, "analyze event")


async def _plan(connection: asyncpg.Connection[asyncpg.Record], statement: str, types: str, values: str) -> str:
    await connection.execute("set plan_cache_mode = force_generic_plan")
    await connection.execute(f"prepare page ({types}) as {statement}")
    rows = await connection.fetch(f"explain execute page ({values})")
    await connection.execute("deallocate page")
    return "\n".join(row[0] for row in rows)
