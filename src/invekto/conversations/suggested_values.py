"""What a text about a conversation can be filled in with: the contact's, the agent's and the firm's names, contact fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from invekto.contacts.service import first_name
from invekto.contacts.values import FIELD_PREFIX, value_texts
from invekto.conversations import queries
from invekto.conversations.queries import Viewer
from invekto.kernel.errors import NotFound
from invekto.kernel.tx import Tx

# Names of variables that firms give to what we know; folded, without `_`.
_MEANS: Final = {
    "firstname": "contact.first_name",
    "isim": "contact.first_name",
    "ad": "contact.first_name",
    "adi": "contact.first_name",
    "name": "contact.name",
    "customername": "contact.name",
    "contactname": "contact.name",
    "adsoyad": "contact.name",
    "musteriadi": "contact.name",
    "agentname": "agent.name",
    "temsilci": "agent.name",
    "firmname": "firm.name",
    "companyname": "firm.name",
    "firma": "firm.name",
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`values` by variable, None for what nobody knows; `language` the contact's."""

    values: dict[str, str | None]
    language: str | None


async def surroundings(tx: Tx, viewer: Viewer, conversation_id: UUID | None) -> Surroundings:
    """Of a conversation that the viewer sees, or without one what is known anyway. NotFound."""
    if conversation_id is not None and not await queries.is_visible(tx, viewer, conversation_id):
        raise NotFound
    row = await tx.fetchrow(
        "select t.name as firm, u.name as agent, k.id as contact_id, k.name as contact, k.language"
        " from tenant t left join user_account u on u.tenant_id = t.id and u.id = $2"
        " left join conversation c on c.tenant_id = t.id and c.id = $3"
        " left join contact k on k.tenant_id = c.tenant_id and k.id = c.contact_id where t.id = $1",
        tx.tenant_id,
        viewer.user_id,
        conversation_id,
    )
    assert row is not None, "a session is of a firm"
    # Somebody without a name is listed by their number: that is no way to address them.
    first = first_name(row["contact"] or "")
    fields = await value_texts(tx, row["contact_id"], row["language"], sees_pii=viewer.sees_pii)
    values = {
        **{f"{FIELD_PREFIX}{key}": text for key, text in fields.items()},
        "contact.name": row["contact"] if first else None,
        "contact.first_name": first,
        "agent.name": row["agent"],
        "firm.name": row["firm"],
    }
    return Surroundings(values, row["language"])


def meaning(variable: str) -> str | None:
    """Which of our values a template's variable asks for by its name; a word that we do not know may be a field's key. None
    for a number."""
    if variable.isdecimal():
        return None
    return _MEANS.get(variable.replace("_", "").lower(), f"{FIELD_PREFIX}{variable}")
