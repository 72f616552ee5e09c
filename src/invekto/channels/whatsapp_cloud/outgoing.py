"""What we send in Meta's words: the content's part of a message body. Files must be uploaded first: see adapter."""

from __future__ import annotations

import copy
from typing import Any, Final, TypeAlias, assert_never

from invekto.channels.adapter import Unsupported
from invekto.channels.limits import problems_of
from invekto.channels.outgoing import (
    Buttons,
    Capabilities,
    Card,
    Cards,
    Controls,
    File,
    Interactive,
    InteractiveRule,
    LinkButton,
    Location,
    LocationRequest,
    MediaRule,
    Menu,
    OutboundContent,
    OutboundMedia,
    Reaction,
    Template,
    Text,
)
from invekto.kernel.mime import webp_picture

Json: TypeAlias = dict[str, Any]

_MB: Final = 1 << 20
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_STILL_STICKER_BYTES: Final = 100 << 10
_CAPTIONED: Final = ("image", "video", "document")
VOICE_MIMES: Final = ("audio/ogg", "audio/ogg; codecs=opus")

CAPABILITIES: Final = Capabilities(
    text_max=4096,
    caption_max=1024,
    media={
        "image": MediaRule(mimes=("image/jpeg", "image/png"), max_bytes=5 * _MB),
        "video": MediaRule(mimes=("video/mp4", "video/3gpp"), max_bytes=16 * _MB),
        "audio": MediaRule(
            mimes=("audio/aac", "audio/amr", "audio/mp4", "audio/mpeg", *VOICE_MIMES),
            max_bytes=16 * _MB,
        ),
        "document": MediaRule(
            mimes=(
                "application/pdf",
                "text/plain",
                "application/msword",
                "application/vnd.ms-excel",
                "application/vnd.ms-powerpoint",
                f"{_OFFICE}.wordprocessingml.document",
                f"{_OFFICE}.spreadsheetml.sheet",
                f"{_OFFICE}.presentationml.presentation",
            ),
            max_bytes=100 * _MB,
        ),
        "sticker": MediaRule(
            mimes=("image/webp",), max_bytes=500 << 10, side_px=512, still_max_bytes=_STILL_STICKER_BYTES
        ),
    },
    service_window_s=86_400,
    kinds=(
        "text", "image", "video", "audio", "document", "sticker", "interactive", "location", "contacts", "reaction",
        "template",
    ),
    templates=True,
    reads=True,
    reactions=True,
    reaction_age_s=30 * 86_400,
    quotes=True,
    voice=True,
    interactive=InteractiveRule(
        kinds=("buttons", "list", "cta_url", "location_request"),
        body_max=1024,
        list_body_max=4096,
        header_max=60,
        footer_max=60,
        buttons_max=3,
        button_title_max=20,
        button_id_max=256,
        opener_max=20,
        list_rows_max=10,
        list_sections_max=10,
        section_title_max=24,
        row_title_max=24,
        row_description_max=72,
        row_id_max=200,
        label_max=20,
        url_max=2000,
    ),
    contacts_max=10,
    rate_per_s=80,
    burst=80,
)  # fmt: skip


def body_of(content: OutboundContent, media_id: str | None) -> Json:
    """`type` and the object under its name. `media_id`: of the content's file, uploaded."""
    match content:
        case Text(text=text):
            return _named("text", {"body": text, "preview_url": True})
        case File():
            return _named(content.media.kind, _file(content, media_id))
        case Interactive(text=text, controls=controls):
            return _named("interactive", _interactive(text, controls))
        case Location():
            return _named("location", _place(content))
        case Cards(cards=cards):
            return {"type": "contacts", "contacts": [_card(card) for card in cards]}
        case Reaction(message_id=message_id, emoji=emoji):
            return _named("reaction", {"message_id": message_id, "emoji": emoji or ""})
        case Template(part=part, header=header):
            return _named("template", part if header is None else _with_header(part, header, media_id))
        case _:
            assert_never(content)


def check(content: OutboundContent) -> None:
    """Raises Unsupported for what Meta would refuse anyway. What people send was checked before it was queued."""
    problem = next(problems_of(content, CAPABILITIES), None)
    if problem is not None:
        raise Unsupported(f"{problem.path}: {problem.code}")
    if isinstance(content, File):
        _check_file(content.media)
        if content.caption and content.media.kind not in _CAPTIONED:
            raise Unsupported(f"{content.media.kind} takes no caption")


async def check_bytes(media: OutboundMedia) -> None:
    """What only the file's beginning tells: a sticker's sides, and that one that does not move may have 100 KB."""
    if media.kind != "sticker":
        return
    head = b""
    async for chunk in media.open():
        head += chunk
        if len(head) >= 32:
            break
    picture = webp_picture(head)
    side = CAPABILITIES.media["sticker"].side_px
    if picture is None or (picture.width, picture.height) != (side, side):
        raise Unsupported(f"a sticker has {side} pixels on each side")
    if media.size > _STILL_STICKER_BYTES and not picture.animated:
        raise Unsupported(f"a sticker that does not move has at most {_STILL_STICKER_BYTES} bytes")


def _check_file(media: OutboundMedia) -> None:
    rule = CAPABILITIES.media.get(media.kind)
    if rule is None or media.size > rule.max_bytes:
        raise Unsupported(f"{media.kind} of {media.size} bytes")
    if media.voice and (media.kind != "audio" or media.mime not in VOICE_MIMES):
        raise Unsupported(f"a voice note is OGG with Opus, not {media.mime}")


def _named(type_: str, part: Json) -> Json:
    return {"type": type_, type_: part}


def _file(content: File, media_id: str | None) -> Json:
    media = content.media
    part: Json = {"id": media_id}
    if content.caption:
        part["caption"] = content.caption
    if media.kind == "document":
        part["filename"] = media.name or "document"
    if media.kind == "audio" and media.voice:
        part["voice"] = True
    return part


def _interactive(text: str, controls: Controls) -> Json:
    part: Json = {"type": _kind(controls)}
    if not isinstance(controls, LocationRequest):
        if controls.header:
            part["header"] = {"type": "text", "text": controls.header}
        if controls.footer:
            part["footer"] = {"text": controls.footer}
    return part | {"body": {"text": text}, "action": _action(controls)}


def _kind(controls: Controls) -> str:
    match controls:
        case Buttons():
            return "button"
        case Menu():
            return "list"
        case LinkButton():
            return "cta_url"
        case LocationRequest():
            return "location_request_message"
        case _:
            assert_never(controls)


def _action(controls: Controls) -> Json:
    match controls:
        case Buttons(buttons=buttons):
            return {"buttons": [{"type": "reply", "reply": {"id": one.id, "title": one.title}} for one in buttons]}
        case Menu(opener=opener, sections=sections):
            return {
                "button": opener,
                "sections": [
                    _given(title=section.title)
                    | {
                        "rows": [
                            _given(id=row.id, title=row.title, description=row.description) for row in section.rows
                        ]
                    }
                    for section in sections
                ],
            }
        case LinkButton(label=label, url=url):
            return {"name": "cta_url", "parameters": {"display_text": label, "url": url}}
        case LocationRequest():
            return {"name": "send_location"}
        case _:
            assert_never(controls)


def _place(place: Location) -> Json:
    degrees = {"latitude": place.latitude, "longitude": place.longitude}
    return degrees | _given(name=place.name, address=place.address)


def _card(card: Card) -> Json:
    """Meta wants a first or last name beside the whole one."""
    first, _, last = card.name.strip().rpartition(" ")
    name = {"formatted_name": card.name, "first_name": first or last} | ({"last_name": last} if first else {})
    shown: Json = {"name": name}
    if card.phones:
        shown["phones"] = [{"phone": phone, "type": "CELL"} for phone in card.phones]
    if card.emails:
        shown["emails"] = [{"email": email, "type": "WORK"} for email in card.emails]
    if card.organization:
        shown["org"] = {"company": card.organization}
    return shown


def _with_header(part: Json, header: OutboundMedia, media_id: str | None) -> Json:
    """The template's part with its header's file, in a copy: an attempt may be made again."""
    shown: Json = {"id": media_id} | ({"filename": header.name or "document"} if header.kind == "document" else {})
    component = {"type": "header", "parameters": [{"type": header.kind, header.kind: shown}]}
    whole = copy.deepcopy(part)
    others = [one for one in whole.get("components", ()) if one.get("type") != "header"]
    return whole | {"components": [component, *others]}


def _given(**values: str | None) -> Json:
    return {name: value for name, value in values.items() if value}
