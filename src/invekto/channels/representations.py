"""Rows and answers of channels as the wire has them, for every module's routes."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request

from invekto.channels.account import Hop
from invekto.channels.circuits import Circuit
from invekto.channels.connecting import Office
from invekto.channels.models import Channel
from invekto.channels.registry import capabilities_of
from invekto.channels.schemas import ChannelOut
from invekto.channels.schemas_manage import HopOut, ProviderTroubleOut
from invekto.kernel.i18n import known, negotiate, sentence


def channel_out(channel: Channel) -> ChannelOut:
    can = capabilities_of(channel.kind, channel.provider)
    fields: dict[str, Any] = {
        "id": channel.id,
        "number": channel.number,
        "kind": channel.kind,
        "provider": channel.provider,
        "name": channel.name,
        "address": channel.address,
        "status": channel.status,
        "status_reason": channel.status_reason,
        "team_id": channel.team_id,
        "media_policy": {"kind": channel.media_policy, "days": channel.media_days},
        "quality": channel.quality,
        "messaging_limit": channel.messaging_limit,
        "health_at": channel.health_at,
        "capabilities": msgspec.to_builtins(can),
    }
    return ChannelOut.model_validate(fields)


def locale_of(request: Request) -> str:
    return negotiate(request.headers.get("accept-language"))


def hop_out(hop: Hop, locale: str, ms: int | None = None) -> HopOut:
    params = dict(hop.params)
    advice = f"check.{hop.code}.do"
    return HopOut(
        hop=hop.hop,
        state=hop.state,
        code=hop.code,
        message=sentence(f"check.{hop.code}", locale, params),
        advice=sentence(advice, locale, params) if hop.state != "ok" and known(advice) else "",
        params=params,
        ms=ms,
    )


def trouble_out(circuit: Circuit | None) -> ProviderTroubleOut | None:
    if circuit is None:
        return None
    return ProviderTroubleOut(paused=circuit.open, since=circuit.since, next_try_at=circuit.again_at)


def office_of(request: Request) -> Office:
    office: Office = request.app.state.office
    return office
