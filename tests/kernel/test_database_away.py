"""What a request is told while PostgreSQL is down, restarting, or has dropped the connection in its hands."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from invekto.entry.postgres import EmbeddedPostgres
from invekto.entry.postgres_settings import SOCKET_PORT
from invekto.kernel.answers import answer_errors, database_is_away
from invekto.kernel.asgi import Edge, EdgeOptions
from invekto.kernel.away import SERVER_AWAY
from invekto.kernel.db import Database, DatabaseOptions
from invekto.kernel.ids import uuid7
from invekto.kernel.tenancy import DELIVERY, INGEST, RECEIPTS, STREAM
from invekto.kernel.tx import SYSTEM, Tx

UseCase = Callable[[Tx], Awaitable[object]]


async def ask(db: Database, use_case: UseCase) -> httpx.Response:
    app = FastAPI(openapi_url=None)
    answer_errors(app)

    @app.get("/")
    async def route() -> None:
        async with db.tx(uuid7(), SYSTEM) as tx:
            await use_case(tx)

    transport = httpx.ASGITransport(Edge(app, EdgeOptions(public_url="http://desk.test")), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as http:
        return await http.get("/")


async def nothing(_tx: Tx) -> None:
    return None


def told_to_ask_again(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.json()["error"]["code"], answer.headers["retry-after"]) == (
        503,
        "unavailable",
        "2",
    )


@pytest.mark.parametrize("url", ["postgresql://a:b@127.0.0.1:1/x", "postgresql://a:b@/x?host={folder}"])
async def test_a_database_that_is_not_there_is_503_and_no_defect(
    url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    db = await Database.open(DatabaseOptions(url.format(folder=tmp_path)), listen=False)
    with caplog.at_level(logging.WARNING, logger="invekto.requests"):
        assert told_to_ask_again(await ask(db, nothing))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    await db.close()


@pytest.mark.parametrize("sqlstate", ["53100", "53200", "53300"])
async def test_a_database_without_room_is_503_and_no_defect(db: Database, sqlstate: str) -> None:
    """F10: no place on the disk, no memory, no connection left."""

    async def refused(tx: Tx) -> None:
        await tx.session.execute(text(f"do $$ begin raise exception using errcode = '{sqlstate}'; end $$"))

    assert told_to_ask_again(await ask(db, refused))


async def end_backends(superuser_url: str) -> None:
    connection = await asyncpg.connect(superuser_url)
    await connection.fetch(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    )
    await connection.close()


@asynccontextmanager
async def goodbyes_without_hanging_up(server: Path) -> AsyncIterator[int]:
    """A port before the server's socket that passes everything on, but not the end of a connection."""
    tasks: list[asyncio.Task[None]] = []

    async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while words := await source.read(65536):
            target.write(words)

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_unix_connection(server)
        tasks.extend(asyncio.create_task(pass_on(*pair)) for pair in ((reader, server_writer), (server_reader, writer)))

    gate = await asyncio.start_server(meet, "127.0.0.1", 0)
    yield int(gate.sockets[0].getsockname()[1])
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    gate.close()


async def test_a_connection_dropped_in_the_middle_is_503_and_the_next_request_works(
    db: Database, superuser_url: str
) -> None:
    async def raw(tx: Tx) -> None:
        await end_backends(superuser_url)
        await asyncio.sleep(0.1)
        await tx.fetch("select 1")

    async def by_orm(tx: Tx) -> None:
        await end_backends(superuser_url)
        await asyncio.sleep(0.1)
        await tx.session.execute(text("select 1"))

    async def during(tx: Tx) -> None:
        asyncio.get_running_loop().call_later(0.2, lambda: asyncio.ensure_future(end_backends(superuser_url)))
        await tx.fetch("select pg_sleep(5)")

    for use_case in (raw, by_orm, during):
        assert told_to_ask_again(await ask(db, use_case)), use_case
        assert (await ask(db, nothing)).status_code == 200


async def test_a_server_that_says_goodbye_and_does_not_hang_up_is_503(
    cluster: EmbeddedPostgres, database_url: str, superuser_url: str
) -> None:
    """The last words of a server that dies come before the end of its connection; a statement may come in between."""
    async with goodbyes_without_hanging_up(cluster.socket_folder / f".s.PGSQL.{SOCKET_PORT}") as port:
        url = database_url.split("?")[0].replace("@/", f"@127.0.0.1:{port}/")
        db = await Database.open(DatabaseOptions(url), listen=False)

        async def raw(tx: Tx) -> None:
            await end_backends(superuser_url)
            await asyncio.sleep(0.1)
            with pytest.raises(asyncpg.InternalClientError):
                await tx.fetch("select 1")
            await tx.fetch("select 1")

        assert told_to_ask_again(await ask(db, raw))
        assert issubclass(asyncpg.InternalClientError, SERVER_AWAY)
        await db.close()


async def test_no_free_connection_is_503_fast(database_url: str) -> None:
    db = await Database.open(DatabaseOptions(database_url, request_pool=1, pool_timeout_s=0.2), listen=False)
    async with db.tx(uuid7(), SYSTEM):
        assert told_to_ask_again(await ask(db, nothing))
    await db.close()


async def test_a_mistake_in_a_statement_stays_a_defect(db: Database) -> None:
    async def wrong(tx: Tx) -> None:
        await tx.fetch("select no_such_column")

    async def slow(tx: Tx) -> None:
        await tx.execute("set local statement_timeout = 20")
        await tx.fetch("select pg_sleep(5)")

    for use_case in (wrong, slow):
        assert (await ask(db, use_case)).status_code == 500
    assert not database_is_away(None)
    assert not database_is_away(OSError(28, "No space left on device"))


async def test_on_any_server_a_forgotten_transaction_ends(db: Database, database_name: str, superuser_url: str) -> None:
    """The server that comes along is set so; another one may not be."""
    connection = await asyncpg.connect(superuser_url)
    await connection.execute(f"alter database {database_name} set idle_in_transaction_session_timeout = 0")
    await connection.close()
    asked = "select current_setting('idle_in_transaction_session_timeout')"
    async with db.tx(uuid7(), SYSTEM) as tx:
        assert (await tx.fetch(asked))[0][0] == "1min"
    for role in (RECEIPTS, INGEST, DELIVERY, STREAM):
        assert await (await db.pool(role)).fetchval(asked) == "1min", role
