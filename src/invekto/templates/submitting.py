"""Submits, edits and deletes templates at their provider, and keeps what it answered. A draft is linted before it is sent.

Three steps each: what is needed is read, the provider is asked with no transaction open, and the answer is written down. If we
die in between, the next list brings it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from invekto.channels.adapter import ChannelError
from invekto.channels.outgoing import OutboundMedia
from invekto.channels.templates import SubmittedTemplate, TemplateDraft
from invekto.kernel.errors import Conflict, FieldError, Invalid
from invekto.kernel.ids import uuid7
from invekto.kernel.tx import Actor, Tx
from invekto.templates.accounts import Account, Door, account_of, as_answer, channel_of_account
from invekto.templates.events import TemplateChanged
from invekto.templates.lint import lint
from invekto.templates.lint_texts import Problem
from invekto.templates.queries import find_template, is_taken
from invekto.templates.sync import note_refusal, searched, sync_job

_PENDING: Final = "PENDING"
# A judgement that came while we wrote, or before, is in the list by then.
_LOOK_AGAIN: Final = timedelta(seconds=60)


async def check_draft(tx: Tx, door: Door, channel_id: UUID, draft: TemplateDraft) -> list[Problem]:
    """What is wrong with a draft of this channel's account. Raises as `account_of`."""
    account = await account_of(tx, door, channel_id)
    return lint(draft, exists=await is_taken(tx, account.key, draft.name, draft.language))


async def submit(door: Door, tenant_id: UUID, actor: Actor, channel_id: UUID, draft: TemplateDraft) -> UUID:
    """Creates a template, which is submitting it. Its id.

    Raises:
        Invalid: a problem of the draft (the fields name each), a refusal of the provider's, see also `account_of`.
        Conflict, Unavailable: the provider's refusal of us, or its silence.
    """
    async with door.database.tx(tenant_id, actor) as tx:
        account = await account_of(tx, door, channel_id)
        _refuse(lint(draft, exists=await is_taken(tx, account.key, draft.name, draft.language)))
    try:
        made = await account.adapter.create_template(door.http, account.credentials, draft)
    except ChannelError as error:
        await note_refusal(door, tenant_id, account, error)
        raise as_answer(error, draft.components) from error
    return await door.database.run(tenant_id, actor, lambda tx: _keep(tx, account, draft, made))


async def edit(
    door: Door,
    tenant_id: UUID,
    actor: Actor,
    template_id: UUID,
    category: str,
    parameter_format: str,
    components: Sequence[Mapping[str, Any]],
) -> None:
    """Submits another wording; the template is pending until it is judged.

    Raises:
        NotFound, and as `submit`. Conflict `template_not_editable`: it is being judged.
    """
    async with door.database.tx(tenant_id, actor) as tx:
        row = await find_template(tx, template_id)
        if row["status"] in (_PENDING, "IN_APPEAL", "PENDING_DELETION"):
            raise Conflict("template_not_editable")
        account = await _account(tx, door, row["account_key"])
        draft = TemplateDraft(
            name=row["name"],
            language=row["language"],
            category=category,
            parameter_format="NAMED" if parameter_format == "NAMED" else "POSITIONAL",
            components=tuple(dict(one) for one in components),
        )
        _refuse(lint(draft))
        key: str = row["provider_id"]
    try:
        await account.adapter.edit_template(door.http, account.credentials, key, draft)
    except ChannelError as error:
        await note_refusal(door, tenant_id, account, error)
        raise as_answer(error, draft.components) from error

    async def keep(tx: Tx) -> None:
        await tx.execute(
            "update template set category = $3, parameter_format = $4, components = $5::jsonb, status = $6,"
            " rejected_reason = null, search_key = $7, changed_at = $8, judged_at = date_trunc('second', $8::timestamptz) where tenant_id = $1 and id = $2",
            tx.tenant_id,
            template_id,
            draft.category,
            draft.parameter_format,
            json.dumps(list(draft.components)),
            _PENDING,
            searched(draft.name, draft.components),
            tx.now,
        )
        tx.emit(TemplateChanged(entity_id=template_id, detail={"action": "edited"}))
        tx.enqueue(sync_job(account.channel_id, tx.now + _LOOK_AGAIN))

    await door.database.run(tenant_id, actor, keep)


async def delete(door: Door, tenant_id: UUID, actor: Actor, template_id: UUID) -> None:
    """Deletes at the provider and here. The name is not free for a month. NotFound, Conflict, Unavailable."""
    async with door.database.tx(tenant_id, actor) as tx:
        row = await find_template(tx, template_id)
        account = await _account(tx, door, row["account_key"])
        name, key = row["name"], row["provider_id"]
    try:
        await account.adapter.delete_template(door.http, account.credentials, name, key)
    except ChannelError as error:
        await note_refusal(door, tenant_id, account, error)
        raise as_answer(error) from error

    async def keep(tx: Tx) -> None:
        await tx.execute(
            "update template set status = 'DELETED', changed_at = $3 where tenant_id = $1 and id = $2",
            tx.tenant_id,
            template_id,
            tx.now,
        )
        tx.emit(TemplateChanged(entity_id=template_id, detail={"action": "deleted"}))

    await door.database.run(tenant_id, actor, keep)


async def upload_sample(door: Door, tenant_id: UUID, actor: Actor, channel_id: UUID, file: OutboundMedia) -> str:
    """Gives the provider a header's file as an example; the handle to put into `example.header_handle`. As `submit`."""
    async with door.database.tx(tenant_id, actor) as tx:
        account = await account_of(tx, door, channel_id)
    try:
        return await account.adapter.upload_sample(door.http, account.credentials, file)
    except ChannelError as error:
        await note_refusal(door, tenant_id, account, error)
        raise as_answer(error) from error


async def _account(tx: Tx, door: Door, account_key: str) -> Account:
    channel_id = await channel_of_account(tx, account_key)
    if channel_id is None:
        raise Conflict("channel_reconnect_needed")
    return await account_of(tx, door, channel_id)


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise Invalid("template_invalid", fields=[FieldError(one.path, one.code) for one in problems])


_KEEP = """
insert into template (tenant_id, id, kind, provider, account_key, provider_id, name, language, category, status,
                      parameter_format, components, search_key, created_at, changed_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::jsonb, $13, $14, $14)
on conflict (tenant_id, account_key, name, language) do update
   set provider_id = excluded.provider_id, category = excluded.category, parameter_format = excluded.parameter_format,
       status = case when template.changed_at > $14 then template.status else excluded.status end,
       rejected_reason = null, quality = null, components = excluded.components, search_key = excluded.search_key,
       changed_at = greatest(template.changed_at, excluded.changed_at)
returning id
"""


async def _keep(tx: Tx, account: Account, draft: TemplateDraft, made: SubmittedTemplate) -> UUID:
    """A list or a webhook may have been here before us: the key decides."""
    row = await tx.fetchrow(
        _KEEP,
        tx.tenant_id,
        uuid7(),
        account.kind,
        account.provider,
        account.key,
        made.key,
        draft.name,
        draft.language,
        made.category,
        made.status,
        draft.parameter_format,
        json.dumps(list(draft.components)),
        searched(draft.name, draft.components),
        tx.now,
    )
    assert row is not None, "an upsert gives its row"
    template_id: UUID = row["id"]
    tx.emit(TemplateChanged(entity_id=template_id, detail={"action": "created"}))
    tx.enqueue(sync_job(account.channel_id, tx.now + _LOOK_AGAIN))
    return template_id
