"""Makes firms, users and teams, changes passwords, takes a user's access away and gives it back. Signing in is sign_in's."""

from __future__ import annotations

import zoneinfo
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from invekto.accounts.events import (
    PasswordChanged,
    SessionEnded,
    SettingsChanged,
    TeamCreated,
    TeamMemberAdded,
    TenantCreated,
    UserCreated,
    UserDisabled,
    UserEnabled,
)
from invekto.accounts.models import Team, TeamMember, Tenant, User
from invekto.accounts.passwords import hash_password
from invekto.kernel.errors import Conflict, FieldError, Invalid, NotFound
from invekto.kernel.i18n import LOCALES
from invekto.kernel.ids import uuid7
from invekto.kernel.text import search_key, slug
from invekto.kernel.tx import Tx

Role = Literal["user", "supervisor"]
NAME_MAX: Final = 200


async def create_tenant(
    tx: Tx, *, firm: str, name: str | None = None, timezone: str = "Europe/Istanbul", locale: str = "tr"
) -> UUID:
    """Makes the firm whose id is `tx.tenant_id`. `firm` is what its people type at sign-in, folded to a slug.

    Raises:
        Invalid: no letter or digit in `firm`, an unknown zone or language.
        Conflict: `firm_taken`.
    """
    key = slug(firm)
    if not key:
        raise Invalid(fields=[FieldError("firm", "wrong_format")])
    if timezone not in zoneinfo.available_timezones():
        raise Invalid(fields=[FieldError("timezone", "not_a_choice")])
    if locale not in LOCALES:
        raise Invalid(fields=[FieldError("locale", "not_a_choice")])
    made: UUID | None = await tx.session.scalar(
        insert(Tenant)
        .values(
            id=tx.tenant_id,
            slug=key,
            name=_name(name or firm, "name"),
            timezone=timezone,
            locale=locale,
            created_at=tx.now,
        )
        .on_conflict_do_nothing()
        .returning(Tenant.id)
    )
    if made is None:
        raise Conflict("firm_taken", params={"firm": key})
    tx.emit(TenantCreated(entity_id=made))
    return made


async def create_user(
    tx: Tx, *, username: str, password: str, role: Role, name: str | None = None, locale: str = "tr"
) -> UUID:
    """Somebody who may sign in. User names are told apart as people read them: `Ayşe` and `AYSE` are one.

    Raises:
        Invalid: the user name, the password or the role.
        Conflict: `username_taken`.
    """
    key = search_key(username)
    if not key or len(username) > NAME_MAX:
        raise Invalid(fields=[FieldError("username", "wrong_format")])
    made: UUID | None = await tx.session.scalar(
        insert(User)
        .values(
            tenant_id=tx.tenant_id,
            id=uuid7(),
            username=username.strip(),
            username_key=key,
            name=_name(name or username, "name"),
            role=role,
            password_hash=await hash_password(password),
            locale=locale,
            created_at=tx.now,
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "username_key"])
        .returning(User.id)
    )
    if made is None:
        raise Conflict("username_taken", params={"username": username})
    tx.emit(UserCreated(entity_id=made, user_id=made, detail={"role": role}))
    return made


async def change_password(tx: Tx, user_id: UUID, password: str) -> None:
    """Whoever is signed in as this user is no more.

    Raises:
        NotFound: no such user.
        Invalid: a password that nobody should have.
    """
    hashed = await hash_password(password)
    (await _locked(tx, user_id)).password_hash = hashed
    tx.emit(PasswordChanged(entity_id=user_id, user_id=user_id))
    await _end_sessions(tx, user_id)


async def disable_user(tx: Tx, user_id: UUID) -> None:
    """Ends every session of theirs and lets them in no more; what they wrote stays. NotFound."""
    user = await _locked(tx, user_id)
    if user.disabled_at is not None:
        return
    user.disabled_at = tx.now
    tx.emit(UserDisabled(entity_id=user_id, user_id=user_id))
    await _end_sessions(tx, user_id)


async def enable_user(tx: Tx, user_id: UUID) -> None:
    """Lets a disabled user sign in again, with the password they had. NotFound."""
    user = await _locked(tx, user_id)
    if user.disabled_at is None:
        return
    user.disabled_at = None
    tx.emit(UserEnabled(entity_id=user_id, user_id=user_id))


async def _locked(tx: Tx, user_id: UUID) -> User:
    user = await tx.session.get(User, (tx.tenant_id, user_id), with_for_update=True)
    if user is None:
        raise NotFound
    return user


async def _end_sessions(tx: Tx, user_id: UUID) -> None:
    ended = await tx.fetch(
        "delete from session where tenant_id = $1 and user_id = $2 returning id", tx.tenant_id, user_id
    )
    tx.emit(*(SessionEnded(entity_id=row["id"], user_id=user_id) for row in ended))


async def change_preferences(
    tx: Tx, user_id: UUID, *, locale: Literal["tr", "en"] | None, theme: Literal["light", "dark", "auto"] | None
) -> None:
    """How one user's own screens look and speak; None leaves it. NotFound."""
    user = await tx.session.get(User, (tx.tenant_id, user_id))
    if user is None:
        raise NotFound
    user.locale = locale or user.locale
    user.theme = theme or user.theme


async def change_revoked_messages(tx: Tx, choice: Literal["show", "hide"]) -> None:
    """Whether messages that their writers deleted for everyone are shown. Choosing it again changes nothing."""
    changed = await tx.fetchrow(
        "update tenant set revoked_messages = $2 where id = $1 and revoked_messages <> $2 returning 1",
        tx.tenant_id,
        choice,
    )
    if changed is not None:
        tx.emit(SettingsChanged(entity_id=tx.tenant_id, detail={"fields": ["revoked_messages"]}))


async def create_team(tx: Tx, *, name: str) -> UUID:
    """A team without members. Conflict `team_taken`."""
    made: UUID | None = await tx.session.scalar(
        insert(Team)
        .values(tenant_id=tx.tenant_id, id=uuid7(), name=_name(name, "name"), created_at=tx.now)
        .on_conflict_do_nothing(index_elements=["tenant_id", "name"])
        .returning(Team.id)
    )
    if made is None:
        raise Conflict("team_taken", params={"name": name})
    tx.emit(TeamCreated(entity_id=made))
    return made


async def add_team_member(tx: Tx, team_id: UUID, user_id: UUID) -> None:
    """Puts a user into a team; being in it already is as good. NotFound when either is not of this firm."""
    if await tx.session.get(Team, (tx.tenant_id, team_id)) is None:
        raise NotFound
    if await tx.session.get(User, (tx.tenant_id, user_id)) is None:
        raise NotFound
    added = await tx.session.scalar(
        insert(TeamMember)
        .values(tenant_id=tx.tenant_id, team_id=team_id, user_id=user_id)
        .on_conflict_do_nothing()
        .returning(TeamMember.user_id)
    )
    if added is not None:
        tx.emit(TeamMemberAdded(entity_id=team_id, user_id=user_id))


def _name(text: str, field: str) -> str:
    cleaned = " ".join(text.split())
    if not cleaned or len(cleaned) > NAME_MAX or not cleaned.isprintable():
        raise Invalid(fields=[FieldError(field, "wrong_format")])
    return cleaned
