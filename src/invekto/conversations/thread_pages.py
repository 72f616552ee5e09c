"""Pages of one thread: backwards from its end, forwards from a place, and the page around a place."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from invekto.conversations import finding, queries, queries_thread
from invekto.conversations.queries import Viewer
from invekto.conversations.representations import message
from invekto.conversations.schemas import MessagePage
from invekto.kernel.errors import NotFound
from invekto.kernel.pages import CursorInvalid, decode_cursor, encode_cursor
from invekto.kernel.tx import Tx

_OLDER: Final = "messages"
_NEWER: Final = "messages.newer"
_AFTER_EVERY_SEQ: Final = 2**62


async def page_at(tx: Tx, viewer: Viewer, conversation_id: UUID, cursor: str | None, limit: int) -> MessagePage:
    """The page behind a cursor of either direction; without one the newest. NotFound when hidden."""
    await _see(tx, viewer, conversation_id)
    if cursor is None:
        return await _older(tx, viewer, conversation_id, _AFTER_EVERY_SEQ, limit)
    try:
        before: int = decode_cursor(cursor, _OLDER, int)[0]
    except CursorInvalid:
        return await _newer(tx, viewer, conversation_id, decode_cursor(cursor, _NEWER, int)[0], limit)
    return await _older(tx, viewer, conversation_id, before, limit)


async def page_around(tx: Tx, viewer: Viewer, conversation_id: UUID, seq: int, limit: int) -> MessagePage:
    """About as many messages before a seq as from it on. NotFound when hidden."""
    await _see(tx, viewer, conversation_id)
    half = limit // 2
    older = await queries_thread.list_messages(tx, conversation_id, seq, half + 1)
    newer = await queries_thread.list_newer_messages(tx, conversation_id, seq - 1, limit - half + 1)
    shown = [*older[max(0, len(older) - half) :], *newer[: limit - half]]
    return _page(viewer, shown, older=len(older) > half, newer=len(newer) > limit - half)


async def page_of_day(
    tx: Tx, viewer: Viewer, conversation_id: UUID, day: date, timezone: str, limit: int
) -> MessagePage:
    """Around the person's first message of a day or after it, which may stand in an earlier conversation of theirs.

    The newest page when nothing came since. NotFound when hidden.
    """
    await _see(tx, viewer, conversation_id)
    begins_at = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone))
    place = await finding.place_of_day(tx, viewer, conversation_id, begins_at)
    if place is None:
        return await _older(tx, viewer, conversation_id, _AFTER_EVERY_SEQ, limit)
    return await page_around(tx, viewer, *place, limit)


async def _see(tx: Tx, viewer: Viewer, conversation_id: UUID) -> None:
    if not await queries.is_visible(tx, viewer, conversation_id):
        raise NotFound


async def _older(tx: Tx, viewer: Viewer, conversation_id: UUID, before: int, limit: int) -> MessagePage:
    rows = await queries_thread.list_messages(tx, conversation_id, before, limit + 1)
    return _page(viewer, rows[-limit:], older=len(rows) > limit, newer=before != _AFTER_EVERY_SEQ)


async def _newer(tx: Tx, viewer: Viewer, conversation_id: UUID, after: int, limit: int) -> MessagePage:
    rows = await queries_thread.list_newer_messages(tx, conversation_id, after, limit + 1)
    return _page(viewer, rows[:limit], older=True, newer=len(rows) > limit)


def _page(viewer: Viewer, rows: list[asyncpg.Record], *, older: bool, newer: bool) -> MessagePage:
    return {
        "items": [message(row, sees_pii=viewer.sees_pii) for row in rows],
        "next_cursor": encode_cursor(_OLDER, rows[0]["seq"]) if older and rows else None,
        "newer_cursor": encode_cursor(_NEWER, rows[-1]["seq"]) if newer and rows else None,
    }
