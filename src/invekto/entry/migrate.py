"""Brings the schema to this version. Roles are made beforehand and once: see roles."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection as SyncConnection
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

import invekto
from invekto.entry.refusal import StartRefused
from invekto.entry.roles import APP, OWNER, check_login, check_server, make_roles
from invekto.kernel.tenancy import Connection

_ONE_MIGRATION_AT_A_TIME: Final = 0x1E7EC70


async def connect(url: str, variable: str = "DATABASE_URL") -> Connection:
    """Connects, or says in one sentence why that fails. The url itself holds a password and is not shown."""
    target = _shown(url)
    try:
        return await asyncpg.connect(url, timeout=10)
    except asyncpg.InvalidPasswordError as error:
        raise StartRefused(
            f"The database {target} refuses the login of {variable}: check its name and password."
        ) from error
    except asyncpg.InvalidCatalogNameError as error:
        raise StartRefused(f"There is no database {target}: create it, or correct {variable}.") from error
    except asyncpg.InvalidAuthorizationSpecificationError as error:
        raise StartRefused(f"The database {target} does not admit the login of {variable} ({error}).") from error
    except (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError) as error:
        reason = str(error) or type(error).__name__
        raise StartRefused(
            f"The database {target} cannot be reached ({reason}): check {variable} and the server."
        ) from error


async def check(database_url: str) -> None:
    """Refuses a server, a login or a schema on which this version must not run. Changes nothing."""
    connection = await connect(database_url)
    try:
        await check_server(connection)
        await check_login(connection)
        present = None
        if await connection.fetchval("select to_regclass('public.alembic_version') is not null"):
            present = await connection.fetchval("select version_num from public.alembic_version")
    finally:
        await connection.close()
    wanted = head_revision()
    if present != wanted:
        raise StartRefused(
            f"The database's schema is at {present or 'nothing'} and this version needs {wanted}: "
            "run `invekto migrate` with INVEKTO_ADMIN_DATABASE_URL."
        )


async def create_roles(admin_url: str, database_url: str | None) -> None:
    """Makes the roles on a server of the operator's. `database_url` names the application's own login."""
    connection = await connect(admin_url, "INVEKTO_ADMIN_DATABASE_URL")
    try:
        await check_server(connection)
        login = urlsplit(database_url).username if database_url else None
        await make_roles(connection, login=unquote(login) if login else None)
    finally:
        await connection.close()


async def upgrade(admin_url: str, say: Callable[[str], None] = lambda _sentence: None) -> None:
    """Runs the migrations that are missing, one process at a time, as the schema's owner.

    Raises:
        StartRefused: the server is too old or its roles are missing; or the schema is newer than this program.
    """
    plain = await connect(admin_url, "INVEKTO_ADMIN_DATABASE_URL")
    try:
        await check_server(plain)
        # Held on a connection of its own: a migration commits as often as it likes.
        if not await plain.fetchval("select pg_try_advisory_lock($1)", _ONE_MIGRATION_AT_A_TIME):
            say("waiting for a migration that runs elsewhere")
            await plain.execute(f"select pg_advisory_lock({_ONE_MIGRATION_AT_A_TIME})")
        engine = create_async_engine(
            "postgresql+asyncpg://", async_creator=lambda: connect(admin_url), poolclass=NullPool
        )
        try:
            async with engine.connect() as connection:
                await _become_owner(connection)
                await connection.run_sync(_upgrade, say)
        finally:
            await engine.dispose()
    finally:
        await plain.close()


async def _become_owner(connection: AsyncConnection) -> None:
    try:
        await connection.execute(text(f"set role {OWNER}"))
    except Exception as error:
        if getattr(getattr(error, "orig", None), "sqlstate", None) not in ("22023", "42501"):
            raise
        raise StartRefused(
            f"The login of INVEKTO_ADMIN_DATABASE_URL may not act as {OWNER}: run `invekto migrate --create-roles` once."
        ) from error
    await connection.commit()


def _upgrade(connection: SyncConnection, say: Callable[[str], None]) -> None:
    config = _configuration()
    config.attributes["connection"] = connection
    script = ScriptDirectory.from_config(config)
    current = _current_revision(connection)
    known = {revision.revision for revision in script.walk_revisions()}
    if current is not None and current not in known:
        raise StartRefused(
            f"The database is at revision {current}, which this version of Invekto does not know: install the newer one."
        )
    head = script.get_current_head()
    if current != head:
        say(f"migrating the database from {current or 'nothing'} to {head}")
        command.upgrade(config, "head")
        # So that a process that may not migrate can tell whether somebody did.
        with connection.begin():
            connection.execute(text(f"grant select on public.alembic_version to {APP}"))


@cache
def head_revision() -> str:
    """The schema that this version needs."""
    wanted = ScriptDirectory.from_config(_configuration()).get_current_head()
    assert wanted is not None, "there are migrations"
    return wanted


def _configuration() -> Config:
    config = Config()
    folder = str(migrations_folder()).replace("%", "%%")
    config.set_main_option("script_location", folder)
    config.set_main_option("prepend_sys_path", folder)
    config.set_main_option("path_separator", "os")
    return config


def _current_revision(connection: SyncConnection) -> str | None:
    with connection.begin():
        if connection.scalar(text("select to_regclass('public.alembic_version')")) is None:
            return None
        revision: str | None = connection.scalar(text("select version_num from alembic_version"))
        return revision


def migrations_folder() -> Path:
    """Inside an installed package, or beside `src` in a checkout."""
    package = Path(invekto.__file__).parent
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parents[1] / "migrations"


def _shown(url: str) -> str:
    parts = urlsplit(url)
    place = parts.hostname or "on the local socket"
    return f"{parts.path.strip('/') or 'postgres'} ({place})"
