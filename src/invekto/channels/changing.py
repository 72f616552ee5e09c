"""A channel that is there: found, renamed, put into a state, its pin and its app's secrets changed. Calls no provider."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from invekto.channels.account import Account, Parent
from invekto.channels.adapter import Credentials
from invekto.channels.events import AppChanged, ChannelChanged, ChannelParentFound
from invekto.channels.models import App, Channel, ChannelPace, Quarantine
from invekto.channels.service import NAME_MAX, create_app, open_app, seal_credentials, seal_verify_token, team_for
from invekto.kernel.crypto import KeyRing
from invekto.kernel.errors import Conflict, FieldError, Invalid, NotFound
from invekto.kernel.text import storable
from invekto.kernel.tx import Tx

UNSET: Final[Any] = object()


async def find_channel(tx: Tx, channel_id: UUID) -> Channel:
    """As it is stored now. NotFound."""
    found = await tx.session.get(Channel, (tx.tenant_id, channel_id), populate_existing=True)
    if found is None:
        raise NotFound
    return found


async def change_channel(
    tx: Tx,
    channel_id: UUID,
    *,
    name: str | None = None,
    team_id: Any = UNSET,
    media_policy: tuple[str, int | None] | None = None,
) -> Channel:
    """Another name, team (None: nobody's) or media policy (its kind, and the days of `store_days`).

    Raises:
        NotFound: no such channel. Invalid: an empty name, or a team that is not the firm's.
    """
    channel = await find_channel(tx, channel_id)
    changed = []
    if name is not None:
        shown = storable(name.strip())[:NAME_MAX]
        if not shown:
            raise Invalid(fields=[FieldError("name", "required")])
        channel.name = shown
        changed.append("name")
    if team_id is not UNSET:
        channel.team_id = None if team_id is None else await team_for(tx, team_id)
        changed.append("team_id")
    if media_policy is not None and media_policy != (channel.media_policy, channel.media_days):
        channel.media_policy, channel.media_days = media_policy
        changed.append("media_policy")
    await tx.session.flush()
    if changed:
        tx.emit(ChannelChanged(entity_id=channel_id, detail={"fields": changed}))
    return channel


async def set_state(tx: Tx, channel_id: UUID, status: str, reason: str | None) -> Channel:
    """`connected` or `reconnect_needed` with why, for people."""
    channel = await find_channel(tx, channel_id)
    channel.status, channel.status_reason = status, None if reason is None else storable(reason)[:NAME_MAX]
    await tx.session.flush()
    tx.emit(ChannelChanged(entity_id=channel_id, detail={"fields": ["status"]}))
    return channel


async def keep_pin(tx: Tx, keys: KeyRing, channel_id: UUID, credentials: Credentials, pin: str) -> Channel:
    """The number is registered with this pin: kept sealed, and the channel works."""
    channel = await find_channel(tx, channel_id)
    channel.credentials = seal_credentials(keys, tx.tenant_id, {**credentials, "pin": pin})
    return await set_state(tx, channel_id, "connected", None)


async def note_account(tx: Tx, channel_id: UUID, account: Account) -> Channel:
    """What the provider said of the account when it was connected."""
    channel = await find_channel(tx, channel_id)
    channel.quality, channel.messaging_limit = account.quality, account.messaging_limit
    await tx.session.flush()
    return channel


async def keep_health(
    tx: Tx, channel_id: UUID, health: Mapping[str, Any], *, quality: str | None, messaging_limit: str | None
) -> None:
    """What a probe found, beside what the provider says by itself; what could not be found out stays as it was."""
    await tx.execute(
        "update channel set health = health || jsonb_build_object('probe', $3::jsonb), probed_at = $4,"
        " quality = coalesce($5, quality), messaging_limit = coalesce($6, messaging_limit)"
        " where tenant_id = $1 and id = $2",
        tx.tenant_id,
        channel_id,
        json.dumps(dict(health), ensure_ascii=False),
        tx.now,
        quality,
        messaging_limit,
    )


async def keep_parent(tx: Tx, keys: KeyRing, channel_id: UUID, parent: Parent) -> None:
    """The account above a channel that was stored without, with its route and its credentials; one that is there stays."""
    channel = await find_channel(tx, channel_id)
    if channel.parent_account_key is not None:
        return
    channel.parent_account_key = parent.key
    channel.credentials = seal_credentials(keys, tx.tenant_id, parent.credentials)
    await tx.session.flush()
    await tx.execute(
        "update channel_route set parent_account_key = $3 where tenant_id = $1 and channel_id = $2",
        tx.tenant_id,
        channel_id,
        parent.key,
    )
    tx.emit(ChannelParentFound(entity_id=channel_id))


async def last_outbound_at(tx: Tx, channel_id: UUID) -> datetime | None:
    """When something was last taken from the queue to be sent by this channel."""
    pace = await tx.session.get(ChannelPace, (tx.tenant_id, channel_id))
    return None if pace is None else pace.refilled_at


async def quarantined(tx: Tx, channel_id: UUID, at_most: int = 1_000) -> int:
    """How many parts of its webhooks wait in the quarantine, counted up to `at_most`. Index: (tenant_id, created_at)."""
    rows = await tx.session.scalars(
        select(Quarantine.id)
        .where(
            Quarantine.tenant_id == tx.tenant_id, Quarantine.channel_id == channel_id, Quarantine.replayed_at.is_(None)
        )
        .limit(at_most)
    )
    return len(list(rows))


# Its app ----------------------------------------------------------------------------------------------------------


async def platform_app(tx: Tx, keys: KeyRing, kind: str) -> Credentials | None:
    """The secrets of the platform's app of a kind; None when the operator has kept none."""
    app = await tx.session.scalar(select(App).where(App.kind == kind, App.tenant_id.is_(None)))
    return None if app is None else open_app(keys, None, app.secret, app.verify_token)


async def signing_app(tx: Tx, keys: KeyRing, channel: Channel) -> Credentials:
    """The secrets that the channel's webhooks are signed with."""
    app = await _app_of(tx, channel)
    return open_app(keys, app.tenant_id, app.secret, app.verify_token)


async def own_app_of(tx: Tx, channel: Channel) -> UUID | None:
    """The firm's own app that signs for the channel; None for the platform's."""
    app = await _app_of(tx, channel)
    return app.id if app.tenant_id is not None else None


async def keep_own_app(tx: Tx, keys: KeyRing, *, kind: str, account_key: str, app: Credentials) -> UUID:
    """The firm's own app for an account: made, or, where it has one, given these secrets, so that its address stays."""
    channel = await tx.session.scalar(
        select(Channel).where(
            Channel.tenant_id == tx.tenant_id, Channel.kind == kind, Channel.account_key == account_key
        )
    )
    known = None if channel is None else await _app_of(tx, channel)
    made = await create_app(tx, keys, kind=kind, app_secret=app["app_secret"], verify_token=app["verify_token"])
    if known is None or known.tenant_id is None:
        return made
    fresh = await tx.session.get(App, made)
    assert fresh is not None, "made a moment ago"
    known.secret, known.verify_token = fresh.secret, fresh.verify_token
    await tx.session.delete(fresh)
    await tx.session.flush()
    return known.id


async def renew_verify_token(tx: Tx, keys: KeyRing, channel_id: UUID) -> str:
    """A new one for the firm's own app, shown this once. NotFound; Conflict `platform_app`: that is the operator's."""
    app = await _app_of(tx, await find_channel(tx, channel_id))
    if app.tenant_id is None:
        raise Conflict("platform_app")
    token = secrets.token_urlsafe(24)
    app.verify_token = seal_verify_token(keys, app.tenant_id, token)
    await tx.session.flush()
    tx.emit(AppChanged(entity_id=app.id))
    return token


async def _app_of(tx: Tx, channel: Channel) -> App:
    app = await tx.session.get(App, channel.app_id)
    assert app is not None, "a channel's app is referenced"
    return app
