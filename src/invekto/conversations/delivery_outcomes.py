"""Writes down what came of a provider call: accepted ones together, everything else lane by lane.

What the provider said is known nowhere else, so it outlives a short outage of the database. Never calls a provider.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from prometheus_client import Counter

from invekto.channels.adapter import (
    ChannelError,
    ChannelStopped,
    Credentials,
    CredentialsRefused,
    MarketingStopped,
    MediaRefused,
    Outbound,
    OutcomeUnknown,
    Throttled,
    Transient,
    VendorDown,
)
from invekto.channels.circuits import note_answers, note_failure
from invekto.channels.pacing import pause_channel
from invekto.channels.service import mark_reconnect_needed, stop_channel
from invekto.conversations import delivery_batches as batches
from invekto.conversations import delivery_rows as rows
from invekto.conversations.consequences import note_marketing_stopped
from invekto.conversations.delivery_rows import Claim
from invekto.conversations.echoes import yield_to_sends
from invekto.conversations.events import MessageChanged
from invekto.conversations.reactions import restore_reactions
from invekto.conversations.statuses import apply_parked, apply_reports
from invekto.kernel.away import DATABASE_TROUBLE
from invekto.kernel.db import Database
from invekto.kernel.events import insert_events
from invekto.kernel.metrics import REGISTRY
from invekto.kernel.tenancy import DELIVERY, Connection, claimed

_log = logging.getLogger(__name__)

HELD_AT_MOST_S: Final = 300
RECORD_WITHIN_S: Final = 120
"""How long a known outcome is held on to while the database is away. After that it is found as begun: `unknown`."""
_FIRST_BACKOFF_S: Final = 1.0
_LONGEST_BACKOFF_S: Final = 60.0
_AFTER_TROUBLE_S: Final = 1.0
_COUNTED_OF_A_LANE: Final = 2

SETTLED: Final = Counter(
    "invekto_messages_settled",
    "Messages that left their lane, by what was known of them.",
    ("status",),
    registry=REGISTRY,
)


@dataclass(frozen=True, slots=True)
class Work:
    """A begun attempt: everything the call needs, so that no connection is held while it runs.

    `run_id`: whose notes say that it was asked (see asked). `until`: when the call must have ended, by this process's monotonic clock; the lease ends after that.
    """

    claim: Claim
    message_id: UUID
    attempt_id: UUID
    run_id: UUID | None
    until: float
    kind: str
    provider: str
    credentials: Credentials = field(repr=False)
    message: Outbound


@dataclass(slots=True)
class _Waiting:
    work: Work
    provider_id: str
    recorded: asyncio.Future[bool]


@dataclass
class Outcomes:
    """One worker's pen. `troubled`: channels whose provider has failed since it last worked, as far as this worker knows."""

    database: Database
    troubled: set[UUID] = field(default_factory=set)
    _waiting: list[_Waiting] = field(default_factory=list)
    _writer: asyncio.Task[None] | None = None

    async def record(self, work: Work, provider_id: str | None, failure: ChannelError | None) -> None:
        """Returns when it is written. Raises one of DATABASE_TROUBLE when the database was away for too long."""
        if failure is None:
            assert provider_id is not None
            if await self._with_others(work, provider_id):
                return
        await self._surely(work, provider_id, failure)

    # Accepted messages, together ----------------------------------------------------------------------------------

    async def _with_others(self, work: Work, provider_id: str) -> bool:
        """One transaction for every acceptance that came while the last one was under way. False: it must go alone."""
        waiting = _Waiting(work, provider_id, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        return await waiting.recorded

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                recorded: set[UUID] = set()
                try:
                    recorded = await self._together(batch)
                except Exception as error:  # noqa: BLE001  # nothing was kept: each goes alone and meets its own error
                    _log.warning("delivery: %d outcomes are recorded one by one: %r", len(batch), error)
                for waiting in batch:
                    if not waiting.recorded.done():
                        waiting.recorded.set_result(waiting.work.message_id in recorded)
        finally:
            self._writer = None

    async def _together(self, batch: Sequence[_Waiting]) -> set[UUID]:
        """The messages that are recorded; those whose lease was lost are not."""
        claims = [one.work.claim for one in batch]
        pool = await self.database.pool(DELIVERY)
        async with pool.acquire() as connection, claimed(connection, {claim.tenant_id for claim in claims}):
            held = await batches.hold_lanes(connection, claims)
            ours = [one for one in batch if one.work.claim.conversation_id in held]
            if ours:
                accepted = [batches.Accepted(one.work.claim, one.work.message_id, one.provider_id) for one in ours]
                await batches.accept(connection, accepted)
                await apply_reports(
                    connection,
                    [(one.work.claim.tenant_id, one.work.claim.channel_id, one.provider_id) for one in ours],
                )
                await emit_changes(connection, self.database, [(one.work.claim, one.work.message_id) for one in ours])
                await self._provider_works(connection, [one.work.claim for one in ours])
        SETTLED.labels("sent").inc(len(ours))
        self.database.wakeup.wake("event", "outbox")
        return {one.work.message_id for one in ours}

    # One lane -----------------------------------------------------------------------------------------------------

    async def _surely(self, work: Work, provider_id: str | None, failure: ChannelError | None) -> None:
        """Until it is written or RECORD_WITHIN_S has passed: a short outage of the database must not lose it."""
        monotonic = self.database.clock.monotonic
        give_up_at = monotonic() + RECORD_WITHIN_S
        while True:
            try:
                await self._alone(work, provider_id, failure)
                return
            except DATABASE_TROUBLE as error:
                if monotonic() > give_up_at:
                    raise
                _log.warning("delivery: an outcome waits for the database: %s", error)
                await asyncio.sleep(_AFTER_TROUBLE_S * (0.5 + random.random()))  # noqa: S311  # spreads load

    async def _alone(self, work: Work, provider_id: str | None, failure: ChannelError | None) -> None:
        pool = await self.database.pool(DELIVERY)
        claim = work.claim
        async with pool.acquire() as connection, claimed(connection, [claim.tenant_id]):
            if await rows.hold_lane(connection, claim) is None:
                _log.warning("a lease ended before its call: message %s", work.message_id)
                await self._correct(connection, work, provider_id, failure)
            elif failure is None:
                assert provider_id is not None
                await self._accepted(connection, claim, work.message_id, provider_id)
                await rows.move_on(connection, claim)
                await self._provider_works(connection, [claim])
            else:
                await self.settle(connection, claim, work.message_id, failure)
                await self._weigh(connection, claim, failure)
        self.database.wakeup.wake("event", "outbox")

    # Whether the provider works -----------------------------------------------------------------------------------

    async def _weigh(self, connection: Connection, claim: Claim, failure: ChannelError) -> None:
        """What a failure says of the channel's provider: that it does not work, that it does (a refusal is an answer), nothing."""
        if isinstance(failure, VendorDown | OutcomeUnknown) and not isinstance(failure, MediaRefused):
            # A lane that fails again and again may be its message's fault: it takes several lanes to open a circuit.
            if claim.attempts < _COUNTED_OF_A_LANE:
                self.troubled.add(claim.channel_id)
                if await note_failure(connection, claim.tenant_id, claim.channel_id):
                    _log.warning(
                        "delivery: the provider of channel %s does not work: one try at a time", claim.channel_id
                    )
        elif failure.vendor_code is not None and not isinstance(failure, Transient):
            await self._provider_works(connection, [claim])

    async def _provider_works(self, connection: Connection, claims: Sequence[Claim]) -> None:
        """Costs a statement only for channels that are known to have failed."""
        channels = {(one.tenant_id, one.channel_id) for one in claims if one.channel_id in self.troubled}
        if channels:
            if closed := await note_answers(connection, channels):
                await batches.let_go(connection, closed)
                _log.warning("delivery: the providers of %d channels work again: %s", len(closed), closed[0][1])
            self.troubled -= {channel for _, channel in channels}

    async def _correct(
        self, connection: Connection, work: Work, provider_id: str | None, failure: ChannelError | None
    ) -> None:
        """Our lease ended during the call: somebody has called it unknown, or is about to. What we know now is more."""
        claim, message_id = work.claim, work.message_id
        if isinstance(failure, OutcomeUnknown):
            return
        vendor_code, detail = (None, None) if failure is None else (failure.vendor_code, failure.detail)
        outcome = "accepted" if failure is None else "transient" if isinstance(failure, Transient) else "rejected"
        await rows.finish_attempt(connection, claim, work.attempt_id, outcome, vendor_code, detail)
        if failure is None:
            assert provider_id is not None
            await self._accepted(connection, claim, message_id, provider_id)
        elif not (isinstance(failure, Transient) and await rows.is_queued(connection, claim, message_id)):
            await self._failed(connection, claim, message_id, "failed", failure)

    async def _accepted(self, connection: Connection, claim: Claim, message_id: UUID, provider_id: str) -> None:
        await rows.finish_attempts(connection, claim, message_id, "accepted", None, None)
        # Those that are recorded together meet an echo as a key that is taken, and then go alone.
        gone = await yield_to_sends(connection, [(claim.tenant_id, claim.channel_id, message_id, provider_id)])
        await rows.settle(connection, claim, message_id, "sent", provider_id=provider_id)
        await rows.leave_outbox(connection, claim, message_id)
        await apply_parked(connection, claim.tenant_id, claim.channel_id, [provider_id])
        await emit_changes(
            connection, self.database, [(claim, one) for one in (message_id, *(one for _, _, one in gone))]
        )
        SETTLED.labels("sent").inc()

    async def settle(self, connection: Connection, claim: Claim, message_id: UUID, failure: ChannelError) -> None:
        """What a failure means for the message, its lane and its channel. In the caller's transaction, which holds the lane."""
        outcome, status = "rejected", "failed"
        if isinstance(failure, Transient):
            held_s = await rows.held_for_s(connection, claim)
            if held_s < HELD_AT_MOST_S:
                await rows.finish_attempts(
                    connection, claim, message_id, "transient", failure.vendor_code, failure.detail
                )
                wait_s = _backoff_s(claim.attempts, failure)
                if isinstance(failure, Throttled):
                    # No longer than a lane may be held: then its message is shown as failed, and somebody decides.
                    await pause_channel(connection, claim.tenant_id, claim.channel_id, min(wait_s, HELD_AT_MOST_S))
                await rows.hold_back(connection, claim, min(wait_s, max(1.0, HELD_AT_MOST_S - held_s)))
                return
            outcome = "transient"
        elif isinstance(failure, OutcomeUnknown):
            outcome, status = "unknown", "unknown"
        elif isinstance(failure, CredentialsRefused):
            await mark_reconnect_needed(connection, claim.tenant_id, claim.channel_id, failure.detail)
        elif isinstance(failure, MarketingStopped):
            await note_marketing_stopped(connection, claim.tenant_id, claim.conversation_id, self.database.clock.now())
        elif isinstance(failure, ChannelStopped):
            await stop_channel(connection, claim.tenant_id, claim.channel_id, failure.detail)
        await rows.finish_attempts(connection, claim, message_id, outcome, failure.vendor_code, failure.detail)
        await self._failed(connection, claim, message_id, status, failure)
        await rows.move_on(connection, claim)

    async def _failed(
        self, connection: Connection, claim: Claim, message_id: UUID, status: str, failure: ChannelError
    ) -> None:
        await rows.settle(
            connection,
            claim,
            message_id,
            status,
            error_code=failure.code,
            vendor_code=failure.vendor_code,
            detail=failure.detail,
        )
        await rows.leave_outbox(connection, claim, message_id)
        shown = await restore_reactions(connection, [(claim.tenant_id, message_id)]) if status == "failed" else []
        changed = [message_id, *(one for _, _, one in shown)]
        await emit_changes(connection, self.database, [(claim, one) for one in changed])
        SETTLED.labels(status).inc()


async def emit_changes(connection: Connection, database: Database, changed: Sequence[tuple[Claim, UUID]]) -> None:
    """The screens' facts about messages whose status moved; the list's row goes with its message."""
    events = [
        (claim.tenant_id, MessageChanged(conversation_id=claim.conversation_id, message_id=message_id))
        for claim, message_id in changed
    ]
    await connection.execute(*insert_events(events, database.clock.now()))


def _backoff_s(attempts: int, failure: Transient) -> float:
    """What the provider asked for, what the failure's kind asks for, or doubling from a second with half of it at random, so that lanes do not march in step."""
    if failure.retry_after_s is not None:
        return max(failure.retry_after_s, _FIRST_BACKOFF_S / 2)
    if failure.first_wait_s is not None:
        return failure.first_wait_s * failure.growth ** min(attempts, 10)
    whole = min(_LONGEST_BACKOFF_S, _FIRST_BACKOFF_S * 2.0 ** min(attempts, 10))
    return whole * (0.5 + random.random() / 2)  # noqa: S311  # spreads load, keeps no secret
