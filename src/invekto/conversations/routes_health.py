"""How a channel is, as far as it is known without asking anybody (docs/api.md, "Channels").

Here and not in channels, because what could not be sent lies in messages.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request

from invekto.accounts.permissions import CHANNELS_MANAGE
from invekto.channels import changing, checks
from invekto.channels.account import Hop
from invekto.channels.circuits import circuit_of
from invekto.channels.representations import hop_out, locale_of, office_of, trouble_out
from invekto.channels.schemas_manage import FailuresOut, HealthOut, PhoneHistoryOut
from invekto.conversations.channel_failures import failures_of
from invekto.kernel.auth import Principal, requires
from invekto.kernel.requests import actor_of, in_tx
from invekto.kernel.tx import Tx

router = APIRouter(prefix="/api/v1", tags=["channels"])
Managing = Annotated[Principal, requires(CHANNELS_MANAGE)]


@router.get("/channels/{channel_id}/health")
async def channel_health(request: Request, principal: Managing, channel_id: UUID) -> HealthOut:
    """What came and went last, what failed within a day, and what the last probe heard."""
    subject = await checks.subject_of(office_of(request), principal.tenant_id, actor_of(request, principal), channel_id)
    channel, health, locale = subject.channel, subject.channel.health.get("probe", {}), locale_of(request)

    history = channel.health.get("history")

    async def counted(tx: Tx) -> HealthOut:
        return HealthOut(
            channel_id=channel_id,
            status=channel.status,  # type: ignore[arg-type]  # the table's check holds the same three
            status_reason=channel.status_reason,
            disconnected=not channel.credentials,
            last_inbound_at=channel.last_inbound_at,
            last_outbound_at=await changing.last_outbound_at(tx, channel_id),
            quality=channel.quality,
            messaging_limit=channel.messaging_limit,
            name_status=health.get("name_status"),
            number_status=health.get("number_status"),
            token_expires_at=health.get("token_expires_at"),
            phone_history=None if history is None else PhoneHistoryOut.model_validate(history),
            errors=[FailuresOut(code=code, count=count) for code, count in await failures_of(tx, channel_id)],
            quarantined=await changing.quarantined(tx, channel_id),
            provider_trouble=trouble_out(await circuit_of(tx, channel_id)),
            probed_at=channel.probed_at,
            hops=[hop_out(Hop(**one), locale) for one in health.get("hops", [])],
            webhook_url=subject.hook_url,
            own_app=subject.own_app,
        )

    return await in_tx(request, principal, counted)
