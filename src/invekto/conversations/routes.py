"""Conversations on the wire (docs/api.md, "Conversations"): authorise, parse, one use-case, shape."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Request, Response

from invekto.accounts.permissions import CONVERSATIONS_ASSIGN, CONVERSATIONS_REPLY, CONVERSATIONS_VIEW, TAGS_MANAGE
from invekto.conversations import drafts, lifecycle, queries, reading, tagging
from invekto.conversations.queries import Viewer
from invekto.conversations.representations import conversation, conversation_detail, json_answer
from invekto.conversations.schemas import (
    AssignBody,
    Conversation,
    ConversationDetail,
    ConversationPage,
    Counts,
    DraftBody,
    ReadBody,
    ReadState,
    SnoozeBody,
    Status,
    Tag,
    TagBody,
    TagPage,
    TagsBody,
    TakeBody,
    View,
)
from invekto.kernel.auth import Principal, requires
from invekto.kernel.errors import NotFound
from invekto.kernel.pages import LIMIT_DEFAULT, Cursor, Limit, decode_cursor, encode_cursor
from invekto.kernel.requests import in_tx
from invekto.kernel.tx import Tx

router = APIRouter(prefix="/api/v1", tags=["conversations"])
Looking = Annotated[Principal, requires(CONVERSATIONS_VIEW)]
Answering = Annotated[Principal, requires(CONVERSATIONS_REPLY)]
Assigning = Annotated[Principal, requires(CONVERSATIONS_ASSIGN)]


@router.get("/conversations", response_model=ConversationPage)
async def list_conversations(
    request: Request,
    principal: Looking,
    view: View = "mine",
    status: Status = "open",
    cursor: Cursor = None,
    limit: Limit = LIMIT_DEFAULT,
) -> Response:
    """Newest message first."""
    viewer = Viewer.of(principal)
    listing = f"conversations.{view}.{status}"
    after = decode_cursor(cursor, listing, datetime, UUID) if cursor else None
    rows = await in_tx(
        request, principal, lambda tx: queries.list_conversations(tx, viewer, view, status, after, limit + 1)
    )
    last = rows[limit - 1] if len(rows) > limit else None
    page: ConversationPage = {
        "items": [conversation(row, sees_pii=viewer.sees_pii) for row in rows[:limit]],
        "next_cursor": None if last is None else encode_cursor(listing, last["last_message_at"], last["id"]),
    }
    return json_answer(page)


@router.get("/conversations/counts", response_model=Counts)
async def count_conversations(request: Request, principal: Looking) -> Response:
    """The open ones that I may see."""
    viewer = Viewer.of(principal)
    return json_answer(await in_tx(request, principal, lambda tx: queries.count_open(tx, viewer)))


@router.get("/conversations/{conversation_id}", response_model=ConversationDetail)
async def read_conversation(request: Request, principal: Looking, conversation_id: UUID) -> Response:
    """The row with my draft."""
    viewer = Viewer.of(principal)
    row = await in_tx(request, principal, lambda tx: queries.find_conversation(tx, viewer, conversation_id))
    if row is None:
        raise NotFound
    return json_answer(conversation_detail(row, sees_pii=viewer.sees_pii))


async def _change(
    request: Request, principal: Principal, conversation_id: UUID, change: Callable[[Tx, Viewer], Awaitable[None]]
) -> Response:
    """Changes it, and shows the row as it is then: also to somebody who has just given it out of their sight."""
    viewer = Viewer.of(principal)

    async def use_case(tx: Tx) -> Response:
        await change(tx, viewer)
        row = await queries.find_conversation(tx, replace(viewer, scope="all"), conversation_id)
        if row is None:
            raise NotFound
        return json_answer(conversation(row, sees_pii=viewer.sees_pii))

    return await in_tx(request, principal, use_case)


@router.post("/conversations/{conversation_id}/take", response_model=Conversation)
async def take_conversation(
    request: Request, principal: Answering, conversation_id: UUID, given: Annotated[TakeBody | None, Body()] = None
) -> Response:
    """Assigns it to me. 409 `conversation_taken` names who was quicker."""
    holder = given.holder if given else None
    return await _change(
        request,
        principal,
        conversation_id,
        lambda tx, viewer: lifecycle.take_conversation(tx, viewer, conversation_id, holder),
    )


@router.post("/conversations/{conversation_id}/assign", response_model=Conversation)
async def assign_conversation(
    request: Request, principal: Assigning, conversation_id: UUID, given: AssignBody
) -> Response:
    """Gives it to a colleague, or back to the queue."""
    return await _change(
        request,
        principal,
        conversation_id,
        lambda tx, viewer: lifecycle.assign_conversation(tx, viewer, conversation_id, given.user_id),
    )


@router.post("/conversations/{conversation_id}/resolve", response_model=Conversation)
async def resolve_conversation(request: Request, principal: Answering, conversation_id: UUID) -> Response:
    return await _change(
        request,
        principal,
        conversation_id,
        lambda tx, viewer: lifecycle.resolve_conversation(tx, viewer, conversation_id),
    )


@router.post("/conversations/{conversation_id}/reopen", response_model=Conversation)
async def reopen_conversation(request: Request, principal: Answering, conversation_id: UUID) -> Response:
    """409 `conversation_open_elsewhere` when a newer one of the same identity is open."""
    return await _change(
        request,
        principal,
        conversation_id,
        lambda tx, viewer: lifecycle.reopen_conversation(tx, viewer, conversation_id),
    )


@router.post("/conversations/{conversation_id}/snooze", response_model=Conversation)
async def snooze_conversation(
    request: Request, principal: Answering, conversation_id: UUID, given: SnoozeBody
) -> Response:
    """Puts it aside until a time, or until the next message."""
    return await _change(
        request,
        principal,
        conversation_id,
        lambda tx, viewer: lifecycle.snooze_conversation(tx, viewer, conversation_id, given.until),
    )


@router.put("/conversations/{conversation_id}/tags", response_model=Conversation)
async def set_tags(request: Request, principal: Answering, conversation_id: UUID, given: TagsBody) -> Response:
    """Replaces the whole set."""
    return await _change(
        request,
        principal,
        conversation_id,
        lambda tx, viewer: tagging.set_tags(tx, viewer, conversation_id, given.tag_ids),
    )


@router.put("/conversations/{conversation_id}/read", response_model=ReadState)
async def mark_read(request: Request, principal: Looking, conversation_id: UUID, given: ReadBody) -> Response:
    """Moves my last-read mark; the assignee's reading sends the provider's read receipt."""
    viewer = Viewer.of(principal)
    state = await in_tx(
        request,
        principal,
        lambda tx: reading.mark_read(tx, viewer, conversation_id, given.seq, lower=given.lower),
    )
    return json_answer(state)


@router.put("/conversations/{conversation_id}/draft", status_code=204)
async def save_draft(request: Request, principal: Answering, conversation_id: UUID, given: DraftBody) -> Response:
    """My draft; an empty text deletes it."""
    viewer = Viewer.of(principal)
    await in_tx(request, principal, lambda tx: drafts.save_draft(tx, viewer, conversation_id, given.kind, given.text))
    return Response(status_code=204)


@router.get("/tags", response_model=TagPage)
async def list_tags(
    request: Request, principal: Looking, cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT
) -> Response:
    """The firm's tags by name."""
    after = decode_cursor(cursor, "tags", str)[0] if cursor else ""
    rows = await in_tx(request, principal, lambda tx: tagging.list_tags(tx, after, limit + 1))
    page: TagPage = {
        "items": [Tag(id=row["id"], name=row["name"], color=row["color"]) for row in rows[:limit]],
        "next_cursor": encode_cursor("tags", rows[limit - 1]["name_key"]) if len(rows) > limit else None,
    }
    return json_answer(page)


@router.post("/tags", response_model=Tag, status_code=201)
async def create_tag(
    request: Request, principal: Annotated[Principal, requires(TAGS_MANAGE)], given: TagBody
) -> Response:
    """409 `tag_exists` for a name that reads the same."""
    return json_answer(await in_tx(request, principal, lambda tx: tagging.create_tag(tx, given.name, given.color)), 201)
