"""pywa sends every kind it knows, and the customer's phone shows it: what our Graph API takes is what Meta's takes."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from pywa.client import WhatsApp
from pywa.types.callback import Button, Section, SectionList, SectionRow, URLButton
from pywa.types.others import Contact

from tests.sandbox.conftest import Player

TO = "905551112233"
OGG = b"OggS\x00\x02" + b"\x00" * 22 + b"OpusHead" + b"\x00" * 80
AYSE = Contact(
    name=Contact.Name(formatted_name="Ayşe Yılmaz", first_name="Ayşe"), phones=[Contact.Phone(phone="+905551112244")]
)
MENU = SectionList(
    button_title="Seçin",
    sections=[
        Section(title="Hizmetler", rows=[SectionRow(title="Kontrol", callback_data="1", description="20 dakika")])
    ],
)


def sticker() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (512, 512), (10, 120, 110)).save(buffer, "WEBP")
    return buffer.getvalue()


def _sent(answer: Any) -> str:
    return str(answer.id)


SENDS: dict[str, Callable[[WhatsApp], Any]] = {
    "interactive button": lambda wa: wa.send_message(
        TO, "Gelecek misiniz?", header="Randevu", footer="18.00", buttons=[Button("Evet", "yes"), Button("Hayır", "no")]
    ),
    "interactive list": lambda wa: wa.send_message(TO, "Ne istersiniz?", buttons=MENU),
    "interactive cta_url": lambda wa: wa.send_message(TO, "Site", buttons=URLButton("Aç", "https://example.com")),
    "interactive location_request_message": lambda wa: wa.request_location(TO, "Neredesiniz?"),
    "location": lambda wa: wa.send_location(TO, 41.0, 29.0, name="Klinik", address="Moda"),
    "contacts": lambda wa: wa.send_contact(TO, AYSE),
    "sticker": lambda wa: wa.send_sticker(TO, sticker(), mime_type="image/webp"),
    "audio": lambda wa: wa.send_voice(TO, OGG, mime_type="audio/ogg"),
    "document": lambda wa: wa.send_document(TO, b"%PDF-1.7", filename="Plan.pdf", mime_type="application/pdf"),
    "text": lambda wa: wa.send_message(TO, "Merhaba", preview_url=True),
}


@pytest.mark.parametrize("kind", SENDS)
async def test_pywa_sends_it_and_the_phone_shows_it(player: Player, kind: str) -> None:
    customer = await player.customer()
    await player.writes(customer["id"])
    wa = player.pywa()
    wamid = _sent(await asyncio.to_thread(SENDS[kind], wa))
    thread = (await player.control.get(f"/whatsapp_cloud/customers/{customer['id']}/messages")).json()["items"]
    shown = thread[-1]
    assert (shown["id"], shown["type"]) == (wamid, kind.partition(" ")[0])
    assert shown["errors"] is None
    match kind.partition(" "):
        case ("interactive", _, inner):
            assert shown["content"]["type"] == inner
            assert shown["content"]["body"]["text"]
        case ("location", _, _):
            assert shown["content"]["name"] == "Klinik"
        case ("contacts", _, _):
            assert shown["content"][0]["name"]["formatted_name"] == "Ayşe Yılmaz"
        case ("sticker" | "audio" | "document", _, _):
            assert shown["media"]["size"] > 0


async def test_pywa_takes_its_reaction_back(player: Player) -> None:
    customer = await player.customer()
    message = await player.writes(customer["id"])
    wa = player.pywa()
    await asyncio.to_thread(wa.send_reaction, TO, "👍", message["id"])
    await asyncio.to_thread(wa.remove_reaction, TO, message["id"])
    thread = (await player.control.get(f"/whatsapp_cloud/customers/{customer['id']}/messages")).json()["items"]
    assert thread[0]["reaction"] == {"customer": None, "business": None}
