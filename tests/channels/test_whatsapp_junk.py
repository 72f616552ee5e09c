"""Whatever arrives under a right signature, reading it ends, loses nothing, and leaves only what a database can keep."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invekto.channels.adapter import InboundEvent, InboundMessage, UnhandledEvent
from tests.channels.webhooks import ARRIVAL, body, change, contact, message, parse, status

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
                    ],
                ),
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
