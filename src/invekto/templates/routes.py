"""Templates over REST (docs/api.md, "Templates"). Whoever changes one waits for the provider's answer."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from invekto.accounts.permissions import CONVERSATIONS_REPLY, TEMPLATES_MANAGE
from invekto.channels.templates import TemplateDraft
from invekto.kernel.auth import Principal, requires
from invekto.kernel.i18n import negotiate
from invekto.kernel.pages import LIMIT_DEFAULT, Cursor, Limit, Page, decode_cursor, encode_cursor
from invekto.kernel.requests import actor_of, database_of, in_tx
from invekto.kernel.tx import Tx
from invekto.templates import queries, submitting
from invekto.templates.accounts import Door
from invekto.templates.representations import problem_out, template_out
from invekto.templates.schemas import LintOut, SyncBody, SyncOut, TemplateBody, TemplateEditBody, TemplateOut, Word
from invekto.templates.sync import sync_account

router = APIRouter(prefix="/api/v1", tags=["templates"])
Reading = Annotated[Principal, requires(CONVERSATIONS_REPLY)]
Managing = Annotated[Principal, requires(TEMPLATES_MANAGE)]

_LISTING: Final = "templates"
_FIRST: Final = ("", UUID(int=0))


def door_of(request: Request) -> Door:
    """The providers as this process reaches them."""
    state = request.app.state
    return Door(database_of(request), state.registry, state.http, state.keys)


def _locale(request: Request) -> str:
    return negotiate(request.headers.get("accept-language"))


@router.get("/templates")
async def list_templates(
    request: Request,
    principal: Reading,
    channel_id: UUID | None = None,
    status: Annotated[Word | None, Query()] = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Cursor = None,
    limit: Limit = LIMIT_DEFAULT,
) -> Page[TemplateOut]:
    """By name. `channel_id`: those that this channel can send."""
    after = decode_cursor(cursor, _LISTING, str, UUID) if cursor else _FIRST

    async def use_case(tx: Tx) -> list[queries.Row]:
        return await queries.list_templates(tx, after, limit + 1, channel_id=channel_id, status=status, words=q)

    rows = await in_tx(request, principal, use_case)
    page, locale = rows[:limit], _locale(request)
    more = len(rows) > limit
    return Page(
        items=[template_out(row, locale) for row in page],
        next_cursor=encode_cursor(_LISTING, page[-1]["name"], page[-1]["id"]) if more else None,
    )


@router.get("/templates/{template_id}")
async def read_template(request: Request, principal: Reading, template_id: UUID) -> TemplateOut:
    return await _answer(request, principal, template_id)


@router.post("/templates", status_code=201)
async def create_template(request: Request, principal: Managing, given: TemplateBody) -> TemplateOut:
    """Submits it to the provider. 422 `template_invalid` names each problem; 422 `template_refused_by_provider`."""
    made = await submitting.submit(
        door_of(request), principal.tenant_id, actor_of(request, principal), given.channel_id, _draft(given)
    )
    return await _answer(request, principal, made)


@router.post("/templates/lint")
async def lint_template(request: Request, principal: Managing, given: TemplateBody) -> LintOut:
    """What the provider would refuse. Asks nobody."""
    door, locale = door_of(request), _locale(request)
    problems = await in_tx(
        request, principal, lambda tx: submitting.check_draft(tx, door, given.channel_id, _draft(given))
    )
    return LintOut(problems=[problem_out(one, locale) for one in problems])


@router.post("/templates/sync")
async def sync_templates(request: Request, principal: Managing, given: SyncBody) -> SyncOut:
    """Reads the provider's list now. It is read every six hours by itself."""
    door = door_of(request)
    count = await sync_account(door, principal.tenant_id, actor_of(request, principal), given.channel_id)
    return SyncOut(count=count)


@router.put("/templates/{template_id}")
async def edit_template(
    request: Request, principal: Managing, template_id: UUID, given: TemplateEditBody
) -> TemplateOut:
    """Submits another wording. 409 `template_not_editable` while it is judged."""
    await submitting.edit(
        door_of(request),
        principal.tenant_id,
        actor_of(request, principal),
        template_id,
        given.category,
        given.parameter_format,
        given.components,
    )
    return await _answer(request, principal, template_id)


@router.delete("/templates/{template_id}", status_code=204)
async def delete_template(request: Request, principal: Managing, template_id: UUID) -> Response:
    await submitting.delete(door_of(request), principal.tenant_id, actor_of(request, principal), template_id)
    return Response(status_code=204)


async def _answer(request: Request, principal: Principal, template_id: UUID) -> TemplateOut:
    row = await in_tx(request, principal, lambda tx: queries.find_template(tx, template_id))
    return template_out(row, _locale(request))


def _draft(given: TemplateBody) -> TemplateDraft:
    return TemplateDraft(
        name=given.name,
        language=given.language,
        category=given.category,
        parameter_format=given.parameter_format,
        components=tuple(given.components),
    )
