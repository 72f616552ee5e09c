"""Whatever arrives under a right signature, reading it ends, loses nothing, and leaves only what a database can keep."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invekto.channels.adapter import (
    CallEvent,
    ChannelUpdated,
    ContactSynced,
    HistoryMessage,
    InboundEvent,
    InboundMessage,
    ProviderNotice,
    TemplateUpdated,
    UnhandledEvent,
)
from tests.channels.webhooks import ARRIVAL, body, change, contact, message, parse, status

NOTICES = (TemplateUpdated, ChannelUpdated, ContactSynced, HistoryMessage, CallEvent, ProviderNotice)
MANY = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ENDS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(
        ["\x00", "\ud800", "TR.1", "905551112233", "text", "image", "wamid.1", "1795510500", 10**400, -1.5e308]
    )
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
FORM = {"name": "flow", "body": "Sent", "response_json": '{"flow_token": "t", "ad": "Ayşe", "gün": ["pzt", "sal"]}'}
DEEPER = [
    message("interactive", interactive={"type": "nfm_reply", "nfm_reply": FORM}),
    message(
        "interactive", interactive={"type": "call_permission_reply", "call_permission_reply": {"response": "accept"}}
    ),
    message("button", button={"text": "Onayla", "payload": "p"}),
    message(
        "order",
        order={"catalog_id": "1", "product_items": [{"product_retailer_id": "k", "quantity": 2, "item_price": 9.5}]},
    ),
    message("edit", edit={"original_message_id": "wamid.a", "message": {"type": "text", "text": {"body": "y"}}}),
    message("revoke", revoke={"original_message_id": "wamid.a"}),
    message("system", system={"type": "user_changed_number", "wa_id": "905559998877", "body": "x"}),
    message(referral={"source_type": "ad", "ctwa_clid": "c", "welcome_message": {"text": "w"}}),
    message(context={"forwarded": True, "referred_product": {"catalog_id": "1", "product_retailer_id": "k"}}),
]
PAST = {"from": "905551112233", "id": "wamid.old", "timestamp": "1795510500", "type": "text", "text": {"body": "eski"}}
FIELDS = [
    change(field="smb_message_echoes", message_echoes=[message(to="905551112233", **{"from": "905559000001"})]),
    change(
        field="history",
        history=[
            {"metadata": {"phase": 0, "progress": 40}, "threads": [{"id": "905551112233", "messages": [PAST]}]},
            {"errors": [{"code": 2593109, "title": "x"}]},
        ],
        messages=[PAST | {"type": "image", "image": {"id": "8", "mime_type": "image/jpeg"}}],
    ),
    change(
        field="smb_app_state_sync",
        state_sync=[{"type": "contact", "contact": {"full_name": "A", "phone_number": "905551112233"}}],
    ),
    change(
        field="user_preferences", contacts=[contact()], user_preferences=[{"wa_id": "905551112233", "value": "stop"}]
    ),
    change(
        field="user_id_update",
        user_id_update=[{"wa_id": "905551112233", "user_id": {"previous": "TR.1", "current": "TR.2"}}],
    ),
    change(field="calls", calls=[{"id": "wacid.1", "event": "connect"}]),
    {"field": "message_template_status_update", "value": {"event": "APPROVED", "message_template_id": 7}},
    {
        "field": "phone_number_quality_update",
        "value": {"display_phone_number": "90 555", "event": "FLAGGED", "current_limit": "TIER_1K"},
    },
    {"field": "brand_new_field", "value": {"x": [1]}},
]
VALID = {
    "object": "whatsapp_business_account",
    "entry": [
        {
            "id": "2002",
            "changes": [
                change(
                    contacts=[contact()],
                    messages=[
                        message(context={"id": "wamid.before"}),
                        message("image", image={"id": "7", "mime_type": "image/jpeg", "caption": "x"}),
                        message("location", location={"latitude": 1, "longitude": 2, "name": "y"}),
                        message("contacts", contacts=[{"name": {"formatted_name": "z"}, "phones": [{"phone": "1"}]}]),
                        message("reaction", reaction={"message_id": "wamid.before", "emoji": "x"}),
                        message("interactive", interactive={"type": "button_reply", "button_reply": {"title": "x"}}),
                        *DEEPER,
                    ],
                ),
                *FIELDS,
                change(statuses=[status("failed", errors=[{"code": 1, "error_data": {"details": "x"}}])]),
            ],
        }
    ],
}


def checked(raw: bytes) -> list[InboundEvent]:
    """Reads a body and asks of every event what storing it will rely on."""
    events = parse(raw)
    assert events
    for event in events:
        for text in _texts(msgspec.structs.asdict(event)):
            assert "\x00" not in text
            text.encode()
        assert event.path.startswith("$")
        if isinstance(event, UnhandledEvent):
            assert event.reason
            continue
        assert event.account_key
        if not isinstance(event, NOTICES):
            assert event.provider_id
        if isinstance(event, InboundMessage):
            assert event.sender.addresses
            assert event.sender.display
            assert event.sent_at <= ARRIVAL + timedelta(minutes=5)
            json.dumps([event.payload, event.raw], allow_nan=False)
    return events


def _texts(value: Any) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for pair in value.items() for text in [*_texts(pair[0]), *_texts(pair[1])]]
        case list() | tuple():
            return [text for inner in value for text in _texts(inner)]
        case msgspec.Struct():
            return _texts(msgspec.structs.asdict(value))
        case _:
            return []


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        return found + [place for key, inner in value.items() for place in _places(inner, (*path, key))]
    if isinstance(value, list):
        return found + [place for number, inner in enumerate(value) for place in _places(inner, (*path, number))]
    return found


PLACES = _places(VALID)


def _with(place: tuple[Any, ...], value: Any) -> Any:
    """The valid body with something else in one place."""
    mutated = json.loads(json.dumps(VALID))
    inner = mutated
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return mutated


@MANY
@given(st.binary(max_size=400))
def test_any_bytes(raw: bytes) -> None:
    checked(raw)


@MANY
@given(JSON)
def test_any_json(value: Any) -> None:
    checked(json.dumps(value).encode())


@MANY
@given(st.sampled_from(PLACES), JSON, st.booleans())
def test_any_value_in_any_place_of_a_valid_body(place: tuple[Any, ...], value: Any, ascii_only: bool) -> None:
    raw = json.dumps(_with(place, value), ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    events = checked(raw)
    if place[0] == "entry" and len(place) > 6 and place[4] == "value" and place[5] == "messages":
        # One of the messages was changed: the others and the status are what they were.
        whole = [
            event for event in parse(json.dumps(VALID).encode()) if event.path.rpartition("[")[2] != f"{place[6]}]"
        ]
        kept = [event for event in events if event.path.rpartition("[")[2] != f"{place[6]}]"]
        assert [(type(one), one.path) for one in kept] == [(type(one), one.path) for one in whole]


POISONS: tuple[Any, ...] = (
    *("a\x00b", "a\ud800b", "\udfff", "", " ", "\u202e\u2066", "x" * 70_000, "905551112233", "TR.1", "-1", "NaN"),
    *(None, True, 0, -1, 10**30, 10**400, 1e308, float("inf"), float("nan")),
    *([], {}, [[]], {"a\x00": "b\ud800"}, [None, 1, "x", {}]),
)


def test_every_poison_in_every_place_of_a_valid_body() -> None:
    for place in PLACES:
        for poison in POISONS:
            checked(json.dumps(_with(place, poison)).encode())


@MANY
@given(st.integers(0, 3000), st.binary(min_size=1, max_size=4))
def test_any_damage_to_the_bytes_of_a_valid_body(at: int, damage: bytes) -> None:
    raw = json.dumps(VALID).encode()
    checked(raw[:at] + damage + raw[at + len(damage) :])
    checked(raw[:at])


@pytest.mark.attack("A40")
@ENDS
@given(st.sampled_from([50, 100, 500, 2_000, 100_000]), st.sampled_from([b"[", b'{"a":']))
def test_nesting_of_any_depth_ends(depth: int, opening: bytes) -> None:
    closing = b"]" if opening == b"[" else b"}"
    deep = opening * depth + (b"1" if opening != b"[" else b"") + closing * depth
    raw = body(change(contacts=[contact()], messages=[message("odd", odd="HERE")])).replace(b'"HERE"', deep)
    checked(raw)


def test_numbers_that_nothing_can_hold() -> None:
    for number in (b"1e400", b"-1e400", b"9" * 5_000, b"0." + b"1" * 5_000, b"NaN", b"Infinity"):
        raw = body(change(contacts=[contact()], messages=[message("odd", odd="HERE", timestamp="HERE")]))
        checked(raw.replace(b'"HERE"', number))
