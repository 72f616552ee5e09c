"""Turns found rows into the wire's shapes: the piece of text that answers best, where it answers, and whom it leads to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import asyncpg

from invekto.accounts.masking import mask_name, mask_phone
from invekto.conversations.schemas import ContactBrief, Named
from invekto.kernel.text import start_of_character
from invekto.search.schemas import ContactHit, FoundTalk, MessageHit, SearchRange, SearchSnippet
from invekto.search.vectors import Piece, pieces_of
from invekto.search.words import Asked, Term, digits_of, found_in

Row = asyncpg.Record

SNIPPET_LENGTH: Final = 180
_BEFORE: Final = 50


def message_hit(row: Row, asked: Asked, *, sees_pii: bool) -> MessageHit | None:
    """A row of `shown_messages`; None when its words are not those that were found any more."""
    best: tuple[int, SearchSnippet] | None = None
    answered: set[Term] = set()
    for piece in pieces_of(row["type"], row["text"], row["payload"], row["files"]):
        ranges, terms = found_in(piece.text, asked)
        answered |= terms
        if terms and (best is None or len(terms) > best[0]):
            best = (len(terms), _snippet(piece, ranges))
    if best is None or len(answered) < len(asked.terms):
        return None
    return {
        "kind": "note" if row["type"] == "note" else "message",
        "id": row["id"],
        "seq": row["seq"],
        "type": row["type"],
        "direction": row["direction"],
        "author": {"kind": row["author_kind"], "id": row["author_id"], "name": row["author_name"]},
        "created_at": row["created_at"],
        "snippet": best[1],
        "conversation": _talk(row),
        "contact": _contact(row, sees_pii=sees_pii),
    }


def contact_hit(row: Row, pieces: Sequence[Piece], asked: Asked, *, sees_pii: bool) -> ContactHit | None:
    """A row of `find_contacts` with what is known of the person; None when nothing that the viewer sees answers any more."""
    hit = talk_hit(row, sees_pii=sees_pii)
    answered: set[Term] = set()
    for piece in pieces:
        if piece.number:
            # A whole number that was typed is found although it is not shown.
            answered |= {term for term in asked.terms if term.digits and term.digits in digits_of(piece.text)}
            continue
        if piece.personal and not sees_pii:
            continue
        ranges, terms = found_in(piece.text, asked)
        if piece.field == "name":
            hit["name_ranges"] = _ranges(ranges)
        elif terms - answered and hit["snippet"] is None:
            hit["snippet"] = _snippet(piece, ranges)
        answered |= terms
    if len(answered) < len(asked.terms):
        return None
    phone = hit["contact"]["phone"]
    if sees_pii and phone:
        hit["phone_ranges"] = _ranges(_digits_in(phone, asked))
    return hit


def talk_hit(row: Row, *, sees_pii: bool) -> ContactHit:
    """The person of a row, and the conversation that leads to them; nothing is marked."""
    return {
        "kind": "contact",
        "contact": _contact(row, sees_pii=sees_pii),
        "name_ranges": [],
        "phone_ranges": [],
        "snippet": None,
        "conversation": None if row["talk_id"] is None else _talk(row),
        "last_message_at": row["last_message_at"],
    }


def _snippet(piece: Piece, ranges: list[tuple[int, int]]) -> SearchSnippet:
    at, text, here = _cut(piece.text, ranges)
    return {"field": piece.field, "text": text, "at": at, "whole": len(piece.text), "ranges": here}


def _cut(text: str, ranges: list[tuple[int, int]]) -> tuple[int, str, list[SearchRange]]:
    """The beginning and the characters of a line around the first place that was found, and the places within it."""
    start = max(0, ranges[0][0] - _BEFORE)
    if start > 0:
        blank = text.find(" ", start, ranges[0][0])
        start = blank + 1 if blank >= 0 else start_of_character(text, start)
    end = start_of_character(text, min(len(text), max(start + SNIPPET_LENGTH, ranges[0][1])))
    inside = [(first - start, last - start) for first, last in ranges if last <= end]
    return start, text[start:end], _ranges(inside)


def _digits_in(phone: str, asked: Asked) -> list[tuple[int, int]]:
    places = [place for place, char in enumerate(phone) if char.isdecimal()]
    digits = "".join(phone[place] for place in places)
    found = []
    for term in asked.terms:
        at = digits.find(term.digits) if term.digits else -1
        if at >= 0:
            found.append((places[at], places[at + len(term.digits) - 1] + 1))
    return sorted(found)


def _ranges(ranges: list[tuple[int, int]]) -> list[SearchRange]:
    return [{"start": start, "end": end} for start, end in ranges]


def _contact(row: Row, *, sees_pii: bool) -> ContactBrief:
    name, phone = row["contact_name"], row["contact_phone"]
    if not sees_pii:
        name, phone = mask_name(name), phone and mask_phone(phone)
    return {"id": row["contact_id"], "name": name, "phone": phone}


def _talk(row: Row) -> FoundTalk:
    return {
        "id": row["talk_id"],
        "number": row["number"],
        "status": row["talk_status"],
        "channel": {"id": row["channel_id"], "kind": row["channel_kind"], "name": row["channel_name"]},
        "assignee": _named(row, "assignee"),
        "team": _named(row, "team"),
    }


def _named(row: Row, what: str) -> Named | None:
    id_, name = row[f"{what}_id"], row[f"{what}_name"]
    return None if id_ is None or name is None else {"id": id_, "name": name}
