"""Sending over REST, and what becomes of a message afterwards (docs/api.md, "Sending")."""

from __future__ import annotations

from typing import Annotated, assert_never
from uuid import UUID

import msgspec
from fastapi import APIRouter, Body, Request, Response

from invekto.accounts.permissions import CONVERSATIONS_REPLY
from invekto.channels.outgoing import Card, Controls, Location
from invekto.conversations import outbound, outbound_again, queries, queries_thread
from invekto.conversations.lifecycle import lock_for_answer, lock_visible
from invekto.conversations.notes import add_note
from invekto.conversations.outbound_content import (
    ContactsContent,
    Content,
    InteractiveContent,
    LocationContent,
    MediaContent,
    ReactionContent,
    TextContent,
)
from invekto.conversations.queries import Viewer
from invekto.conversations.representations import json_answer, message
from invekto.conversations.schemas import Message
from invekto.conversations.schemas_sending import (
    ContactsMessageBody,
    ForwardAnswer,
    ForwardBody,
    Forwarded,
    ForwardRefusal,
    IdempotencyKey,
    InteractiveMessageBody,
    LocationMessageBody,
    MediaMessageBody,
    MessageBody,
    NoteBody,
    ReactionBody,
    SettleBody,
    TemplateMessageBody,
    TextMessageBody,
)
from invekto.conversations.template_messages import Choice, channel_of, template_content
from invekto.kernel.auth import Principal, requires
from invekto.kernel.errors import InvektoError, NotFound
from invekto.kernel.requests import in_tx
from invekto.kernel.tx import Tx

router = APIRouter(prefix="/api/v1", tags=["messages"])
Answering = Annotated[Principal, requires(CONVERSATIONS_REPLY)]


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
        if isinstance(given, NoteBody):
            message_id = await add_note(tx, conversation_id, given.text, client_id=idempotency_key)
        else:
            message_id = await outbound.send_message(
                tx,
                conversation_id,
                await _content(tx, conversation_id, given, repeated=repeated),
                client_id=idempotency_key,
                reply_to_id=None if isinstance(given, ReactionBody) else given.reply_to_id,
            )
        return await _answer(tx, viewer, conversation_id, message_id, 200 if repeated else 201)

    return await in_tx(request, principal, use_case)


async def _content(
    tx: Tx,
    conversation_id: UUID,
    given: TextMessageBody
    | MediaMessageBody
    | InteractiveMessageBody
    | LocationMessageBody
    | ContactsMessageBody
    | ReactionBody
    | TemplateMessageBody,
    *,
    repeated: bool,
) -> Content:
    match given:
        case TextMessageBody():
            return TextContent(given.text)
        case MediaMessageBody():
            return MediaContent(given.attachment_id, given.type, given.text, bool(given.voice))
        case InteractiveMessageBody():
            controls = msgspec.convert(given.payload.model_dump(), Controls)
            return InteractiveContent(given.text, controls)
        case LocationMessageBody():
            place = given.model_dump(include={"latitude", "longitude", "name", "address"})
            return LocationContent(msgspec.convert(place, Location))
        case ContactsMessageBody():
            return ContactsContent(
                tuple(msgspec.convert(one.model_dump(exclude_none=True), Card) for one in given.contacts)
            )
        case ReactionBody():
            return ReactionContent(given.to_id, given.emoji)
        case TemplateMessageBody():
            chosen = Choice(given.template_id, given.values, given.attachment_id)
            return await template_content(tx, await channel_of(tx, conversation_id), chosen, judged=not repeated)
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
    """A new message with the failed one's content; the failed one is dismissed. 409 `message_not_failed`, `resend_useless`."""
    viewer = Viewer.of(principal)

    async def use_case(tx: Tx) -> Response:
        await lock_for_answer(tx, viewer, conversation_id)
        sent = await outbound_again.resend(tx, conversation_id, message_id, client_id=idempotency_key)
        return await _answer(tx, viewer, conversation_id, sent, 201)

    return await in_tx(request, principal, use_case)


@router.post("/conversations/{conversation_id}/messages/{message_id}/discard", response_model=Message)
async def discard_message(request: Request, principal: Answering, conversation_id: UUID, message_id: UUID) -> Response:
    """Gives a failed message up. 409 `message_not_failed`."""
    viewer = Viewer.of(principal)

    async def use_case(tx: Tx) -> Response:
        await lock_visible(tx, viewer, conversation_id)
        await outbound_again.discard(tx, conversation_id, message_id)
        return await _answer(tx, viewer, conversation_id, message_id, 200)

    return await in_tx(request, principal, use_case)


@router.post("/conversations/{conversation_id}/messages/{message_id}/settle", response_model=Message)
async def settle_message(
    request: Request, principal: Answering, conversation_id: UUID, message_id: UUID, given: SettleBody
) -> Response:
    """Says what became of a message of unknown outcome. 409 `message_not_unknown`."""
    viewer = Viewer.of(principal)

    async def use_case(tx: Tx) -> Response:
        await lock_visible(tx, viewer, conversation_id)
        await outbound_again.settle(tx, conversation_id, message_id, given.outcome)
        return await _answer(tx, viewer, conversation_id, message_id, 200)

    return await in_tx(request, principal, use_case)


@router.post("/conversations/{conversation_id}/messages/{message_id}/forward", response_model=ForwardAnswer)
async def forward_message(
    request: Request,
    principal: Answering,
    conversation_id: UUID,
    message_id: UUID,
    idempotency_key: IdempotencyKey,
    given: ForwardBody,
) -> Response:
    """Sends the message's content into other conversations, each for itself: one that refuses does not stop the others."""
    viewer = Viewer.of(principal)

    async def look(tx: Tx) -> None:
        visible = await queries.is_visible(tx, viewer, conversation_id)
        if not visible or await queries_thread.find_message(tx, conversation_id, message_id) is None:
            raise NotFound

    await in_tx(request, principal, look)
    # A transaction each, one after the other: no order of locks between conversations is needed.
    items = [
        await _forward_to(request, principal, conversation_id, message_id, target, idempotency_key)
        for target in dict.fromkeys(given.conversation_ids)
    ]
    return json_answer(ForwardAnswer(items=items))


async def _forward_to(
    request: Request, principal: Principal, conversation_id: UUID, message_id: UUID, target: UUID, key: str
) -> Forwarded:
    viewer = Viewer.of(principal)

    async def use_case(tx: Tx) -> Message:
        await lock_for_answer(tx, viewer, target)
        sent = await outbound_again.forward(tx, conversation_id, message_id, target, client_id=f"{key}:{target}")
        return await _message(tx, viewer, target, sent)

    try:
        done = await in_tx(request, principal, use_case)
    except InvektoError as error:
        refusal = ForwardRefusal(
            code=error.code,
            params=error.params,
            fields=[{"path": field.path, "code": field.code} for field in error.fields],
        )
        return Forwarded(conversation_id=target, message=None, error=refusal)
    return Forwarded(conversation_id=target, message=done, error=None)


async def _answer(tx: Tx, viewer: Viewer, conversation_id: UUID, message_id: UUID, status: int) -> Response:
    return json_answer(await _message(tx, viewer, conversation_id, message_id), status)


async def _message(tx: Tx, viewer: Viewer, conversation_id: UUID, message_id: UUID) -> Message:
    row = await queries_thread.find_message(tx, conversation_id, message_id)
    if row is None:
        raise NotFound
    return message(row, sees_pii=viewer.sees_pii)
