"""A contact as an agent sees it: the person, their addresses, and the talks with them that the viewer may see.

Lives here and not in contacts because conversations stand above contacts. The contact's row is written by contacts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import asyncpg

from invekto.accounts.masking import mask_name, mask_phone
from invekto.contacts.service import rename_contact
from invekto.contacts.values import set_values, shown_values
from invekto.conversations import representations
from invekto.conversations.events import ConversationChanged
from invekto.conversations.queries import Viewer, contacts_conversations
from invekto.conversations.queries_thread import contacts_notes
from invekto.conversations.schemas import ContactCard, ContactIdentity, FirstTouch
from invekto.kernel.errors import NotFound
from invekto.kernel.tx import Tx

NEWEST: Final = 20

_IDENTITIES: Final = """
select i.id, i.display, h.id as channel_id, h.kind as channel_kind, h.name as channel_name, last.at as last_inbound_at
  from identity i
  join channel h on h.tenant_id = i.tenant_id and h.id = i.channel_id
  left join lateral (
    select m.created_at as at
      from conversation c
      join message m on m.tenant_id = c.tenant_id and m.conversation_id = c.id
     where c.tenant_id = i.tenant_id and c.identity_id = i.id and m.direction = 'inbound'
     order by c.past, c.number desc, m.seq desc limit 1
  ) last on true
 where i.tenant_id = $1 and i.contact_id = $2
 order by i.created_at, i.id
"""


async def contact_card(tx: Tx, viewer: Viewer, contact_id: UUID) -> ContactCard:
    """Five statements, by primary keys and conversation_identity_idx. NotFound when hidden."""
    contact = await see_contact(tx, viewer, contact_id)
    identities = await tx.fetch(_IDENTITIES, tx.tenant_id, contact_id)
    notes = await contacts_notes(tx, viewer, contact_id, NEWEST)
    conversations = await contacts_conversations(tx, viewer, contact_id, NEWEST)
    pii = viewer.sees_pii
    shown = await shown_values(tx, contact_id, sees_pii=pii)
    name, phone = contact["name"], contact["phone"]
    return {
        "id": contact["id"],
        "name": name if pii else mask_name(name),
        "phone": phone if pii or phone is None else mask_phone(phone),
        "language": contact["language"],
        "created_at": contact["created_at"],
        "first_touch": _first_touch(contact),
        "fields": shown.values,
        "masked_fields": shown.masked,
        "identities": [_identity(row, sees_pii=pii) for row in identities],
        "notes": [representations.message(row, sees_pii=pii) for row in notes],
        "conversations": [representations.conversation(row, sees_pii=pii) for row in conversations],
    }


async def rename(tx: Tx, viewer: Viewer, contact_id: UUID, name: str) -> None:
    """Renames the contact in every list that shows it. NotFound when hidden."""
    contact = await see_contact(tx, viewer, contact_id)
    if not viewer.sees_pii and name == mask_name(contact["name"]):
        return  # a masked number that came back unchanged must not become the name
    # The conversations first, in the order in which inbound locks them too.
    rows = await tx.fetch(
        """
        select c.id from identity i join conversation c on c.tenant_id = i.tenant_id and c.identity_id = i.id
         where i.tenant_id = $1 and i.contact_id = $2 order by c.id for update of c
        """,
        tx.tenant_id,
        contact_id,
    )
    if not await rename_contact(tx, contact_id, name):
        return
    ids = [row["id"] for row in rows]
    await tx.execute(
        "update conversation set version = version + 1 where tenant_id = $1 and id = any($2::uuid[])",
        tx.tenant_id,
        ids,
    )
    tx.emit(*(ConversationChanged(conversation_id=id_) for id_ in ids))


async def fill_fields(
    tx: Tx, viewer: Viewer, contact_id: UUID, given: Mapping[str, Any], was: Mapping[str, Any]
) -> None:
    """Sets what the contact has in the firm's fields. NotFound when hidden, and what `set_values` raises."""
    await see_contact(tx, viewer, contact_id)
    if await set_values(tx, contact_id, given, was, sees_pii=viewer.sees_pii):
        await tell_screens(tx, contact_id)


async def tell_screens(tx: Tx, contact_id: UUID) -> None:
    """Lets every screen with this person on it know, by the way on which it hears of their conversations already.

    One conversation for each way of being visible is enough: nothing in its row has changed, so its version stays.
    """
    rows = await tx.fetch(
        """
        select distinct on (c.assignee_id, c.team_id) c.id
          from identity i join conversation c on c.tenant_id = i.tenant_id and c.identity_id = i.id
         where i.tenant_id = $1 and i.contact_id = $2
         order by c.assignee_id, c.team_id, c.number desc
        """,
        tx.tenant_id,
        contact_id,
    )
    tx.emit(*(ConversationChanged(conversation_id=row["id"]) for row in rows))


async def see_contact(tx: Tx, viewer: Viewer, contact_id: UUID) -> asyncpg.Record:
    """NotFound when hidden. Seen through a conversation; who sees all conversations also sees a contact without any."""
    row = await tx.fetchrow(
        f"""
        select k.id, k.name, k.phone, k.language, k.created_at, k.first_touch::text as first_touch, k.first_touch_at
          from contact k
         where k.tenant_id = $1 and k.id = $4 and $2::uuid is not null
           and ($5 or exists (
             select from identity i join conversation c on c.tenant_id = i.tenant_id and c.identity_id = i.id
              where i.tenant_id = k.tenant_id and i.contact_id = k.id and {viewer.visible}))
        """,  # noqa: S608  # put together from constants; values are parameters
        tx.tenant_id,
        *viewer.parameters,
        contact_id,
        viewer.scope == "all",
    )
    if row is None:
        raise NotFound
    assert isinstance(row, asyncpg.Record)
    return row


def _first_touch(contact: asyncpg.Record) -> FirstTouch | None:
    if contact["first_touch_at"] is None:
        return None
    return {"at": contact["first_touch_at"], "referral": json.loads(contact["first_touch"])}


def _identity(row: asyncpg.Record, *, sees_pii: bool) -> ContactIdentity:
    return {
        "id": row["id"],
        "channel": {"id": row["channel_id"], "kind": row["channel_kind"], "name": row["channel_name"]},
        "display": row["display"] if sees_pii else mask_name(row["display"]),
        "last_inbound_at": row["last_inbound_at"],
    }
