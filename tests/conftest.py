"""A real PostgreSQL for every test: one cluster per worker process, one fresh database per test that asks for it.

A cluster of its own per worker, because `xmin` is cluster-wide: another worker's open transaction would delay events.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import create_async_engine

from invekto.entry.postgres import SUPERUSER, EmbeddedPostgres
from invekto.entry.roles import APP, OWNER
from invekto.kernel.clock import FrozenClock
from invekto.kernel.db import Database, DatabaseOptions

ROOT = Path(__file__).parents[1]
TEMPLATE = "invekto_template"
MORNING = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def cluster() -> Iterator[EmbeddedPostgres]:
    """This worker's server, its folder in memory-backed or temporary storage."""
    with tempfile.TemporaryDirectory(prefix="invekto-test-") as folder:
        # Nothing here survives a crash, and nothing tests one: tests that do have a server of their own.
        settings = {"shared_buffers": "128MB", "fsync": "off", "full_page_writes": "off"}
        server = EmbeddedPostgres(Path(folder) / "postgres", configuration=settings)
        server.start()
        yield server
        server.stop(immediate=True)


async def migrate(url: str) -> None:
    """Brings the database at `url` (the owner's) to the newest schema."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("prepend_sys_path", str(ROOT / "migrations"))
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url))
    async with engine.begin() as connection:

        def upgrade(sync_connection: object) -> None:
            config.attributes["connection"] = sync_connection
            command.upgrade(config, "head")

        await connection.run_sync(upgrade)
    await engine.dispose()


@pytest.fixture(scope="session")
async def template(cluster: EmbeddedPostgres) -> str:
    """A migrated database that every test's own is copied from."""
    admin = await asyncpg.connect(cluster.url(SUPERUSER, "postgres"))
    await admin.execute(f"create database {TEMPLATE} owner {OWNER}")
    await admin.close()
    await migrate(cluster.url(OWNER, TEMPLATE))
    return TEMPLATE


_numbers = itertools.count(1)


@pytest.fixture
async def database_name(cluster: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    name = f"test_{next(_numbers)}"
    admin = await asyncpg.connect(cluster.url(SUPERUSER, "postgres"))
    await admin.execute(f"create database {name} template {template} owner {OWNER}")
    yield name
    await admin.execute(f"drop database if exists {name} with (force)")
    await admin.close()


@pytest.fixture
def database_url(cluster: EmbeddedPostgres, database_name: str) -> str:
    """The application's login on a fresh database."""
    return cluster.url(APP, database_name)


@pytest.fixture
def owner_url(cluster: EmbeddedPostgres, database_name: str) -> str:
    """The schema owner's login on the same database."""
    return cluster.url(OWNER, database_name)


@pytest.fixture
def superuser_url(cluster: EmbeddedPostgres, database_name: str) -> str:
    """Sees every row: only for checking what is stored, never for the product."""
    return cluster.url(SUPERUSER, database_name)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(MORNING)


@pytest.fixture
async def db(database_url: str, clock: FrozenClock) -> AsyncIterator[Database]:
    """The product's own door to the fresh database, under the application's role."""
    database = await Database.open(DatabaseOptions(database_url), clock=clock)
    yield database
    await database.close()
