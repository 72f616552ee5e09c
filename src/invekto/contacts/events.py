"""Facts about contacts. Ids and field names only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from invekto.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ContactChanged(Event):
    """`entity_id` is the contact; `detail` names the fields."""

    kind: ClassVar[str] = "contact.changed"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class ContactFieldChanged(Event):
    """Somebody changed the definition of the field `entity_id`, or with none the order. `detail.action`: `created`,
    `changed`, `archived`, `restored` or `ordered`."""

    kind: ClassVar[str] = "contact_field.changed"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class ContactNoteChanged(Event):
    """`entity_id` is the note. `detail`: `contact_id`, `action` (`added`, `changed`, `deleted`)."""

    kind: ClassVar[str] = "contact_note.changed"
    audited: ClassVar[bool] = True
