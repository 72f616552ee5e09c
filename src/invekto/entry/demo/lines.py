"""What single lines of the sample talks hold: payloads as docs/api.md names them, what happened to a line later, and its shape
at the sandbox. Pure."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from invekto.conversations.history import PastLine

_GOODS: Final = (
    ("firca-baslik", "Şarjlı diş fırçası başlığı", 349.0),
    ("dus-ucu", "Ağız duşu ucu", 219.0),
    ("arayuz-6", "Arayüz fırçası, 6'lı", 145.0),
    ("dis-ipi-50", "Diş ipi, 50 m", 89.0),
    ("plak-kutusu", "Gece plağı kutusu", 120.0),
)
_TEMPLATES: Final = {
    "tr": ("Merhaba {first}, yarınki randevunuzu hatırlatmak isteriz. Gelebilecek misiniz?", ("Geliyorum", "İptal")),
    "en": ("Hello {first}, a reminder of your appointment tomorrow. Will you be there?", ("Yes", "Cancel")),
    "ar": ("مرحبا {first}، نذكرك بموعدك غدا. هل ستحضر؟", ("نعم", "إلغاء")),
}
_CHOICES: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "demo": {
        "tr": ("Sabah", "Öğleden sonra"),
        "en": ("Morning", "Afternoon"),
        "ar": ("صباحا", "بعد الظهر"),
    },
    "demo2": {
        "tr": ("Deniz tarafı", "Bahçe tarafı"),
        "en": ("Sea side", "Garden side"),
        "ar": ("جهة البحر", "جهة الحديقة"),
    },
}
_ADVERTISEMENTS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "demo": {
        "tr": ("Diş kontrolünüz için yazın", "Mavera Klinik, Suadiye. Sorularınıza buradan yanıt veriyoruz."),
        "en": ("Your check-up in Istanbul", "Mavera Klinik, Suadiye. Write to us, we answer in English."),
        "ar": ("فحص الأسنان في إسطنبول", "عيادة مافيرا، سواديه. نجيبكم بالعربية."),
    },
    "demo2": {
        "tr": ("Denize iki adım", "Lodos Otel, Suadiye. Odaları buradan sorabilirsiniz."),
        "en": ("Two steps from the sea", "Lodos Otel, Suadiye. Ask us about rooms here."),
        "ar": ("على بعد خطوتين من البحر", "فندق لودوس، سواديه. اسألونا عن الغرف هنا."),
    },
}
_OPEN_FOR_EDITS: Final = timedelta(minutes=15)


# Payloads ---------------------------------------------------------------------------------------------------------


def contact_cards(rng: random.Random) -> list[dict[str, Any]]:
    """One card; now and then somebody's firm is on it."""
    card: dict[str, Any] = {"name": "Deniz Güneş", "phones": [f"+90555013{rng.randrange(10_000):04}"]}
    return [card | ({"organization": "Güneş Turizm"} if rng.random() < 0.3 else {})]


def order(rng: random.Random) -> dict[str, Any]:
    """Of the firm's catalogue."""
    goods = rng.sample(_GOODS, rng.choice((1, 1, 2, 3)))
    items = [
        {"product_id": key, "name": name, "quantity": rng.choice((1, 1, 2)), "price": price, "currency": "TRY"}
        for key, name, price in goods
    ]
    return {"catalog_id": "1180000000000001", "items": items}


def reminder(first: str, language: str, name: str) -> tuple[str, dict[str, Any]]:
    """A template as it was rendered."""
    words, titles = _TEMPLATES[language]
    buttons = [{"type": "QUICK_REPLY", "title": title} for title in titles]
    return words.replace("{first}", first), {"name": name, "language": language, "buttons": buttons}


def choice(firm: str, language: str) -> dict[str, Any]:
    """Buttons under the question that the firm asks."""
    return {
        "kind": "buttons",
        "buttons": [
            {"id": f"choice-{place}", "title": title} for place, title in enumerate(_CHOICES[firm][language], 1)
        ],
    }


def pressed(title: str, asked: PastLine | None) -> dict[str, Any]:
    """What a customer pressed under our latest line."""
    if asked is not None and asked.type == "template":
        return {"kind": "template_button", "title": title, "id": title}
    kind = "button_reply" if asked is not None and asked.type == "interactive" else "list_reply"
    return {"kind": kind, "title": title, "id": "choice"}


# What happened to a line ------------------------------------------------------------------------------------------


def happened(line: PastLine, rng: random.Random, language: str, firm: str, first: bool, now: datetime) -> PastLine:
    """A few are edited, deleted for everyone, forwarded, written on the phone, or began at an advertisement."""
    share, later = rng.random(), line.at + timedelta(seconds=rng.uniform(15, 150))
    plain = line.type == "text" and not line.quiet and later + _OPEN_FOR_EDITS < now
    words = (line.text or "").split()
    if line.direction == "outbound":
        # The first answer is the desk's: somebody took the conversation.
        return replace(line, phone=True, user_id=None) if plain and not first and share < 0.012 else line
    if first and line.type == "text":
        return replace(line, context={"referral": _referral(rng, language, firm)}) if share < 0.04 else line
    if plain and len(words) >= 3 and share < 0.010:
        return replace(line, earlier=(" ".join(words[:-1]),), edited_at=later)
    if plain and share < 0.015:
        return replace(line, revoked_at=later)
    if line.file is not None and share < 0.10:
        return replace(line, context={"forwarded": True} | ({"often_forwarded": True} if share < 0.02 else {}))
    return line


def _referral(rng: random.Random, language: str, firm: str) -> dict[str, str]:
    headline, body = _ADVERTISEMENTS[firm][language]
    mark = f"12020{rng.randrange(10**9):09}"
    return {
        "source_type": "ad",
        "source_url": f"https://example.com/ads/{mark}",
        "source_id": mark,
        "headline": headline,
        "body": body,
        "media_type": "image",
        "ctwa_clid": f"ARAk{rng.randrange(16**12):012x}",
    }


# At the sandbox ---------------------------------------------------------------------------------------------------


def sandbox_type(line: PastLine) -> str:
    """Meta's type: what was pressed under a template is of one of its own."""
    is_button = isinstance(line.payload, dict) and line.payload.get("kind") == "template_button"
    return "button" if is_button else line.type


def content_of(line: PastLine) -> Any:
    """The object that Meta's message carries under its type; None for what a phone does not show."""
    payload = line.payload if isinstance(line.payload, dict) else {}
    match line.type:
        case "text":
            return {"body": line.text}
        case "image" | "video":
            return {"caption": line.text} if line.text else {}
        case "audio" | "sticker":
            return {}
        case "document":
            shown = {"filename": line.file.name if line.file else None, "caption": line.text}
            return {key: value for key, value in shown.items() if value}
        case "location":
            return payload
        case "contacts":
            return [
                {"name": {"formatted_name": one["name"]}, "phones": [{"phone": phone} for phone in one["phones"]]}
                for one in line.payload
            ]
        case "interactive":
            return _interactive(line, payload)
        case "template":
            return {"name": payload.get("name"), "language": {"code": payload.get("language")}}
        case _:
            return None


def _interactive(line: PastLine, payload: Mapping[str, Any]) -> dict[str, Any]:
    kind: str = payload["kind"]
    if kind == "buttons":
        buttons = [{"type": "reply", "reply": one} for one in payload["buttons"]]
        return {"type": "button", "body": {"text": line.text}, "action": {"buttons": buttons}}
    if kind == "template_button":
        return {"text": payload["title"], "payload": payload["id"]}
    return {"type": kind, kind: {"id": payload["id"], "title": payload["title"]}}
