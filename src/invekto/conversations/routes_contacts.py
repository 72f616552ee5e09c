"""The contact's card and the notes about a person on the wire (docs/api.md, "Contacts")."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from invekto.accounts.permissions import CONTACTS_EDIT, CONVERSATIONS_VIEW
from invekto.contacts import notes
from invekto.conversations import contact_cards
from invekto.conversations.queries import Viewer
from invekto.conversations.representations import contact_note, json_answer
from invekto.conversations.schemas import ContactBody, ContactCard, ContactNote, ContactNoteBody, ContactNotePage
from invekto.kernel.auth import Principal, requires
from invekto.kernel.pages import LIMIT_DEFAULT, Cursor, Limit, decode_cursor, encode_cursor
from invekto.kernel.requests import in_tx
from invekto.kernel.tx import Tx

router = APIRouter(prefix="/api/v1/contacts", tags=["contacts"])
Looking = Annotated[Principal, requires(CONVERSATIONS_VIEW)]
Editing = Annotated[Principal, requires(CONTACTS_EDIT)]
_LISTING: Final = "contact_notes"


@router.get("/{contact_id}", response_model=ContactCard)
async def read_contact(request: Request, principal: Looking, contact_id: UUID) -> Response:
    """The person, their addresses, and the talks with them that I may see."""
    viewer = Viewer.of(principal)
    return json_answer(await in_tx(request, principal, lambda tx: contact_cards.contact_card(tx, viewer, contact_id)))


@router.patch("/{contact_id}", response_model=ContactCard)
async def change_contact(request: Request, principal: Editing, contact_id: UUID, given: ContactBody) -> Response:
    """Renames the contact, sets what they have in the firm's fields. All of it or nothing. 409 `contact_field_changed`."""
    viewer = Viewer.of(principal)

    async def use_case(tx: Tx) -> Response:
        if given.name is not None:
            await contact_cards.rename(tx, viewer, contact_id, given.name)
        if given.fields:
            await contact_cards.fill_fields(tx, viewer, contact_id, given.fields, given.was or {})
        return json_answer(await contact_cards.contact_card(tx, viewer, contact_id))

    return await in_tx(request, principal, use_case)


@router.get("/{contact_id}/notes", response_model=ContactNotePage)
async def list_contact_notes(
    request: Request, principal: Looking, contact_id: UUID, cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT
) -> Response:
    """Newest first."""
    viewer = Viewer.of(principal)
    after = decode_cursor(cursor, _LISTING, datetime, UUID) if cursor else None

    async def use_case(tx: Tx) -> ContactNotePage:
        await contact_cards.see_contact(tx, viewer, contact_id)
        rows = await notes.list_notes(tx, contact_id, after, limit + 1)
        last = rows[limit - 1] if len(rows) > limit else None
        return {
            "items": [contact_note(row) for row in rows[:limit]],
            "next_cursor": None if last is None else encode_cursor(_LISTING, last["created_at"], last["id"]),
        }

    return json_answer(await in_tx(request, principal, use_case))


@router.post("/{contact_id}/notes", response_model=ContactNote, status_code=201)
async def add_contact_note(request: Request, principal: Editing, contact_id: UUID, given: ContactNoteBody) -> Response:
    """A note of mine."""

    async def change(tx: Tx) -> UUID | None:
        return await notes.add_note(tx, contact_id, given.text)

    return await _noted(request, principal, contact_id, change, 201)


@router.patch("/{contact_id}/notes/{note_id}", response_model=ContactNote)
async def change_contact_note(
    request: Request, principal: Editing, contact_id: UUID, note_id: UUID, given: ContactNoteBody
) -> Response:
    """403 for a colleague's."""

    async def change(tx: Tx) -> UUID | None:
        await notes.change_note(tx, contact_id, note_id, given.text)
        return note_id

    return await _noted(request, principal, contact_id, change)


@router.delete("/{contact_id}/notes/{note_id}", status_code=204)
async def delete_contact_note(request: Request, principal: Editing, contact_id: UUID, note_id: UUID) -> Response:
    """403 for a colleague's."""

    async def change(tx: Tx) -> UUID | None:
        await notes.delete_note(tx, contact_id, note_id)
        return None

    return await _noted(request, principal, contact_id, change, 204)


async def _noted(
    request: Request,
    principal: Principal,
    contact_id: UUID,
    change: Callable[[Tx], Awaitable[UUID | None]],
    status: int = 200,
) -> Response:
    """Changes a note of a contact whom I may see, tells who looks at them, and shows the note that is left."""
    viewer = Viewer.of(principal)

    async def use_case(tx: Tx) -> Response:
        await contact_cards.see_contact(tx, viewer, contact_id)
        note_id = await change(tx)
        await contact_cards.tell_screens(tx, contact_id)
        if note_id is None:
            return Response(status_code=status)
        return json_answer(contact_note(await notes.find_note(tx, contact_id, note_id)), status)

    return await in_tx(request, principal, use_case)
