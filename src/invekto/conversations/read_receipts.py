"""Tells providers what the assignee has read. A lost one is harmless: the next one says the same of everything before."""

from __future__ import annotations

import logging
from uuid import UUID

from invekto.channels.adapter import ChannelError, CredentialsRefused, MarksRead, Transient
from invekto.channels.registry import Registry
from invekto.channels.service import mark_reconnect_needed, open_credentials
from invekto.kernel.crypto import KeyRing, SecretUnreadable
from invekto.kernel.db import Database
from invekto.kernel.http import Http
from invekto.kernel.tx import SYSTEM

_log = logging.getLogger(__name__)

# The newest inbound message up to what was read: providers mark everything before it too.
_NEWEST = """
select m.provider_id, h.id as channel_id, h.kind, h.provider, h.credentials, h.status
  from message m join channel h on h.tenant_id = m.tenant_id and h.id = m.channel_id
 where m.tenant_id = $1 and m.conversation_id = $2 and m.seq <= $3 and m.direction = 'inbound' and m.provider_id is not null
 order by m.seq desc limit 1
"""


async def send_read_receipt(
    database: Database, registry: Registry, http: Http, keys: KeyRing, tenant_id: UUID, conversation_id: UUID, seq: int
) -> None:
    """Marks the contact's messages up to `seq` as read at the provider.

    Raises Transient when asking again can help; any other refusal is logged and over. A refused token is the channel's trouble.
    """
    async with database.tx(tenant_id, SYSTEM) as tx:
        row = await tx.fetchrow(_NEWEST, tenant_id, conversation_id, seq)
    if row is None or row["status"] != "connected":
        return
    adapter = registry.adapter(row["kind"], row["provider"])
    if not isinstance(adapter, MarksRead):
        return
    try:
        await adapter.mark_read(http, open_credentials(keys, tenant_id, row["credentials"]), row["provider_id"])
    except Transient:
        raise
    except CredentialsRefused as error:
        async with database.tx(tenant_id, SYSTEM) as tx:
            await mark_reconnect_needed(await tx.raw(), tenant_id, row["channel_id"], error.detail)
            tx.wake("event")
    except (ChannelError, SecretUnreadable) as error:
        _log.info("a read receipt was refused: %s", error)
