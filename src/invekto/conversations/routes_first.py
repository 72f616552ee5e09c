"""The first message to somebody over REST (docs/api.md, "First message")."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, with_config
from typing_extensions import TypedDict

from invekto.accounts.permissions import CONVERSATIONS_REPLY
from invekto.contacts.identities import Raced
from invekto.conversations import first_messages, queries, queries_thread
from invekto.conversations.queries import Viewer
from invekto.conversations.representations import conversation, json_answer, message
from invekto.conversations.schemas import Conversation, Message, Name, Named
from invekto.conversations.schemas_sending import IdempotencyKey
from invekto.conversations.template_messages import Choice
from invekto.kernel.auth import Principal, requires
from invekto.kernel.errors import NotFound, Unavailable
from invekto.kernel.requests import in_tx
from invekto.kernel.text import storable
from invekto.kernel.tx import Tx

router = APIRouter(prefix="/api/v1/first-messages", tags=["first messages"])
Answering = Annotated[Principal, requires(CONVERSATIONS_REPLY)]

_TRIES: Final = 3


class PhoneBody(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    channel_id: UUID
    phone: Annotated[str, StringConstraints(max_length=60)]


class FirstMessageBody(PhoneBody):
    """`name`: what a new contact shall be called."""

    name: Name | None = None
    template_id: UUID
    values: Annotated[
        dict[str, Annotated[str, StringConstraints(max_length=2000), AfterValidator(storable)]],
        Field(max_length=100, default_factory=dict),
    ]
    attachment_id: UUID | None = None


class WrittenLately(BaseModel):
    by: str
    at: datetime


class PhoneCheck(BaseModel):
    """`phone` in E.164. `written_lately`: a colleague's or my last message within 24 hours."""

    phone: str
    contact: Named | None
    conversation_id: UUID | None
    written_lately: WrittenLately | None
    window_open: bool


@with_config(ConfigDict(extra="forbid"))
class FirstMessage(TypedDict):
    conversation: Conversation
    message: Message


@router.post("/check")
async def check_phone(request: Request, principal: Answering, given: PhoneBody) -> PhoneCheck:
    """What is known of a number before somebody writes to it. 422 `phone`: `wrong_format`, `not_mobile`."""
    viewer = Viewer.of(principal)
    known = await in_tx(request, principal, lambda tx: first_messages.check(tx, viewer, given.channel_id, given.phone))
    contact = None
    if known.contact_id is not None and known.contact_name is not None:
        contact = Named(id=known.contact_id, name=known.contact_name)
    lately = None
    if known.written_by is not None and known.written_at is not None:
        lately = WrittenLately(by=known.written_by, at=known.written_at)
    return PhoneCheck(
        phone=known.phone,
        contact=contact,
        conversation_id=known.conversation_id,
        written_lately=lately,
        window_open=known.window_open,
    )


@router.post("", response_model=FirstMessage, status_code=201)
async def send_first_message(
    request: Request, principal: Answering, idempotency_key: IdempotencyKey, given: FirstMessageBody
) -> Response:
    """Sends a template. All of it happens, or nothing. 409 `conversation_taken`, `template_not_sendable`."""
    viewer = Viewer.of(principal)
    choice = Choice(given.template_id, given.values, given.attachment_id)

    async def use_case(tx: Tx) -> Response:
        sent = await first_messages.send(
            tx, viewer, given.channel_id, given.phone, given.name, choice, client_id=idempotency_key
        )
        talk = await queries.find_conversation(tx, viewer, sent.conversation_id)
        line = await queries_thread.find_message(tx, sent.conversation_id, sent.message_id)
        if talk is None or line is None:
            raise NotFound
        made: FirstMessage = {
            "conversation": conversation(talk, sees_pii=viewer.sees_pii),
            "message": message(line, sees_pii=viewer.sees_pii),
        }
        return json_answer(made, 201)

    for _ in range(_TRIES):
        try:
            return await in_tx(request, principal, use_case)
        except Raced:
            continue  # the other one's rows are there now
    raise Unavailable
