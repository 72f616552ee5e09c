"""What people change about a contact. Contacts come into being with their first message: see conversations.inbound."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from invekto.contacts.events import ContactChanged
from invekto.kernel.text import search_key, sort_key
from invekto.kernel.tx import Tx

_TITLES: Final = frozenset({"dr", "prof", "doç", "uzm", "op", "av", "mr", "mrs", "ms", "sayın"})


def first_name(name: str) -> str | None:
    """How somebody is addressed: the first word that is no title. None for what is no name, a number say."""
    words = [word for word in name.split() if word.rstrip(".").lower() not in _TITLES]
    return next((word for word in words if word[0].isalpha()), None)


async def rename_contact(tx: Tx, contact_id: UUID, name: str) -> bool:
    """Gives the contact a name that no profile overwrites. False when it is not there or has that name already."""
    row = await tx.fetchrow(
        """
        update contact
           set name = $3, name_source = 'user', search_key = $4, sort_key = $5, version = version + 1, updated_at = $6
         where tenant_id = $1 and id = $2 and (name <> $3 or name_source <> 'user')
        returning id
        """,
        tx.tenant_id,
        contact_id,
        name,
        search_key(name),
        sort_key(name),
        tx.now,
    )
    if row is None:
        return False
    tx.emit(ContactChanged(entity_id=contact_id, detail={"fields": ["name"]}))
    return True
