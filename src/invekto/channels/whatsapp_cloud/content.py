"""What was said: a message's content in the shapes of our wire (docs/api.md), or kept whole for later."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

from msgspec import Raw, Struct

from invekto.channels.adapter import InboundAttachment, Payload
from invekto.channels.whatsapp_cloud import payloads as shapes
from invekto.channels.whatsapp_cloud.answers import answer_of, order_of
from invekto.channels.whatsapp_cloud.payloads import read
from invekto.kernel.text import preview, storable

_NAME_MAX: Final = 120
_FILE_NAME_MAX: Final = 240
_MIME: Final = re.compile(r"[a-z0-9][a-z0-9.+-]{0,126}/[a-z0-9][a-z0-9.+-]{0,126}(; *codecs=[a-z0-9.,\"-]{1,60})?")


@dataclass(frozen=True, slots=True)
class Content:
    type: str
    text: str | None = None
    payload: Payload = None
    raw: dict[str, Any] | None = None
    attachments: tuple[InboundAttachment, ...] = ()
    about: str | None = None
    quiet: bool = False


_SHAPES: Final[dict[str, type[Struct]]] = {
    "text": shapes.TextMessage,
    "image": shapes.ImageMessage,
    "video": shapes.VideoMessage,
    "audio": shapes.AudioMessage,
    "document": shapes.DocumentMessage,
    "sticker": shapes.StickerMessage,
    "location": shapes.LocationMessage,
    "contacts": shapes.ContactsMessage,
    "reaction": shapes.ReactionMessage,
}


def content_of(kind: str, raw: Raw) -> Content | None:
    """What we show, or the message kept whole as `unsupported`. None for a reaction that is taken back."""
    if kind in ("interactive", "button"):
        answer = answer_of(kind, raw)
        return _unsupported(kind, raw) if answer is None else Content("interactive", answer.text, answer.payload)
    if kind == "order":
        order = order_of(raw)
        return _unsupported(kind, raw) if order is None else Content("order", order.text, order.payload)
    shape = _SHAPES.get(kind)
    message = None if shape is None else read(raw, shape)
    content: Content | None = None
    match message:
        case shapes.TextMessage(text=said):
            content = Content("text", text=storable(said.body))
        case shapes.ImageMessage(image=file):
            content = _file("image", file, "image/jpeg")
        case shapes.VideoMessage(video=file):
            content = _file("video", file, "video/mp4")
        case shapes.AudioMessage(audio=file):
            content = _file("audio", file, "audio/ogg")
        case shapes.DocumentMessage(document=file):
            content = _file("document", file, "application/octet-stream")
        case shapes.StickerMessage(sticker=file):
            content = _file("sticker", file, "image/webp")
        case shapes.LocationMessage(location=place):
            content = _location(place)
        case shapes.ContactsMessage(contacts=cards):
            content = Content("contacts", payload=[_card(card) for card in cards])
        case shapes.ReactionMessage(reaction=reaction):
            if not reaction.emoji:
                return None
            about = storable(reaction.message_id)
            return Content("reaction", payload={"emoji": preview(reaction.emoji, 20)}, about=about, quiet=True)
        case _:
            pass
    return content or _unsupported(kind, raw)


def _file(
    kind: Literal["image", "video", "audio", "document", "sticker"], file: shapes.Media, mime: str
) -> Content | None:
    if file.id == "":
        return None
    given = (file.mime_type or "").strip().lower()
    name = preview((file.filename or "").replace("\\", "/").rpartition("/")[2], _FILE_NAME_MAX)
    attachment = InboundAttachment(
        kind=kind,
        media_id=storable(str(file.id)),
        mime=given if _MIME.fullmatch(given) else mime,
        name=name or None,
        voice=kind == "audio" and bool(file.voice),
    )
    return Content(kind, text=storable(file.caption) if file.caption else None, attachments=(attachment,))


def _location(place: shapes.Location) -> Content | None:
    if not (abs(place.latitude) <= 90 and abs(place.longitude) <= 180):
        return None
    payload: dict[str, Any] = {"latitude": place.latitude, "longitude": place.longitude}
    payload |= {key: storable(said) for key, said in (("name", place.name), ("address", place.address)) if said}
    return Content("location", payload=payload)


def _card(card: shapes.Card) -> dict[str, Any]:
    name = card.name or shapes.CardName()
    parts = [part for part in (name.first_name, name.last_name) if part]
    phones = [phone.phone or phone.wa_id for phone in card.phones or ()]
    emails = (read(card.emails, list[shapes.CardEmail]) if card.emails else None) or []
    firm = read(card.org, shapes.CardOrganization) if card.org else None
    said: dict[str, Any] = {
        "name": preview(name.formatted_name or " ".join(parts), _NAME_MAX) or None,
        "phones": [preview(phone, 40) for phone in phones if phone],
    }
    if given := [preview(one.email, _NAME_MAX) for one in emails if one.email]:
        said["emails"] = given
    if firm is not None and firm.company:
        said["organization"] = preview(firm.company, _NAME_MAX)
    return said


def _unsupported(kind: str, raw: Raw) -> Content:
    """Kept whole. What a person pressed is named, so that the line says something."""
    whole = shapes.raw_object(raw)
    part = (whole or {}).get(kind)
    title: object = None
    if isinstance(part, dict):
        replies = [part, part.get("button_reply"), part.get("list_reply")]
        said = (reply.get("title") or reply.get("text") for reply in replies if isinstance(reply, dict))
        title = next((one for one in said if isinstance(one, str) and one), None)
    payload = {"title": preview(title, _NAME_MAX)} if isinstance(title, str) else None
    return Content("unsupported", payload=payload, raw=whole)


_REFERRAL_TEXTS: Final = (
    "source_type", "source_url", "source_id", "headline", "body", "media_type", "image_url", "video_url",
    "thumbnail_url", "ctwa_clid",
)  # fmt: skip
_REFERRAL_MAX: Final = 2000


def context_of(head: shapes.Head, context: shapes.Context | None) -> dict[str, Any] | None:
    """Where a message comes from, in the wire's shape: forwarded, about a product, from an advertisement."""
    found: dict[str, Any] = {}
    if context is not None:
        if context.forwarded is True:
            found["forwarded"] = True
        if context.frequently_forwarded is True:
            found["often_forwarded"] = True
        product = read(context.referred_product, shapes.ReferredProduct) if context.referred_product else None
        if product is not None and product.product_retailer_id:
            found["product"] = {
                "catalog_id": storable(str(product.catalog_id or "")),
                "product_id": storable(str(product.product_retailer_id)),
            }
    if head.referral and (referral := _referral(head.referral)):
        found["referral"] = referral
    return found or None


def _referral(raw: Raw) -> dict[str, str]:
    """Untouched but for its size: the click id goes back to the provider as it came."""
    given = shapes.raw_object(raw) or {}
    said = {name: given[name][:_REFERRAL_MAX] for name in _REFERRAL_TEXTS if isinstance(given.get(name), str)}
    welcome = given.get("welcome_message")
    if isinstance(welcome, dict) and isinstance(welcome.get("text"), str):
        said["welcome_text"] = welcome["text"][:_REFERRAL_MAX]
    return {name: value for name, value in said.items() if value}
