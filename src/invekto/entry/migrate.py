"""Brings the schema to this version. Roles are made beforehand and once: see roles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection as SyncConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from invekto.entry.refusal import StartRefused
from invekto.entry.revisions import connect, head_revision, known_revisions, migrations_folder
from invekto.entry.roles import APP, OWNER, check_server, make_roles

_ONE_MIGRATION_AT_A_TIME: Final = 0x1E7EC70
_ADMIN: Final = "INVEKTO_ADMIN_DATABASE_URL"
_NOT_THE_OWNER: Final = ("22023", "42501")  # no such role, not a member of it


async def create_roles(admin_url: str, database_url: str | None) -> None:
    """Makes the roles on a server of the operator's. `database_url` names the application's own login."""
    connection = await connect(admin_url, _ADMIN)
    try:
        await check_server(connection)
        login = urlsplit(database_url).username if database_url else None
        await make_roles(connection, login=unquote(login) if login else None)
    finally:
        await connection.close()


async def upgrade(
    admin_url: str,
    say: Callable[[str], None] = lambda _sentence: None,
    before: Callable[[str], None] = lambda _schema: None,
) -> None:
    """Runs the migrations that are missing, one process at a time, as the schema's owner.

    `before` is called by the one that will migrate, with the schema that is there; not for an empty database.

    Raises:
        StartRefused: the server is too old or its roles are missing; or the schema is newer than this program.
    """
    lock = await connect(admin_url, _ADMIN)
    try:
        await check_server(lock)
        # Held on a connection of its own: a migration commits as often as it likes.
        if not await lock.fetchval("select pg_try_advisory_lock($1)", _ONE_MIGRATION_AT_A_TIME):
            say("waiting for a migration that runs elsewhere")
            await lock.execute(f"select pg_advisory_lock({_ONE_MIGRATION_AT_A_TIME})")
        engine = create_async_engine(
            "postgresql+asyncpg://", async_creator=lambda: connect(admin_url, _ADMIN), poolclass=NullPool
        )
        try:
            async with engine.connect() as connection:
                await _become_owner(connection)
                await connection.run_sync(_upgrade, say, before)
        finally:
            await engine.dispose()
    finally:
        await lock.close()


async def _become_owner(connection: AsyncConnection) -> None:
    try:
        await connection.execute(text(f"set role {OWNER}"))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in _NOT_THE_OWNER:
            raise
        raise StartRefused(
            f"The login of {_ADMIN} may not act as {OWNER}: run `invekto migrate --create-roles` once."
        ) from error
    await connection.commit()


def missing(schema: str | None) -> list[tuple[str, str, Path]]:
    """The migrations between that schema and this version's: revision, what it is for, its file. In their order."""
    scripts = ScriptDirectory.from_config(_config())
    steps = list(scripts.iterate_revisions("head", schema or "base"))
    return [(step.revision, step.doc, Path(step.path)) for step in reversed(steps)]


def _config() -> Config:
    config = Config()
    folder = str(migrations_folder()).replace("%", "%%")
    config.set_main_option("script_location", folder)
    config.set_main_option("prepend_sys_path", folder)
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: SyncConnection, say: Callable[[str], None], before: Callable[[str], None]) -> None:
    config = _config()
    config.attributes["connection"] = connection
    current, head = _current_revision(connection), head_revision()
    if current == head:
        return
    if current is not None and current not in known_revisions():
        raise StartRefused(
            f"The database is at revision {current}, which this version of Invekto does not know: install the newer one."
        )
    if current is not None:
        before(current)
    say(f"migrating the database from {current or 'nothing'} to {head}")
    command.upgrade(config, "head")
    # So that a process that may not migrate can tell whether somebody did.
    with connection.begin():
        connection.execute(text(f"grant select on public.alembic_version to {APP}"))


def _current_revision(connection: SyncConnection) -> str | None:
    with connection.begin():
        if connection.scalar(text("select to_regclass('public.alembic_version')")) is None:
            return None
        revision: str | None = connection.scalar(text("select version_num from alembic_version"))
        return revision
