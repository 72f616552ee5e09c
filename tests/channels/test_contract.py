"""What every channel kind promises, whichever provider it speaks to. A new adapter is under these
with a webhook for each kind of event: event_samples."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invekto.channels.adapter import (
    AddressChanged,
    ChannelAdapter,
    FetchesMedia,
    HistoryMessage,
    InboundEvent,
    MarksRead,
    MessageEdited,
    MessageRevoked,
    Outbound,
    ReactionRemoved,
    Rejected,
    SignatureInvalid,
    UnhandledEvent,
)
from invekto.channels.outgoing import Text
from invekto.channels.registry import Registry, UnknownChannelKind, build_registry, capabilities_of, operator_urls
from invekto.kernel.http import Http
from invekto.kernel.settings import Settings
from tests.channels.event_samples import SAMPLES
from tests.channels.webhooks import ARRIVAL, request

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


# Each kind of event ------------------------------------------------------------------------------------------------

KINDS = get_args(InboundEvent)
every = pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.__name__)


def _sample(adapter: ChannelAdapter, kind: type[Any]) -> bytes:
    """A webhook of the adapter that holds one event of the kind, or the test does not concern it."""
    samples = SAMPLES[adapter.kind, adapter.provider]
    raw = samples[kind]
    if raw is None:
        pytest.skip(f"{adapter.provider} has no {kind.__name__}")
    return raw


@each
@every
def test_a_webhook_is_one_event_of_its_kind_and_the_same_each_time(adapter: ChannelAdapter, kind: type[Any]) -> None:
    raw = _sample(adapter, kind)
    (event,) = adapter.parse(request(raw))
    assert type(event) is kind
    assert adapter.parse(request(raw)) == [event], "a replay must find the same keys"
    if not isinstance(event, UnhandledEvent):
        assert event.account_key


@each
@every
def test_its_slice_alone_reads_the_same_again(adapter: ChannelAdapter, kind: type[Any]) -> None:
    """What is replayed out of the quarantine is the slice, stored as a receipt of its own."""
    (event,) = adapter.parse(request(_sample(adapter, kind)))
    (again,) = adapter.parse(request(event.raw_slice))
    assert _without_place(again) == _without_place(event)


@each
@every
def test_it_has_a_time_that_is_not_in_the_future_and_names_what_it_changes(
    adapter: ChannelAdapter, kind: type[Any]
) -> None:
    (event,) = adapter.parse(request(_sample(adapter, kind)))
    at = getattr(event, "sent_at", getattr(event, "occurred_at", None))
    if not isinstance(event, UnhandledEvent):
        assert at is not None
        assert at.tzinfo is not None
        assert at <= ARRIVAL + timedelta(minutes=5)
    # The keys that keep an event from being stored twice.
    for key in ("provider_id", "target_provider_id", "template_key", "call_id"):
        assert getattr(event, key, "there") not in ("", None)
    if isinstance(event, MessageEdited | MessageRevoked | ReactionRemoved):
        assert event.target_provider_id != event.provider_id, "a change has an id of its own"
    if isinstance(event, AddressChanged):
        assert event.addresses
        assert event.addresses != event.sender.addresses


@each
def test_what_the_past_tells_opens_nothing_and_is_of_its_own_account(adapter: ChannelAdapter) -> None:
    (event,) = adapter.parse(request(_sample(adapter, HistoryMessage)))
    assert isinstance(event, HistoryMessage)
    assert (event.message.account_key, event.message.sent_at) == (event.account_key, event.occurred_at)
    assert event.message.raw_slice == event.raw_slice


def _without_place(event: Any) -> Any:
    """`path` is where it lay in the webhook, and a slice is shorter."""
    if isinstance(event, HistoryMessage):
        event = msgspec.structs.replace(event, message=_without_place(event.message))
    return msgspec.structs.replace(event, path="", raw_slice=b"")


@each
async def test_a_message_to_nobody_is_refused_without_a_call(adapter: ChannelAdapter) -> None:
    http = Http()
    with pytest.raises(Rejected):
        await adapter.send(http, {}, Outbound(to=(), callback_data="x", content=Text(text="Selam")))
    await http.close()
