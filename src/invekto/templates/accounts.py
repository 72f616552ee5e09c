"""The account that a channel's templates belong to, and how its provider is asked. No call is made here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from invekto.channels.adapter import (
    ChannelError,
    Credentials,
    CredentialsRefused,
    Transient,
)
from invekto.channels.registry import Registry, UnknownChannelKind
from invekto.channels.service import open_credentials
from invekto.channels.templates import SyncsTemplates, TemplateInvalid
from invekto.kernel.crypto import KeyRing, SecretUnreadable
from invekto.kernel.db import Database
from invekto.kernel.errors import Conflict, FieldError, Invalid, Unavailable
from invekto.kernel.http import Http
from invekto.kernel.tx import Tx
from invekto.templates.variables import Component

_ASK_AGAIN_S: Final = 5


@dataclass(frozen=True, slots=True)
class Door:
    """What a call to a provider needs, as the process holds it."""

    database: Database
    registry: Registry
    http: Http
    keys: KeyRing


@dataclass(frozen=True, slots=True)
class Account:
    """A connected account with templates. `key` is the provider's id of it: at WhatsApp the WABA's."""

    channel_id: UUID
    kind: str
    provider: str
    key: str
    credentials: Credentials = field(repr=False)
    adapter: SyncsTemplates = field(repr=False)


async def account_of(tx: Tx, door: Door, channel_id: UUID) -> Account:
    """The account of a channel of the firm.

    Raises:
        Invalid: `channel_id` is not the firm's, or of a kind without templates.
        Conflict: `channel_reconnect_needed`.
    """
    row = await tx.fetchrow(
        "select kind, provider, parent_account_key, credentials, status from channel where tenant_id = $1 and id = $2",
        tx.tenant_id,
        channel_id,
    )
    if row is None:
        raise Invalid(fields=[FieldError("channel_id", "not_found")])
    adapter = _adapter(door, row["kind"], row["provider"])
    if adapter is None or not row["parent_account_key"]:
        raise Invalid(fields=[FieldError("channel_id", "templates_not_supported")])
    if row["status"] == "reconnect_needed":
        raise Conflict("channel_reconnect_needed")
    try:
        credentials = open_credentials(door.keys, tx.tenant_id, row["credentials"])
    except SecretUnreadable:
        raise Conflict("channel_reconnect_needed") from None
    return Account(channel_id, row["kind"], row["provider"], row["parent_account_key"], credentials, adapter)


def _adapter(door: Door, kind: str, provider: str) -> SyncsTemplates | None:
    try:
        adapter = door.registry.adapter(kind, provider)
    except UnknownChannelKind:
        return None
    return adapter if isinstance(adapter, SyncsTemplates) else None


async def channel_of_account(tx: Tx, account_key: str) -> UUID | None:
    """The first channel of an account that works, else None."""
    row = await tx.fetchrow(
        "select id from channel where tenant_id = $1 and parent_account_key = $2 and status <> 'reconnect_needed'"
        " order by number limit 1",
        tx.tenant_id,
        account_key,
    )
    return None if row is None else row["id"]


async def one_per_account(tx: Tx, channel_ids: Sequence[UUID]) -> list[UUID]:
    """Of these channels one for each account that works: numbers of one account share its templates."""
    rows = await tx.fetch(
        "select distinct on (parent_account_key) id from channel where tenant_id = $1 and id = any ($2::uuid[])"
        " and parent_account_key is not null and status <> 'reconnect_needed' order by parent_account_key, number",
        tx.tenant_id,
        list(channel_ids),
    )
    return [row["id"] for row in rows]


def as_answer(error: ChannelError, components: Sequence[Component] = ()) -> Exception:
    """What the one who asked is told of a provider's refusal. Of a draft's `components` it names the one that is meant."""
    match error:
        case TemplateInvalid():
            kinds = [str(one.get("type", "")).upper() for one in components]
            path = f"components.{kinds.index(error.where)}" if error.where in kinds else "components"
            path = "name" if error.where == "name" else path
            return Invalid(
                "template_refused_by_provider",
                params={"detail": error.detail},
                fields=[FieldError(path, error.problem or "refused_by_provider")],
            )
        case CredentialsRefused():
            return Conflict("channel_reconnect_needed")
        case Transient():
            return Unavailable("provider_unavailable", retry_after_s=error.retry_after_s or _ASK_AGAIN_S)
        case _:
            return Conflict("template_refused_by_provider", params={"detail": error.detail})
