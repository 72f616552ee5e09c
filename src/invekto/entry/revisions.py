"""Which schema this version needs and which one a database has. Migrates nothing, and so loads no migration tool: see migrate."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import asyncpg

import invekto
from invekto.entry.refusal import DatabaseAway, StartRefused
from invekto.entry.roles import check_login, check_server
from invekto.kernel.tenancy import Connection

_REVISION: Final = re.compile(r"^revision(?:\s*:[^=]+)?\s*=\s*[\"'](\w+)[\"']", re.MULTILINE)
_BEFORE: Final = re.compile(r"^down_revision(?:\s*:[^=]+)?\s*=\s*[\"'](\w+)[\"']", re.MULTILINE)


def migrations_folder() -> Path:
    """Inside an installed package, or beside `src` in a checkout."""
    package = Path(invekto.__file__).parent
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parents[1] / "migrations"


@cache
def head_revision() -> str:
    """The newest migration: the one that no other follows. A test compares it with the migration tool's own answer."""
    followed = {name for script in _scripts() for name in _BEFORE.findall(script)}
    (head,) = known_revisions() - followed
    return head


@cache
def known_revisions() -> frozenset[str]:
    """Every schema that this version can bring to its own."""
    return frozenset(str(name) for script in _scripts() for name in _REVISION.findall(script))


def _scripts() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in (migrations_folder() / "versions").glob("*.py")]


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
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InsufficientPrivilegeError) as error:
        raise StartRefused(f"The database {target} does not admit the login of {variable} ({error}).") from error
    except (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError) as error:
        reason = str(error) or type(error).__name__
        raise DatabaseAway(
            f"The database {target} cannot be reached ({reason}): check {variable} and the server."
        ) from error


async def stored_revision(database_url: str) -> str | None:
    """The schema of the database; None when it has none. Refuses a server or a login on which Invekto must not run."""
    connection = await connect(database_url)
    try:
        await check_server(connection)
        await check_login(connection)
        if not await connection.fetchval("select to_regclass('public.alembic_version') is not null"):
            return None
        revision: str | None = await connection.fetchval("select version_num from public.alembic_version")
        return revision
    finally:
        await connection.close()


async def is_current(database_url: str) -> bool:
    """Whether the schema is this version's. Refuses as `stored_revision` does."""
    return await stored_revision(database_url) == head_revision()


async def has_firms(database_url: str, slugs: Iterable[str]) -> bool:
    """Whether each of the firms is there."""
    connection = await connect(database_url)
    try:
        found = await connection.fetch("select tenant_id_by_slug(slug) as id from unnest($1::text[]) slug", list(slugs))
        return all(row["id"] is not None for row in found)
    finally:
        await connection.close()


async def check(database_url: str) -> None:
    """Refuses a database whose schema is not this version's. Changes nothing."""
    present, wanted = await stored_revision(database_url), head_revision()
    if present != wanted:
        raise StartRefused(
            f"The database's schema is at {present or 'nothing'} and this version needs {wanted}: "
            "run `invekto migrate` with INVEKTO_ADMIN_DATABASE_URL."
        )


def _shown(url: str) -> str:
    parts = urlsplit(url)
    place = parts.hostname or "on the local socket"
    return f"{parts.path.strip('/') or 'postgres'} ({place})"
