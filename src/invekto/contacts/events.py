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
