"""Lets people in and out. A wrong firm, user and password look, say and cost the same.

Several short transactions, because a password is compared in between and nothing may be locked meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from invekto.accounts import passwords, queries, throttle
from invekto.accounts.events import SessionEnded, SignedIn, SignInFailed
from invekto.accounts.models import Session, User
from invekto.kernel.crypto import new_token, token_hash
from invekto.kernel.db import Database
from invekto.kernel.errors import Unauthenticated
from invekto.kernel.ids import uuid7
from invekto.kernel.text import search_key, slug, storable
from invekto.kernel.tx import SYSTEM, Actor, Tx

IDLE: Final = timedelta(hours=12)
ABSOLUTE: Final = timedelta(days=14)
_USER_AGENT_MAX: Final = 300
# No firm has this id: under it a lookup finds nobody, at the same cost.
_NO_TENANT: Final = UUID(int=0)


class CredentialsInvalid(Unauthenticated):
    """One answer for every wrong part, so that nobody learns which part was right."""

    def __init__(self) -> None:
        super().__init__("credentials_invalid")


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a sign-in comes from, as the edge has seen it."""

    address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class NewSession:
    """`token` goes into the cookie and is kept nowhere."""

    tenant_id: UUID
    session_id: UUID
    token: str
    expires_at: datetime


async def sign_in(db: Database, *, firm: str, username: str, password: str, caller: Caller) -> NewSession:
    """A new session for the right firm, user and password.

    Raises:
        CredentialsInvalid: any of them is wrong, or the user or firm is disabled.
        Throttled: `sign_in_throttled`, after five failures within 15 minutes for this account from this address.
        Unavailable: too many passwords are being compared.
    """
    firm_slug, username_key = slug(firm), search_key(storable(username))
    account = throttle.account_key(firm_slug, username_key)
    network = throttle.network_of(caller.address)
    async with _one_at_a_time(f"{account} {network}"):
        async with db.tx(_NO_TENANT, SYSTEM) as tx:
            refused = await throttle.count_attempt(tx, account, network)
            tenant_id = await queries.tenant_id_by_slug(tx, firm_slug)
        if refused is not None:
            raise refused
        async with db.tx(tenant_id or _NO_TENANT, SYSTEM) as tx:
            user = await queries.active_user(tx, username_key)
        fits = await passwords.password_fits(user.password_hash if user else passwords.NOBODY, password)
        if user is None or not fits:
            await _note_failure(db, tenant_id, user, caller)
            raise CredentialsInvalid
        renewed = await _renewed_hash(user, password)
        async with db.tx(user.tenant_id, _actor(user.id, caller)) as tx:
            session = await _start_session(tx, user, renewed, caller)
            await throttle.forget_attempts(tx, account, network)
    return session


async def sign_out(tx: Tx, session_id: UUID) -> None:
    """Ends one session of the actor. Gone already is as good."""
    row = await tx.fetchrow(
        "delete from session where tenant_id = $1 and id = $2 returning user_id", tx.tenant_id, session_id
    )
    if row is not None:
        tx.emit(SessionEnded(entity_id=session_id, user_id=row["user_id"]))


async def _start_session(tx: Tx, user: User, renewed_hash: str | None, caller: Caller) -> NewSession:
    # Locked and looked at again: a user disabled while the password was compared must not get in.
    present = await tx.fetchrow(
        "select password_hash from user_account where tenant_id = $1 and id = $2 and disabled_at is null for update",
        tx.tenant_id,
        user.id,
    )
    if present is None or present["password_hash"] != user.password_hash:
        raise CredentialsInvalid
    if renewed_hash is not None:
        await tx.execute(
            "update user_account set password_hash = $3 where tenant_id = $1 and id = $2",
            tx.tenant_id,
            user.id,
            renewed_hash,
        )
    await tx.execute(
        "delete from session where tenant_id = $1 and user_id = $2 and (expires_at <= $3 or last_seen_at <= $4)",
        tx.tenant_id,
        user.id,
        tx.now,
        tx.now - IDLE,
    )
    token = new_token()
    session = Session(
        tenant_id=tx.tenant_id,
        id=uuid7(),
        user_id=user.id,
        token_hash=token_hash(token),
        created_at=tx.now,
        last_seen_at=tx.now,
        expires_at=tx.now + ABSOLUTE,
        address=caller.address,
        user_agent=storable(caller.user_agent)[:_USER_AGENT_MAX] if caller.user_agent else None,
    )
    tx.session.add(session)
    tx.emit(SignedIn(entity_id=session.id, user_id=user.id))
    return NewSession(tx.tenant_id, session.id, f"{tx.tenant_id.hex}.{token}", tx.now + ABSOLUTE)


async def _note_failure(db: Database, tenant_id: UUID | None, user: User | None, caller: Caller) -> None:
    """The audit entry of a wrong password. An unknown firm has no audit, but the transaction costs it the same."""
    async with db.tx(tenant_id or _NO_TENANT, _actor(None, caller)) as tx:
        if tenant_id is not None:
            tx.emit(SignInFailed(entity_id=user.id if user else None, user_id=user.id if user else None))


async def _renewed_hash(user: User, password: str) -> str | None:
    if not passwords.is_outdated(user.password_hash):
        return None
    return await passwords.hash_password(password)


def _actor(user_id: UUID | None, caller: Caller) -> Actor:
    return Actor("user" if user_id else "system", user_id, caller.address, caller.request_id)


_busy: dict[str, tuple[asyncio.Lock, int]] = {}


@asynccontextmanager
async def _one_at_a_time(key: str) -> AsyncIterator[None]:
    """Sign-ins to one account from one address wait for each other in this process: several right ones at once must
    not look like several wrong ones to the throttle, which counts before it knows."""
    lock, users = _busy.get(key, (asyncio.Lock(), 0))
    _busy[key] = (lock, users + 1)
    try:
        async with lock:
            yield
    finally:
        lock, users = _busy[key]
        if users == 1:
            del _busy[key]
        else:
            _busy[key] = (lock, users - 1)
