"""Makes a message's content of an approved template: which one may be sent on a channel, filled in with values and a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from invekto.conversations.outbound_content import MediaContent, TemplateContent
from invekto.kernel.errors import Conflict, FieldError, Invalid, NotFound
from invekto.kernel.tx import Tx
from invekto.templates.queries import Row, find_template, json_of
from invekto.templates.rendering import Source, render
from invekto.templates.sendability import hindrance


@dataclass(frozen=True, slots=True)
class Choice:
    """A template with its values by key, and the upload of a header that takes a file."""

    template_id: UUID
    values: Mapping[str, str]
    attachment_id: UUID | None = None


async def channel_of(tx: Tx, conversation_id: UUID) -> UUID:
    """The channel a conversation takes place on. NotFound."""
    row = await tx.fetchrow(
        "select channel_id from conversation where tenant_id = $1 and id = $2", tx.tenant_id, conversation_id
    )
    if row is None:
        raise NotFound
    found: UUID = row["channel_id"]
    return found


async def template_content(tx: Tx, channel_id: UUID, choice: Choice, *, judged: bool = True) -> TemplateContent:
    """What `send_message` takes. `judged` False: whether it may still be sent is not asked, because it was sent before.

    Raises:
        Invalid: not a template of this channel's account; a value or the header's file is missing or wrong.
        Conflict: `template_not_sendable`: not approved, paused, or of parts that we cannot fill in.
    """
    row = await _template(tx, channel_id, choice.template_id)
    components = json_of(row, "components")
    if judged and (code := hindrance(row["status"], components)) is not None:
        raise Conflict("template_not_sendable", params={"status": row["status"], "reason": code})
    made = render(Source(row["name"], row["language"], row["parameter_format"], components), choice.values)
    if (made.header_kind is None) != (choice.attachment_id is None):
        code = "required" if choice.attachment_id is None else "not_a_choice"
        raise Invalid(fields=[FieldError("attachment_id", code)])
    file = None
    if made.header_kind is not None and choice.attachment_id is not None:
        file = MediaContent(choice.attachment_id, made.header_kind)
    return TemplateContent(made.text, {"template_id": str(row["id"]), **made.payload}, made.part, file)


async def _template(tx: Tx, channel_id: UUID, template_id: UUID) -> Row:
    try:
        row = await find_template(tx, template_id)
    except NotFound:
        raise Invalid(fields=[FieldError("template_id", "not_found")]) from None
    channel = await tx.fetchrow(
        "select parent_account_key from channel where tenant_id = $1 and id = $2", tx.tenant_id, channel_id
    )
    if channel is None or channel["parent_account_key"] != row["account_key"]:
        raise Invalid(fields=[FieldError("template_id", "not_a_choice")])
    return row
