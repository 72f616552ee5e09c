"""Facts about templates and canned replies, and the job that reads a provider's list. Ids and field names only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from invekto.kernel.events import Event

SYNC_JOB: Final = "templates.sync"
"""Its payload is `channel_id`: any channel of the account."""


@dataclass(frozen=True, kw_only=True)
class TemplateChanged(Event):
    """Somebody `created`, `edited` or `deleted` (`detail.action`) the template `entity_id`."""

    kind: ClassVar[str] = "template.changed"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class TemplateJudged(Event):
    """The provider changed the template `entity_id`. `detail.source`: `list` or `webhook`."""

    kind: ClassVar[str] = "template.judged"


@dataclass(frozen=True, kw_only=True)
class CannedReplyChanged(Event):
    """`entity_id` is the canned reply. `detail`: `created`, `changed` or `deleted`."""

    kind: ClassVar[str] = "canned_reply.changed"
    audited: ClassVar[bool] = True
