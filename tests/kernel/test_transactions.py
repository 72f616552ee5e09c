"""A use-case that loses a race runs again as a whole, and leaves nothing of its first try."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from invekto.kernel.db import RETRIES, Database
from invekto.kernel.ids import uuid7
from invekto.kernel.tx import SYSTEM, Tx
from tests.rest import stored

ADDED = "insert into sign_in_attempt (account_key, address, failed, window_started_at) values ($1, 'x', 1, now())"


async def test_of_two_that_wait_for_each_other_one_runs_again_and_both_are_done_once(
    db: Database, superuser_url: str
) -> None:
    """F28."""
    tries: list[str] = []
    both_hold_one = asyncio.Barrier(2)

    async def cross(name: str, first: int, second: int) -> None:
        async def use_case(tx: Tx) -> None:
            tries.append(name)
            await tx.execute(ADDED, name)
            await tx.fetch("select pg_advisory_xact_lock($1)", first)
            if len(tries) <= 2:
                await both_hold_one.wait()
            await tx.fetch("select pg_advisory_xact_lock($1)", second)

        await db.run(uuid7(), SYSTEM, use_case)

    await asyncio.gather(cross("a", 1, 2), cross("b", 2, 1))
    assert sorted(tries) in (["a", "a", "b"], ["a", "b", "b"])
    rows = await stored(superuser_url, "select account_key from sign_in_attempt order by 1")
    assert [row["account_key"] for row in rows] == ["a", "b"]


async def test_somebody_who_loses_every_race_is_told_and_anything_else_runs_once(db: Database) -> None:
    for state, runs in (("40P01", RETRIES), ("40001", RETRIES), ("23505", 1)):
        tried = 0

        async def losing(tx: Tx, state: str = state) -> None:
            nonlocal tried
            tried += 1
            await tx.execute(f"do $$ begin raise exception 'lost' using errcode = '{state}'; end $$")

        with pytest.raises(asyncpg.PostgresError):
            await db.run(uuid7(), SYSTEM, losing)
        assert tried == runs, state
