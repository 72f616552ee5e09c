"""Every kind of content in Meta's words, taken by the sandbox as Meta; what does not fit is said before anything goes out."""

from __future__ import annotations

from typing import Any

import pytest

from invekto.channels.adapter import ChannelError, Outbound, Transient, Unsupported, resend_helps
from invekto.channels.limits import problems_of
from invekto.channels.outgoing import (
    Button,
    Buttons,
    Card,
    Cards,
    Controls,
    File,
    Interactive,
    LinkButton,
    ListRow,
    Location,
    LocationRequest,
    Menu,
    OutboundContent,
    Reaction,
    Section,
    Template,
    Text,
)
from invekto.channels.whatsapp_cloud.errors import class_of
from invekto.channels.whatsapp_cloud.outgoing import CAPABILITIES
from tests.channels.conftest import Meta
from tests.channels.sends import OGG, PHONE, carrying, file

YES_NO = Buttons(
    buttons=(Button(id="yes", title="Evet"), Button(id="no", title="Hayır")), header="Randevu", footer="18.00"
)
ROWS = (ListRow(id="1", title="Kontrol", description="20 dakika"), ListRow(id="2", title="Dolgu"))
MENU = Menu(opener="Seçin", sections=(Section(title="Hizmetler", rows=ROWS),))
LINK = LinkButton(label="Haritada aç", url="https://example.com/a?b=c")
CARD = Card(name="Dr. Ayşe Yılmaz", phones=("+90 555 111 22 33",), emails=("a@example.com",), organization="Klinik")


def still_sticker(size: int) -> bytes:
    return b"RIFF\x00\x00\x00\x00WEBPVP8 \x00\x00\x00\x00abc\x9d\x01\x2a\x00\x02\x00\x02" + bytes(size - 30)


def moving_sticker(size: int, width: int = 512) -> bytes:
    sides = b"".join((side - 1).to_bytes(3, "little") for side in (width, 512))
    return b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00" + sides + bytes(size - 30)


def narrow_sticker(size: int) -> bytes:
    return moving_sticker(size, 300)


@pytest.mark.parametrize(
    ("content", "request_part"),
    [
        (
            Interactive(text="Gelecek misiniz?", controls=YES_NO),
            {
                "type": "interactive",
                "interactive": {
                    "type": "button",
                    "header": {"type": "text", "text": "Randevu"},
                    "body": {"text": "Gelecek misiniz?"},
                    "footer": {"text": "18.00"},
                    "action": {
                        "buttons": [
                            {"type": "reply", "reply": {"id": "yes", "title": "Evet"}},
                            {"type": "reply", "reply": {"id": "no", "title": "Hayır"}},
                        ]
                    },
                },
            },
        ),
        (
            Interactive(text="Ne istersiniz?", controls=MENU),
            {
                "type": "interactive",
                "interactive": {
                    "type": "list",
                    "body": {"text": "Ne istersiniz?"},
                    "action": {
                        "button": "Seçin",
                        "sections": [
                            {
                                "title": "Hizmetler",
                                "rows": [
                                    {"id": "1", "title": "Kontrol", "description": "20 dakika"},
                                    {"id": "2", "title": "Dolgu"},
                                ],
                            }
                        ],
                    },
                },
            },
        ),
        (
            Interactive(text="Buradayız", controls=LINK),
            {
                "type": "interactive",
                "interactive": {
                    "type": "cta_url",
                    "body": {"text": "Buradayız"},
                    "action": {
                        "name": "cta_url",
                        "parameters": {"display_text": "Haritada aç", "url": "https://example.com/a?b=c"},
                    },
                },
            },
        ),
        (
            Interactive(text="Neredesiniz?", controls=LocationRequest()),
            {
                "type": "interactive",
                "interactive": {
                    "type": "location_request_message",
                    "body": {"text": "Neredesiniz?"},
                    "action": {"name": "send_location"},
                },
            },
        ),
        (
            Location(latitude=41.0, longitude=29.5, name="Klinik"),
            {"type": "location", "location": {"latitude": 41.0, "longitude": 29.5, "name": "Klinik"}},
        ),
        (
            Cards(cards=(CARD,)),
            {
                "type": "contacts",
                "contacts": [
                    {
                        "name": {"formatted_name": "Dr. Ayşe Yılmaz", "first_name": "Dr. Ayşe", "last_name": "Yılmaz"},
                        "phones": [{"phone": "+90 555 111 22 33", "type": "CELL"}],
                        "emails": [{"email": "a@example.com", "type": "WORK"}],
                        "org": {"company": "Klinik"},
                    }
                ],
            },
        ),
        (
            Template(part={"name": "merhaba", "language": {"code": "tr"}}),
            {"type": "template", "template": {"name": "merhaba", "language": {"code": "tr"}}},
        ),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_each_kind_is_said_in_metas_words(
    meta: Meta, content: OutboundContent, request_part: dict[str, Any]
) -> None:
    await meta.approves("merhaba", {"type": "BODY", "text": "Merhaba, size nasıl yardımcı olabiliriz?"})
    await meta.adapter.send(meta.http, meta.credentials, carrying(content))
    (sent,) = await meta.sent()
    request = sent["request"]
    assert {key: request[key] for key in request_part} == request_part
    assert request["biz_opaque_callback_data"] == "0193-ours"
    assert "context" not in request


@pytest.mark.parametrize(("emoji", "said"), [("👍", "👍"), (None, "")])
async def test_a_reaction_is_put_and_taken_back(meta: Meta, emoji: str | None, said: str) -> None:
    customer = await meta.customer()
    theirs = (await meta.writes(customer, text="Merhaba"))["id"]
    await meta.adapter.send(meta.http, meta.credentials, carrying(Reaction(message_id=theirs, emoji=emoji)))
    (sent,) = await meta.sent()
    assert sent["request"]["reaction"] == {"message_id": theirs, "emoji": said}


async def test_any_kind_may_answer_a_message(meta: Meta) -> None:
    customer = await meta.customer()
    theirs = (await meta.writes(customer, text="Merhaba"))["id"]
    message = Outbound(
        to=(PHONE,), callback_data="x", content=Location(latitude=1, longitude=2), reply_to_provider_id=theirs
    )
    await meta.adapter.send(meta.http, meta.credentials, message)
    (sent,) = await meta.sent()
    assert sent["request"]["context"] == {"message_id": theirs}


async def test_a_templates_header_carries_its_file(meta: Meta) -> None:
    await meta.approves(
        "plan", {"type": "HEADER", "format": "DOCUMENT"}, {"type": "BODY", "text": "Tedavi planınız ektedir."}
    )
    part: dict[str, Any] = {
        "name": "plan",
        "language": {"code": "tr"},
        "components": [{"type": "body", "parameters": []}],
    }
    header = file("document", b"%PDF-1.7", "application/pdf", name="Plan.pdf")
    await meta.adapter.send(meta.http, meta.credentials, carrying(Template(part=part, header=header)))
    (sent,) = await meta.sent()
    first, second = sent["request"]["template"]["components"]
    assert (first["type"], first["parameters"][0]["document"]["filename"]) == ("header", "Plan.pdf")
    assert second == part["components"][0]
    assert len(part["components"]) == 1, "the part itself stays as it is: there may be a second attempt"


@pytest.mark.parametrize(
    ("content", "size", "goes"),
    [
        (still_sticker, 100 << 10, True),
        (still_sticker, (100 << 10) + 1, False),
        (moving_sticker, 400 << 10, True),
        (narrow_sticker, 90 << 10, False),
    ],
)
async def test_a_sticker_is_a_square_of_512_and_may_be_larger_if_it_moves(
    meta: Meta, content: Any, size: int, goes: bool
) -> None:
    message = carrying(File(media=file("sticker", content(size), "image/webp")))
    if goes:
        await meta.adapter.send(meta.http, meta.credentials, message)
        (sent,) = await meta.sent()
        assert sent["request"]["type"] == "sticker"
    else:
        with pytest.raises(Unsupported):
            await meta.adapter.send(meta.http, meta.credentials, message)
        assert meta.sends() == []


async def test_a_voice_note_is_ogg(meta: Meta) -> None:
    await meta.adapter.send(
        meta.http, meta.credentials, carrying(File(media=file("audio", OGG, "audio/ogg", voice=True)))
    )
    with pytest.raises(Unsupported):
        await meta.adapter.send(
            meta.http, meta.credentials, carrying(File(media=file("audio", b"x", "audio/mpeg", voice=True)))
        )
    assert [sent["accepted"] for sent in meta.sends()] == [True]


def button(title: str = "Evet", id_: str = "1") -> Button:
    return Button(id=id_, title=title)


def pressed(controls: Controls, text: str = "Metin") -> Interactive:
    return Interactive(text=text, controls=controls)


def rows(count: int) -> tuple[ListRow, ...]:
    return tuple(ListRow(id=str(number), title="x") for number in range(count))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (Text(text="x" * 4096), None),
        (Text(text="x" * 4097), "text: too_long"),
        (pressed(Buttons(buttons=()), "x"), "payload.buttons: required"),
        (pressed(Buttons(buttons=tuple(button(str(n), str(n)) for n in range(3)))), None),
        (pressed(Buttons(buttons=tuple(button(str(n), str(n)) for n in range(4)))), "payload.buttons: too_many"),
        (pressed(Buttons(buttons=(button("x" * 20),))), None),
        (pressed(Buttons(buttons=(button("x" * 21),))), "payload.buttons.0.title: too_long"),
        (pressed(Buttons(buttons=(button(" "),))), "payload.buttons.0.title: required"),
        (pressed(Buttons(buttons=(button(id_="x" * 257),))), "payload.buttons.0.id: too_long"),
        (pressed(Buttons(buttons=(button("a"), button("b")))), "payload.buttons.1.id: repeated"),
        (pressed(Buttons(buttons=(button("a", "1"), button("a", "2")))), "payload.buttons.1.title: repeated"),
        (pressed(Buttons(buttons=(button(),)), "x" * 1025), "text: too_long"),
        (pressed(Buttons(buttons=(button(),), header="x" * 61)), "payload.header: too_long"),
        (pressed(Buttons(buttons=(button(),), footer="x" * 61)), "payload.footer: too_long"),
        (pressed(MENU, "x" * 4096), None),
        (pressed(MENU, "x" * 4097), "text: too_long"),
        (pressed(Menu(opener="x" * 21, sections=MENU.sections)), "payload.opener: too_long"),
        (pressed(Menu(opener="x", sections=(Section(rows=rows(10)),))), None),
        (pressed(Menu(opener="x", sections=(Section(rows=rows(11)),))), "payload.sections: too_many"),
        (
            pressed(
                Menu(
                    opener="x", sections=(Section(rows=rows(1)), Section(title="b", rows=(ListRow(id="9", title="x"),)))
                )
            ),
            "payload.sections.0.title: required",
        ),
        (
            pressed(Menu(opener="x", sections=(Section(rows=(ListRow(id="1", title="x" * 25),)),))),
            "payload.sections.0.rows.0.title: too_long",
        ),
        (
            pressed(Menu(opener="x", sections=(Section(rows=(ListRow(id="1", title="x", description="x" * 73),)),))),
            "payload.sections.0.rows.0.description: too_long",
        ),
        (pressed(LinkButton(label="x" * 21, url="https://a.b")), "payload.label: too_long"),
        (pressed(LinkButton(label="x", url="http://a.b")), "payload.url: wrong_format"),
        (pressed(LinkButton(label="x", url="https://")), "payload.url: wrong_format"),
        (Location(latitude=90.1, longitude=0), "latitude: out_of_range"),
        (Location(latitude=0, longitude=-180.1), "longitude: out_of_range"),
        (Location(latitude=float("nan"), longitude=0), "latitude: out_of_range"),
        (Cards(cards=()), "contacts: required"),
        (Cards(cards=(CARD,) * 11), "contacts: too_many"),
        (Cards(cards=(Card(name="", phones=("1",)),)), "contacts.0.name: required"),
        (Cards(cards=(Card(name="A", phones=()),)), "contacts.0.phones: required"),
        (Cards(cards=(Card(name="A", phones=("telefon",)),)), "contacts.0.phones.0: wrong_format"),
        (Cards(cards=(Card(name="A", phones=(), emails=("a",)),)), "contacts.0.emails.0: wrong_format"),
        *(
            (Reaction(message_id="x", emoji=emoji), None)
            for emoji in ("👍", "👍🏽", "❤️", "🇹🇷", "👩‍👩‍👧‍👦", "1️⃣", "‼️", None)
        ),
        *(
            (Reaction(message_id="x", emoji=emoji), "emoji: wrong_format")
            for emoji in ("", "a", "👍👍", "1", "👍 ", "🇹🇷🇩🇪")
        ),
    ],
)
def test_every_limit_names_its_field(content: OutboundContent, problem: str | None) -> None:
    found = [f"{one.path}: {one.code}" for one in problems_of(content, CAPABILITIES)]
    assert found[:1] == ([] if problem is None else [problem])


# Meta's list (channels.md, Errors): code -> our code of its class, and whether sending the same again may help.
AGAIN = {1, 2, 4, 80007, 130429, 131000, 131016, 131056, 131057, 132069, 133016, 133004, 131053}
FOR_GOOD = {
    0, 3, 10, 33, 100, 190, *range(200, 300), 368, 130472, 130497, 131005, 131008, 131009, 131021, 131026, 131030, 131031,
    131037, 131042, 131045, 131047, 131049, 131050, 131051, 131052, 131062, 131063, 132000, 132001, 132005, 132007, 132008,
    132012, 132015, 132016, 132068, 133010, 135000, 137000,
}  # fmt: skip
STOPS_THE_NUMBER = {131048, 131064}
CODES = {
    "channel_reconnect_needed": {0, 190},
    "channel_stopped": STOPS_THE_NUMBER,
    "provider_throttled": {4, 80007, 130429},
    "recipient_throttled": {131056},
    "template_paused": {132015},
    "media_refused": {131053},
    "provider_unavailable": {1, 2, 131000, 131016, 131057, 132069, 133004, 133016},
    "window_closed": {131047},
    "recipient_unreachable": {130472, 130497, 131021, 131026, 131030, 131062},
    "marketing_limited": {131049},
    "marketing_stopped": {131050},
    "template_refused": {132000, 132001, 132005, 132007, 132008, 132012, 132016, 132068},
    "unsupported_content": {131051, 131052, 131063},
    "account_refused": {3, 10, *range(200, 300), 368, 131005, 131031, 131037, 131042, 131045, 133010},
    "provider_rejected": {33, 100, 131008, 131009, 135000, 137000},
}
RESEND_HELPS = {
    "channel_reconnect_needed", "channel_stopped", "provider_throttled", "recipient_throttled", "template_paused",
    "media_refused", "provider_unavailable", "window_closed", "account_refused",
    "recipient_unreachable",
}  # fmt: skip


@pytest.mark.parametrize("code", sorted(AGAIN | FOR_GOOD | STOPS_THE_NUMBER))
def test_every_code_of_metas_list_has_its_class(code: int) -> None:
    kind: type[ChannelError] = class_of(code)
    assert issubclass(kind, Transient) is (code in AGAIN)
    (ours,) = [ours for ours, codes in CODES.items() if code in codes]
    assert kind.code == ours
    assert resend_helps(ours) is (ours in RESEND_HELPS)
