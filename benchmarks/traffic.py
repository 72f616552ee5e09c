"""Signed WhatsApp webhooks, built before the clock starts. A message carries its number in its text: see `MARK`."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

# How a message is found again in a frame of the stream, whatever id the product gave it.
MARK = re.compile(rb'"text":\s?"#(\d+)#')
# Brings a webhook with one message to 1.5 KB, the size of S1's row.
_FILLING = (
    "Merhaba, randevu icin yaziyorum. Persembe ogleden sonra uygun bir saatiniz var mi? "
    "Gelmeden once hazirlamam gereken bir belge olursa lutfen bildirin, adresi de tekrar alabilir miyim. "
) * 6
BODY_BYTES = 1500


@dataclass(frozen=True, slots=True)
class Number:
    """One firm's WhatsApp number."""

    phone_number_id: str
    waba_id: str
    digits: str


@dataclass(frozen=True, slots=True)
class Message:
    """`mark` is unique in a run; `wamid` is the provider's id, unique for ever."""

    mark: int
    sender: str
    wamid: str
    name: str


def body(messages: Sequence[Message], number: Number, *, size: int = BODY_BYTES) -> bytes:
    """The webhook as Meta writes it; texts are filled up so that one message makes `size` bytes."""
    bare = _encode(messages, number, 0)
    missing = size - len(bare) if len(messages) == 1 else 0
    return _encode(messages, number, min(max(missing, 0), len(_FILLING)))


def _encode(messages: Sequence[Message], number: Number, filling: int) -> bytes:
    now = str(int(time.time()))
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": number.digits, "phone_number_id": number.phone_number_id},
        "contacts": [
            {"profile": {"name": one.name}, "wa_id": one.sender, "user_id": f"TR.{one.sender}"} for one in messages
        ],
        "messages": [
            {
                "from": one.sender,
                "from_user_id": f"TR.{one.sender}",
                "id": one.wamid,
                "timestamp": now,
                "type": "text",
                "text": {"body": f"#{one.mark}# {_FILLING[:filling]}"},
            }
            for one in messages
        ],
    }
    document = {
        "object": "whatsapp_business_account",
        "entry": [{"id": number.waba_id, "changes": [{"value": value, "field": "messages"}]}],
    }
    return json.dumps(document, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/").encode()


def request(port: int, path: str, payload: bytes, app_secret: str) -> bytes:
    """The whole HTTP request, signed as Meta signs."""
    signature = hmac.new(app_secret.encode(), payload, hashlib.sha256).hexdigest()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\nUser-Agent: facebookexternalua\r\n"
        f"Content-Type: application/json\r\nX-Hub-Signature-256: sha256={signature}\r\n"
        f"Content-Length: {len(payload)}\r\n\r\n"
    )
    return head.encode() + payload
