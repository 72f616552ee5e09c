"""Finding within what was said with one person (docs/api.md, "Messages" and "Contacts")."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from invekto.accounts.permissions import CONVERSATIONS_VIEW
from invekto.conversations import contact_cards, finding, queries
from invekto.conversations.finding import MediaSort
from invekto.conversations.queries import Viewer
from invekto.conversations.representations import json_answer, message
from invekto.conversations.schemas import ContactMediaPage, FoundPage
from invekto.kernel.auth import Principal, requires
from invekto.kernel.errors import NotFound
from invekto.kernel.pages import LIMIT_DEFAULT, Cursor, Limit, decode_cursor, encode_cursor
from invekto.kernel.requests import in_tx
from invekto.kernel.tx import Tx

router = APIRouter(prefix="/api/v1", tags=["messages"])
Looking = Annotated[Principal, requires(CONVERSATIONS_VIEW)]
Words = Annotated[str, Query(max_length=200)]

_FOUND = "found"


@router.get("/conversations/{conversation_id}/messages/search", response_model=FoundPage)
async def search_messages(
    request: Request,
    principal: Looking,
    conversation_id: UUID,
    q: Words = "",
    cursor: Cursor = None,
    limit: Limit = LIMIT_DEFAULT,
) -> Response:
    """Words in the whole thread with this person, earlier conversations included; newest first. Nothing finds nothing."""
    viewer = Viewer.of(principal)
    after = decode_cursor(cursor, _FOUND, datetime, UUID) if cursor else None

    async def use_case(tx: Tx) -> FoundPage:
        if not await queries.is_visible(tx, viewer, conversation_id):
            raise NotFound
        rows, total = await finding.find_words(tx, viewer, conversation_id, q, after, limit + 1)
        last = rows[limit - 1] if len(rows) > limit else None
        return {
            "items": [
                {
                    "id": row["id"],
                    "conversation_id": row["conversation_id"],
                    "seq": row["seq"],
                    "created_at": row["created_at"],
                }
                for row in rows[:limit]
            ],
            "total": total,
            "next_cursor": None if last is None else encode_cursor(_FOUND, last["created_at"], last["id"]),
        }

    return json_answer(await in_tx(request, principal, use_case))


@router.get("/contacts/{contact_id}/media", response_model=ContactMediaPage, tags=["contacts"])
async def list_contact_media(
    request: Request,
    principal: Looking,
    contact_id: UUID,
    kind: MediaSort = "media",
    cursor: Cursor = None,
    limit: Limit = LIMIT_DEFAULT,
) -> Response:
    """The person's pictures and videos, files and voice notes, or messages with links; newest first."""
    viewer = Viewer.of(principal)
    listing = f"contact_media.{kind}"
    after = decode_cursor(cursor, listing, datetime, UUID) if cursor else None

    async def use_case(tx: Tx) -> ContactMediaPage:
        await contact_cards.see_contact(tx, viewer, contact_id)
        rows = await finding.contacts_media(tx, viewer, contact_id, kind, after, limit + 1)
        last = rows[limit - 1] if len(rows) > limit else None
        return {
            "items": [message(row, sees_pii=viewer.sees_pii) for row in rows[:limit]],
            "next_cursor": None if last is None else encode_cursor(listing, last["created_at"], last["id"]),
        }

    return json_answer(await in_tx(request, principal, use_case))
