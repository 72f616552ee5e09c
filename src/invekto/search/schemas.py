"""The wire of the search (docs/api.md, "Search")."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from invekto.conversations.schemas import Author, ChannelBrief, ContactBrief, Direction, MessageType, Named, Status

SearchScope = Literal["all", "messages", "notes", "contacts"]
SearchSort = Literal["newest", "relevance"]


class SearchRange(TypedDict):
    """Where something was found, in characters (Unicode code points) from the beginning of the text it stands beside."""

    start: int
    end: int


class SearchSnippet(TypedDict):
    """A piece of what the message says, as it was written. `at`: where it begins in the whole; `whole`: its length."""

    field: Literal["text", "content", "file", "name", "identity", "field", "note"]
    text: str
    at: int
    whole: int
    ranges: list[SearchRange]


class FoundTalk(TypedDict):
    """The conversation that an item leads to."""

    id: UUID
    number: int
    status: Status
    channel: ChannelBrief
    assignee: Named | None
    team: Named | None


class MessageHit(TypedDict):
    kind: Literal["message", "note"]
    id: UUID
    seq: int
    type: MessageType
    direction: Direction
    author: Author
    created_at: datetime
    snippet: SearchSnippet
    conversation: FoundTalk
    contact: ContactBrief


class ContactHit(TypedDict):
    """`conversation` is the newest one with them that the viewer sees; null when there is none. `snippet`: what else of them
    answers: a field, a note about them, their name on a channel."""

    kind: Literal["contact"]
    contact: ContactBrief
    name_ranges: list[SearchRange]
    phone_ranges: list[SearchRange]
    snippet: SearchSnippet | None
    conversation: FoundTalk | None
    last_message_at: datetime | None


class SearchCounts(TypedDict):
    messages: int
    notes: int
    contacts: int


class SearchPage(TypedDict):
    """`counts` come with the first page, none above `counted_to`. `cut`: there is more than was looked at."""

    items: list[Annotated[MessageHit | ContactHit, Field(discriminator="kind")]]
    counts: SearchCounts | None
    counted_to: int
    cut: bool
    next_cursor: str | None


class Suggestions(TypedDict):
    contacts: list[ContactHit]
    conversations: list[ContactHit]
