"""What a refusal means beyond its message: a number that must stop, a person who wants no advertising.

Most refusals mean nothing more, so a batch without these costs no statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from invekto.channels.adapter import ChannelStopped, MarketingStopped
from invekto.channels.service import stop_channel
from invekto.contacts.facts import note_refused_marketing
from invekto.kernel.tenancy import Connection


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that failed after its provider had taken it. `code` is ours."""

    tenant_id: UUID
    channel_id: UUID
    provider_id: str
    code: str
    detail: str
    at: datetime


_IDENTITIES = """
select m.tenant_id, c.identity_id, w.at
  from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[]) as w (tenant_id, channel_id, provider_id, at)
  join message m on m.tenant_id = w.tenant_id and m.channel_id = w.channel_id and m.provider_id = w.provider_id
  join conversation c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
"""


async def follow_refusals(connection: Connection, refused: Sequence[Refused], now: datetime) -> None:
    """In the claim's transaction, after the reports were applied. A repeated report changes nothing."""
    stopped = {(one.tenant_id, one.channel_id): one.detail for one in refused if one.code == ChannelStopped.code}
    for (tenant_id, channel_id), detail in sorted(stopped.items()):
        await stop_channel(connection, tenant_id, channel_id, detail)
    unwanted = [one for one in refused if one.code == MarketingStopped.code]
    if not unwanted:
        return
    rows = await connection.fetch(
        _IDENTITIES,
        [one.tenant_id for one in unwanted],
        [one.channel_id for one in unwanted],
        [one.provider_id for one in unwanted],
        [one.at for one in unwanted],
    )
    await note_refused_marketing(connection, [tuple(row) for row in rows], now)


async def note_marketing_stopped(connection: Connection, tenant_id: UUID, conversation_id: UUID, now: datetime) -> None:
    """The same for a send that was refused at once. The caller holds the conversation."""
    identity_id = await connection.fetchval(
        "select identity_id from conversation where tenant_id = $1 and id = $2", tenant_id, conversation_id
    )
    await note_refused_marketing(connection, [(tenant_id, identity_id, now)], now)
