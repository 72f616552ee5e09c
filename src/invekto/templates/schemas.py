"""The wire of templates and canned replies, exactly as docs/api.md gives it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from invekto.kernel.text import storable

COMPONENTS_MAX = 10


class VariableOut(BaseModel):
    """`key` is what a send's `values` name it by."""

    key: str
    where: Literal["header", "body", "button"]
    index: int | None
    example: str | None


class BlockedOut(BaseModel):
    """Why a template cannot be sent: our code, the same in words, and what to do, both by Accept-Language."""

    code: str
    message: str
    todo: str


class TemplateOut(BaseModel):
    """`rejected_reason` is the provider's code, `rejected_message` the same in plain words. `sendable`: approved and of
    parts that we can fill in; `blocked` says why it is not. `header_format` is the provider's: a send of IMAGE, VIDEO and DOCUMENT needs a file."""

    id: UUID
    channel_id: UUID | None
    account_key: str
    name: str
    language: str
    category: str
    status: str
    quality: str | None
    rejected_reason: str | None
    rejected_message: str | None
    parameter_format: Literal["POSITIONAL", "NAMED"]
    components: list[dict[str, Any]]
    variables: list[VariableOut]
    header_format: str | None
    sendable: bool
    blocked: BlockedOut | None
    updated_at: datetime


class ProblemOut(BaseModel):
    """`path` in the draft, as in `components.1.text`; `message` by Accept-Language."""

    path: str
    code: str
    params: dict[str, str | int]
    message: str


class LintOut(BaseModel):
    problems: list[ProblemOut]


class SyncOut(BaseModel):
    """How many templates the account has now."""

    count: int


class CannedFileOut(BaseModel):
    """`size` in bytes. `thumbnail_url` is there once the worker has made one, of pictures and films."""

    id: UUID
    kind: Literal["image", "video", "audio", "document", "sticker"]
    mime: str
    size: int
    name: str | None
    url: str
    thumbnail_url: str | None


class CannedReplyOut(BaseModel):
    """`texts` by language; at least one. `attachments` in their order, `attachment_ids` the same by id."""

    id: UUID
    shortcut: str
    title: str
    folder: str | None
    texts: dict[str, str]
    attachment_ids: list[UUID]
    attachments: list[CannedFileOut]
    uses: int


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Word = Annotated[str, StringConstraints(max_length=40), AfterValidator(storable)]
Named = Annotated[str, StringConstraints(max_length=600), AfterValidator(storable)]


class _Draft(_Body):
    category: Word
    parameter_format: Literal["POSITIONAL", "NAMED"] = "POSITIONAL"
    components: Annotated[list[dict[str, Any]], Field(max_length=COMPONENTS_MAX)]


class TemplateBody(_Draft):
    """What is submitted; `components` in the provider's shape."""

    channel_id: UUID
    name: Named
    language: Word


class TemplateEditBody(_Draft):
    """Name and language of a template never change."""


class SyncBody(_Body):
    channel_id: UUID


Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), AfterValidator(storable)]
Reply = Annotated[str, StringConstraints(min_length=1, max_length=4096), AfterValidator(storable)]


class CannedReplyBody(_Body):
    """`texts` by language. A shortcut has no blank and no slash; it is unique whatever its letters' case and accents."""

    shortcut: Annotated[str, StringConstraints(pattern=r"^[^\s/]{1,40}$"), AfterValidator(storable)]
    title: Label
    folder: Label | None = None
    texts: dict[Literal["tr", "en", "ar", "de", "ru", "fr"], Reply]
    attachment_ids: Annotated[list[UUID], Field(max_length=10)] = []


class RenderBody(_Body):
    """`language` instead of the contact's own. Without a conversation the contact's variables stay open."""

    conversation_id: UUID | None = None
    language: Word | None = None


class SampleBody(_Body):
    """`attachment_id`: my upload of the kind that the header will have."""

    channel_id: UUID
    attachment_id: UUID


class SampleOut(BaseModel):
    """What a draft's `example.header_handle` holds."""

    handle: str


class SuggestionsOut(BaseModel):
    """By the variables' keys: only those whose value we know."""

    values: dict[str, str]
