"""What a screen that was up to date still hears after the database has crashed: everything that happened since.

A crash hands out again the transaction ids that had left no trace on disk, so a place in the log may not be named by one.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from invekto.conversations.events import ConversationChanged
from invekto.entry.postgres import SUPERUSER
from invekto.kernel.clock import SystemClock
from invekto.kernel.events import Cursor, can_resume, head, insert_events, read_events
from invekto.kernel.ids import uuid7
from invekto.kernel.tenancy import Connection
from tests.desk import Desk

pytestmark = pytest.mark.real_ports


async def _happens(connection: Connection) -> UUID:
    (tenant_id,) = [row["id"] for row in await connection.fetch("select id from tenant")]
    conversation_id = uuid7()
    fact = ConversationChanged(conversation_id=conversation_id)
    await connection.execute(*insert_events([(tenant_id, fact)], SystemClock().now()))
    return conversation_id


async def _up_to_date_when_it_crashes(desk: Desk) -> Cursor:
    """A place at the end of the log, taken behind transactions that were rolled back and have left no trace."""
    connection = await asyncpg.connect(desk.postgres.url(SUPERUSER))
    await _happens(connection)
    for _ in range(50):
        transaction = connection.transaction()
        await transaction.start()
        await connection.fetchval("select pg_current_xact_id()")
        await transaction.rollback()
    place = await head(connection)
    assert not (await read_events(connection, place)).events
    desk.kill_database(whole=True)
    return place


async def _heard_since(desk: Desk, place: Cursor) -> tuple[UUID, list[UUID | None]]:
    connection = await asyncpg.connect(desk.postgres.url(SUPERUSER))
    happened = await _happens(connection)
    assert await can_resume(connection, place)
    heard = [event.conversation_id for event in (await read_events(connection, place)).events]
    await connection.close()
    return happened, heard


def test_what_happens_after_a_crash_is_heard_from_a_place_before_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    try:
        desk.start_database()
        desk.run("migrate")
        desk.run("tenant", "create", "demo", "--name", "Firma")
        place = asyncio.run(_up_to_date_when_it_crashes(desk))
        desk.start_database()
        happened, heard = asyncio.run(_heard_since(desk, place))
        assert heard == [happened]
    finally:
        desk.stop()
