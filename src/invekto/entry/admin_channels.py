"""What an operator does about channels from the command line: provider apps, connected accounts, the quarantine.

Secrets come from standard input or a prompt, never from the command line.
"""

from __future__ import annotations

import argparse
import json
from typing import Final

from invekto.channels.adapter import ChannelError, CredentialsRefused
from invekto.channels.changing import note_account
from invekto.channels.quarantine import replay_chosen
from invekto.channels.registry import build_desks, operator_urls
from invekto.channels.service import (
    connect_channel,
    connected_channels,
    create_app,
    disconnect_channel,
    save_platform_app,
)
from invekto.channels.whatsapp_cloud.connect import credentials_of
from invekto.entry.admin import Refused, firm_id, run, secret
from invekto.entry.revisions import connect as connect_database
from invekto.entry.roles import OWNER
from invekto.kernel.crypto import KeyRing
from invekto.kernel.db import Database
from invekto.kernel.errors import Invalid
from invekto.kernel.http import Http
from invekto.kernel.settings import Settings
from invekto.kernel.tenancy import INGEST, claimed
from invekto.kernel.text import slug
from invekto.kernel.tx import SYSTEM

KIND: Final = "whatsapp_cloud"
PROVIDER: Final = "meta"


def app_create(settings: Settings, arguments: argparse.Namespace) -> int:
    """The secrets of a Meta app: the platform's, or with `--firm` a firm's own."""

    async def work(db: Database, present: Settings) -> str:
        keys = KeyRing(present.secret_key, present.former_keys)
        app_secret, verify_token = _app_secrets(arguments)
        if arguments.firm is None:
            if present.admin_database_url is None:
                raise Refused("The platform's app is written by the schema's owner: set INVEKTO_ADMIN_DATABASE_URL.")
            owner = await connect_database(present.admin_database_url, "INVEKTO_ADMIN_DATABASE_URL")
            try:
                await owner.execute(f"set role {OWNER}")
                await save_platform_app(
                    owner, keys, kind=KIND, app_secret=app_secret, verify_token=verify_token, now=db.clock.now()
                )
            finally:
                await owner.close()
            return f"Webhook address: {present.public_url}/hooks/{KIND}"
        async with db.tx(await firm_id(db, arguments.firm), SYSTEM) as tx:
            app_id = await create_app(tx, keys, kind=KIND, app_secret=app_secret, verify_token=verify_token)
        return f"App {app_id}\nWebhook address: {present.public_url}/hooks/{KIND}/{app_id}"

    return run(settings, work)


def _app_secrets(arguments: argparse.Namespace) -> tuple[str, str]:
    if not arguments.secrets_stdin:
        return secret("App secret", from_stdin=False), secret("Verify token", from_stdin=False)
    try:
        given = json.loads(secret("Secrets", from_stdin=True))
        return str(given["app_secret"]), str(given["verify_token"])
    except (ValueError, KeyError, TypeError):
        raise Refused('Standard input must hold {"app_secret": "...", "verify_token": "..."}.') from None


def channel_connect(settings: Settings, arguments: argparse.Namespace) -> int:
    """Asks Meta whether the token reaches the number and subscribes the account, then keeps it sealed."""

    async def work(db: Database, present: Settings) -> str:
        tenant_id = await firm_id(db, arguments.firm)
        credentials = credentials_of(
            access_token=secret("Access token", from_stdin=arguments.token_stdin),
            phone_number_id=arguments.phone_number_id,
            waba_id=arguments.waba_id,
        )
        http = Http(operator_urls=operator_urls(present))
        try:
            account = await build_desks(present, db.clock).by_kind(KIND).connect(http, credentials, {})
        except CredentialsRefused as error:
            detail = error.detail.rstrip(".")
            raise Refused(f"Meta refuses the access token ({detail}): make a new one for this number.") from None
        except ChannelError as error:
            detail = error.detail.rstrip(".")
            raise Refused(f"Meta did not confirm the number {arguments.phone_number_id}: {detail}.") from None
        finally:
            await http.close()
        try:
            async with db.tx(tenant_id, SYSTEM) as tx:
                channel_id = await connect_channel(
                    tx,
                    KeyRing(present.secret_key, present.former_keys),
                    kind=KIND,
                    provider=PROVIDER,
                    account_key=account.account_key,
                    name=arguments.name or account.name or "WhatsApp",
                    address=arguments.address or account.address,
                    credentials=credentials,
                    parent_account_key=arguments.waba_id,
                    app_id=arguments.app,
                )
                await note_account(tx, channel_id, account)
        except Invalid as error:
            if "app_id" not in {field.path for field in error.fields}:
                raise
            raise Refused(_no_app(arguments)) from None
        return f"Channel {channel_id} of {slug(arguments.firm)}: {account.address or account.account_key}"

    return run(settings, work)


def channel_disconnect(settings: Settings, arguments: argparse.Namespace) -> int:
    """Forgets the access token. At Meta nothing changes: what comes from there is quarantined from now on."""

    async def work(db: Database, _present: Settings) -> str:
        async with db.tx(await firm_id(db, arguments.firm), SYSTEM) as tx:
            found = await connected_channels(tx, arguments.number)
            if len(found) != 1:
                few = "no connected number" if not found else "several connected numbers"
                raise Refused(
                    f"The firm {slug(arguments.firm)} has {few} {arguments.number}: give the phone number id."
                )
            await disconnect_channel(tx, found[0].id)
        return f"Channel {found[0].id} of {slug(arguments.firm)}: {arguments.number} is disconnected."

    return run(settings, work)


def _no_app(arguments: argparse.Namespace) -> str:
    if arguments.app is None:
        return f"There is no app yet that signs its webhooks: keep one with `invekto app create {KIND}`."
    return f"The firm has no app {arguments.app}: `invekto app create {KIND} --firm {arguments.firm}` prints the id of one."


def quarantine_list(settings: Settings, arguments: argparse.Namespace) -> int:
    """What could not be stored and belongs to no firm, or to any: the newest first, without its content."""

    async def work(db: Database, _present: Settings) -> str:
        pool = await db.pool(INGEST)
        async with pool.acquire() as connection, claimed(connection):
            rows = await connection.fetch(
                "select id, kind, reason, detail, path, created_at from quarantine where replayed_at is null"
                " order by created_at desc limit $1",
                arguments.limit,
            )
        lines = [
            f"{row['id']}  {row['created_at']:%Y-%m-%d %H:%M}  {row['kind']}  {row['reason']}"
            f"  {row['detail'] or ''}  {row['path']}"
            for row in rows
        ]
        return "\n".join(lines) or "The quarantine is empty."

    return run(settings, work)


def quarantine_replay(settings: Settings, arguments: argparse.Namespace) -> int:
    """Puts one part, or every part with a reason, back as a receipt: after the account was connected, say."""

    async def work(db: Database, _present: Settings) -> str:
        pool = await db.pool(INGEST)
        async with pool.acquire() as connection, claimed(connection):
            count = await replay_chosen(connection, arguments.what)
        if not count:
            raise Refused(f"Nothing in the quarantine has the id or reason {arguments.what}.")
        db.wakeup.wake("receipt")
        return f"{count} part(s) go through the worker again."

    return run(settings, work)
