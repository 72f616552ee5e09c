"""Facts about provider apps, connected accounts and what was parked. `entity_id` is the app, channel or quarantined part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from invekto.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class AppCreated(Event):
    """A firm brought its own app of a provider. `detail`: kind."""

    kind: ClassVar[str] = "app.created"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class ChannelConnected(Event):
    """An account was connected, or connected again with other credentials. `detail`: kind, again."""

    kind: ClassVar[str] = "channel.connected"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class ChannelChanged(Event):
    """Somebody changed how a channel works. `detail`: fields."""

    kind: ClassVar[str] = "channel.changed"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class ChannelParentFound(Event):
    """The account above a channel that was connected without it is known now, and with it its templates."""

    kind: ClassVar[str] = "channel.parent_found"


@dataclass(frozen=True, kw_only=True)
class ChannelDisconnected(Event):
    """Its webhooks are parked from now on, and nothing goes out."""

    kind: ClassVar[str] = "channel.disconnected"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class ChannelReconnectNeeded(Event):
    """The provider refused the channel's credentials: somebody has to connect it again."""

    kind: ClassVar[str] = "channel.reconnect_needed"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class ChannelHealthChanged(Event):
    """The provider said something new about the account. `detail`: fields."""

    kind: ClassVar[str] = "channel.health_changed"


@dataclass(frozen=True, kw_only=True)
class ChannelRefused(Event):
    """Somebody asked for an account that another firm holds. `detail`: account_key, code."""

    kind: ClassVar[str] = "channel.refused"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class AppChanged(Event):
    """An app of a firm got another verify token."""

    kind: ClassVar[str] = "app.changed"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class QuarantineReplayed(Event):
    """A parked part was put into the queue once more."""

    kind: ClassVar[str] = "quarantine.replayed"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class ChannelPaused(Event):
    """The provider sees spam: nothing goes out on the channel until somebody resumes it."""

    kind: ClassVar[str] = "channel.paused"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class ChannelResumed(Event):
    """Somebody let a paused channel send again."""

    kind: ClassVar[str] = "channel.resumed"
    audited: ClassVar[bool] = True
