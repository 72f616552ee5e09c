"""Reads of a thread on the wire (docs/api.md, "Messages")."""

from __future__ import annotations

from datetime import date as Date  # noqa: N812  # the query's own name is `date`
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from invekto.accounts.permissions import CONVERSATIONS_VIEW
from invekto.conversations import queries, queries_thread, thread_pages
from invekto.conversations.queries import Viewer
from invekto.conversations.representations import json_answer, revision
from invekto.conversations.schemas import MessagePage, RevisionList
from invekto.kernel.auth import Principal, requires
from invekto.kernel.errors import NotFound
from invekto.kernel.pages import LIMIT_DEFAULT, Cursor, Limit
from invekto.kernel.requests import in_tx
from invekto.kernel.tx import Tx

router = APIRouter(prefix="/api/v1", tags=["messages"])
Looking = Annotated[Principal, requires(CONVERSATIONS_VIEW)]


@router.get("/conversations/{conversation_id}/messages", response_model=MessagePage)
async def list_messages(
    request: Request,
    principal: Looking,
    conversation_id: UUID,
    cursor: Cursor = None,
    around_seq: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    date: Annotated[Date | None, Query()] = None,
    limit: Limit = LIMIT_DEFAULT,
) -> Response:
    """Ascending within the page. The first page is the newest, or the one around a seq or the first message of a day.

    `next_cursor` leads to older ones, `newer_cursor` to newer ones; a cursor goes before `around_seq`, that before `date`.
    """
    viewer = Viewer.of(principal)

    async def use_case(tx: Tx) -> MessagePage:
        if cursor is None and around_seq is not None:
            return await thread_pages.page_around(tx, viewer, conversation_id, around_seq, limit)
        if cursor is None and date is not None:
            return await thread_pages.page_of_day(tx, viewer, conversation_id, date, principal.timezone, limit)
        return await thread_pages.page_at(tx, viewer, conversation_id, cursor, limit)

    return json_answer(await in_tx(request, principal, use_case))


@router.get("/conversations/{conversation_id}/messages/{message_id}/revisions", response_model=RevisionList)
async def list_revisions(request: Request, principal: Looking, conversation_id: UUID, message_id: UUID) -> Response:
    """The earlier texts of a message that was edited, oldest first; empty for one that never was, or that is hidden."""
    viewer = Viewer.of(principal)

    async def use_case(tx: Tx) -> RevisionList:
        visible = await queries.is_visible(tx, viewer, conversation_id)
        if not visible or await queries_thread.find_message(tx, conversation_id, message_id) is None:
            raise NotFound
        rows = await queries_thread.list_revisions(tx, message_id)
        return {"items": [revision(row) for row in rows], "next_cursor": None}

    return json_answer(await in_tx(request, principal, use_case))
