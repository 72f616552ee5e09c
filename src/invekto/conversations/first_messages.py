"""Writes to somebody first: a number becomes an identity, a contact, a conversation and a template message in one transaction.

What is refused leaves nothing behind. What the provider refuses later is a failed message with its reason, as any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import phonenumbers

from invekto.accounts.numbers import take_numbers
from invekto.channels.adapter import Address, Sender
from invekto.contacts.identities import Raced, Writer, resolve_writers
from invekto.contacts.service import rename_contact
from invekto.conversations import outbound, queries
from invekto.conversations.lifecycle import lock_for_answer
from invekto.conversations.queries import Viewer
from invekto.conversations.template_messages import Choice, template_content
from invekto.kernel.errors import Conflict, FieldError, Invalid, NotFound
from invekto.kernel.ids import uuid7
from invekto.kernel.tx import Tx

LATELY: Final = timedelta(hours=24)
_SAME_TALK: Final = timedelta(hours=24)
_REGION: Final = "TR"
# The library still counts Turkey's 512 numbers, which are phones, among pagers.
_REACHED: Final = frozenset(
    {
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
        phonenumbers.PhoneNumberType.PAGER,
    }
)


@dataclass(frozen=True, slots=True)
class Known:
    """What there is already of a number. `conversation_id`: one that the viewer sees; `written_by` and `written_at`: the last
    message of a person of the firm within LATELY."""

    phone: str
    contact_id: UUID | None
    contact_name: str | None
    conversation_id: UUID | None
    written_by: str | None
    written_at: datetime | None
    window_open: bool


@dataclass(frozen=True, slots=True)
class Sent:
    conversation_id: UUID
    message_id: UUID


def phone_of(text: str) -> str:
    """E.164, of any spelling; without a country a Turkish one. Invalid `phone`: `wrong_format`, `not_mobile`."""
    try:
        number = phonenumbers.parse(text, _REGION)
    except phonenumbers.NumberParseException:
        raise Invalid(fields=[FieldError("phone", "wrong_format")]) from None
    if not phonenumbers.is_valid_number(number):
        raise Invalid(fields=[FieldError("phone", "wrong_format")])
    if phonenumbers.number_type(number) not in _REACHED:
        raise Invalid(fields=[FieldError("phone", "not_mobile")])
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


_IDENTITY: Final = """
select i.id as identity_id, i.contact_id from identity_address a
  join identity i on i.tenant_id = a.tenant_id and i.id = a.identity_id
 where a.tenant_id = $1 and a.channel_id = $2 and a.scheme = 'phone' and a.value = $3
"""
# One identity's talks are few: the newest first, and what was before the number came here last. Index: conversation_identity_idx.
_TALKS: Final = """
select c.id, c.status, c.window_closes_at, c.resolved_at, c.assignee_id, c.team_id, c.past from conversation c
 where c.tenant_id = $1 and c.identity_id = $2 order by c.past, c.number desc limit 20
"""
_LATELY: Final = """
select u.name, m.created_at from message m join user_account u on u.tenant_id = m.tenant_id and u.id = m.author_id
 where m.tenant_id = $1 and m.conversation_id = any ($2::uuid[]) and m.direction = 'outbound' and m.author_kind = 'user'
   and m.type <> 'reaction' and m.created_at > $3 and m.dismissed_at is null
 order by m.created_at desc limit 1
"""


async def check(tx: Tx, viewer: Viewer, channel_id: UUID, phone: str) -> Known:
    """What is known of a number on a channel. Invalid: `phone`, or `channel_id` is not the firm's."""
    number = phone_of(phone)
    await _channel(tx, channel_id)
    identity = await tx.fetchrow(_IDENTITY, tx.tenant_id, channel_id, number)
    contact = await tx.fetchrow(
        "select id, name from contact where tenant_id = $1 and (id = $2 or ($2::uuid is null and phone = $3))"
        " order by number limit 1",
        tx.tenant_id,
        None if identity is None else identity["contact_id"],
        number,
    )
    talks = [] if identity is None else await tx.fetch(_TALKS, tx.tenant_id, identity["identity_id"])
    seen = next((one["id"] for one in talks if viewer.sees(one["assignee_id"], one["team_id"])), None)
    lately = await tx.fetchrow(_LATELY, tx.tenant_id, [one["id"] for one in talks], tx.now - LATELY)
    return Known(
        phone=number,
        contact_id=None if contact is None else contact["id"],
        contact_name=None if contact is None else contact["name"],
        conversation_id=seen,
        written_by=None if lately is None else lately["name"],
        written_at=None if lately is None else lately["created_at"],
        window_open=any(one["window_closes_at"] is not None and one["window_closes_at"] > tx.now for one in talks),
    )


async def send(
    tx: Tx, viewer: Viewer, channel_id: UUID, phone: str, name: str | None, choice: Choice, *, client_id: str
) -> Sent:
    """Queues the template; the conversation is the writer's. The same key gives the same message again.

    Raises:
        Invalid: `phone`, `channel_id`, the template, its values or its file.
        Conflict: `conversation_taken`: a colleague talks to this person; `idempotency_key_reused`, and what `send_message` raises.
        Raced: somebody wrote to or heard from the same person at this moment; run it again.
    """
    again = await _made_before(tx, viewer, client_id)
    if again is not None:
        return again
    number = phone_of(phone)
    team_id = await _channel(tx, channel_id)
    content = await template_content(tx, channel_id, choice)
    is_new = await tx.fetchrow(_IDENTITY, tx.tenant_id, channel_id, number) is None
    sender = Sender(
        addresses=(Address(scheme="phone", value=number),), display=name or number, phone=number, username=None
    )
    (known,) = await resolve_writers(await tx.raw(), [Writer(tx.tenant_id, channel_id, sender)], tx.now)
    if is_new and name:
        await rename_contact(tx, known.contact_id, name)
    conversation_id = await _conversation(tx, viewer, channel_id, known.identity_id, known.contact_id, team_id)
    message_id = await outbound.send_message(tx, conversation_id, content, client_id=client_id)
    return Sent(conversation_id, message_id)


async def _made_before(tx: Tx, viewer: Viewer, client_id: str) -> Sent | None:
    row = await tx.fetchrow(
        "select id, conversation_id, author_id, type from message where tenant_id = $1 and client_id = $2",
        tx.tenant_id,
        client_id,
    )
    if row is None:
        return None
    if row["author_id"] != viewer.user_id or row["type"] != "template":
        raise Conflict("idempotency_key_reused")
    return Sent(row["conversation_id"], row["id"])


async def _channel(tx: Tx, channel_id: UUID) -> UUID | None:
    """Whose queue the channel's conversations are in."""
    row = await tx.fetchrow("select team_id from channel where tenant_id = $1 and id = $2", tx.tenant_id, channel_id)
    if row is None:
        raise Invalid(fields=[FieldError("channel_id", "not_found")])
    found: UUID | None = row["team_id"]
    return found


async def _conversation(
    tx: Tx, viewer: Viewer, channel_id: UUID, identity_id: UUID, contact_id: UUID, team_id: UUID | None
) -> UUID:
    """The one that is not over, or was resolved a short while ago; else a new one."""
    talks = await tx.fetch(_TALKS, tx.tenant_id, identity_id)
    for one in talks:
        if one["status"] != "resolved":
            try:
                await lock_for_answer(tx, viewer, one["id"])
            except NotFound:
                raise await _taken(tx, one) from None
            return UUID(str(one["id"]))
    latest = talks[0] if talks else None
    if (
        latest is not None
        and not latest["past"]
        and latest["resolved_at"] > tx.now - _SAME_TALK
        and await queries.is_visible(tx, viewer, latest["id"])
    ):
        return UUID(str(latest["id"]))
    return await _open(tx, channel_id, identity_id, contact_id, team_id, None if latest is None else latest["id"])


async def _open(
    tx: Tx, channel_id: UUID, identity_id: UUID, contact_id: UUID, team_id: UUID | None, previous_id: UUID | None
) -> UUID:
    numbers = await take_numbers(await tx.raw(), "conversation", [tx.tenant_id])
    made = await tx.fetchrow(
        "insert into conversation (tenant_id, id, number, channel_id, identity_id, contact_id, team_id, previous_id, status,"
        " last_message_at, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $9)"
        " on conflict (tenant_id, identity_id) where status <> 'resolved' do nothing returning id",
        tx.tenant_id,
        uuid7(),
        numbers[tx.tenant_id][0],
        channel_id,
        identity_id,
        contact_id,
        team_id,
        previous_id,
        tx.now,
    )
    if made is None:
        raise Raced
    found: UUID = made["id"]
    return found


async def _taken(tx: Tx, talk: asyncpg.Record) -> Conflict:
    """Somebody else's talk: who writes learns whose, not what is in it."""
    row: Any = await tx.fetchrow(
        "select name from user_account where tenant_id = $1 and id = $2", tx.tenant_id, talk["assignee_id"]
    )
    holder = None if row is None else str(talk["assignee_id"])
    return Conflict("conversation_taken", params={"user_id": holder, "name": "" if row is None else row["name"]})
