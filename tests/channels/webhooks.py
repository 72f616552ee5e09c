"""Webhook bodies as Meta writes them, for tests that need other ones than the sandbox makes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from invekto.channels.adapter import (
    DeliveryReport,
    InboundEvent,
    InboundMessage,
    RawRequest,
    UnhandledEvent,
)
from invekto.channels.whatsapp_cloud.adapter import WhatsAppCloud

Json = dict[str, Any]

ARRIVAL = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SENT = 1795510500  # 08:55
NUMBER = "106540352242922"
PHONE, WA_ID, USER_ID = "+905551112233", "905551112233", "TR.7391026481"

ADAPTER = WhatsAppCloud("https://graph.facebook.com/v26.0")


def contact(**changes: Any) -> Json:
    return {"profile": {"name": "Ayşe Yılmaz"}, "wa_id": WA_ID, "user_id": USER_ID} | changes


def message(kind: str = "text", **changes: Any) -> Json:
    content = {"text": {"body": "Merhaba"}} if kind == "text" else {}
    return {
        "from": WA_ID,
        "from_user_id": USER_ID,
        "id": "wamid.HBgM1",
        "timestamp": str(SENT),
        "type": kind,
        **content,
    } | changes


def status(name: str, **changes: Any) -> Json:
    return {"id": "wamid.out", "status": name, "timestamp": str(SENT), "recipient_id": WA_ID} | changes


def value(number: str = NUMBER, **parts: Any) -> Json:
    metadata = {"display_phone_number": "905559000001", "phone_number_id": number}
    return {"messaging_product": "whatsapp", "metadata": metadata, **parts}


def change(field: str = "messages", **parts: Any) -> Json:
    return {"field": field, "value": value(**parts)}


def body(*changes: Json) -> bytes:
    """Meta escapes what is not ASCII, and slashes."""
    envelope = {"object": "whatsapp_business_account", "entry": [{"id": "2002", "changes": list(changes)}]}
    return json.dumps(envelope).replace("/", "\\/").encode()


def request(
    raw: bytes, method: str = "POST", query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> RawRequest:
    return RawRequest(method=method, query=query or {}, headers=headers or {}, body=raw, received_at=ARRIVAL)


def parse(raw: bytes) -> list[InboundEvent]:
    return ADAPTER.parse(request(raw))


def messages_of(raw: bytes) -> list[InboundMessage]:
    events = parse(raw)
    assert all(isinstance(event, InboundMessage) for event in events), events
    return [event for event in events if isinstance(event, InboundMessage)]


def one_message(*parts: Json, **more: Any) -> InboundMessage:
    contacts = more.pop("contacts", [contact()])
    (found,) = messages_of(body(change(contacts=contacts, messages=list(parts), **more)))
    return found


def one_report(part: Json) -> DeliveryReport:
    (found,) = parse(body(change(statuses=[part])))
    assert isinstance(found, DeliveryReport), found
    return found


def one_unhandled(raw: bytes) -> UnhandledEvent:
    (found,) = parse(raw)
    assert isinstance(found, UnhandledEvent), found
    return found
