"""What of a message or a contact can be found, and the two notations of PostgreSQL's text search for it.

A word is stored behind a mark: six digits of the firm's id and, for messages, the week and the kind. So the words of one
firm, and of one week, lie together in the index, and nobody's search reads another firm's part of it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from invekto.accounts.masking import mask_name
from invekto.search.words import NUMBER_PART_MIN, Asked, Term, digits_of, endings, numbers_of, words_of

Kind: TypeAlias = Literal["m", "n"]
"""Messages and notes have words of their own, so that the few notes are not looked for among all messages."""
Field: TypeAlias = Literal["text", "content", "file", "name", "identity", "field", "note"]

NOT_SEARCHED: Final = ("activity", "system", "reaction")
WEEK_S: Final = 7 * 24 * 3600
_WORDS_MAX: Final = 600
_PLACES_MAX: Final = 50
_PLACE_END: Final = 16_000
# Phrases do not reach from one piece of a message into the next.
_APART: Final = 20
_IN_TEXT_MIN: Final = 7
WHOLE_NUMBER_MIN: Final = 10
_SAID: Final = frozenset(
    {
        "title",
        "text",
        "name",
        "description",
        "address",
        "organization",
        "opener",
        "header",
        "footer",
        "label",
        "value",
        "body",
    }
)
# Stands where the statement puts the mark; no word contains it.
MARK: Final = "~"
_PERSONAL: Final = "!"


@dataclass(frozen=True, slots=True)
class Piece:
    """One text that a message or a contact shows. `personal`: only to who may see numbers. `number`: it is one."""

    field: Field
    text: str
    personal: bool = False
    number: bool = False


def pieces_of(type_: str, text: str | None, payload: str | None, files: str | None) -> list[Piece]:
    """What can be found of a message, as it is shown: text, titles and names of its content, names of its files.

    Telephone numbers and addresses of cards stay out: not everybody may see them. `payload` and `files` are JSON.
    """
    if type_ in NOT_SEARCHED:
        return []
    found = [Piece("text", text)] if text else []
    if payload is not None:
        said = dict.fromkeys(_said(json.loads(payload), cards=type_ == "contacts"))
        found += [Piece("content", one) for one in said if one != text]
    if files is not None:
        found += [Piece("file", name) for name in json.loads(files)]
    return found


def _said(content: Any, *, cards: bool, key: str = "") -> Iterator[str]:
    if isinstance(content, str):
        shown = content.strip()
        if key in _SAID and shown and not (cards and mask_name(shown) != shown):
            yield shown
    elif isinstance(content, dict):
        for name, value in content.items():
            if not (cards and name in ("phones", "emails")):
                yield from _said(value, cards=cards, key=name)
    elif isinstance(content, list):
        for value in content:
            yield from _said(value, cards=cards, key=key or "")


def kind_of(type_: str) -> Kind:
    return "n" if type_ == "note" else "m"


def week_of(moment: datetime) -> int:
    """Weeks since 1970, as `search_messages` counts them."""
    return max(0, int(moment.timestamp() // WEEK_S))


def mark_of(tenant_id: UUID, type_: str, created_at: datetime) -> str:
    return f"{tenant_id.hex[-6:]}{week_of(created_at):x}{kind_of(type_)}"


def message_vector(mark: str, pieces: Iterable[Piece]) -> str:
    """A tsvector literal; empty when nothing can be found."""
    places: dict[str, list[int]] = defaultdict(list)
    place = 0
    for piece in pieces:
        for word in words_of(piece.text):
            place = min(place + 1, _PLACE_END)
            _note(places, word.key, place)
        for number in numbers_of(piece.text):
            for ending in endings(number.key, _IN_TEXT_MIN):
                _note(places, f"#{ending}", place)
        place = min(place + _APART, _PLACE_END)
    return _literal(mark, places)


def pieces_of_contact(
    name: str, displays: Iterable[str], phones: Iterable[str], fields: str | None, notes: str | None
) -> list[Piece]:
    """What can be found of a person: names, numbers, the firm's own fields, notes about them. `fields` and `notes` are JSON."""
    found = [_name("name", name), *(_name("identity", one) for one in displays if one != name)]
    found += [Piece("identity", one, personal=True, number=True) for one in phones]
    for field in json.loads(fields or "[]"):
        options = {one["id"]: one["label"] for one in field["options"] or ()}
        values = field["value"] if isinstance(field["value"], list) else [field["value"]]
        for value in values:
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                text = options.get(value, str(value))
                found.append(Piece("field", text, personal=field["personal"], number=field["type"] == "phone"))
    found += [Piece("note", text) for text in json.loads(notes or "[]")]
    return list(dict.fromkeys(found))


def _name(field: Field, text: str) -> Piece:
    """Who is called by their number is masked like one."""
    number = mask_name(text) != text
    return Piece(field, text, personal=number, number=number)


def contact_vector(tenant_id: UUID, pieces: Iterable[Piece]) -> str:
    """A tsvector literal of somebody's words and numbers. What not everybody sees has words of its own kind."""
    places: dict[str, list[int]] = defaultdict(list)
    place = 0
    for piece in pieces:
        if piece.number:
            for ending in endings(digits_of(piece.text), NUMBER_PART_MIN):
                _note(places, f"#{ending}", _PLACE_END)
            continue
        for word in words_of(piece.text):
            place = min(place + 1, _PLACE_END)
            _note(places, f"{_PERSONAL if piece.personal else ''}{word.key}", place)
        place = min(place + _APART, _PLACE_END)
    return _literal(f"{tenant_id.hex[-6:]}@", places)


def _note(places: dict[str, list[int]], key: str, place: int) -> None:
    if key in places or len(places) < _WORDS_MAX:
        here = places[key]
        if len(here) < _PLACES_MAX and (not here or here[-1] != place):
            here.append(place)


def _literal(mark: str, places: dict[str, list[int]]) -> str:
    return " ".join(f"'{mark}{key}':{','.join(map(str, here))}" for key, here in places.items())


# What is asked ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Templates:
    """tsquery literals with MARK before every word. `match` finds candidates in the index, `phrase` is asked of each of them
    (None: nothing is quoted), `whole` tells those that hold the very words from those that only begin with them."""

    match: str
    phrase: str | None
    whole: str


def templates(asked: Asked) -> Templates:
    """For messages and notes: what they say is shown whole to everybody who sees them."""
    return _templates(asked, within=True, personal=False)


def contact_templates(asked: Asked, *, sees_pii: bool) -> Templates:
    """Without `sees_pii` somebody is found by a whole number only: by parts, the hidden digits could be tried out."""
    if sees_pii:
        return _templates(asked, within=True, personal=True)
    whole = asked.number if len(asked.number) >= WHOLE_NUMBER_MIN else ""
    return _templates(Asked(tuple(replace(term, digits=whole) for term in asked.terms)), within=False, personal=False)


def _templates(asked: Asked, *, within: bool, personal: bool) -> Templates:
    match = [_match(term, within=within, personal=personal) for term in asked.terms]
    whole = [_match(replace(term, begins=False), within=False, personal=personal) for term in asked.terms]
    phrases = [_phrase(term, personal=personal) for term in asked.terms if len(term.words) > 1 and not term.digits]
    return Templates(" & ".join(match), " & ".join(phrases) or None, " & ".join(whole))


def _match(term: Term, *, within: bool, personal: bool) -> str:
    """`within`: a number may be found by what it contains."""
    last = len(term.words) - 1
    words = []
    for place, word in enumerate(term.words):
        begins = term.begins and place == last
        either = [_quoted(word, begins=begins)] + ([_quoted(f"{_PERSONAL}{word}", begins=begins)] if personal else [])
        words.append(f"({' | '.join(either)})")
    ways = [" & ".join(words)] if words else []
    if term.digits:
        ways.append(_quoted(f"#{term.digits}", begins=within))
    return f"({' | '.join(f'({way})' for way in ways)})"


def _phrase(term: Term, *, personal: bool) -> str:
    ways = [" <-> ".join(_quoted(word) for word in term.words)]
    if personal:
        ways.append(" <-> ".join(_quoted(f"{_PERSONAL}{word}") for word in term.words))
    return f"({' | '.join(f'({way})' for way in ways)})"


def _quoted(word: str, *, begins: bool = False) -> str:
    return f"'{MARK}{word}'{':*' if begins else ''}"


__all__: Sequence[str] = [
    "Kind",
    "Piece",
    "Templates",
    "contact_templates",
    "contact_vector",
    "mark_of",
    "message_vector",
    "pieces_of",
    "pieces_of_contact",
    "templates",
    "week_of",
]
