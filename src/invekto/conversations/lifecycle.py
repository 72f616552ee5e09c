"""Moves a conversation between people and states: take, assign, resolve, reopen, snooze, wake.

Every step is an activity line in the thread and an event. Which inbound message reopens or wakes is inbound's matter,
set-based; the rules are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from invekto.conversations.events import ConversationAssigned, ConversationChanged
from invekto.conversations.queries import Viewer
from invekto.conversations.thread import append_activity, lock_conversation
from invekto.kernel.errors import Conflict, FieldError, Invalid, NotFound
from invekto.kernel.ids import uuid7
from invekto.kernel.jobs import Job
from invekto.kernel.tx import Tx

WAKE_JOB: Final = "conversations.wake"
"""Its payload is `conversation_id` and `until`; its handler calls `wake_conversation`."""


# Who has it -------------------------------------------------------------------------------------------------------


async def take_conversation(tx: Tx, viewer: Viewer, conversation_id: UUID, holder: UUID | None) -> None:
    """Assigns it to the viewer. Of many who take it at once the row lock lets one win.

    `holder`: who the viewer believes has it.

    Raises:
        NotFound: hidden.
        Conflict: `conversation_taken` with the name of the one who has it.
    """
    row = await lock_for_answer(tx, viewer, conversation_id)
    current: UUID | None = row["assignee_id"]
    if current == viewer.user_id:
        return
    if current not in (None, holder):
        raise await _taken(tx, row)
    await assign_locked(tx, row, viewer.user_id, "taken")


async def assign_conversation(tx: Tx, viewer: Viewer, conversation_id: UUID, user_id: UUID | None) -> None:
    """Gives it to somebody, or with None back to the queue.

    Raises:
        NotFound: hidden.
        Invalid: no such user in this firm, or one who may not sign in any more.
    """
    row = await lock_visible(tx, viewer, conversation_id)
    if row["assignee_id"] == user_id:
        return
    if user_id is not None and not await _may_work(tx, user_id):
        raise Invalid(fields=[FieldError("user_id", "not_found")])
    await assign_locked(tx, row, user_id, "assigned" if user_id is not None else "returned")


async def assign_locked(tx: Tx, conversation: asyncpg.Record, user_id: UUID | None, reason: str) -> None:
    """Changes the assignee of a row that `lock_conversation` gave; keeps the history and says so in the thread.

    `reason`: taken, assigned, returned, first_answer, ... ends in the assignment's row.
    """
    conversation_id: UUID = conversation["id"]
    before: UUID | None = conversation["assignee_id"]
    await tx.execute(
        "update conversation set assignee_id = $3, version = version + 1 where tenant_id = $1 and id = $2",
        tx.tenant_id,
        conversation_id,
        user_id,
    )
    if before is not None:
        await tx.execute(
            "update assignment set ended_at = $3 where tenant_id = $1 and conversation_id = $2 and ended_at is null",
            tx.tenant_id,
            conversation_id,
            tx.now,
        )
    if user_id is not None:
        await tx.execute(
            "insert into assignment (tenant_id, id, conversation_id, user_id, assigned_by_id, reason, started_at)"
            " values ($1, $2, $3, $4, $5, $6, $7)",
            tx.tenant_id,
            uuid7(),
            conversation_id,
            user_id,
            _actor_user(tx),
            reason,
            tx.now,
        )
    names = await _names(tx, user_id or before)
    if user_id is None:
        await append_activity(tx, conversation_id, "unassigned", **_by(tx, names), **{"from": names.get(before)})
    else:
        await append_activity(tx, conversation_id, "assigned", **_by(tx, names), to=names.get(user_id), reason=reason)
    tx.emit(
        ConversationAssigned(
            conversation_id=conversation_id,
            user_id=user_id,
            # Whoever saw it under the former holder is told that it has left them.
            detail={"reason": reason, "from": None if before is None else str(before)},
        )
    )


# Its state --------------------------------------------------------------------------------------------------------


async def resolve_conversation(tx: Tx, viewer: Viewer, conversation_id: UUID) -> None:
    """Ends it. The assignee stays: a message within a day comes back to them. Resolved already is as good."""
    row = await lock_visible(tx, viewer, conversation_id)
    if row["status"] == "resolved":
        return
    await tx.execute(
        "update conversation set status = 'resolved', resolved_at = $3, resolved_by_id = $4, snoozed_until = null,"
        " version = version + 1 where tenant_id = $1 and id = $2",
        tx.tenant_id,
        conversation_id,
        tx.now,
        _actor_user(tx),
    )
    await _say(tx, conversation_id, "resolved")


async def reopen_conversation(tx: Tx, viewer: Viewer, conversation_id: UUID) -> None:
    """Opens a resolved or snoozed one; an open one stays as it is.

    Raises:
        NotFound: hidden.
        Conflict: `conversation_open_elsewhere` when a newer one of the same identity is not resolved.
    """
    row = await lock_visible(tx, viewer, conversation_id)
    if row["status"] != "open":
        await reopen_locked(tx, row)


async def reopen_locked(tx: Tx, conversation: asyncpg.Record) -> None:
    """Opens a row that `lock_conversation` gave. Conflict as `reopen_conversation`."""
    await _leave_resolved(tx, conversation, "open", None)
    await _say(tx, conversation["id"], "reopened")


async def snooze_conversation(tx: Tx, viewer: Viewer, conversation_id: UUID, until: datetime | None) -> None:
    """Puts it aside until a moment or, with None, until the next message.

    Raises:
        NotFound: hidden.
        Invalid: `until` has passed.
        Conflict: as `reopen_conversation`, for a resolved one.
    """
    row = await lock_visible(tx, viewer, conversation_id)
    if until is not None and until <= tx.now:
        raise Invalid(fields=[FieldError("until", "in_the_past")])
    if row["status"] == "snoozed" and row["snoozed_until"] == until:
        return
    await _leave_resolved(tx, row, "snoozed", until)
    if until is not None:
        tx.enqueue(wake_job(conversation_id, until))
    await _say(tx, conversation_id, "snoozed", until=None if until is None else until.isoformat())


def wake_job(conversation_id: UUID, until: datetime) -> Job:
    """Due at `until`, by the database's clock."""
    return Job(WAKE_JOB, {"conversation_id": str(conversation_id), "until": until.isoformat()}, run_at=until)


async def wake_conversation(tx: Tx, conversation_id: UUID, until: datetime) -> bool:
    """Opens one that was snoozed until `until`, which has come. False when somebody was quicker or moved the time.

    Does not look at the clock: the one that found the job due may be ahead of this machine's.
    """
    row = await lock_conversation(tx, conversation_id)
    if row["status"] != "snoozed" or row["snoozed_until"] != until:
        return False
    await _leave_resolved(tx, row, "open", None)
    await _say(tx, conversation_id, "woken")
    return True


async def _leave_resolved(tx: Tx, conversation: asyncpg.Record, status: str, snoozed_until: datetime | None) -> None:
    """At most one conversation of an identity is not resolved; the database decides the race with a new message."""
    try:
        await tx.execute(
            "update conversation set status = $3, snoozed_until = $4, resolved_at = null, resolved_by_id = null,"
            " thanked_at = null, past = false, version = version + 1 where tenant_id = $1 and id = $2",
            tx.tenant_id,
            conversation["id"],
            status,
            snoozed_until,
        )
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != "conversation_one_open_key":
            raise
        raise Conflict("conversation_open_elsewhere") from error


async def _say(tx: Tx, conversation_id: UUID, action: str, **names: Any) -> None:
    await append_activity(tx, conversation_id, action, **_by(tx, await _names(tx)), **names)
    tx.emit(ConversationChanged(conversation_id=conversation_id))


# Locks and names --------------------------------------------------------------------------------------------------


async def lock_visible(tx: Tx, viewer: Viewer, conversation_id: UUID) -> asyncpg.Record:
    """The row, locked until the commit. NotFound when it is hidden from the viewer."""
    row = await lock_conversation(tx, conversation_id)
    if not viewer.sees(row["assignee_id"], row["team_id"]):
        raise NotFound
    return row


async def lock_for_answer(tx: Tx, viewer: Viewer, conversation_id: UUID) -> asyncpg.Record:
    """As `lock_visible`; but one of the viewer's queues that a colleague has just taken says who, not "not found"."""
    row = await lock_conversation(tx, conversation_id)
    if viewer.sees(row["assignee_id"], row["team_id"]):
        return row
    if viewer.may_queue_for(row["team_id"]):
        raise await _taken(tx, row)
    raise NotFound


async def _taken(tx: Tx, conversation: asyncpg.Record) -> Conflict:
    holder: UUID = conversation["assignee_id"]
    names = await _names(tx, holder)
    return Conflict("conversation_taken", params={"user_id": str(holder), "name": names[holder]})


async def _may_work(tx: Tx, user_id: UUID) -> bool:
    found = await tx.fetchrow(
        "select 1 from user_account where tenant_id = $1 and id = $2 and disabled_at is null", tx.tenant_id, user_id
    )
    return found is not None


def _actor_user(tx: Tx) -> UUID | None:
    return tx.actor.id if tx.actor.kind == "user" else None


async def _names(tx: Tx, *more: UUID | None) -> dict[UUID | None, str]:
    """The names of the actor and of `more`. By primary key."""
    wanted = {id_ for id_ in (_actor_user(tx), *more) if id_ is not None}
    if not wanted:
        return {}
    rows = await tx.fetch(
        "select id, name from user_account where tenant_id = $1 and id = any($2::uuid[])", tx.tenant_id, list(wanted)
    )
    return {row["id"]: row["name"] for row in rows}


def _by(tx: Tx, names: Mapping[UUID | None, str]) -> dict[str, str | None]:
    return {"by": names.get(_actor_user(tx))}
