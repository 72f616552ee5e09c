"""One conversation with a message of every type and every state that stays, to look at."""

from __future__ import annotations

import array
import base64
import io
import json
import math
from typing import Any
from uuid import uuid4

import av
import httpx
from PIL import Image

from tests.desk import Desk, wait_until

NAME = "Nilüfer Gündoğdu"
PHONE_NUMBER = "905550106001"
FIRST = "Merhaba, *yarın* için https://example.com/randevu?gun=1 üzerinden yer var mı?"
SHOWN = (
    *("text", "image", "video", "audio", "document", "sticker", "location", "contacts", "unsupported"),
    *("template", "interactive", "order", "note", "activity"),
)


_RATE = 48_000
_FRAME = 960

# Scrolls a thread by half of what is seen of it, and waits until it is drawn.
FURTHER = """log => new Promise((done) => {
  log.scrollBy(0, log.clientHeight / 2);
  requestAnimationFrame(() => requestAnimationFrame(done));
})"""


COLORS = ("teal", "blue", "amber", "red")


def picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (320, 200), (11, 122, 112)).save(buffer, kind)
    return buffer.getvalue()


def voice(seconds: int) -> bytes:
    """A tone as phones send it: Opus in an Ogg container, which a browser plays."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=_RATE)
        stream.layout = "mono"
        for place in range(seconds * _RATE // _FRAME):
            wave = (9000 * math.sin(2 * math.pi * 220 * (place * _FRAME + at) / _RATE) for at in range(_FRAME))
            frame = av.AudioFrame(format="s16", layout="mono", samples=_FRAME)
            frame.sample_rate = _RATE
            frame.planes[0].update(array.array("h", [int(sample) for sample in wave]).tobytes())
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def file(content: bytes, mime: str, **more: Any) -> dict[str, Any]:
    return {"file": {"base64": base64.b64encode(content).decode(), "mime": mime, **more}}


def written(first: str) -> list[dict[str, Any]]:
    """What the customer writes after their message `first`."""
    card = {"name": {"formatted_name": "Can Er"}, "phones": [{"phone": "+90 555 010 44 18"}]}
    return [
        {"text": "Bu da cevabım", "reply_to": first},
        file(picture("JPEG"), "image/jpeg", caption="Röntgen"),
        file(b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(200), "video/mp4"),
        file(b"OggS" + bytes(200), "audio/ogg", voice=True),
        file(b"%PDF-1.4\n%%EOF\n", "application/pdf", filename="rapor.pdf"),
        file(picture("WEBP"), "image/webp", type="sticker"),
        {
            "type": "location",
            "location": {"latitude": 41.0082, "longitude": 28.9784, "name": "Ofis", "address": "Fatih"},
        },
        {"type": "contacts", "contacts": [card]},
        {"type": "reaction", "reaction": {"message_id": first, "emoji": "👍"}},
        {"message": {"type": "unsupported", "errors": [{"code": 131051, "title": "Message type unknown"}]}},
        *({"text": kind} for kind in ("interactive", "order")),
    ]


# No provider of ours sends these yet: what they will hold takes the place of a text.
LATER = {
    "interactive": {"title": "Salı 14:00", "description": "Dr. Aslı Kaya"},
    "order": {"items": [{"name": "Diş ipi", "quantity": 2}], "text": "Kapıda ödeme"},
    "template": {"name": "randevu_hatirlatma", "language": "tr", "buttons": ["Geliyorum", "Ertele"]},
}


def make(desk: Desk) -> str:
    """Gives the conversation's id."""
    with desk.customer() as control:
        said = {"customer": {"name": NAME, "phone": PHONE_NUMBER}, "text": FIRST, "wait": True}
        first = control.post("/whatsapp_cloud/say", json=said).raise_for_status().json()
        for message in written(first["id"]):
            path = f"/whatsapp_cloud/customers/{first['customer']}/messages"
            control.post(path, json={"wait": True, **message}).raise_for_status()
    conversation = str(wait_until(lambda: desk.rows(_CONVERSATION, NAME), "it is stored")[0]["id"])
    with desk.signed_in("agent2") as agent:
        answer(agent, conversation, "text", "Buyurun, yarın 14:00 uygun")
        answer(agent, conversation, "note", "Sigortası var")
        answer(agent, conversation, "text", "template")
        with desk.customer() as control:
            wait_until(lambda: not _open(desk, conversation), "all is sent")
            control.put("/faults", json={"faults": {"refuse": {"code": 131026, "http": 400}}}).raise_for_status()
            try:
                answer(agent, conversation, "text", "Ulaşmayacak")
                wait_until(lambda: not _open(desk, conversation), "it has failed")
            finally:
                control.put("/faults", json={"faults": {"refuse": None}}).raise_for_status()
    with desk.signed_in("supervisor") as supervisor:
        tags = [
            supervisor.post("/api/v1/tags", json={"name": f"Etiket {color}", "color": color})
            .raise_for_status()
            .json()["id"]
            for color in COLORS
        ]
        supervisor.put(f"/api/v1/conversations/{conversation}/tags", json={"tag_ids": tags}).raise_for_status()
    for kind, payload in LATER.items():
        desk.rows(_INTO, conversation, kind, json.dumps(payload))
    return conversation


def answer(agent: httpx.Client, conversation: str, kind: str, text: str) -> None:
    path = f"/api/v1/conversations/{conversation}/messages"
    agent.post(path, json={"type": kind, "text": text}, headers={"Idempotency-Key": uuid4().hex}).raise_for_status()


def _open(desk: Desk, conversation: str) -> list[dict[str, Any]]:
    return desk.rows(
        "select 1 from message where conversation_id = $1::uuid and status in ('queued', 'sending')", conversation
    )


_CONVERSATION = (
    "select c.id from conversation c join contact p on (p.tenant_id, p.id) = (c.tenant_id, c.contact_id)"
    " where p.name = $1 and c.last_seq >= 13"
)
_INTO = "update message set type = $2, payload = $3::jsonb where conversation_id = $1::uuid and text = $2 returning id"
