"""What of templates needs a conversation or an upload: suggested values and a header's sample (docs/api.md, "Templates")."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request

from invekto.accounts.permissions import CONVERSATIONS_REPLY, TEMPLATES_MANAGE
from invekto.channels.outgoing import OutboundMedia
from invekto.conversations.queries import Viewer
from invekto.conversations.suggested_values import meaning, surroundings
from invekto.kernel.auth import Principal, requires
from invekto.kernel.errors import FieldError, Invalid
from invekto.kernel.requests import actor_of, database_of, in_tx
from invekto.kernel.storage import MediaStore
from invekto.kernel.tx import Tx
from invekto.templates import submitting
from invekto.templates.accounts import Door
from invekto.templates.queries import find_template, json_of
from invekto.templates.schemas import SampleBody, SampleOut, SuggestionsOut
from invekto.templates.variables import variables_of

router = APIRouter(prefix="/api/v1/templates", tags=["templates"])


@router.get("/{template_id}/suggestions")
async def suggest_values(
    request: Request,
    principal: Annotated[Principal, requires(CONVERSATIONS_REPLY)],
    template_id: UUID,
    conversation_id: UUID | None = None,
) -> SuggestionsOut:
    """Values for variables whose names say what they want; a first numbered one in the text is taken for the first name."""
    viewer = Viewer.of(principal)

    async def use_case(tx: Tx) -> SuggestionsOut:
        row = await find_template(tx, template_id)
        known = (await surroundings(tx, viewer, conversation_id)).values
        found: dict[str, str] = {}
        for one in variables_of(json_of(row, "components")):
            wanted = "contact.first_name" if one.key == "body.1" else meaning(one.name)
            value = known.get(wanted) if wanted and one.where != "button" else None
            if value:
                found[one.key] = value
        return SuggestionsOut(values=found)

    return await in_tx(request, principal, use_case)


@router.post("/samples", status_code=201)
async def upload_sample(
    request: Request, principal: Annotated[Principal, requires(TEMPLATES_MANAGE)], given: SampleBody
) -> SampleOut:
    """Gives the provider an example of a header's file. 422 `attachment_id`: not my upload."""
    state = request.app.state
    store: MediaStore = state.media

    async def use_case(tx: Tx) -> Any:
        return await tx.fetchrow(
            "select kind, mime, size, name, storage_key from attachment"
            " where tenant_id = $1 and id = $2 and uploaded_by_id = $3 and message_id is null and state = 'stored'",
            tx.tenant_id,
            given.attachment_id,
            principal.user_id,
        )

    row = await in_tx(request, principal, use_case)
    if row is None:
        raise Invalid(fields=[FieldError("attachment_id", "not_found")])

    def read() -> AsyncIterable[bytes]:
        return store.read(principal.tenant_id, row["storage_key"])

    file = OutboundMedia(kind=row["kind"], mime=row["mime"], name=row["name"], size=row["size"], voice=False, open=read)
    door = Door(database_of(request), state.registry, state.http, state.keys)
    handle = await submitting.upload_sample(
        door, principal.tenant_id, actor_of(request, principal), given.channel_id, file
    )
    return SampleOut(handle=handle)
