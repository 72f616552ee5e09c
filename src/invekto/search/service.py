"""Answers what somebody looks for over all messages, notes and contacts that they may see. Within one thread: conversations.finding."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import asyncpg

from invekto.conversations.queries import Viewer
from invekto.kernel.errors import Unavailable
from invekto.kernel.pages import decode_cursor, encode_cursor
from invekto.kernel.tx import Tx
from invekto.search import queries
from invekto.search.index_rows import contact_pieces
from invekto.search.queries import Filters, Found, Hit
from invekto.search.representations import contact_hit, message_hit, talk_hit
from invekto.search.schemas import (
    ContactHit,
    MessageHit,
    SearchCounts,
    SearchPage,
    SearchScope,
    SearchSort,
    Suggestions,
)
from invekto.search.vectors import Kind, contact_templates, templates
from invekto.search.words import Asked, ask

COUNTED_TO: Final = 100
RELEVANCE_OF: Final = 200
"""So many of the newest are put in order of relevance; what is older is told as cut."""
CONTACTS_AMONG_ALL: Final = 5
SUGGESTED: Final = 6
_NUMBER_MAX: Final = 9

_KINDS: Final[dict[SearchScope, tuple[Kind, ...]]] = {
    "all": ("m", "n"),
    "messages": ("m",),
    "notes": ("n",),
    "contacts": (),
}


class SearchTooLong(Unavailable):
    """The database did not answer within queries.TIMEOUT_MS."""

    def __init__(self) -> None:
        super().__init__("search_too_long", retry_after_s=5)


async def search(
    tx: Tx,
    viewer: Viewer,
    query: str,
    *,
    scope: SearchScope = "all",
    sort: SearchSort = "newest",
    filters: Filters,
    cursor: str | None = None,
    limit: int = 20,
) -> SearchPage:
    """One page. The first of all scopes begins with a few contacts. Nothing to look for finds nothing.

    Raises:
        CursorInvalid: not a cursor of this search.
        SearchTooLong: it took too long; fewer or longer words help.
    """
    asked = ask(query)
    page: SearchPage = {"items": [], "counts": None, "counted_to": COUNTED_TO, "cut": False, "next_cursor": None}
    if asked.empty:
        return page | {"counts": None if cursor else {"messages": 0, "notes": 0, "contacts": 0}}
    try:
        await queries.bound_statements(tx)
        if scope == "contacts" or cursor is None:
            people, people_cut = await _people(tx, viewer, asked, filters)
        else:
            people, people_cut = [], False
        found = await _messages(tx, viewer, asked, scope, sort, filters, cursor, limit)
        if cursor is None:
            page["counts"] = _counts(found, people)
        if scope == "contacts":
            await _page_of_contacts(tx, page, people, asked, viewer, cursor, limit)
            page["cut"] = people_cut
            return page
        await _page_of_messages(tx, page, viewer, asked, [found[kind] for kind in _KINDS[scope]], sort, cursor, limit)
        if scope == "all" and cursor is None:
            page["items"][:0] = await _contact_hits(tx, people[:CONTACTS_AMONG_ALL], asked, viewer)
            page["cut"] = page["cut"] or people_cut
    except asyncpg.QueryCanceledError:
        raise SearchTooLong from None
    return page


async def suggest(tx: Tx, viewer: Viewer, query: str) -> Suggestions:
    """Whom the beginning of a name, or a piece of a number, may mean; and the conversation of that number."""
    asked = ask(query)
    try:
        await queries.bound_statements(tx)
        people = [] if asked.empty else (await _people(tx, viewer, asked, Filters()))[0]
        number = query.strip().removeprefix("#")
        numbered = number.isascii() and number.isdigit() and len(number) <= _NUMBER_MAX
        talks = await queries.find_number(tx, viewer, int(number)) if numbered else []
    except asyncpg.QueryCanceledError:
        raise SearchTooLong from None
    return {
        "contacts": await _contact_hits(tx, people[:SUGGESTED], asked, viewer),
        "conversations": [talk_hit(row, sees_pii=viewer.sees_pii) for row in talks],
    }


# Messages and notes -----------------------------------------------------------------------------------------------


async def _messages(
    tx: Tx,
    viewer: Viewer,
    asked: Asked,
    scope: SearchScope,
    sort: SearchSort,
    filters: Filters,
    cursor: str | None,
    limit: int,
) -> dict[Kind, Found]:
    """By kind. The first page looks into both, to count them."""
    words = templates(asked)
    kinds: tuple[Kind, ...] = ("m", "n") if cursor is None else _KINDS[scope]
    after = None
    if cursor is not None and sort == "newest" and kinds:
        after = decode_cursor(cursor, _listing(scope, sort), datetime, UUID)
    wanted = limit + 1 if cursor else max(limit, COUNTED_TO) + 1
    found: dict[Kind, Found] = {}
    for kind in kinds:
        ranked = sort == "relevance" and kind in _KINDS[scope]
        found[kind] = await queries.find_messages(
            tx, viewer, kind, words, asked.word_count, filters, after, RELEVANCE_OF + 1 if ranked else wanted
        )
    return found


def _ranked(hit: Hit) -> tuple[int, datetime, UUID]:
    return int(hit.whole), hit.created_at, hit.id


async def _page_of_messages(
    tx: Tx,
    page: SearchPage,
    viewer: Viewer,
    asked: Asked,
    found: Sequence[Found],
    sort: SearchSort,
    cursor: str | None,
    limit: int,
) -> None:
    """Fills `page` with the hits of all `found`, in one order."""
    listing = _listing("all" if len(found) > 1 else "some", sort)
    hits = [hit for one in found for hit in one.hits[: RELEVANCE_OF if sort == "relevance" else None]]
    cut, reached = any(one.cut for one in found), None
    if sort == "relevance":
        cut = cut or any(len(one.hits) > RELEVANCE_OF for one in found)
        hits.sort(key=_ranked, reverse=True)
        if cursor is not None:
            after = decode_cursor(cursor, listing, int, datetime, UUID)
            hits = [hit for hit in hits if _ranked(hit) < after]
    else:
        hits.sort(key=lambda hit: hit.place, reverse=True)
        # Behind the place where one kind was cut the other's hits would stand without its own: they come when one goes on.
        reached = max((one.reached for one in found if one.reached is not None), default=None)
        if reached is not None:
            hits = [hit for hit in hits if hit.place >= reached]
    here = hits[:limit]
    rows = await queries.shown_messages(tx, viewer, [hit.id for hit in here])
    shown = [message_hit(rows[hit.id], asked, sees_pii=viewer.sees_pii) for hit in here if hit.id in rows]
    page["items"] = [one for one in shown if one is not None]
    if len(hits) > limit:
        last = here[-1]
        keys = _ranked(last) if sort == "relevance" else last.place
        page["next_cursor"] = encode_cursor(listing, *keys)
    elif reached is not None:
        page["next_cursor"] = encode_cursor(listing, *reached)
    page["cut"] = cut


def _listing(scope: SearchScope | Literal["some"], sort: SearchSort) -> str:
    return f"search.{'all' if scope == 'all' else 'some'}.{sort}"


# Contacts ---------------------------------------------------------------------------------------------------------


async def _people(tx: Tx, viewer: Viewer, asked: Asked, filters: Filters) -> tuple[list[asyncpg.Record], bool]:
    if filters.of_messages:
        return [], False
    return await queries.find_contacts(tx, viewer, contact_templates(asked, sees_pii=viewer.sees_pii), filters)


async def _page_of_contacts(
    tx: Tx,
    page: SearchPage,
    people: Sequence[asyncpg.Record],
    asked: Asked,
    viewer: Viewer,
    cursor: str | None,
    limit: int,
) -> None:
    if cursor is not None:
        less, name, id_ = decode_cursor(cursor, "search.contacts", int, str, UUID)
        people = [
            row for row in people if (int(not row["whole"]), row["sort_key"], row["contact_id"]) > (less, name, id_)
        ]
    page["items"] = [*await _contact_hits(tx, people[:limit], asked, viewer)]
    if len(people) > limit:
        last = people[limit - 1]
        page["next_cursor"] = encode_cursor(
            "search.contacts", int(not last["whole"]), last["sort_key"], last["contact_id"]
        )


async def _contact_hits(tx: Tx, rows: Sequence[asyncpg.Record], asked: Asked, viewer: Viewer) -> list[ContactHit]:
    """Those that still answer by something that the viewer sees: what was taken back or hidden meanwhile is none."""
    shown = await queries.shown_contacts(tx, [row["contact_id"] for row in rows])
    hits = [
        contact_hit(row, contact_pieces(shown[row["contact_id"]]), asked, sees_pii=viewer.sees_pii)
        for row in rows
        if row["contact_id"] in shown
    ]
    return [hit for hit in hits if hit is not None]


def _counts(found: dict[Kind, Found], people: Sequence[asyncpg.Record]) -> SearchCounts:
    return {
        "messages": min(COUNTED_TO, len(found["m"].hits)),
        "notes": min(COUNTED_TO, len(found["n"].hits)),
        "contacts": min(COUNTED_TO, len(people)),
    }


__all__: Sequence[str] = ["COUNTED_TO", "MessageHit", "search", "suggest"]
