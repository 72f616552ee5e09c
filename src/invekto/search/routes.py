"""Looking for something over the whole desk (docs/api.md, "Search")."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime

from invekto.accounts.permissions import CONVERSATIONS_VIEW
from invekto.conversations.queries import Viewer
from invekto.conversations.representations import json_answer
from invekto.conversations.schemas import Direction, MessageType, Status
from invekto.kernel.auth import Principal, requires
from invekto.kernel.pages import Cursor, Limit
from invekto.kernel.requests import in_tx
from invekto.kernel.tx import Tx
from invekto.search import service
from invekto.search.queries import Filters
from invekto.search.schemas import SearchPage, SearchScope, SearchSort, Suggestions

router = APIRouter(prefix="/api/v1", tags=["search"])
Looking = Annotated[Principal, requires(CONVERSATIONS_VIEW)]
Words = Annotated[str, Query(max_length=200)]


@router.get("/search", response_model=SearchPage)
async def search_everything(
    request: Request,
    principal: Looking,
    q: Words = "",
    scope: Annotated[SearchScope, Query(alias="in")] = "all",
    channel_id: UUID | None = None,
    team_id: UUID | None = None,
    assignee_id: UUID | None = None,
    status: Status | None = None,
    type_: Annotated[MessageType | None, Query(alias="type")] = None,
    direction: Direction | None = None,
    since: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    sort: SearchSort = "newest",
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Response:
    """All words, the last of which may go on; "quoted" ones in this order; or a telephone number in any format. `to` is the
    first moment that is too late."""
    viewer = Viewer.of(principal)
    filters = Filters(
        channel_id=channel_id,
        type=type_,
        direction=direction,
        since=since,
        until=until,
        team_id=team_id,
        assignee_id=assignee_id,
        status=status,
    )

    async def use_case(tx: Tx) -> SearchPage:
        return await service.search(tx, viewer, q, scope=scope, sort=sort, filters=filters, cursor=cursor, limit=limit)

    return json_answer(await in_tx(request, principal, use_case))


@router.get("/search/suggest", response_model=Suggestions)
async def suggest_contacts(request: Request, principal: Looking, q: Words = "") -> Response:
    """Contacts by the beginning of their name or a piece of their number, and the conversation of a number."""
    viewer = Viewer.of(principal)

    async def use_case(tx: Tx) -> Suggestions:
        return await service.suggest(tx, viewer, q)

    return json_answer(await in_tx(request, principal, use_case))
