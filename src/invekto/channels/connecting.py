"""Connects accounts for people: asks the provider first, stores then, and says every refusal in words.

No provider is called inside a transaction. Stores nothing itself: see `service`.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar
from uuid import UUID

from invekto.channels import changing, service
from invekto.channels.account import Account, Accounts
from invekto.channels.adapter import ChannelError, Credentials, CredentialsRefused, Transient
from invekto.channels.events import ChannelRefused
from invekto.channels.models import Channel
from invekto.channels.registry import Desks, UnknownChannelKind
from invekto.kernel.crypto import KeyRing, SecretUnreadable
from invekto.kernel.db import Database
from invekto.kernel.errors import Conflict, FieldError, Invalid, InvektoError, NotFound, Unavailable
from invekto.kernel.http import Http
from invekto.kernel.i18n import known
from invekto.kernel.jobs import Job
from invekto.kernel.tx import SYSTEM, Actor, Tx

_log = logging.getLogger(__name__)

T = TypeVar("T")

SYNC_JOB: Final = "channel.sync_phone"
NOT_REGISTERED: Final = "not_registered"
_AGAIN_S: Final = 30


@dataclass(frozen=True, slots=True)
class Office:
    """What connecting needs of the process."""

    database: Database
    desks: Desks
    http: Http
    keys: KeyRing
    public_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks for. `app`: secrets of a Meta app of the firm's own, None for the platform's."""

    kind: str
    name: str | None = None
    team_id: UUID | None = None
    app: Mapping[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """`verify_token` is given this once, and only for an app that was made just now."""

    channel: Channel
    verify_token: str | None = field(default=None, repr=False)


async def connect_pasted(
    office: Office, tenant_id: UUID, actor: Actor, wish: Wish, credentials: Mapping[str, str]
) -> Connected:
    """Connects the account of a pasted token, or gives one that is connected new credentials.

    Raises:
        Invalid: a field that cannot be right; nobody was asked.
        Conflict: the provider's refusal in our words, or `account_connected_elsewhere`.
        Unavailable: the provider did not answer.
    """
    accounts = _accounts(office, wish.kind)
    wrong = [FieldError(f"credentials.{path}", code) for path, code in accounts.wrong_fields(credentials)]
    app = None if wish.app is None else dict(wish.app)
    if app is not None and not app.get("app_secret", "").strip():
        wrong.append(FieldError("app.app_secret", "required"))
    if wrong:
        raise Invalid(fields=wrong)
    verify_token = None
    if app is not None:
        verify_token = app["verify_token"] = app.get("verify_token", "").strip() or secrets.token_urlsafe(24)
    signing = app or await _platform(office, tenant_id, actor, wish)
    await _check_team(office, tenant_id, actor, wish)
    account = await _asked(accounts.connect(office.http, credentials, signing))

    async def store(tx: Tx) -> Channel:
        app_id = None
        if app is not None:
            key = account.account_key
            app_id = await changing.keep_own_app(tx, office.keys, kind=wish.kind, account_key=key, app=app)
        return await _store(tx, office, wish, accounts, account, credentials, app_id)

    return Connected(channel=await _stored(office, tenant_id, actor, account, store), verify_token=verify_token)


async def connect_signed_up(
    office: Office,
    tenant_id: UUID,
    actor: Actor,
    wish: Wish,
    *,
    app_id: str | None,
    code: str,
    redirect_uri: str,
    given: Mapping[str, str],
    mode: str,
    pin: str | None,
) -> Connected:
    """Connects what the sign-up dialog gave us. A number that cannot be registered yet is connected and says so
    (`reconnect_needed`, reason `not_registered`): the code is spent, so nothing may be lost. `register` goes on.

    Raises: as `connect_pasted`.
    """
    accounts = _accounts(office, wish.kind)
    probe = {"access_token": "x", "phone_number_id": "1", "waba_id": "1", **{k: v for k, v in given.items() if v}}
    wrong = [FieldError(path, code_) for path, code_ in accounts.wrong_fields(probe)]
    if not code.strip():
        wrong.append(FieldError("code", "required"))
    if pin is not None and not _is_pin(pin):
        wrong.append(FieldError("pin", "wrong_format"))
    if wrong:
        raise Invalid(fields=wrong)
    if app_id is None:
        raise Conflict("signup_not_available")
    app = await _platform(office, tenant_id, actor, wish)
    await _check_team(office, tenant_id, actor, wish)
    credentials = await _asked(
        accounts.exchange(office.http, app, app_id=app_id, code=code, redirect_uri=redirect_uri, given=given)
    )
    account = await _asked(accounts.connect(office.http, credentials, app))
    stays_on_phone = mode == "coexistence"
    kept = dict(credentials) if stays_on_phone else {**credentials, "pin": pin or f"{secrets.randbelow(10**6):06d}"}

    async def store(tx: Tx) -> Channel:
        channel = await _store(tx, office, wish, accounts, account, kept, None)
        if stays_on_phone:
            tx.enqueue(Job(SYNC_JOB, {"channel_id": str(channel.id)}, dedupe_key=f"{SYNC_JOB}:{channel.id}"))
        return channel

    channel = await _stored(office, tenant_id, actor, account, store)
    if stays_on_phone:
        return Connected(channel=channel)
    try:
        await accounts.register(office.http, kept, kept["pin"])
    except ChannelError as error:
        async with office.database.tx(tenant_id, actor) as tx:
            channel = await changing.set_state(tx, channel.id, "reconnect_needed", f"{NOT_REGISTERED}:{error.code}")
    return Connected(channel=channel)


async def register_number(office: Office, tenant_id: UUID, actor: Actor, channel_id: UUID, pin: str) -> Channel:
    """Registers a connected number with the pin its owner knows, and keeps the pin sealed. NotFound, Invalid, Conflict."""
    channel, credentials = await _opened(office, tenant_id, actor, channel_id)
    if not _is_pin(pin):
        raise Invalid(fields=[FieldError("pin", "wrong_format")])
    if credentials is None:
        raise Conflict("channel_reconnect_needed")
    await _asked(office.desks.accounts(channel.kind, channel.provider).register(office.http, credentials, pin))
    async with office.database.tx(tenant_id, actor) as tx:
        return await changing.keep_pin(tx, office.keys, channel_id, credentials, pin)


async def reconnect(
    office: Office, tenant_id: UUID, actor: Actor, channel_id: UUID, credentials: Mapping[str, str]
) -> Channel:
    """Gives a channel a new token; its history stays. What is not given is as it was.

    Raises:
        NotFound: no such channel. Invalid: a field that cannot be right.
        Conflict: `account_differs` (params name, address): the token is of another number; or the provider's refusal.
    """
    channel, old = await _opened(office, tenant_id, actor, channel_id)
    accounts = office.desks.accounts(channel.kind, channel.provider)
    # A disconnected channel has no credentials any more, but its account has a name.
    known_ids = {
        "phone_number_id": channel.account_key,
        "waba_id": (old or {}).get("waba_id") or channel.parent_account_key or "",
    }
    wanted = {**known_ids, **{name: value.strip() for name, value in credentials.items() if value.strip()}}
    wrong = [FieldError(f"credentials.{path}", code) for path, code in accounts.wrong_fields(wanted)]
    if wrong:
        raise Invalid(fields=wrong)
    differs = Conflict("account_differs", params={"name": channel.name, "address": channel.address or ""})
    if wanted["phone_number_id"] != channel.account_key:
        raise differs
    async with office.database.tx(tenant_id, actor) as tx:
        app = await changing.signing_app(tx, office.keys, channel)
    account = await _asked(accounts.connect(office.http, wanted, app))
    if account.account_key != channel.account_key:
        raise differs
    if old is not None and "pin" in old:
        wanted["pin"] = old["pin"]

    async def store(tx: Tx) -> Channel:
        wish = Wish(kind=channel.kind, name=channel.name)
        return await _store(tx, office, wish, accounts, account, wanted, await changing.own_app_of(tx, channel))

    return await _stored(office, tenant_id, actor, account, store)


async def sync_phone(office: Office, tenant_id: UUID, channel_id: UUID) -> None:
    """Asks for the contacts and the history of a number that stays on its phone. Transient: again later; a refusal is final."""
    try:
        channel, credentials = await _opened(office, tenant_id, SYSTEM, channel_id)
    except NotFound:
        return
    if credentials is None:
        return
    try:
        await office.desks.accounts(channel.kind, channel.provider).sync_phone(office.http, credentials)
    except Transient:
        raise
    except ChannelError as error:
        _log.warning("the phone of channel %s gives neither contacts nor history: %s", channel_id, error)


def refusal(error: ChannelError) -> InvektoError:
    """The provider's refusal as a caller gets to see it: our code where we have words for it, else the provider's own."""
    if isinstance(error, CredentialsRefused):
        return Conflict("provider_token_refused", params={"detail": error.detail})
    if isinstance(error, Transient):
        return Unavailable("provider_unavailable", retry_after_s=error.retry_after_s or _AGAIN_S)
    code = error.code if known(error.code) else "provider_rejected"
    return Conflict(code, params={"detail": error.detail, "vendor_code": error.vendor_code or ""})


# Steps ------------------------------------------------------------------------------------------------------------


def _accounts(office: Office, kind: str) -> Accounts:
    try:
        return office.desks.by_kind(kind)
    except UnknownChannelKind:
        raise Invalid(fields=[FieldError("kind", "not_a_choice")]) from None


async def _asked(question: Awaitable[T]) -> T:
    try:
        return await question
    except ChannelError as error:
        raise refusal(error) from error


async def _platform(office: Office, tenant_id: UUID, actor: Actor, wish: Wish) -> Credentials:
    async with office.database.tx(tenant_id, actor) as tx:
        app = await changing.platform_app(tx, office.keys, wish.kind)
    if app is None:
        raise Conflict("platform_app_missing")
    return app


async def _check_team(office: Office, tenant_id: UUID, actor: Actor, wish: Wish) -> None:
    """Before the provider is asked: a wish that we would refuse anyway changes nothing there."""
    async with office.database.tx(tenant_id, actor) as tx:
        await service.team_for(tx, wish.team_id)


async def _store(
    tx: Tx,
    office: Office,
    wish: Wish,
    accounts: Accounts,
    account: Account,
    credentials: Mapping[str, str],
    app_id: UUID | None,
) -> Channel:
    channel_id = await service.connect_channel(
        tx,
        office.keys,
        kind=accounts.kind,
        provider=accounts.provider,
        account_key=account.account_key,
        name=(wish.name or "").strip() or account.name or account.address or account.account_key,
        address=account.address,
        credentials=credentials,
        app_id=app_id,
        team_id=wish.team_id,
        parent_account_key=account.parent_account_key,
    )
    await changing.note_account(tx, channel_id, account)
    return await changing.find_channel(tx, channel_id)


async def _stored(
    office: Office, tenant_id: UUID, actor: Actor, account: Account, store: Callable[[Tx], Awaitable[Channel]]
) -> Channel:
    """A number that another firm holds is refused, and that it was asked for is kept: the rest is rolled back."""
    try:
        return await office.database.run(tenant_id, actor, store)
    except Conflict as error:
        if error.code == "account_connected_elsewhere":
            async with office.database.tx(tenant_id, actor) as tx:
                tx.emit(ChannelRefused(detail={"account_key": account.account_key, "code": error.code}))
        raise


async def _opened(
    office: Office, tenant_id: UUID, actor: Actor, channel_id: UUID
) -> tuple[Channel, Credentials | None]:
    """The channel with its credentials; None when it has none, or none that our key opens."""
    async with office.database.tx(tenant_id, actor) as tx:
        channel = await changing.find_channel(tx, channel_id)
    if not channel.credentials:
        return channel, None
    try:
        return channel, service.open_credentials(office.keys, tenant_id, channel.credentials)
    except SecretUnreadable:
        return channel, None


def _is_pin(pin: str) -> bool:
    return len(pin) == 6 and pin.isascii() and pin.isdigit()
