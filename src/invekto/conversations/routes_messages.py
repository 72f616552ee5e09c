"""Messages of a thread and the contact's card on the wire (docs/api.md, "Messages" and "Contacts")."""

from __future__ import annotations

from datetime import date as Date  # noqa: N812  # the query's own name is `date`
from typing import Annotated, assert_never
from uuid import UUID

from fastapi import APIRouter, Body, Header, Query, Request, Response

from invekto.accounts.permissions import CONTACTS_EDIT, CONVERSATIONS_REPLY, CONVERSATIONS_VIEW
from invekto.conversations import contact_cards, outbound, queries_thread, thread_pages
from invekto.conversations.lifecycle import lock_for_answer, lock_visible
from invekto.conversations.notes import add_note
from invekto.conversations.outbound import MediaContent, TextContent
from invekto.conversations.queries import Viewer
from invekto.conversations.representations import json_answer, message
from invekto.conversations.schemas import (
    ContactBody,
    ContactCard,
    MediaMessageBody,
    Message,
    MessageBody,
    MessagePage,
    NoteBody,
    TextMessageBody,
)
from invekto.kernel.auth import Principal, requires
from invekto.kernel.errors import NotFound
from invekto.kernel.pages import LIMIT_DEFAULT, Cursor, Limit
from invekto.kernel.requests import in_tx
from invekto.kernel.tx import Tx

router = APIRouter(prefix="/api/v1", tags=["messages"])
Looking = Annotated[Principal, requires(CONVERSATIONS_VIEW)]
Answering = Annotated[Principal, requires(CONVERSATIONS_REPLY)]
IdempotencyKey = Annotated[str, Header(min_length=1, max_length=200)]


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


@router.post(
    "/conversations/{conversation_id}/messages",
    response_model=Message,
    status_code=201,
    responses={200: {"model": Message, "description": "The same key and body again"}},
)
async def post_message(
    request: Request,
    principal: Answering,
    conversation_id: UUID,
    idempotency_key: IdempotencyKey,
    given: Annotated[MessageBody, Body()],
) -> Response:
    """Sends or notes. The same key and body give the same message again, with 200."""
    viewer = Viewer.of(principal)

    async def use_case(tx: Tx) -> Response:
        repeated = await _made_before(tx, viewer, conversation_id, idempotency_key)
        if not repeated:
            await lock_for_answer(tx, viewer, conversation_id)
        message_id = await _post(tx, conversation_id, idempotency_key, given)
        return await _answer(tx, viewer, conversation_id, message_id, 200 if repeated else 201)

    return await in_tx(request, principal, use_case)


async def _post(tx: Tx, conversation_id: UUID, key: str, given: TextMessageBody | NoteBody | MediaMessageBody) -> UUID:
    match given:
        case NoteBody():
            return await add_note(tx, conversation_id, given.text, client_id=key)
        case TextMessageBody():
            return await outbound.send_message(tx, conversation_id, TextContent(given.text), client_id=key)
        case MediaMessageBody():
            content = MediaContent(given.attachment_id, given.type, given.text)
            return await outbound.send_message(tx, conversation_id, content, client_id=key)
        case _:
            assert_never(given)


async def _made_before(tx: Tx, viewer: Viewer, conversation_id: UUID, key: str) -> bool:
    """Whether this user has used the key here: a repeated send is answered even if they have lost the conversation."""
    row = await tx.fetchrow(
        "select conversation_id, author_id from message where tenant_id = $1 and client_id = $2", tx.tenant_id, key
    )
    return row is not None and row["conversation_id"] == conversation_id and row["author_id"] == viewer.user_id


@router.post("/conversations/{conversation_id}/messages/{message_id}/resend", response_model=Message, status_code=201)
async def resend_message(
    request: Request, principal: Answering, conversation_id: UUID, message_id: UUID, idempotency_key: IdempotencyKey
) -> Response:
    """A new message with the failed one's content; the failed one is dismissed. 409 `message_not_failed`."""
    viewer = Viewer.of(principal)

    async def use_case(tx: Tx) -> Response:
        await lock_for_answer(tx, viewer, conversation_id)
        sent = await outbound.resend(tx, conversation_id, message_id, client_id=idempotency_key)
        return await _answer(tx, viewer, conversation_id, sent, 201)

    return await in_tx(request, principal, use_case)


@router.post("/conversations/{conversation_id}/messages/{message_id}/discard", response_model=Message)
async def discard_message(request: Request, principal: Answering, conversation_id: UUID, message_id: UUID) -> Response:
    """Gives a failed message up. 409 `message_not_failed`."""
    viewer = Viewer.of(principal)

    async def use_case(tx: Tx) -> Response:
        await lock_visible(tx, viewer, conversation_id)
        await outbound.discard(tx, conversation_id, message_id)
        return await _answer(tx, viewer, conversation_id, message_id, 200)

    return await in_tx(request, principal, use_case)


async def _answer(tx: Tx, viewer: Viewer, conversation_id: UUID, message_id: UUID, status: int) -> Response:
    row = await queries_thread.find_message(tx, conversation_id, message_id)
    if row is None:
        raise NotFound
    return json_answer(message(row, sees_pii=viewer.sees_pii), status)


# Contacts ---------------------------------------------------------------------------------------------------------


@router.get("/contacts/{contact_id}", response_model=ContactCard, tags=["contacts"])
async def read_contact(request: Request, principal: Looking, contact_id: UUID) -> Response:
    """The person, their addresses, and the talks with them that I may see."""
    viewer = Viewer.of(principal)
    return json_answer(await in_tx(request, principal, lambda tx: contact_cards.contact_card(tx, viewer, contact_id)))


@router.patch("/contacts/{contact_id}", response_model=ContactCard, tags=["contacts"])
async def change_contact(
    request: Request, principal: Annotated[Principal, requires(CONTACTS_EDIT)], contact_id: UUID, given: ContactBody
) -> Response:
    """Renames the contact."""
    viewer = Viewer.of(principal)

    async def use_case(tx: Tx) -> Response:
        await contact_cards.rename(tx, viewer, contact_id, given.name)
        return json_answer(await contact_cards.contact_card(tx, viewer, contact_id))

    return await in_tx(request, principal, use_case)
