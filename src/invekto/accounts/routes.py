"""Session, users and teams on the wire (docs/api.md)."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response

from invekto.accounts import queries, service
from invekto.accounts.permissions import SETTINGS_MANAGE
from invekto.accounts.schemas import (
    FirmSettings,
    FirmSettingsBody,
    Preferences,
    SessionOut,
    SessionTenant,
    SessionUser,
    SignIn,
    TeamOut,
    UserOut,
)
from invekto.accounts.sessions import LiveSession, Sessions
from invekto.accounts.sign_in import Caller, sign_in, sign_out
from invekto.kernel.auth import SIGNED_IN, Principal, requires
from invekto.kernel.pages import LIMIT_DEFAULT, Cursor, Limit, Page, decode_cursor, encode_cursor
from invekto.kernel.requests import database_of, in_tx
from invekto.kernel.tx import Tx

router = APIRouter(prefix="/api/v1")
SignedIn = Annotated[Principal, requires(SIGNED_IN)]


def _sessions(request: Request) -> Sessions:
    sessions: Sessions = request.app.state.authenticate
    return sessions


@router.post("/session", tags=["session"])
async def start_session(request: Request, response: Response, given: SignIn) -> SessionOut:
    """Signs in. The cookie `invekto_session` of the answer is the session; one that came with the request ends."""
    sessions = _sessions(request)
    caller = Caller(request.state.address, request.headers.get("user-agent"), request.state.request_id)
    started = await sign_in(
        database_of(request), firm=given.firm, username=given.user, password=given.password, caller=caller
    )
    if (former := await sessions.former(request)) is not None:
        await _end(request, former.principal)
    sessions.set_cookie(response, started)
    return _session(await sessions.started(started))


@router.get("/session", tags=["session"])
async def read_session(request: Request, _principal: SignedIn) -> SessionOut:
    return _session(await _sessions(request).of(request))


@router.delete("/session", status_code=204, tags=["session"])
async def end_session(request: Request, response: Response, principal: SignedIn) -> None:
    """Signs out: this session and its sockets end, the cookie is taken back."""
    await _end(request, principal)
    _sessions(request).clear_cookie(response)


@router.patch("/session/user", tags=["session"])
async def change_own_preferences(request: Request, given: Preferences, principal: SignedIn) -> SessionOut:
    async def change(tx: Tx) -> None:
        await service.change_preferences(tx, principal.user_id, locale=given.locale, theme=given.theme)

    await in_tx(request, principal, change)
    sessions = _sessions(request)
    sessions.forget(user_id=principal.user_id)
    return _session(await sessions.of(request))


@router.get("/users", tags=["people"])
async def list_users(
    request: Request, principal: SignedIn, cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT
) -> Page[UserOut]:
    """Everybody of the firm who may sign in, by user name."""
    after = decode_cursor(cursor, "users", str)[0] if cursor else None
    users = await in_tx(request, principal, lambda tx: queries.list_users(tx, after, limit + 1))
    items = [UserOut.model_validate(user, from_attributes=True) for user in users[:limit]]
    more = encode_cursor("users", users[limit - 1].username_key) if len(users) > limit else None
    return Page(items=items, next_cursor=more)


@router.get("/teams", tags=["people"])
async def list_teams(
    request: Request, principal: SignedIn, cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT
) -> Page[TeamOut]:
    """The firm's teams by name, with the ids of their members."""
    after = decode_cursor(cursor, "teams", str)[0] if cursor else None
    teams = await in_tx(request, principal, lambda tx: queries.list_teams(tx, after, limit + 1))
    items = [TeamOut(id=team.id, name=team.name, member_ids=members) for team, members in teams[:limit]]
    more = encode_cursor("teams", teams[limit - 1][0].name) if len(teams) > limit else None
    return Page(items=items, next_cursor=more)


@router.get("/settings", tags=["settings"])
async def read_settings(request: Request, principal: SignedIn) -> FirmSettings:
    """What holds for the whole firm."""
    return FirmSettings(revoked_messages=await in_tx(request, principal, queries.revoked_messages))


@router.patch("/settings", tags=["settings"])
async def change_settings(
    request: Request, given: FirmSettingsBody, principal: Annotated[Principal, requires(SETTINGS_MANAGE)]
) -> FirmSettings:
    """`revoked_messages` `hide`: of a message that its writer deleted for everyone, nothing is shown any more."""

    async def change(tx: Tx) -> Literal["show", "hide"]:
        if given.revoked_messages is not None:
            await service.change_revoked_messages(tx, given.revoked_messages)
        return await queries.revoked_messages(tx)

    return FirmSettings(revoked_messages=await in_tx(request, principal, change))


async def _end(request: Request, principal: Principal) -> None:
    await in_tx(request, principal, lambda tx: sign_out(tx, principal.session_id))
    _sessions(request).forget(session_id=principal.session_id)


def _session(live: LiveSession) -> SessionOut:
    principal = live.principal
    return SessionOut(
        user=SessionUser.model_validate(
            {
                "id": principal.user_id,
                "name": principal.name,
                "username": live.username,
                "role": principal.role,
                "permissions": sorted(principal.permissions),
                "locale": principal.locale,
                "theme": live.theme,
            }
        ),
        tenant=SessionTenant(
            id=principal.tenant_id, name=live.tenant_name, slug=live.tenant_slug, timezone=principal.timezone
        ),
        expires_at=live.expires_at,
    )
