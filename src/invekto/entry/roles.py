"""The database roles, made once per cluster and outside the migrations. What each may do is granted by the migrations.

The application has one login. For receipts, ingest, delivery and the stream its connections become a role of
their own, each with less sight; the login inherits none of them. `invekto_owner` owns the schema and runs the migrations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import asyncpg

from invekto.entry.refusal import StartRefused
from invekto.kernel.tenancy import DELIVERY, INGEST, RECEIPTS, STREAM, Connection

OWNER: Final = "invekto_owner"
APP: Final = "invekto_app"
SEARCH: Final = "invekto_search"
BECOMES: Final = (RECEIPTS, INGEST, DELIVERY, STREAM)
ROLES: Final = (OWNER, APP, SEARCH, *BECOMES)
OLDEST_SERVER: Final = 18


async def check_server(connection: Connection) -> None:
    """Refuses a server that is too old, or that may answer before a commit is durable."""
    version = connection.get_server_version()
    if version.major < OLDEST_SERVER:
        raise StartRefused(
            f"The PostgreSQL server is version {version.major}: Invekto needs {OLDEST_SERVER} or newer, "
            "so upgrade it, or leave DATABASE_URL unset to use the server that comes with Invekto."
        )
    for setting in ("fsync", "full_page_writes"):
        if await connection.fetchval("select current_setting($1)", setting) != "on":
            raise StartRefused(
                f"The PostgreSQL server runs with {setting} = off, so a crash loses messages: switch it on."
            )


async def check_login(connection: Connection) -> None:
    """Refuses an application login for which row-level security does not hold."""
    login = await connection.fetchrow(
        "select rolname, rolsuper or rolbypassrls as sees_all from pg_roles where rolname = session_user"
    )
    assert login is not None
    if login["sees_all"]:
        raise StartRefused(
            f"DATABASE_URL signs in as {login['rolname']}, who may read every firm's rows: give it a login that is "
            "neither superuser nor BYPASSRLS, and set INVEKTO_ADMIN_DATABASE_URL to the one that migrates."
        )


async def make_roles(connection: Connection, *, login: str | None, passwords: Mapping[str, str] | None = None) -> None:
    """Makes the roles that are missing. Run as a superuser, or as a login with CREATEROLE that owns the database.

    Args:
        login: the application's own login when it is not `invekto_app`; it becomes a member of it.
        passwords: role -> password for roles that sign in themselves (the embedded server).
    """
    passwords = passwords or {}
    present = {row["rolname"] for row in await connection.fetch("select rolname from pg_roles")}
    admin = await connection.fetchrow(
        "select current_user as name, rolsuper from pg_roles where rolname = current_user"
    )
    assert admin is not None
    try:
        for role in ROLES:
            if role not in present:
                await connection.execute(f"create role {role} nologin nosuperuser nobypassrls nocreatedb nocreaterole")
            if role in passwords and not await _signs_in(connection, role):
                await connection.execute(f"alter role {role} login password {_literal(passwords[role])}")
        member = APP
        if login is not None and login != APP:
            member = _name(login)
            await connection.execute(f"grant {APP} to {member} with inherit true, set true")
        for role in BECOMES:
            await connection.execute(f"grant {role} to {member} with inherit false, set true")
        await connection.execute(f"grant {SEARCH} to {OWNER} with inherit false, set true")
        if not admin["rolsuper"] and admin["name"] != OWNER:
            await connection.execute(f"grant {OWNER} to {_name(admin['name'])} with inherit true, set true")
        # The option, because a migration lends it to the owner of the search's functions while it makes them.
        await connection.execute(f"grant usage, create on schema public to {OWNER} with grant option")
    except asyncpg.InsufficientPrivilegeError as error:
        raise StartRefused(
            f"{admin['name']} may not make the roles ({error.message}): run `invekto migrate --create-roles` once with "
            "INVEKTO_ADMIN_DATABASE_URL set to the database's owner with CREATEROLE, or to a superuser."
        ) from error


async def _signs_in(connection: Connection, role: str) -> bool:
    found: bool = await connection.fetchval("select rolcanlogin from pg_roles where rolname = $1", role)
    return found


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
