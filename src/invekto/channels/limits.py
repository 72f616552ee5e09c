"""Does this content fit this channel? One place for every length and count, asked before a message is queued and by adapters.

Knows what is in a content. Whether its file, its conversation or its recipient admit it: see conversations.outbound.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, assert_never
from urllib.parse import urlsplit

from invekto.channels.outgoing import (
    Buttons,
    Capabilities,
    Cards,
    Controls,
    File,
    Interactive,
    InteractiveRule,
    LinkButton,
    Location,
    LocationRequest,
    Menu,
    OutboundContent,
    Reaction,
    Template,
    Text,
)

_PLACE_MAX: Final = 1000
_CARD_NAME_MAX: Final = 1024
_EMOJI_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not fit. `path` and `code` are the wire's field error; `max` what would fit."""

    path: str
    code: str
    max: int | None = None


def problems_of(content: OutboundContent, can: Capabilities) -> Iterator[Problem]:
    """Everything that does not fit, the most basic first; nothing when the channel takes it."""
    match content:
        case Text():
            yield from _text("text", content.text, can.text_max)
        case File():
            yield from problems_of_caption(content.caption, can)
        case Interactive():
            yield from _interactive(content, can.interactive)
        case Location():
            yield from _location(content)
        case Cards():
            yield from _cards(content, can.contacts_max)
        case Reaction():
            if content.emoji is not None and not _is_one_emoji(content.emoji):
                yield Problem("emoji", "wrong_format")
        case Template():
            return
        case _:
            assert_never(content)


def problems_of_caption(caption: str | None, can: Capabilities) -> Iterator[Problem]:
    yield from _text("text", caption or None, can.caption_max, needed=False)


def _text(path: str, text: str | None, longest: int, *, needed: bool = True) -> Iterator[Problem]:
    """A text that is there says something: providers refuse blanks."""
    if text is None or not text.strip():
        if needed or text:
            yield Problem(path, "required")
    elif len(text) > longest:
        yield Problem(path, "too_long", longest)


def _count(path: str, parts: Sequence[object], most: int) -> Iterator[Problem]:
    if not parts:
        yield Problem(path, "required")
    elif len(parts) > most:
        yield Problem(path, "too_many", most)


def _distinct(paths: Sequence[str], values: Sequence[str]) -> Iterator[Problem]:
    for place, path in enumerate(paths):
        if values[place] in values[:place]:
            yield Problem(path, "repeated")


# Interactive ------------------------------------------------------------------------------------------------------


def _interactive(content: Interactive, rule: InteractiveRule | None) -> Iterator[Problem]:
    controls = content.controls
    kind = controls.__struct_config__.tag
    if rule is None or kind not in rule.kinds:
        yield Problem("payload.kind", "not_a_choice")
        return
    yield from _text("text", content.text, rule.list_body_max if isinstance(controls, Menu) else rule.body_max)
    if not isinstance(controls, LocationRequest):
        yield from _text("payload.header", controls.header, rule.header_max, needed=False)
        yield from _text("payload.footer", controls.footer, rule.footer_max, needed=False)
    yield from _controls(controls, rule)


def _controls(controls: Controls, rule: InteractiveRule) -> Iterator[Problem]:
    match controls:
        case Buttons(buttons=buttons):
            yield from _count("payload.buttons", buttons, rule.buttons_max)
            places = [f"payload.buttons.{place}" for place in range(len(buttons))]
            for path, button in zip(places, buttons, strict=True):
                yield from _text(f"{path}.id", button.id, rule.button_id_max)
                yield from _text(f"{path}.title", button.title, rule.button_title_max)
            yield from _distinct([f"{path}.id" for path in places], [button.id for button in buttons])
            yield from _distinct([f"{path}.title" for path in places], [button.title for button in buttons])
        case Menu():
            yield from _menu(controls, rule)
        case LinkButton(label=label, url=url):
            yield from _text("payload.label", label, rule.label_max)
            yield from _text("payload.url", url, rule.url_max)
            if url.strip() and not _is_https(url):
                yield Problem("payload.url", "wrong_format")
        case LocationRequest():
            return
        case _:
            assert_never(controls)


def _menu(menu: Menu, rule: InteractiveRule) -> Iterator[Problem]:
    yield from _text("payload.opener", menu.opener, rule.opener_max)
    yield from _count("payload.sections", menu.sections, rule.list_sections_max)
    rows = 0
    paths: list[str] = []
    ids: list[str] = []
    for place, section in enumerate(menu.sections):
        path = f"payload.sections.{place}"
        yield from _text(f"{path}.title", section.title, rule.section_title_max, needed=len(menu.sections) > 1)
        if not section.rows:
            yield Problem(f"{path}.rows", "required")
        for number, row in enumerate(section.rows):
            inner = f"{path}.rows.{number}"
            yield from _text(f"{inner}.id", row.id, rule.row_id_max)
            yield from _text(f"{inner}.title", row.title, rule.row_title_max)
            yield from _text(f"{inner}.description", row.description, rule.row_description_max, needed=False)
            paths.append(f"{inner}.id")
            ids.append(row.id)
        rows += len(section.rows)
    if rows > rule.list_rows_max:
        yield Problem("payload.sections", "too_many", rule.list_rows_max)
    yield from _distinct(paths, ids)


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and not any(character.isspace() for character in url)
    except ValueError:
        return False


# Places, people, feelings -----------------------------------------------------------------------------------------


def _location(place: Location) -> Iterator[Problem]:
    for path, degrees, bound in (("latitude", place.latitude, 90), ("longitude", place.longitude, 180)):
        if not math.isfinite(degrees) or abs(degrees) > bound:
            yield Problem(path, "out_of_range", bound)
    yield from _text("name", place.name, _PLACE_MAX, needed=False)
    yield from _text("address", place.address, _PLACE_MAX, needed=False)


def _cards(content: Cards, most: int) -> Iterator[Problem]:
    yield from _count("contacts", content.cards, most)
    for place, card in enumerate(content.cards):
        path = f"contacts.{place}"
        yield from _text(f"{path}.name", card.name, _CARD_NAME_MAX)
        yield from _text(f"{path}.organization", card.organization, _CARD_NAME_MAX, needed=False)
        if not card.phones and not card.emails:
            yield Problem(f"{path}.phones", "required")
        for number, phone in enumerate(card.phones):
            if not any(map(str.isdigit, phone)) or any(map(str.isalpha, phone)):
                yield Problem(f"{path}.phones.{number}", "wrong_format")
        for number, email in enumerate(card.emails):
            if "@" not in email.strip("@ "):
                yield Problem(f"{path}.emails.{number}", "wrong_format")


def _is_one_emoji(text: str) -> bool:
    """One picture: joined and coloured ones, flags and keycaps count as one. Neither letters nor two pictures."""
    if not text or len(text) > _EMOJI_MAX:
        return False
    pictures = flags = 0
    joined = False
    for character in text:
        category = unicodedata.category(character)
        if "\U0001f1e6" <= character <= "\U0001f1ff":
            flags += 1
        elif character == "\u20e3" or (category in ("So", "Sm", "Po", "Pd") and character > "\u00a0"):
            pictures += not joined
        elif category not in ("Sk", "Mn", "Me", "Cf") and character not in "0123456789#*":
            return False
        joined = character == "\u200d"
    return (pictures, flags) in ((1, 0), (0, 2))
