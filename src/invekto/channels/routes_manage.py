"""Connecting, changing and checking channels over REST (docs/api.md, "Channels"). Secrets come in and never go out."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Request

from invekto.accounts.permissions import CHANNELS_MANAGE
from invekto.channels import changing, checks, connecting, service
from invekto.channels.connecting import Connected, Wish
from invekto.channels.representations import channel_out, hop_out, locale_of, office_of
from invekto.channels.schemas import ChannelOut
from invekto.channels.schemas_manage import (
    CheckBody,
    CheckOut,
    ConnectBody,
    ConnectedOut,
    PinBody,
    ReconnectBody,
    SignupBody,
    SignupOut,
    VerifyTokenOut,
)
from invekto.kernel.auth import Principal, requires
from invekto.kernel.requests import actor_of, in_tx
from invekto.kernel.settings import Settings
from invekto.kernel.tx import Tx

SIGNED_UP_PATH = "/channels/connected"
"""Where the dialog sends the browser with its code: a page of the client."""
SIGNUP_KIND = "whatsapp_cloud"

router = APIRouter(prefix="/api/v1", tags=["channels"])
Managing = Annotated[Principal, requires(CHANNELS_MANAGE)]


@router.post("/channels", status_code=201)
async def connect_channel(request: Request, principal: Managing, body: ConnectBody) -> ConnectedOut:
    """Connects the account of a pasted token; one that the firm has already gets the new token."""
    wish = Wish(
        kind=body.kind,
        name=body.name,
        team_id=body.team_id,
        app=None if body.app is None else {k: v for k, v in body.app.model_dump().items() if v is not None},
    )
    made = await connecting.connect_pasted(
        office_of(request), principal.tenant_id, actor_of(request, principal), wish, body.credentials.model_dump()
    )
    return await _connected(request, principal, made)


@router.get("/channels/whatsapp/signup")
async def signup_settings(request: Request, _principal: Managing) -> SignupOut:
    """Whether and how a number can be connected by the provider's own dialog."""
    settings: Settings = request.app.state.settings
    return SignupOut(
        available=bool(settings.whatsapp_app_id and settings.whatsapp_config_id),
        app_id=settings.whatsapp_app_id,
        config_id=settings.whatsapp_config_id,
        graph_version=urlsplit(settings.whatsapp_cloud_url).path.strip("/") or "v26.0",
        redirect_uri=_redirect_uri(settings),
        sandbox_url=settings.whatsapp_signup_url,
    )


@router.post("/channels/embedded-signup", status_code=201)
async def connect_signed_up(request: Request, principal: Managing, body: SignupBody) -> ConnectedOut:
    """Connects what the dialog gave. `problem` says why its number cannot be registered yet."""
    settings: Settings = request.app.state.settings
    given = {"phone_number_id": body.phone_number_id or "", "waba_id": body.waba_id or ""}
    made = await connecting.connect_signed_up(
        office_of(request),
        principal.tenant_id,
        actor_of(request, principal),
        Wish(kind=SIGNUP_KIND, name=body.name, team_id=body.team_id),
        app_id=settings.whatsapp_app_id,
        code=body.code,
        redirect_uri=_redirect_uri(settings),
        given=given,
        mode=body.mode,
        pin=body.pin,
    )
    return await _connected(request, principal, made)


@router.post("/channels/{channel_id}/reconnect")
async def reconnect_channel(request: Request, principal: Managing, channel_id: UUID, body: ReconnectBody) -> ChannelOut:
    """A new token for the same account; the history stays."""
    given = {name: value for name, value in body.credentials.model_dump().items() if value is not None}
    actor = actor_of(request, principal)
    return channel_out(await connecting.reconnect(office_of(request), principal.tenant_id, actor, channel_id, given))


@router.post("/channels/{channel_id}/register")
async def register_number(request: Request, principal: Managing, channel_id: UUID, body: PinBody) -> ChannelOut:
    """Registers the number with the pin that its owner knows."""
    actor = actor_of(request, principal)
    return channel_out(
        await connecting.register_number(office_of(request), principal.tenant_id, actor, channel_id, body.pin)
    )


@router.post("/channels/{channel_id}/disconnect")
async def disconnect_channel(request: Request, principal: Managing, channel_id: UUID) -> ChannelOut:
    """Forgets the token and gives the account free; conversations stay."""

    async def use_case(tx: Tx) -> ChannelOut:
        await service.disconnect_channel(tx, channel_id)
        return channel_out(await changing.find_channel(tx, channel_id))

    return await in_tx(request, principal, use_case)


@router.post("/channels/{channel_id}/verify-token")
async def renew_verify_token(request: Request, principal: Managing, channel_id: UUID) -> VerifyTokenOut:
    """A new verify token for the firm's own app, shown this once; 409 `platform_app` where the app is the operator's."""
    office = office_of(request)
    token = await in_tx(request, principal, lambda tx: changing.renew_verify_token(tx, office.keys, channel_id))
    subject = await checks.subject_of(office, principal.tenant_id, actor_of(request, principal), channel_id)
    request.app.state.apps.forget()
    return VerifyTokenOut(verify_token=token, webhook_url=subject.hook_url)


@router.post("/channels/{channel_id}/check")
async def check_channel(request: Request, principal: Managing, channel_id: UUID, body: CheckBody) -> CheckOut:
    """Asks each hop between the provider and us, or the one that is named, now."""
    actor = actor_of(request, principal)
    found = await checks.check_channel(office_of(request), principal.tenant_id, actor, channel_id, body.hop)
    locale = locale_of(request)
    return CheckOut(hops=[hop_out(one.hop, locale, one.ms) for one in found])


def _redirect_uri(settings: Settings) -> str:
    return f"{settings.public_url}{SIGNED_UP_PATH}"


async def _connected(request: Request, principal: Principal, made: Connected) -> ConnectedOut:
    office, actor = office_of(request), actor_of(request, principal)
    subject = await checks.subject_of(office, principal.tenant_id, actor, made.channel.id)
    reason = made.channel.status_reason or ""
    registered, _, problem = reason.partition(":")
    # This process has perhaps just learned that there was no such address.
    request.app.state.apps.forget()
    return ConnectedOut(
        channel=channel_out(made.channel),
        webhook_url=subject.hook_url,
        verify_token=made.verify_token,
        problem=problem if registered == connecting.NOT_REGISTERED else None,
    )
