"""Reads about firms, users, teams and sessions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
from sqlalchemy import select

from invekto.accounts.models import Team, TeamMember, Tenant, User
from invekto.kernel.errors import NotFound
from invekto.kernel.tenancy import Connection
from invekto.kernel.tx import Tx


async def tenant_id_by_slug(tx: Tx, slug: str) -> UUID | None:
    """The one question that is asked outside a tenant (docs/decisions/0005). Index: tenant_slug_key."""
    row = await tx.fetchrow("select tenant_id_by_slug($1) as id", slug)
    assert row is not None
    found: UUID | None = row["id"]
    return found


async def active_user(tx: Tx, username_key: str) -> User | None:
    """Somebody who may sign in, by the folded user name. Index: (tenant_id, username_key)."""
    found: User | None = await tx.session.scalar(
        select(User)
        .join(Tenant, Tenant.id == User.tenant_id)
        .where(
            User.tenant_id == tx.tenant_id,
            User.username_key == username_key,
            User.disabled_at.is_(None),
            Tenant.disabled_at.is_(None),
        )
    )
    return found


async def user_id_by_name(tx: Tx, username_key: str) -> UUID | None:
    """A user by the folded user name, whether or not they may sign in. Index: (tenant_id, username_key)."""
    found: UUID | None = await tx.session.scalar(
        select(User.id).where(User.tenant_id == tx.tenant_id, User.username_key == username_key)
    )
    return found


_LIVE_SESSION = """
select s.id as session_id, s.last_seen_at, s.expires_at, u.id as user_id, u.name, u.username, u.role, u.locale, u.theme,
       t.id as tenant_id, t.name as tenant_name, t.slug as tenant_slug, t.timezone,
       array(select m.team_id from team_member m where m.tenant_id = s.tenant_id and m.user_id = s.user_id) as team_ids
  from session s
  join user_account u on u.tenant_id = s.tenant_id and u.id = s.user_id
  join tenant t on t.id = s.tenant_id
 where s.tenant_id = $1 and s.token_hash = $2 and s.revoked_at is null and s.expires_at > $3 and s.last_seen_at > $4
   and u.disabled_at is null and t.disabled_at is null
"""


async def live_session(tx: Tx, token_hash: bytes, idle_since: datetime) -> asyncpg.Record | None:
    """A session that still counts at `tx.now`, with its user, firm and teams. Index: (tenant_id, token_hash)."""
    found: asyncpg.Record | None = await tx.fetchrow(_LIVE_SESSION, tx.tenant_id, token_hash, tx.now, idle_since)
    return found


_LIVE_SESSIONS = """
select s.id as session_id, u.id as user_id, u.name, u.role, u.locale, t.id as tenant_id, t.timezone,
       array(select m.team_id from team_member m where m.tenant_id = s.tenant_id and m.user_id = s.user_id) as team_ids
  from unnest($1::uuid[], $2::uuid[]) as wanted (tenant_id, id)
  join session s on s.tenant_id = wanted.tenant_id and s.id = wanted.id
  join user_account u on u.tenant_id = s.tenant_id and u.id = s.user_id
  join tenant t on t.id = s.tenant_id
 where s.revoked_at is null and s.expires_at > $3 and s.last_seen_at > $4
   and u.disabled_at is null and t.disabled_at is null
"""


async def live_sessions(
    connection: Connection, keys: Sequence[tuple[UUID, UUID]], now: datetime, idle_since: datetime
) -> list[asyncpg.Record]:
    """Which of these (tenant, session) still count, in one statement for the stream's role. By primary keys."""
    return await connection.fetch(
        _LIVE_SESSIONS, [tenant for tenant, _ in keys], [session for _, session in keys], now, idle_since
    )


async def list_users(tx: Tx, after: str | None, limit: int) -> list[User]:
    """Users who may sign in, by folded user name. Index: (tenant_id, username_key)."""
    query = select(User).where(User.tenant_id == tx.tenant_id, User.disabled_at.is_(None))
    if after is not None:
        query = query.where(User.username_key > after)
    return list(await tx.session.scalars(query.order_by(User.username_key).limit(limit)))


async def list_teams(tx: Tx, after: str | None, limit: int) -> list[tuple[Team, list[UUID]]]:
    """Teams by name, each with its members who may sign in. Indexes: (tenant_id, name), (tenant_id, team_id)."""
    query = select(Team).where(Team.tenant_id == tx.tenant_id)
    if after is not None:
        query = query.where(Team.name > after)
    teams = list(await tx.session.scalars(query.order_by(Team.name).limit(limit)))
    members: dict[UUID, list[UUID]] = {team.id: [] for team in teams}
    found = await tx.session.execute(
        select(TeamMember.team_id, TeamMember.user_id)
        .join(User, (User.tenant_id == TeamMember.tenant_id) & (User.id == TeamMember.user_id))
        .where(TeamMember.tenant_id == tx.tenant_id, TeamMember.team_id.in_(members), User.disabled_at.is_(None))
        .order_by(User.username_key)
    )
    for team_id, user_id in found:
        members[team_id].append(user_id)
    return [(team, members[team.id]) for team in teams]


async def revoked_messages(tx: Tx) -> Literal["show", "hide"]:
    """What the firm shows of messages that their writers deleted. By primary key."""
    row = await tx.fetchrow("select revoked_messages from tenant where id = $1", tx.tenant_id)
    if row is None:
        raise NotFound
    return "hide" if row["revoked_messages"] == "hide" else "show"
