"""What an operator does from the command line about firms, users and teams. Calls the use-cases; see admin_channels too.

A secret comes from a prompt or from standard input, never from the command line, where every user of the machine reads it.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from invekto.accounts.queries import tenant_id_by_slug, user_id_by_name
from invekto.accounts.service import (
    add_team_member,
    change_password,
    create_team,
    create_tenant,
    create_user,
    disable_user,
    enable_user,
)
from invekto.entry.database import any_database
from invekto.entry.refusal import BAD_START
from invekto.entry.wiring import subscriptions
from invekto.kernel.db import Database, DatabaseOptions
from invekto.kernel.errors import InvektoError
from invekto.kernel.i18n import sentence
from invekto.kernel.ids import uuid7
from invekto.kernel.settings import Settings
from invekto.kernel.text import search_key, slug
from invekto.kernel.tx import SYSTEM, Tx

T = TypeVar("T")
NO_TENANT: Final = UUID(int=0)
_NO_SCHEMA: Final = ("42P01", "42703", "42883")  # undefined table, column, function


class Refused(Exception):
    """What was asked cannot be done; the text is one sentence."""


def run(settings: Settings, work: Callable[[Database, Settings], Awaitable[str]]) -> int:
    """Runs one piece of work on the database and prints what it says; a refusal is one sentence and exit code 2."""

    async def with_database(present: Settings) -> str:
        assert present.database_url is not None
        options = DatabaseOptions(present.database_url, present.bus_url, request_pool=2, role_pool=1)
        db = await Database.open(options, subscriptions=subscriptions(), listen=False)
        try:
            return await work(db, present)
        finally:
            await db.close()

    try:
        with any_database(settings) as present:
            said = asyncio.run(with_database(present))
    except Refused as refused:
        print(f"invekto: {refused}", file=sys.stderr)
        return BAD_START
    except InvektoError as error:
        fields = "".join(f" {field.path}: {field.code}." for field in error.fields)
        print(f"invekto: {sentence(error.code, 'en', error.params)}{fields}", file=sys.stderr)
        return BAD_START
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in _NO_SCHEMA:
            raise
        print("invekto: The database has no schema of this version yet: run `invekto migrate`.", file=sys.stderr)
        return BAD_START
    print(said)
    return 0


async def firm_id(db: Database, firm: str) -> UUID:
    async with db.tx(NO_TENANT, SYSTEM) as tx:
        found = await tenant_id_by_slug(tx, slug(firm))
    if found is None:
        raise Refused(f"There is no firm {firm}: make it with `invekto tenant create`.")
    return found


def secret(prompt: str, *, from_stdin: bool) -> str:
    """Asks on the terminal, or reads standard input to its end."""
    given = sys.stdin.read().rstrip("\r\n") if from_stdin or not sys.stdin.isatty() else getpass.getpass(f"{prompt}: ")
    if not given:
        raise Refused(f"{prompt} is empty: type it, or send it to standard input.")
    return given


def tenant_create(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work(db: Database, _settings: Settings) -> str:
        async with db.tx(uuid7(), SYSTEM) as tx:
            made = await create_tenant(
                tx, firm=arguments.firm, name=arguments.name, timezone=arguments.timezone, locale=arguments.locale
            )
        return f"Firm {slug(arguments.firm)} ({made})"

    return run(settings, work)


def user_create(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work(db: Database, _settings: Settings) -> str:
        tenant_id = await firm_id(db, arguments.firm)
        password = secret("Password", from_stdin=arguments.password_stdin)
        async with db.tx(tenant_id, SYSTEM) as tx:
            made = await create_user(
                tx,
                username=arguments.user,
                password=password,
                role=arguments.role,
                name=arguments.name,
                locale=arguments.locale,
            )
        return f"User {arguments.user} of {slug(arguments.firm)} ({made})"

    return run(settings, work)


async def _user_id(tx: Tx, arguments: argparse.Namespace, username: str) -> UUID:
    found = await user_id_by_name(tx, search_key(username))
    if found is None:
        raise Refused(f"The firm {slug(arguments.firm)} has no user {username}: make one with `invekto user create`.")
    return found


def user_password(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work(db: Database, _settings: Settings) -> str:
        tenant_id = await firm_id(db, arguments.firm)
        password = secret("Password", from_stdin=arguments.password_stdin)
        async with db.tx(tenant_id, SYSTEM) as tx:
            await change_password(tx, await _user_id(tx, arguments, arguments.user), password)
        return f"User {arguments.user} of {slug(arguments.firm)} has a new password and is signed out everywhere."

    return run(settings, work)


def user_disable(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work(db: Database, _settings: Settings) -> str:
        async with db.tx(await firm_id(db, arguments.firm), SYSTEM) as tx:
            await disable_user(tx, await _user_id(tx, arguments, arguments.user))
        return f"User {arguments.user} of {slug(arguments.firm)} is signed out and cannot sign in."

    return run(settings, work)


def user_enable(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work(db: Database, _settings: Settings) -> str:
        async with db.tx(await firm_id(db, arguments.firm), SYSTEM) as tx:
            await enable_user(tx, await _user_id(tx, arguments, arguments.user))
        return f"User {arguments.user} of {slug(arguments.firm)} can sign in."

    return run(settings, work)


def team_create(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work(db: Database, _settings: Settings) -> str:
        async with db.tx(await firm_id(db, arguments.firm), SYSTEM) as tx:
            made = await create_team(tx, name=arguments.name)
            for member in arguments.member:
                await add_team_member(tx, made, await _user_id(tx, arguments, member))
        return f"Team {arguments.name} of {slug(arguments.firm)} ({made})"

    return run(settings, work)
