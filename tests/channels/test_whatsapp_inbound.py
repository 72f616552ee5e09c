"""Meta's webhooks become messages, reports, and parts that are kept for later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from invekto.channels.adapter import InboundAttachment, InboundMessage, UnhandledEvent
from tests.channels.webhooks import (
    ARRIVAL,
    NUMBER,
    PHONE,
    body,
    change,
    contact,
    message,
    messages_of,
    one_message,
    one_unhandled,
    parse,
    status,
)

SENT_AT = datetime(2026, 11, 24, 8, 55, tzinfo=UTC)


def test_a_text_carries_its_account_sender_time_and_window() -> None:
    found = one_message(message(text={"body": "Saat kaçta açıksınız? 😀 http://x/y"}))
    assert (found.account_key, found.provider_id, found.type) == (NUMBER, "wamid.HBgM1", "text")
    assert found.text == "Saat kaçta açıksınız? 😀 http://x/y"
    assert found.sent_at == SENT_AT
    assert found.window_closes_at == SENT_AT + timedelta(hours=24)
    assert found.sender.display == "Ayşe Yılmaz"
    assert found.sender.phone == PHONE
    assert (found.quiet, found.raw, found.attachments) == (False, None, ())


def test_every_entry_change_message_and_status_of_a_batch_is_an_event() -> None:
    first = change(contacts=[contact()], messages=[message(id="a"), message(id="b")])
    second = change(number="2", contacts=[contact()], messages=[message(id="c")], statuses=[status("sent")])
    events = parse(body(first, second))
    assert [getattr(event, "provider_id", None) for event in events] == ["a", "b", "c", "wamid.out"]
    assert [event.account_key for event in events] == [NUMBER, NUMBER, "2", "2"]
    assert [event.path for event in events][1:3] == [
        "$.entry[0].changes[0].value.messages[1]",
        "$.entry[0].changes[1].value.messages[0]",
    ]


@pytest.mark.parametrize(
    ("given", "at"),
    [
        (str(1795510500), SENT_AT),
        (1795510500, SENT_AT),
        ("1795510500000", SENT_AT),
        (1795510500000, SENT_AT),
        (1795510500.5, SENT_AT + timedelta(milliseconds=500)),
        (str(1795510800 + 60), ARRIVAL + timedelta(minutes=1)),
        (str(1795510800 + 86_400), ARRIVAL + timedelta(minutes=5)),
        ("99999999999999999999", ARRIVAL + timedelta(minutes=5)),
        ("-5", ARRIVAL),
        ("nan", ARRIVAL),
        ("yesterday", ARRIVAL),
        (None, ARRIVAL),
        (True, ARRIVAL),
        ({"seconds": 1}, ARRIVAL),
    ],
)
def test_a_time_is_read_in_every_form_and_never_lies_in_the_future(given: object, at: datetime) -> None:
    found = one_message(message(timestamp=given))
    assert found.sent_at == at
    assert found.window_closes_at == at + timedelta(hours=24)


@pytest.mark.parametrize(
    ("kind", "content", "attachment", "text"),
    [
        (
            "image",
            {
                "id": "77",
                "mime_type": "image/jpeg",
                "sha256": "x",
                "caption": "Fiş",
                "url": "https://lookaside.fbsbx.com/x",
            },
            InboundAttachment(kind="image", media_id="77", mime="image/jpeg"),
            "Fiş",
        ),
        (
            "video",
            {"id": 78, "mime_type": "video/mp4"},
            InboundAttachment(kind="video", media_id="78", mime="video/mp4"),
            None,
        ),
        (
            "audio",
            {"id": "79", "mime_type": "audio/ogg; codecs=opus", "voice": True},
            InboundAttachment(kind="audio", media_id="79", mime="audio/ogg; codecs=opus", voice=True),
            None,
        ),
        (
            "audio",
            {"id": "79", "mime_type": "audio/mpeg", "voice": False},
            InboundAttachment(kind="audio", media_id="79", mime="audio/mpeg"),
            None,
        ),
        (
            "document",
            {"id": "80", "mime_type": "application/pdf", "filename": "../../etc/\u202efdp.exe"},
            InboundAttachment(kind="document", media_id="80", mime="application/pdf", name="fdp.exe"),
            None,
        ),
        (
            "sticker",
            {"id": "81", "mime_type": "image/webp", "animated": True},
            InboundAttachment(kind="sticker", media_id="81", mime="image/webp"),
            None,
        ),
        (
            "image",
            {"id": "82", "mime_type": "image/jpeg\r\nX-Evil: 1"},
            InboundAttachment(kind="image", media_id="82", mime="image/jpeg"),
            None,
        ),
    ],
)
def test_a_file_is_named_by_its_id_type_and_safe_name(
    kind: str, content: dict[str, Any], attachment: InboundAttachment, text: str | None
) -> None:
    found = one_message(message(kind, **{kind: content}))
    assert (found.type, found.attachments, found.text) == (kind, (attachment,), text)


def test_a_location_and_contact_cards_take_the_shapes_of_our_wire() -> None:
    place = {"latitude": 41.0082, "longitude": 28.9784, "name": "Ofis", "address": "Fatih", "url": "http://x"}
    assert one_message(message("location", location=place)).payload == {
        "latitude": 41.0082,
        "longitude": 28.9784,
        "name": "Ofis",
        "address": "Fatih",
    }
    pin = one_message(message("location", location={"latitude": 41, "longitude": 29}))
    assert pin.payload == {"latitude": 41.0, "longitude": 29.0}
    cards = [
        {
            "name": {"formatted_name": "Can Er"},
            "phones": [{"phone": "+90 555 1", "wa_id": "905551"}, {"wa_id": "905552"}],
        },
        {"name": {"first_name": "Ece", "last_name": "Ak"}, "emails": []},
    ]
    assert one_message(message("contacts", contacts=cards)).payload == [
        {"name": "Can Er", "phones": ["+90 555 1", "905552"]},
        {"name": "Ece Ak", "phones": []},
    ]


def test_an_answer_names_the_message_it_answers() -> None:
    found = one_message(message(context={"from": "905559000001", "id": "wamid.before"}))
    assert found.reply_to_provider_id == "wamid.before"
    assert one_message(message(context=["?"])).reply_to_provider_id is None
    assert one_message(message(context={"forwarded": True})).reply_to_provider_id is None


def test_a_reaction_is_quiet_and_points_at_its_message() -> None:
    found = one_message(message("reaction", reaction={"message_id": "wamid.before", "emoji": "👍🏽"}))
    assert (found.type, found.payload, found.quiet) == ("reaction", {"emoji": "👍🏽"}, True)
    assert found.reply_to_provider_id == "wamid.before"
    assert found.window_closes_at is None


@pytest.mark.parametrize(
    ("part", "title"),
    [
        (message("interactive", interactive={"type": "hologram", "hologram": {"title": "Evet"}}), None),
        (message("interactive", errors=[{"code": 131051}]), None),
        (message("unsupported", errors=[{"code": 131051, "title": "Message type unknown"}]), None),
        (message("hologram", hologram={"depth": 3}), None),
        (message("image", errors=[{"code": 131052}]), None),
        (message("image", image={"id": ""}), None),
        (message("text", text={"body": 7}), None),
        (message("text", text=None), None),
        (message("location", location={"latitude": 999, "longitude": 0}), None),
        (message("contacts", contacts={"not": "a list"}), None),
        ({key: said for key, said in message().items() if key != "type"}, None),
    ],
)
def test_what_we_cannot_show_is_kept_whole_and_opens_the_window(part: dict[str, Any], title: str | None) -> None:
    found = one_message(part)
    assert found.type == "unsupported"
    assert found.raw == part
    assert found.payload == (None if title is None else {"title": title})
    assert found.window_closes_at is not None


@pytest.mark.parametrize(
    ("part", "reason", "detail"),
    [
        (message("edit", edit={"original_message_id": "x"}), "message_malformed", "edit"),
        (message("revoke", revoke={"original": "x"}), "message_malformed", "revoke"),
        (message("system", system={"type": "something_new"}), "type_not_handled", "system"),
        (message(group_id="g1"), "group_not_handled", None),
        (message(id=""), "message_malformed", None),
        (message(id=None), "message_malformed", None),
        (message(**{"from": "", "from_user_id": ""}), "sender_missing", None),
        ({"id": "wamid.x", "type": "text"}, "sender_missing", None),
    ],
)
def test_what_is_no_message_of_a_person_is_parked_with_its_reason(
    part: dict[str, Any], reason: str, detail: str | None
) -> None:
    found = one_unhandled(body(change(contacts=[], messages=[part])))
    assert (found.reason, found.detail, found.account_key) == (reason, detail, NUMBER)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "unparsable"),
        (b"{", "unparsable"),
        (b"null", "unparsable"),
        (b'{"object": "page"}', "unparsable"),
        (b"[" * 200_000, "unparsable"),
        (b'{"entry": []}', "empty"),
        (b'{"entry": [7]}', "entry_malformed"),
        (b'{"entry": [{"id": "1", "changes": []}]}', "entry_malformed"),
        (b'{"entry": [{"id": "1", "changes": [{"field": "messages"}]}]}', "change_malformed"),
        (b'{"entry": [{"id": "1", "changes": [{"field": "messages", "value": {"messages": 3}}]}]}', "change_malformed"),
        (body({"field": "messages", "value": {"messages": [message()]}}), "account_missing"),
        (body(change()), "empty"),
        (body(change(statuses=[{"status": "sent"}])), "status_malformed"),
    ],
)
def test_no_body_goes_by_unseen(raw: bytes, reason: str) -> None:
    found = one_unhandled(raw)
    assert found.reason == reason


def test_a_bad_message_costs_itself_only() -> None:
    raw = body(change(contacts=[contact()], messages=[message(id="a"), {"id": 5}, 7, message(id="b")]))
    events = parse(raw)
    assert [type(event) for event in events] == [InboundMessage, UnhandledEvent, UnhandledEvent, InboundMessage]
    # A lone surrogate, an infinite number, a NUL and bytes that are no UTF-8 in one of them.
    poison = raw.replace(
        b'{"id": 5}',
        b'{"id": "c", "x": 1e400, "from": "905551112233", "text": {"body": "\\ud800\\u0000\xff"}, "type": "text"}',
    )
    events = parse(poison)
    assert [getattr(event, "provider_id", None) for event in events] == ["a", "c", None, "b"]
    poisoned = events[1]
    assert isinstance(poisoned, InboundMessage)
    assert poisoned.text == "\ufffd\ufffd\ufffd"


def test_a_slice_reads_again_to_the_same_part_alone() -> None:
    parts = [
        message(id="a"),
        message("reaction", id="r"),
        message(id="b", **{"from": "1", "from_user_id": ""}),
        {"id": 5},
    ]
    raw = body(
        change(contacts=[contact(), contact(user_id="TR.2", wa_id="1", profile={"name": "Bora"})], messages=parts),
        change(statuses=[status("failed", errors=[{"code": 131047}]), status("odd")]),
        change(field="calls", calls=[{"id": "wacid.1"}]),
        {"field": "messages", "value": 3},
    )
    events = parse(raw)
    assert len(events) == 8
    for event in events:
        (again,) = parse(event.raw_slice)
        assert type(again) is type(event)
        for name in again.__struct_fields__:
            if name not in ("path", "raw_slice"):
                assert getattr(again, name) == getattr(event, name), (name, event)


def test_a_thousand_messages_in_one_body_are_a_thousand_events_and_small_slices() -> None:
    many = [
        message(id=f"wamid.{number}", **{"from": f"9055500{number:05d}", "from_user_id": f"TR.{number}"})
        for number in range(1000)
    ]
    people = [contact(wa_id=one["from"], user_id=one["from_user_id"]) for one in many]
    found = messages_of(body(change(contacts=people, messages=many)))
    assert len({one.provider_id for one in found}) == 1000
    assert {one.sender.display for one in found} == {"Ayşe Yılmaz"}
    assert max(len(one.raw_slice) for one in found) < 1000
