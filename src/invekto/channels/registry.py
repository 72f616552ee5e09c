"""The hand-written list of adapters. A new channel is its folder and its lines here: docs/adding-a-channel.md."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from invekto.channels.account import Accounts
from invekto.channels.adapter import ChannelAdapter
from invekto.channels.outgoing import Capabilities
from invekto.channels.whatsapp_cloud.accounts import WhatsAppAccounts
from invekto.channels.whatsapp_cloud.adapter import WhatsAppCloud
from invekto.kernel.clock import Clock
from invekto.kernel.settings import Settings

_CLASSES: Final[tuple[type[ChannelAdapter], ...]] = (WhatsAppCloud,)
_CAPABILITIES: Final = {(one.kind, one.provider): one.capabilities for one in _CLASSES}

KINDS: Final = frozenset(kind for kind, _ in _CAPABILITIES)


class UnknownChannelKind(LookupError):
    """No adapter of this kind and provider: a row of another version, or a stranger's address."""


def capabilities_of(kind: str, provider: str) -> Capabilities:
    """What channels of this kind can do, whatever the settings. UnknownChannelKind."""
    try:
        return _CAPABILITIES[kind, provider]
    except KeyError:
        raise UnknownChannelKind(f"{kind}/{provider}") from None


class Registry:
    """The adapters of this process. The first one of a kind takes its platform-wide webhooks."""

    def __init__(self, adapters: Iterable[ChannelAdapter]) -> None:
        self._adapters: dict[tuple[str, str], ChannelAdapter] = {}
        self._first: dict[str, ChannelAdapter] = {}
        for adapter in adapters:
            self._adapters[adapter.kind, adapter.provider] = adapter
            self._first.setdefault(adapter.kind, adapter)

    def adapter(self, kind: str, provider: str) -> ChannelAdapter:
        """UnknownChannelKind when there is none."""
        try:
            return self._adapters[kind, provider]
        except KeyError:
            raise UnknownChannelKind(f"{kind}/{provider}") from None

    def by_kind(self, kind: str) -> ChannelAdapter:
        """The adapter that reads webhooks addressed to a whole kind. UnknownChannelKind when there is none."""
        try:
            return self._first[kind]
        except KeyError:
            raise UnknownChannelKind(kind) from None


def build_registry(settings: Settings) -> Registry:
    """Every adapter, at the addresses of the settings."""
    return Registry([WhatsAppCloud(settings.whatsapp_cloud_url)])


class Desks:
    """Where accounts of each kind are connected and checked, in the order of the adapters."""

    def __init__(self, desks: Iterable[Accounts]) -> None:
        self._desks = {(one.kind, one.provider): one for one in desks}

    def accounts(self, kind: str, provider: str) -> Accounts:
        """UnknownChannelKind when there is none."""
        try:
            return self._desks[kind, provider]
        except KeyError:
            raise UnknownChannelKind(f"{kind}/{provider}") from None

    def by_kind(self, kind: str) -> Accounts:
        """The first provider of a kind. UnknownChannelKind when there is none."""
        found = next((desk for (of_kind, _), desk in self._desks.items() if of_kind == kind), None)
        if found is None:
            raise UnknownChannelKind(kind)
        return found


def build_desks(settings: Settings, clock: Clock) -> Desks:
    """Every kind's, at the addresses of the settings."""
    return Desks([WhatsAppAccounts(settings.whatsapp_cloud_url, clock.now)])


def operator_urls(settings: Settings) -> tuple[str, ...]:
    """The providers' bases of the settings: what `Http(operator_urls=...)` may call past its address guard."""
    return (settings.whatsapp_cloud_url,)
