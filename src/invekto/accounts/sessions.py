"""Finds who asks, from the session cookie. The cookie names its tenant (docs/decisions/0005); a hash of the rest is kept.

An answer is kept for five seconds per process, so a revoked session or a changed role acts everywhere within five.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
from starlette.requests import HTTPConnection
from starlette.responses import Response

from invekto.accounts import queries
from invekto.accounts.permissions import permissions_of
from invekto.accounts.sign_in import IDLE, NewSession
from invekto.kernel.auth import Principal
from invekto.kernel.crypto import token_hash
from invekto.kernel.db import Database
from invekto.kernel.errors import Unauthenticated
from invekto.kernel.tenancy import Connection
from invekto.kernel.tx import SYSTEM

COOKIE: Final = "invekto_session"
KEPT_S: Final = 5.0
_KEPT_MAX: Final = 20_000
_SEEN_EVERY: Final = timedelta(minutes=1)
_TENANT_LENGTH: Final = 32
_TOKEN_LENGTH: Final = 43


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that counts now, with what its own screen shows of the user and the firm (docs/api.md, "Session")."""

    principal: Principal
    username: str
    theme: str
    tenant_name: str
    tenant_slug: str
    expires_at: datetime


class Sessions:
    """`app.state.authenticate` of the web process; also asked by the stream about its sockets."""

    def __init__(self, db: Database, *, secure_cookies: bool) -> None:
        self._db = db
        self._secure = secure_cookies
        self._kept: dict[tuple[UUID, bytes], tuple[LiveSession, float]] = {}

    async def __call__(self, connection: HTTPConnection) -> Principal:
        """The principal of a request or socket. Unauthenticated without a session that counts."""
        return (await self.of(connection)).principal

    async def of(self, connection: HTTPConnection) -> LiveSession:
        """The session of a request or socket. An open socket alone does not keep a session from going idle."""
        named = _parse(connection.cookies.get(COOKIE, ""))
        if named is None:
            raise Unauthenticated
        return await self.find(*named, seen=connection.scope["type"] == "http")

    async def former(self, connection: HTTPConnection) -> LiveSession | None:
        """The session that a sign-in replaces, None when the request has none that counts."""
        try:
            return await self.of(connection)
        except Unauthenticated:
            return None

    async def started(self, session: NewSession) -> LiveSession:
        """The session that a sign-in has just made."""
        named = _parse(session.token)
        assert named is not None
        return await self.find(*named, seen=False)

    async def find(self, tenant_id: UUID, hashed: bytes, *, seen: bool) -> LiveSession:
        """The session whose token has this hash. `seen`: its user did something just now. Unauthenticated."""
        key = (tenant_id, hashed)
        kept = self._kept.get(key)
        if kept is not None and kept[1] > self._db.clock.monotonic() and kept[0].expires_at > self._db.clock.now():
            return kept[0]
        self._kept.pop(key, None)
        live = await self._look_up(tenant_id, hashed, seen=seen)
        if len(self._kept) >= _KEPT_MAX:
            self._kept.clear()
        self._kept[key] = (live, self._db.clock.monotonic() + KEPT_S)
        return live

    async def _look_up(self, tenant_id: UUID, hashed: bytes, *, seen: bool) -> LiveSession:
        async with self._db.tx(tenant_id, SYSTEM) as tx:
            row = await queries.live_session(tx, hashed, idle_since=tx.now - IDLE)
            if row is None:
                raise Unauthenticated
            last_seen_at = row["last_seen_at"]
            if seen and tx.now - last_seen_at >= _SEEN_EVERY:
                # The condition again: of several requests at once only one writes.
                await tx.execute(
                    "update session set last_seen_at = $3 where tenant_id = $1 and id = $2 and last_seen_at < $4",
                    tenant_id,
                    row["session_id"],
                    tx.now,
                    tx.now - _SEEN_EVERY + timedelta(seconds=1),
                )
                last_seen_at = tx.now
        return LiveSession(
            principal=_principal(row),
            username=row["username"],
            theme=row["theme"],
            tenant_name=row["tenant_name"],
            tenant_slug=row["tenant_slug"],
            expires_at=min(row["expires_at"], last_seen_at + IDLE),
        )

    def forget(self, session_id: UUID | None = None, user_id: UUID | None = None) -> None:
        """Asks the database again next time about a session, or about every session of a user."""
        stale = [
            key
            for key, (live, _) in self._kept.items()
            if session_id == live.principal.session_id or user_id == live.principal.user_id
        ]
        for key in stale:
            del self._kept[key]

    def set_cookie(self, response: Response, session: NewSession) -> None:
        response.set_cookie(
            COOKIE,
            session.token,
            expires=session.expires_at,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def clear_cookie(self, response: Response) -> None:
        response.delete_cookie(COOKIE, path="/", secure=self._secure, httponly=True, samesite="lax")


async def live_principals(
    connection: Connection, keys: Sequence[tuple[UUID, UUID]], now: datetime
) -> dict[UUID, Principal]:
    """Of many open sockets' (tenant, session) the ones that still count, by session, with what their users may do now.

    The connection is of the stream's role and has claimed these tenants.
    """
    rows = await queries.live_sessions(connection, keys, now, idle_since=now - IDLE)
    return {row["session_id"]: _principal(row) for row in rows}


def _principal(row: asyncpg.Record) -> Principal:
    return Principal(
        tenant_id=row["tenant_id"],
        user_id=row["user_id"],
        session_id=row["session_id"],
        name=row["name"],
        role=row["role"],
        permissions=permissions_of(row["role"]),
        team_ids=frozenset(row["team_ids"]),
        locale=row["locale"],
        timezone=row["timezone"],
    )


def _parse(cookie: str) -> tuple[UUID, bytes] | None:
    tenant, dot, token = cookie.partition(".")
    if not dot or len(tenant) != _TENANT_LENGTH or len(token) != _TOKEN_LENGTH:
        return None
    try:
        return UUID(hex=tenant), token_hash(token)
    except ValueError:
        return None
