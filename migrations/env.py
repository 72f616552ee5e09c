"""Runs migrations as the schema's owner. The connection comes from `invekto migrate`, or from the url given to alembic."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

from invekto.kernel.tables import Base


def _include(obj: object, name: str | None, type_: str, _reflected: bool, _to: object) -> bool:
    # pgqueuer owns its tables and brings its own schema check.
    return not (type_ == "table" and (name or "").startswith("pgqueuer"))


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=_include,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def _connect_and_run(url: str) -> None:
    engine = create_async_engine(url, poolclass=pool.NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(_run)
    await engine.dispose()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    given_url = context.config.get_main_option("sqlalchemy.url")
    if not given_url:
        raise RuntimeError("give alembic a url (postgresql+asyncpg://...) or a connection")
    asyncio.run(_connect_and_run(given_url))
