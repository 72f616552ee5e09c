"""A lone thank-you reopens a conversation without making anybody wait."""

from __future__ import annotations

from datetime import timedelta

import pytest

from invekto.channels.adapter import Address, InboundMessage, Sender
from invekto.conversations.thanks import is_lone_thanks
from tests.conftest import MORNING
from tests.conversations.inlet import Inlet

THANKS = [
    "Teşekkürler",
    "TEŞEKKÜR EDERİM",
    "çok teşekkürler 🙏",
    "Sağ olun!",
    "eyvallah",
    "tamam teşekkürler",
    "Thank you",
    "thanks!!!",
    "ok thanks",
    "شكرا",
    "شكرًا جزيلا",
    "🙏",
    "👍🏻",
    "❤️",
]
NO_THANKS = [
    "Teşekkürler, bir de fiyatı sorabilir miyim?",
    "thanks but it hurts",
    "teşekkürler ama olmadı",
    "شكرا ولكن عندي سؤال",
    "?",
    "😡",
    "tamam",
    "Thank you for nothing",
]


@pytest.mark.parametrize(("text", "lone"), [*((text, True) for text in THANKS), *((text, False) for text in NO_THANKS)])
def test_a_lone_thank_you_is_known_in_turkish_english_and_arabic(text: str, lone: bool) -> None:
    event = InboundMessage(
        account_key="1",
        provider_id="wamid.t",
        sender=Sender(
            addresses=(Address(scheme="phone", value="+905551110001"),), display="Ayşe", phone="+905551110001"
        ),
        sent_at=MORNING,
        path="$",
        raw_slice=b"{}",
        type="text",
        text=text,
    )
    assert is_lone_thanks(event) is lone


async def test_a_lone_thank_you_reopens_marked_as_such_and_nobody_waits_until_more_comes(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, "905551110001"))
    await inlet.resolve(ago=timedelta(hours=1))
    await inlet.receive(inlet.says(line, "905551110001", "Teşekkürler"), inlet.says(line, "905551110001", "🙏"))
    row = await inlet.one("select * from conversation")
    assert (row["status"], row["thanked_at"], row["waiting_since"]) == ("open", inlet.clock.now(), None)
    inlet.clock.advance(timedelta(minutes=1))
    await inlet.receive(inlet.says(line, "905551110001", "bir şey daha"))
    row = await inlet.one("select * from conversation")
    assert (row["thanked_at"], row["waiting_since"]) == (None, inlet.clock.now())


async def test_a_thank_you_in_an_open_conversation_is_a_message_like_any_other(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, "905551110001", "teşekkürler"))
    row = await inlet.one("select thanked_at, waiting_since from conversation")
    assert tuple(row) == (None, inlet.clock.now())
