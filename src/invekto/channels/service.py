"""Provider apps and connected accounts: made, connected, connected again, disconnected. Calls no provider.

One account belongs to one firm at a time: `channel_route` is the reference that webhooks are routed by. Secrets are sealed
here and opened here, each for its own tenant and purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import select

from invekto.accounts.models import Team
from invekto.accounts.numbers import take_numbers
from invekto.channels.adapter import Credentials
from invekto.channels.events import (
    AppCreated,
    ChannelConnected,
    ChannelDisconnected,
    ChannelPaused,
    ChannelReconnectNeeded,
    ChannelResumed,
)
from invekto.channels.models import Channel
from invekto.kernel.audit import insert_audit
from invekto.kernel.crypto import KeyRing, SecretUnreadable
from invekto.kernel.errors import Conflict, FieldError, Invalid, NotFound
from invekto.kernel.events import Event, insert_events
from invekto.kernel.ids import uuid7
from invekto.kernel.tenancy import Connection
from invekto.kernel.text import storable
from invekto.kernel.tx import SYSTEM, Tx

NAME_MAX: Final = 200
DISCONNECTED: Final = "disconnected"
_CREDENTIALS: Final = "channel.credentials"
_APP_SECRET: Final = "app.secret"  # noqa: S105  # the purpose a key is derived for
_VERIFY_TOKEN: Final = "app.verify_token"  # noqa: S105  # the same

_opened = msgspec.json.Decoder(dict[str, str]).decode


# Provider apps ----------------------------------------------------------------------------------------------------


async def save_platform_app(
    connection: Connection, keys: KeyRing, *, kind: str, app_secret: str, verify_token: str, now: datetime
) -> UUID:
    """The platform's own app of a kind: made, or given other secrets. `connection` is the schema owner's.

    Raises:
        Invalid: an empty secret or token; with one, anybody could sign.
    """
    _check_app(app_secret, verify_token)
    made: UUID = await connection.fetchval(
        "insert into app (id, tenant_id, kind, secret, verify_token, created_at) values ($1, null, $2, $3, $4, $5)"
        " on conflict (kind) where tenant_id is null"
        " do update set secret = excluded.secret, verify_token = excluded.verify_token returning id",
        uuid7(),
        kind,
        seal_app_secret(keys, None, app_secret),
        seal_verify_token(keys, None, verify_token),
        now,
    )
    return made


async def create_app(tx: Tx, keys: KeyRing, *, kind: str, app_secret: str, verify_token: str) -> UUID:
    """A firm's own app. Its webhooks come to `/hooks/{kind}/{app id}` and speak for this firm's channels only.

    Raises:
        Invalid: an empty secret or token.
    """
    _check_app(app_secret, verify_token)
    app_id = uuid7()
    await tx.execute(
        "insert into app (id, tenant_id, kind, secret, verify_token, created_at) values ($1, $2, $3, $4, $5, $6)",
        app_id,
        tx.tenant_id,
        kind,
        seal_app_secret(keys, tx.tenant_id, app_secret),
        seal_verify_token(keys, tx.tenant_id, verify_token),
        tx.now,
    )
    tx.emit(AppCreated(entity_id=app_id, detail={"kind": kind}))
    return app_id


def open_app(keys: KeyRing, tenant_id: UUID | None, secret: bytes, verify_token: bytes) -> Credentials:
    """`app_secret` and `verify_token` as an adapter's `verify` takes them. SecretUnreadable."""
    return {
        "app_secret": keys.open(secret, tenant_id=tenant_id, purpose=_APP_SECRET).decode(),
        "verify_token": keys.open(verify_token, tenant_id=tenant_id, purpose=_VERIFY_TOKEN).decode(),
    }


def _check_app(app_secret: str, verify_token: str) -> None:
    empty = [name for name, value in (("app_secret", app_secret), ("verify_token", verify_token)) if not value.strip()]
    if empty:
        raise Invalid(fields=[FieldError(name, "required") for name in empty])


# Channels ---------------------------------------------------------------------------------------------------------


async def connect_channel(
    tx: Tx,
    keys: KeyRing,
    *,
    kind: str,
    provider: str,
    account_key: str,
    name: str,
    address: str | None,
    credentials: Mapping[str, str],
    app_id: UUID | None = None,
    team_id: UUID | None = None,
    parent_account_key: str | None = None,
) -> UUID:
    """Connects an account, or gives a connected one new credentials and a working state. The channel's id.

    `app_id`: the firm's own app that its webhooks are signed by; None means the platform's. `team_id`: who answers;
    None means the firm's first team. `parent_account_key`: the account above it, by which some webhooks name it.

    Raises:
        Invalid: no name, an app or team that is not the firm's, no platform app of this kind.
        Conflict: `account_connected_elsewhere`: another firm has it; that firm must disconnect it first.
    """
    shown = storable(name.strip())[:NAME_MAX]
    if not shown or not account_key:
        raise Invalid(fields=[FieldError("account_key" if shown else "name", "required")])
    app_id = await _app_for(tx, kind, app_id)
    sealed = seal_credentials(keys, tx.tenant_id, credentials)
    known = await tx.fetchrow(
        "select id from channel where tenant_id = $1 and kind = $2 and provider = $3 and account_key = $4 for update",
        tx.tenant_id,
        kind,
        provider,
        account_key,
    )
    if known is None:
        channel_id = await _insert(
            tx, kind, provider, account_key, shown, address, sealed, app_id, await team_for(tx, team_id)
        )
    else:
        channel_id = known["id"]
        await tx.execute(
            "update channel set name = $3, address = $4, credentials = $5, app_id = $6, status = 'connected',"
            " status_reason = null, team_id = coalesce($7, team_id) where tenant_id = $1 and id = $2",
            tx.tenant_id,
            channel_id,
            shown,
            address,
            sealed,
            app_id,
            team_id,
        )
    await tx.execute(
        "update channel set parent_account_key = $3 where tenant_id = $1 and id = $2",
        tx.tenant_id,
        channel_id,
        parent_account_key,
    )
    await _route(tx, kind, provider, account_key, channel_id, app_id, parent_account_key)
    tx.emit(ChannelConnected(entity_id=channel_id, detail={"kind": kind, "again": known is not None}))
    return channel_id


async def disconnect_channel(tx: Tx, channel_id: UUID) -> None:
    """Forgets the credentials and gives the account free; conversations and history stay. NotFound."""
    found = await tx.fetchrow(
        "update channel set status = 'reconnect_needed', status_reason = $3, credentials = ''"
        " where tenant_id = $1 and id = $2 returning id",
        tx.tenant_id,
        channel_id,
        DISCONNECTED,
    )
    if found is None:
        raise NotFound
    await tx.execute(
        "delete from channel_route where tenant_id = $1 and channel_id = $2",
        tx.tenant_id,
        channel_id,
    )
    tx.emit(ChannelDisconnected(entity_id=channel_id))


async def list_channels(tx: Tx, after: int | None, limit: int) -> list[Channel]:
    """The firm's channels by number, disconnected ones too: their conversations are still there."""
    rows = await tx.session.scalars(
        select(Channel)
        .where(Channel.tenant_id == tx.tenant_id, Channel.number > (after or 0))
        .order_by(Channel.number)
        .limit(limit)
    )
    return list(rows)


async def connected_channels(tx: Tx, number: str) -> list[Channel]:
    """Those whose account has this key at its provider, or this address, however its digits are grouped."""
    rows = await tx.session.scalars(
        select(Channel).where(Channel.tenant_id == tx.tenant_id, Channel.credentials != b"").order_by(Channel.number)
    )
    wanted = _digits(number)
    return [one for one in rows if one.account_key == number or (wanted and _digits(one.address or "") == wanted)]


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


def open_credentials(keys: KeyRing, tenant_id: UUID, sealed: bytes) -> Credentials:
    """What the channel's connect stored. SecretUnreadable when our keys do not open it or it was disconnected."""
    try:
        return _opened(keys.open(sealed, tenant_id=tenant_id, purpose=_CREDENTIALS))
    except msgspec.MsgspecError as error:
        raise SecretUnreadable("sealed, but no credentials") from error


async def mark_reconnect_needed(connection: Connection, tenant_id: UUID, channel_id: UUID, reason: str) -> None:
    """The provider refused the credentials. Said once; in the caller's transaction, whose tenants hold this one."""
    await _mark(connection, tenant_id, channel_id, "reconnect_needed", reason, ChannelReconnectNeeded)


async def stop_channel(connection: Connection, tenant_id: UUID, channel_id: UUID, reason: str) -> None:
    """The provider sees spam: nothing goes out until `resume_channel`. Said once; in the caller's transaction, as above."""
    await _mark(connection, tenant_id, channel_id, "paused", reason, ChannelPaused)


async def resume_channel(tx: Tx, channel_id: UUID) -> Channel:
    """Lets a paused channel send again; any other stays as it is.

    Raises:
        NotFound: no such channel of this firm.
    """
    changed = await tx.fetchrow(
        "update channel set status = 'connected', status_reason = null"
        " where tenant_id = $1 and id = $2 and status = 'paused' returning id",
        tx.tenant_id,
        channel_id,
    )
    if changed is not None:
        tx.emit(ChannelResumed(entity_id=channel_id))
    channel = await tx.session.scalar(
        select(Channel).where(Channel.tenant_id == tx.tenant_id, Channel.id == channel_id)
    )
    if channel is None:
        raise NotFound
    return channel


async def _mark(
    connection: Connection, tenant_id: UUID, channel_id: UUID, status: str, reason: str, said: type[Event]
) -> None:
    now = await connection.fetchval(
        "update channel set status = $4, status_reason = $3"
        " where tenant_id = $1 and id = $2 and status = 'connected' returning now()",
        tenant_id,
        channel_id,
        storable(reason)[:NAME_MAX],
        status,
    )
    if now is None:
        return
    event = said(entity_id=channel_id)
    await connection.execute(*insert_events([(tenant_id, event)], now))
    await connection.execute(*insert_audit(tenant_id, SYSTEM, [event], now))


def seal_app_secret(keys: KeyRing, tenant_id: UUID | None, secret: str) -> bytes:
    return keys.seal(secret.encode(), tenant_id=tenant_id, purpose=_APP_SECRET)


def seal_verify_token(keys: KeyRing, tenant_id: UUID | None, token: str) -> bytes:
    return keys.seal(token.encode(), tenant_id=tenant_id, purpose=_VERIFY_TOKEN)


def seal_credentials(keys: KeyRing, tenant_id: UUID, credentials: Mapping[str, str]) -> bytes:
    return keys.seal(msgspec.json.encode(dict(credentials)), tenant_id=tenant_id, purpose=_CREDENTIALS)


async def _app_for(tx: Tx, kind: str, app_id: UUID | None) -> UUID:
    """The firm's app of that id, or the platform's. The policies show no other firm's."""
    row = await tx.fetchrow(
        "select id from app where kind = $1 and (id = $2 or ($2 is null and tenant_id is null))", kind, app_id
    )
    if row is None:
        raise Invalid(fields=[FieldError("app_id", "required" if app_id is None else "not_found")])
    found: UUID = row["id"]
    return found


async def team_for(tx: Tx, team_id: UUID | None) -> UUID | None:
    """The named team, or the firm's first one; None while it has none. Invalid when the named one is not the firm's."""
    found: UUID | None = await tx.session.scalar(
        select(Team.id)
        .where(Team.tenant_id == tx.tenant_id, *([] if team_id is None else [Team.id == team_id]))
        .order_by(Team.created_at, Team.id)
        .limit(1)
    )
    if found is None and team_id is not None:
        raise Invalid(fields=[FieldError("team_id", "not_found")])
    return found


async def _insert(
    tx: Tx,
    kind: str,
    provider: str,
    account_key: str,
    name: str,
    address: str | None,
    sealed: bytes,
    app_id: UUID,
    team_id: UUID | None,
) -> UUID:
    numbers = await take_numbers(await tx.raw(), "channel", [tx.tenant_id])
    channel_id = uuid7()
    await tx.execute(
        "insert into channel (tenant_id, id, number, kind, provider, account_key, app_id, name, address, credentials,"
        " team_id, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        tx.tenant_id,
        channel_id,
        numbers[tx.tenant_id][0],
        kind,
        provider,
        account_key,
        app_id,
        name,
        address,
        sealed,
        team_id,
        tx.now,
    )
    return channel_id


async def _route(
    tx: Tx, kind: str, provider: str, account_key: str, channel_id: UUID, app_id: UUID, parent: str | None
) -> None:
    """Points the account's webhooks at the channel. The primary key decides between two firms."""
    await tx.execute(
        "insert into channel_route (kind, provider, account_key, app_id, tenant_id, channel_id, parent_account_key)"
        " values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        kind,
        provider,
        account_key,
        app_id,
        tx.tenant_id,
        channel_id,
        parent,
    )
    # Under the policies an update finds our own route only: nothing means that it is another firm's.
    ours = await tx.fetchrow(
        "update channel_route set app_id = $4, channel_id = $5, parent_account_key = $7"
        " where kind = $1 and provider = $2 and account_key = $3 and tenant_id = $6 returning 1",
        kind,
        provider,
        account_key,
        app_id,
        channel_id,
        tx.tenant_id,
        parent,
    )
    if ours is None:
        raise Conflict("account_connected_elsewhere")
