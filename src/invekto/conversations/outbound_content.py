"""Each kind of message that can be sent: what is in it, how it is stored, and what an adapter is given of it.

A new kind is a dataclass here, its line in `content_of` and in `part_of`, and its body in `schemas_sending`. Lengths and counts
are channels.limits'; files, windows and who may send are outbound's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from invekto.channels.limits import Problem, problems_of, problems_of_caption
from invekto.channels.outgoing import (
    Capabilities,
    Card,
    Cards,
    Controls,
    File,
    Interactive,
    Location,
    OutboundContent,
    OutboundMedia,
    Reaction,
    Template,
    Text,
)

Row: TypeAlias = asyncpg.Record

MEDIA_KINDS: Final = ("image", "video", "audio", "document", "sticker")
WITHOUT_FILES: Final = frozenset({"text", "interactive", "location", "contacts", "reaction"})
"""Types whose row says everything: delivery looks for no file of theirs."""

_encode: Final = msgspec.json.Encoder().encode


class _Content:
    """What most kinds have in common.

    `quiet`: no answer, so it assigns, reopens and ends nothing, and the list does not show it. `free_form`: goes out only
    while the service window is open. `provider_part`: what an adapter is given beyond the wire's payload.
    """

    __slots__ = ()
    quiet: ClassVar[bool] = False
    free_form: ClassVar[bool] = True
    provider_part: ClassVar[Any] = None


@dataclass(frozen=True, slots=True)
class TextContent(_Content):
    text: str
    type: ClassVar[str] = "text"
    payload: ClassVar[Any] = None

    def said(self) -> Sequence[str | None]:
        return "text", self.text

    def problems(self, can: Capabilities) -> Iterator[Problem]:
        return problems_of(Text(text=self.text), can)


@dataclass(frozen=True, slots=True)
class MediaContent(_Content):
    """An upload (`attachment_id`) sent as `kind`; `caption` may be empty. `voice`: recorded, to be played like speech."""

    attachment_id: UUID
    kind: str
    caption: str | None = None
    voice: bool = False
    payload: ClassVar[Any] = None

    @property
    def type(self) -> str:
        return self.kind

    @property
    def text(self) -> str | None:
        return self.caption or None

    def said(self) -> Sequence[str | None]:
        # The voice mark joined later: without it a key from before still means the same.
        return self.kind, str(self.attachment_id), self.caption, *(["voice"] if self.voice else [])

    def problems(self, can: Capabilities) -> Iterator[Problem]:
        return problems_of_caption(self.caption, can)


@dataclass(frozen=True, slots=True)
class InteractiveContent(_Content):
    text: str
    controls: Controls
    type: ClassVar[str] = "interactive"

    @property
    def payload(self) -> Any:
        return msgspec.to_builtins(self.controls)

    def said(self) -> Sequence[str | None]:
        return "interactive", self.text, _encode(self.controls).decode()

    def problems(self, can: Capabilities) -> Iterator[Problem]:
        return problems_of(Interactive(text=self.text, controls=self.controls), can)


@dataclass(frozen=True, slots=True)
class LocationContent(_Content):
    place: Location
    text: ClassVar[str | None] = None
    type: ClassVar[str] = "location"

    @property
    def payload(self) -> Any:
        return msgspec.to_builtins(self.place)

    def said(self) -> Sequence[str | None]:
        return "location", _encode(self.place).decode()

    def problems(self, can: Capabilities) -> Iterator[Problem]:
        return problems_of(self.place, can)


@dataclass(frozen=True, slots=True)
class ContactsContent(_Content):
    cards: tuple[Card, ...]
    text: ClassVar[str | None] = None
    type: ClassVar[str] = "contacts"

    @property
    def payload(self) -> Any:
        return msgspec.to_builtins(self.cards)

    def said(self) -> Sequence[str | None]:
        return "contacts", _encode(self.cards).decode()

    def problems(self, can: Capabilities) -> Iterator[Problem]:
        return problems_of(Cards(cards=self.cards), can)


@dataclass(frozen=True, slots=True)
class ReactionContent(_Content):
    """`emoji` None takes ours back. `to_id` is what the line answers to; it answers nobody and opens nothing."""

    to_id: UUID
    emoji: str | None
    text: ClassVar[str | None] = None
    type: ClassVar[str] = "reaction"
    quiet: ClassVar[bool] = True

    @property
    def payload(self) -> Any:
        return {"emoji": self.emoji}

    def said(self) -> Sequence[str | None]:
        return "reaction", str(self.to_id), self.emoji

    def problems(self, can: Capabilities) -> Iterator[Problem]:
        return problems_of(Reaction(message_id="", emoji=self.emoji), can)


@dataclass(frozen=True, slots=True)
class TemplateContent(_Content):
    """An approved template, filled in: see template_messages. `part` is what the provider's call carries, `file` goes into its
    header. It may be sent when the window is closed."""

    text: str
    payload: dict[str, Any]
    part: dict[str, Any]
    file: MediaContent | None = None
    type: ClassVar[str] = "template"
    free_form: ClassVar[bool] = False

    @property
    def provider_part(self) -> Any:
        return self.part

    def said(self) -> Sequence[str | None]:
        file = None if self.file is None else str(self.file.attachment_id)
        return "template", self.payload.get("template_id"), _encode(self.part).decode(), file

    def problems(self, can: Capabilities) -> Iterator[Problem]:
        if not can.templates:
            yield Problem("type", "not_a_choice")


Content: TypeAlias = (
    TextContent
    | MediaContent
    | InteractiveContent
    | LocationContent
    | ContactsContent
    | ReactionContent
    | TemplateContent
)


def file_of(content: Content) -> MediaContent | None:
    """The upload that goes with it."""
    return (
        content.file if isinstance(content, TemplateContent) else content if isinstance(content, MediaContent) else None
    )


def shown_in_list(content: Content) -> str:
    """The words of the list's preview; the client says the rest by the type."""
    match content:
        case LocationContent(place=place):
            return place.name or place.address or ""
        case ContactsContent(cards=cards):
            return ", ".join(card.name for card in cards)
        case _:
            return content.text or ""


def content_of(message: Row, attachment_id: UUID | None, *, voice: bool = False) -> Content | None:
    """A stored message's content, to send it again; None for what cannot be.

    `message` is a row of `message`; `attachment_id` its file.
    """
    try:
        return _content_of(message, attachment_id, voice=voice)
    except msgspec.MsgspecError:
        return None


def _content_of(message: Row, attachment_id: UUID | None, *, voice: bool) -> Content | None:
    type_, payload = message["type"], message["payload"]
    if type_ in MEDIA_KINDS:
        return None if attachment_id is None else MediaContent(attachment_id, type_, message["text"], voice)
    match type_:
        case "text":
            return TextContent(message["text"] or "")
        case "interactive" if message["direction"] == "outbound":
            return InteractiveContent(message["text"] or "", _read(payload, Controls))
        case "location":
            return LocationContent(_read(payload, Location))
        case "contacts":
            return ContactsContent(_read(payload, tuple[Card, ...]))
        case "template" if message["provider_part"] is not None:
            shown: dict[str, Any] = _read(payload, dict[str, Any])
            kind = str((shown.get("header") or {}).get("format", "TEXT")).lower()
            file = None if attachment_id is None else MediaContent(attachment_id, kind)
            part = _read(message["provider_part"], dict[str, Any])
            return TemplateContent(message["text"] or "", shown, part, file)
        case "reaction" if message["reply_to_id"] is not None:
            return ReactionContent(message["reply_to_id"], _read(payload, dict[str, Any])["emoji"])
        case _:
            return None


def part_of(head: Row, file: OutboundMedia | None) -> OutboundContent:
    """What the adapter is given of a queued message. `head`: a row of delivery's heads; `file`: its attachment.

    Raises:
        ValueError: the row holds no such content (a row of another version); msgspec's errors are ValueErrors.
    """
    type_, text, payload = head["type"], head["text"], head["payload"]
    if type_ in MEDIA_KINDS:
        if file is None:
            raise ValueError("a message without its file")
        return File(media=file, caption=text)
    match type_:
        case "text":
            return Text(text=text or "")
        case "interactive":
            return Interactive(text=text or "", controls=_read(payload, Controls))
        case "location":
            place: Location = _read(payload, Location)
            return place
        case "contacts":
            return Cards(cards=_read(payload, tuple[Card, ...]))
        case "reaction":
            return Reaction(
                message_id=head["reply_to_provider_id"] or "", emoji=_read(payload, dict[str, Any])["emoji"]
            )
        case "template":
            return Template(part=_read(head["provider_part"], dict[str, Any]), header=file)
        case _:
            raise ValueError(f"a {type_} cannot be sent")


def _read(stored: Any, kind: Any) -> Any:
    """A jsonb column as `kind`: text on a role's own pool, decoded already in a request's transaction. ValueError."""
    return msgspec.json.decode(stored, type=kind) if isinstance(stored, str) else msgspec.convert(stored, kind)
