"""What a search costs has a bound, whatever is asked, however much there is and whoever else is there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import pytest

from invekto.accounts.permissions import ViewScope
from invekto.conversations.queries import Viewer
from invekto.kernel.errors import InvektoError
from invekto.kernel.tx import SYSTEM
from invekto.search.queries import Filters
from invekto.search.service import search
from invekto.search.vectors import Piece, mark_of, message_vector, templates, week_of
from invekto.search.words import ask
from tests.rest import World
from tests.statements import counted_statements

DOCUMENTS = 24_000
WEEKS = 60


async def fill(superuser_url: str, tenant_id: UUID, conversation_id: UUID, channel_id: UUID, now: datetime) -> None:
    """Rows of the index alone, over more than a year: in each the word `sık`, in every thousandth `nadir`."""
    rows = []
    for number in range(DOCUMENTS):
        at = now - timedelta(weeks=WEEKS) * (number / DOCUMENTS)
        text = f"sık söz{number % 900} {'nadir' if number % 1000 == 7 else 'olağan'}"
        vector = message_vector(mark_of(tenant_id, "text", at), [Piece("text", text)])
        rows.append((tenant_id, uuid5(tenant_id, str(number)), conversation_id, channel_id, at, vector, week_of(at)))
    connection = await asyncpg.connect(superuser_url)
    try:
        async with connection.transaction():
            # Their messages would cost the test its time, and are not read by what is measured.
            await connection.execute("set local session_replication_role = replica")
            columns = [list(column) for column in zip(*rows, strict=True)]
            await connection.execute(
                "insert into search_message (tenant_id, message_id, conversation_id, channel_id, type, direction, created_at,"
                " words) select t, m, c, h, 'text', 'inbound', a, w::tsvector from unnest($1::uuid[], $2::uuid[],"
                " $3::uuid[], $4::uuid[], $5::timestamptz[], $6::text[]) as x (t, m, c, h, a, w)",
                *columns[:6],
            )
            await connection.execute(
                "insert into search_week (tenant_id, kind, week, documents)"
                " select $1, 'm', w, count(*) from unnest($2::bigint[]) w group by w",
                tenant_id,
                columns[6],
            )
        await connection.execute("vacuum analyze search_message")
    finally:
        await connection.close()


async def cost(world: World, tenant_id: UUID, query: str) -> tuple[int, list[Any], int]:
    """Blocks that the function touches, its rows, and scans of the whole table, as the application's role."""
    words = templates(ask(query))
    call = (
        "select * from search_messages('m', $1, $2, $3, 3, null, null, null, '1970-01-01', '9999-01-01', '9999-01-01',"
        " 'ffffffff-ffff-ffff-ffff-ffffffffffff', 101, 20000)"
    )
    async with world.db.tx(tenant_id, SYSTEM) as tx:
        rows = await tx.fetch(call, words.match, words.phrase, words.whole)
        plan = await tx.fetch(
            f"explain (analyze, buffers, timing off, summary off) {call}", words.match, words.phrase, words.whole
        )
        scans = await tx.fetchrow("select seq_scan from pg_stat_xact_user_tables where relname = 'search_message'")
    assert scans is not None
    return blocks_of(plan), rows, scans["seq_scan"]


def blocks_of(plan: Sequence[Any]) -> int:
    """Of the topmost step, which holds those of all others."""
    buffers = next(line[0] for line in plan if "Buffers" in line[0])
    return sum(int(part.split("=")[1]) for part in buffers.split() if "=" in part)


async def test_a_search_reads_a_bounded_part_of_its_own_firms_index(world: World, superuser_url: str) -> None:
    other = await world.make_firm("demo2")
    conversation = await world.write("+905321112233", "merhaba")
    firm = world.firm
    await fill(superuser_url, firm.id, conversation, firm.channel, world.clock.now())
    alone = {
        query: await cost(world, firm.id, query) for query in ("sık", "nadir", "s", "sık nadir", '"sık söz7"', "yok")
    }
    # The whole table has some 1,000 blocks besides its index.
    for query, most in (("sık", 300), ("nadir", 1500), ("s", 300), ("sık nadir", 1500), ("yok", 1200)):
        blocks, _, scans = alone[query]
        assert scans == 0
        assert blocks < most, (query, blocks)
    found = {query: [row for row in rows if row["state"] is None] for query, (_, rows, _) in alone.items()}
    assert {query: len(rows) for query, rows in found.items()} == {
        "sık": 101, "nadir": 24, "s": 101, "sık nadir": 24, '"sık söz7"': 27, "yok": 0,
    }  # fmt: skip
    for rows in found.values():
        times = [row["created_at"] for row in rows]
        assert times == sorted(times, reverse=True)
    # As many rows of somebody else's in the same index cost next to nothing.
    await fill(superuser_url, other.id, conversation, firm.channel, world.clock.now())
    for query, (blocks, rows, _) in alone.items():
        again, same, scans = await cost(world, firm.id, query)
        assert [row["message_id"] for row in same] == [row["message_id"] for row in rows]
        assert scans == 0
        assert again < blocks * 1.6 + 60, (query, blocks, again)


@pytest.mark.parametrize("scope", ["all", "own"])
async def test_a_page_takes_few_statements_and_says_what_was_left_out(
    world: World, superuser_url: str, scope: ViewScope
) -> None:
    firm = world.firm
    conversation = await world.write("+905321112233", "merhaba")
    await fill(superuser_url, firm.id, conversation, firm.channel, world.clock.now())
    viewer = Viewer(firm.users["agent3"], scope, frozenset({firm.team_b}), sees_pii=True)
    async with world.db.tx(firm.id, SYSTEM) as tx:
        with counted_statements(world.db) as statements:
            page = await search(tx, viewer, "sık", filters=Filters())
        # None of these rows has a message, so every candidate is looked at and none is shown.
        assert (page["items"], page["cut"]) == ([], True)
        assert len(statements) < 20, statements
        pages = 1
        while page["next_cursor"] is not None:
            page = await search(tx, viewer, "sık", filters=Filters(), cursor=page["next_cursor"])
            pages += 1
    # Whoever asks on gets to the end, each time by a bounded step.
    assert (page["cut"], 4 <= pages <= 12) == (False, True), pages


async def test_the_lag_is_known_without_reading_the_log(world: World, superuser_url: str) -> None:
    connection = await asyncpg.connect(superuser_url)
    try:
        await connection.execute(
            "insert into event (tenant_id, kind) select $1, 'x' from generate_series(1, 20000)", world.firm.id
        )
        await connection.execute("analyze event")
        last = await connection.fetchrow("select xid::text::bigint as xid, seq from event order by seq desc limit 1")
        assert last is not None
        await connection.execute("update search_progress set xid = $1, seq = $2", last["xid"], last["seq"])
        # The first call of a session reads the catalogue too.
        await connection.execute("select search_lag_s()")
        plan = await connection.fetch("explain (analyze, buffers, timing off) select search_lag_s()")
    finally:
        await connection.close()
    assert blocks_of(plan) < 60, plan


async def test_a_search_that_takes_too_long_is_refused_in_plain_words(world: World, superuser_url: str) -> None:
    firm = world.firm
    async with world.db.tx(firm.id, SYSTEM) as tx:
        owner = await asyncpg.connect(superuser_url)
        blocker = owner.transaction()
        await blocker.start()
        await owner.execute("lock table search_contact in access exclusive mode")
        viewer = Viewer(firm.users["agent3"], "all", frozenset(), sees_pii=True)
        with pytest.raises(InvektoError, match="search_too_long"):
            await search(tx, viewer, "bekle", filters=Filters())
        await blocker.rollback()
        await owner.close()
        await tx.session.rollback()
