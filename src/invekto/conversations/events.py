"""Facts about conversations that others may follow. Ids only; the stream loads the rows as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from invekto.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class MessageAppended(Event):
    """A line was added to a thread: inbound, outbound, note or activity."""

    kind: ClassVar[str] = "message.appended"


@dataclass(frozen=True, kw_only=True)
class MessageChanged(Event):
    """A message's status, attachment or dismissal changed."""

    kind: ClassVar[str] = "message.changed"


@dataclass(frozen=True, kw_only=True)
class ConversationChanged(Event):
    """The conversation's row, its tags or something about its contact changed."""

    kind: ClassVar[str] = "conversation.changed"


@dataclass(frozen=True, kw_only=True)
class ConversationAssigned(Event):
    """`user_id` is the new assignee, None when it went back to the queue. `detail`: reason, from."""

    kind: ClassVar[str] = "conversation.assigned"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class ConversationSeen(Event):
    """`user_id` moved their last-read mark. Concerns that user's screens only."""

    kind: ClassVar[str] = "conversation.seen"


@dataclass(frozen=True, kw_only=True)
class ThreadImported(Event):
    """Lines that were said elsewhere were written into a thread, in silence. `entity_id` is the conversation, so that no
    screen is told; `conversation_id` stays empty."""

    kind: ClassVar[str] = "thread.imported"


@dataclass(frozen=True, kw_only=True)
class ContactImported(Event):
    """People of the firm's address book became contacts, or are called otherwise, in silence. `detail.contact_ids`: many at
    once, because a phone knows thousands."""

    kind: ClassVar[str] = "contact.imported"


@dataclass(frozen=True, kw_only=True)
class MessageDiscarded(Event):
    """Somebody gave up a failed message."""

    kind: ClassVar[str] = "message.discarded"
    audited: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class MessageSettled(Event):
    """A person said what became of a message of unknown outcome. `detail`: outcome."""

    kind: ClassVar[str] = "message.settled"
    audited: ClassVar[bool] = True
