"""What goes out: one struct per kind of content, and what a channel says it can carry. Part of the boundary of `adapter`.

The structs hold what every provider understands; their limits are data (`Capabilities`), checked by `limits`.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Mapping
from typing import Any, Literal, TypeAlias

import msgspec


class _Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Immutable, compared by value. As JSON it is the wire's `payload` (docs/api.md, Message)."""


class OutboundMedia(msgspec.Struct, frozen=True, kw_only=True):
    """A file of ours. `open` starts reading its bytes from the media store; it may be called again for a retry."""

    kind: str
    mime: str
    name: str | None
    size: int
    voice: bool
    open: Callable[[], AsyncIterable[bytes]]


# Content ----------------------------------------------------------------------------------------------------------


class Text(_Part, frozen=True, kw_only=True):
    text: str


class File(_Part, frozen=True, kw_only=True):
    """A picture, film, sound, document or sticker, as its `media.kind` says."""

    media: OutboundMedia
    caption: str | None = None


class Button(_Part, frozen=True, kw_only=True):
    """`id` comes back when it is pressed."""

    id: str
    title: str


class ListRow(_Part, frozen=True, kw_only=True):
    id: str
    title: str
    description: str | None = None


class Section(_Part, frozen=True, kw_only=True):
    rows: tuple[ListRow, ...]
    title: str | None = None


class Buttons(_Part, frozen=True, kw_only=True, tag_field="kind", tag="buttons"):
    """Answers to press under the text."""

    buttons: tuple[Button, ...]
    header: str | None = None
    footer: str | None = None


class Menu(_Part, frozen=True, kw_only=True, tag_field="kind", tag="list"):
    """A list that `opener` unfolds; one row can be chosen."""

    opener: str
    sections: tuple[Section, ...]
    header: str | None = None
    footer: str | None = None


class LinkButton(_Part, frozen=True, kw_only=True, tag_field="kind", tag="cta_url"):
    label: str
    url: str
    header: str | None = None
    footer: str | None = None


class LocationRequest(_Part, frozen=True, kw_only=True, tag_field="kind", tag="location_request"):
    """A button that asks where the person is."""


Controls: TypeAlias = Buttons | Menu | LinkButton | LocationRequest


class Interactive(_Part, frozen=True, kw_only=True):
    """A text with something to press."""

    text: str
    controls: Controls


class Location(_Part, frozen=True, kw_only=True):
    """WGS 84 degrees."""

    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None


class Card(_Part, frozen=True, kw_only=True):
    """A person's card, as it is passed on."""

    name: str
    phones: tuple[str, ...]
    emails: tuple[str, ...] = ()
    organization: str | None = None


class Cards(_Part, frozen=True, kw_only=True):
    cards: tuple[Card, ...]


class Reaction(_Part, frozen=True, kw_only=True):
    """`emoji` None takes the earlier one back. `message_id`: the provider's, of the message it is about."""

    message_id: str
    emoji: str | None


class Template(_Part, frozen=True, kw_only=True):
    """An approved template, rendered for its provider: `part` is what the provider's call carries.

    `header` is a file that goes into the template's header; the adapter puts it there.
    """

    part: dict[str, Any]
    header: OutboundMedia | None = None


OutboundContent: TypeAlias = Text | File | Interactive | Location | Cards | Reaction | Template


# Capabilities -----------------------------------------------------------------------------------------------------


class MediaRule(msgspec.Struct, frozen=True, kw_only=True):
    """What files of one kind a channel takes. Empty `mimes` means any. Of a picture: `side_px` when it must be a square of
    just that side, `still_max_bytes` for one that does not move."""

    mimes: tuple[str, ...]
    max_bytes: int
    side_px: int | None = None
    still_max_bytes: int | None = None


class InteractiveRule(msgspec.Struct, frozen=True, kw_only=True):
    """Which controls a channel knows, and how long and how many their parts may be (characters, pieces)."""

    kinds: tuple[Literal["buttons", "list", "cta_url", "location_request"], ...]
    body_max: int
    list_body_max: int
    header_max: int
    footer_max: int
    buttons_max: int
    button_title_max: int
    button_id_max: int
    opener_max: int
    list_rows_max: int
    list_sections_max: int
    section_title_max: int
    row_title_max: int
    row_description_max: int
    row_id_max: int
    label_max: int
    url_max: int


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel can do: drives checks, the composer and flows. Served by the API (docs/api.md, channels).

    `kinds` are the types of messages that can be sent. `reaction_age_s`: how old a message may be that is reacted to.
    """

    text_max: int
    caption_max: int
    media: Mapping[str, MediaRule]
    service_window_s: int | None
    kinds: tuple[str, ...] = ("text",)
    reads: bool = False
    reactions: bool = False
    reaction_age_s: int | None = None
    quotes: bool = False
    voice: bool = False
    interactive: InteractiveRule | None = None
    contacts_max: int = 0
    templates: bool = False
    edit: bool = False
    delete: bool = False
    rate_per_s: float = 20
    burst: float = 20
