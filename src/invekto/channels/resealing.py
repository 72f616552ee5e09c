"""Secrets of apps and channels under another key: sealed anew after a rotation, or given up when the key is lost.

Which keys there are is the operator's matter: see entry/keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, select

from invekto.channels import service
from invekto.channels.changing import set_state
from invekto.channels.models import App, Channel
from invekto.kernel.crypto import KeyRing, SecretUnreadable
from invekto.kernel.tenancy import Connection
from invekto.kernel.tx import Tx

KEY_LOST: Final = "secret_key_lost"


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many secrets were sealed anew, and how many no key of ours opens: those are as they were."""

    done: int = 0
    unreadable: int = 0

    def __add__(self, other: Resealed) -> Resealed:
        return Resealed(self.done + other.done, self.unreadable + other.unreadable)


async def reseal(tx: Tx, keys: KeyRing) -> Resealed:
    """Everything of the firm that a former key has sealed. Locks each row: somebody may be giving it new credentials."""
    done = unreadable = 0
    for app in await tx.session.scalars(select(App).where(App.tenant_id == tx.tenant_id).with_for_update()):
        if keys.needs_resealing(app.secret) or keys.needs_resealing(app.verify_token):
            try:
                app.secret, app.verify_token = _app_anew(keys, app)
                done += 1
            except SecretUnreadable:
                unreadable += 1
    for channel in await tx.session.scalars(_connected(tx).with_for_update()):
        if keys.needs_resealing(channel.credentials):
            try:
                opened = service.open_credentials(keys, tx.tenant_id, channel.credentials)
                channel.credentials = service.seal_credentials(keys, tx.tenant_id, opened)
                done += 1
            except SecretUnreadable:
                unreadable += 1
    await tx.session.flush()
    return Resealed(done, unreadable)


async def reseal_platform_apps(connection: Connection, keys: KeyRing) -> Resealed:
    """The platform's own apps. `connection` is the schema owner's, inside a transaction."""
    done = unreadable = 0
    rows = await connection.fetch("select id, secret, verify_token from app where tenant_id is null for update")
    for row in rows:
        if not (keys.needs_resealing(row["secret"]) or keys.needs_resealing(row["verify_token"])):
            continue
        try:
            opened = service.open_app(keys, None, row["secret"], row["verify_token"])
        except SecretUnreadable:
            unreadable += 1
            continue
        await connection.execute(
            "update app set secret = $2, verify_token = $3 where id = $1",
            row["id"],
            service.seal_app_secret(keys, None, opened["app_secret"]),
            service.seal_verify_token(keys, None, opened["verify_token"]),
        )
        done += 1
    return Resealed(done, unreadable)


async def forget_unreadable(tx: Tx, keys: KeyRing) -> int:
    """Channels whose credentials no key of ours opens lose them and need to be connected again; how many.

    Their routes stay: what still comes in is taken in.
    """
    lost = []
    for channel in await tx.session.scalars(_connected(tx).with_for_update()):
        try:
            service.open_credentials(keys, tx.tenant_id, channel.credentials)
        except SecretUnreadable:
            channel.credentials = b""
            lost.append(channel.id)
    await tx.session.flush()
    for channel_id in lost:
        await set_state(tx, channel_id, "reconnect_needed", KEY_LOST)
    return len(lost)


def _app_anew(keys: KeyRing, app: App) -> tuple[bytes, bytes]:
    opened = service.open_app(keys, app.tenant_id, app.secret, app.verify_token)
    return (
        service.seal_app_secret(keys, app.tenant_id, opened["app_secret"]),
        service.seal_verify_token(keys, app.tenant_id, opened["verify_token"]),
    )


def _connected(tx: Tx) -> Select[Channel]:
    return select(Channel).where(Channel.tenant_id == tx.tenant_id, Channel.credentials != b"")
