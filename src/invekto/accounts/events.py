"""Facts about firms, their people and who is signed in. `user_id` is whom the fact is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from invekto.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class TenantCreated(Event):
    kind: ClassVar[str] = "tenant.created"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class SettingsChanged(Event):
    """`detail`: fields."""

    kind: ClassVar[str] = "settings.changed"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class UserCreated(Event):
    """`detail`: role."""

    kind: ClassVar[str] = "user.created"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class UserDisabled(Event):
    """May not sign in any more; every session of theirs has ended."""

    kind: ClassVar[str] = "user.disabled"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class UserEnabled(Event):
    """May sign in again."""

    kind: ClassVar[str] = "user.enabled"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event):
    """Every session of theirs has ended."""

    kind: ClassVar[str] = "user.password_changed"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class TeamCreated(Event):
    kind: ClassVar[str] = "team.created"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class TeamMemberAdded(Event):
    """`entity_id` is the team. What `user_id` sees grows."""

    kind: ClassVar[str] = "team.member_added"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class SignedIn(Event):
    """`entity_id` is the session."""

    kind: ClassVar[str] = "session.started"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class SignInFailed(Event):
    """Somebody gave a wrong password, or a user name the firm does not have (`user_id` is None then)."""

    kind: ClassVar[str] = "session.refused"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class SessionEnded(Event):
    """`entity_id` is the session: signed out or revoked. Its sockets close."""

    kind: ClassVar[str] = "session.ended"
    audited: ClassVar[bool] = True
