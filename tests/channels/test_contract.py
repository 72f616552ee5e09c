"""What every channel kind promises, whichever provider it speaks to. A new adapter is under these without another line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invekto.channels.adapter import (
    ChannelAdapter,
    FetchesMedia,
    MarksRead,
    Outbound,
    Rejected,
    SignatureInvalid,
)
from invekto.channels.outgoing import Text
from invekto.channels.registry import Registry, UnknownChannelKind, build_registry, capabilities_of, operator_urls
from invekto.kernel.http import Http
from invekto.kernel.settings import Settings
from tests.channels.webhooks import request

SETTINGS = Settings(secret_key=bytes(32))
REGISTRY = build_registry(SETTINGS)
ADAPTERS = list(REGISTRY._adapters.values())
each = pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda one: f"{one.kind}/{one.provider}")


@each
def test_it_is_found_by_its_kind_and_provider(adapter: ChannelAdapter) -> None:
    assert REGISTRY.adapter(adapter.kind, adapter.provider) is adapter
    assert REGISTRY.by_kind(adapter.kind) is not None
    assert capabilities_of(adapter.kind, adapter.provider) is adapter.capabilities


def test_a_kind_that_nobody_knows_is_an_error_of_its_own() -> None:
    for ask in (
        lambda: Registry([]).by_kind("whatsapp_cloud"),
        lambda: REGISTRY.adapter("whatsapp_cloud", "somebody else"),
        lambda: capabilities_of("carrier_pigeon", "meta"),
    ):
        with pytest.raises(UnknownChannelKind):
            ask()


def test_the_operators_own_addresses_are_the_only_ones_past_the_guard() -> None:
    assert operator_urls(SETTINGS) == (SETTINGS.whatsapp_cloud_url,)


@each
def test_what_it_can_do_is_said_in_full(adapter: ChannelAdapter) -> None:
    can = adapter.capabilities
    assert can.text_max > 0
    assert can.rate_per_s > 0
    assert can.burst >= 1
    assert can.media
    assert all(rule.max_bytes > 0 for rule in can.media.values())
    assert can.reads == isinstance(adapter, MarksRead)
    assert isinstance(adapter, FetchesMedia)


@each
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", ""])
def test_without_a_secret_nothing_is_genuine(adapter: ChannelAdapter, method: str) -> None:
    for credentials in ({}, {"app_secret": "", "verify_token": ""}, {"app_secret": "right", "verify_token": "right"}):
        with pytest.raises(SignatureInvalid):
            adapter.verify(request(b"{}", method), credentials)


@each
@settings(max_examples=100, deadline=None)
@given(raw=st.binary(max_size=200))
def test_reading_never_fails_and_loses_nothing(adapter: ChannelAdapter, raw: bytes) -> None:
    events = adapter.parse(request(raw))
    assert events
    assert list(adapter.parse(request(raw))) == list(events)


@each
async def test_a_message_to_nobody_is_refused_without_a_call(adapter: ChannelAdapter) -> None:
    http = Http()
    with pytest.raises(Rejected):
        await adapter.send(http, {}, Outbound(to=(), callback_data="x", content=Text(text="Selam")))
    await http.close()
