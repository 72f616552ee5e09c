"""Brings queued messages to their providers: claims lanes, asks once, records what came of it.

One conversation is one lane, so its order is strict. No transaction is open during a provider's call. An attempt that was
begun and never finished is `unknown`: it is settled by a status or a person, and never sent again by itself.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import AsyncIterable, Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import asyncpg

from invekto.channels.adapter import (
    Address,
    ChannelError,
    Credentials,
    CredentialsRefused,
    Outbound,
    OutboundMedia,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Transient,
)
from invekto.channels.pacing import give_back, pause_channel, take_tokens
from invekto.channels.registry import Registry, UnknownChannelKind, capabilities_of
from invekto.channels.service import mark_reconnect_needed, open_credentials
from invekto.conversations import delivery_rows as rows
from invekto.conversations.delivery_rows import Claim
from invekto.conversations.events import ConversationChanged, MessageChanged
from invekto.conversations.statuses import apply_parked
from invekto.kernel.crypto import KeyRing, SecretUnreadable
from invekto.kernel.db import Database
from invekto.kernel.events import insert_events
from invekto.kernel.failpoints import hit
from invekto.kernel.http import Http
from invekto.kernel.storage import MediaMissing, MediaStore
from invekto.kernel.tenancy import DELIVERY, Connection, claimed

_log = logging.getLogger(__name__)

CALLS_AT_ONCE: Final = 32
HELD_AT_MOST_S: Final = 300
CALL_DEADLINE_S: Final = 45
RECORD_WITHIN_S: Final = 120
"""How long a known outcome is held on to while the database is away. After that it is found as begun: `unknown`."""
_FIRST_BACKOFF_S: Final = 1.0
_LONGEST_BACKOFF_S: Final = 60.0
_POLL_S: Final = 1.0
_AFTER_TROUBLE_S: Final = 1.0
_AFTER_THE_CALL_S: Final = 10.0
_UNKNOWN_KIND_S: Final = 60.0
_AWAY: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)


@dataclass(frozen=True, slots=True)
class _Work:
    """A begun attempt: everything the call needs, so that no connection is held while it runs.

    `until`: when the call must have ended, by this process's monotonic clock; the lease ends after that.
    """

    claim: Claim
    message_id: UUID
    attempt_id: UUID
    until: float
    kind: str
    provider: str
    credentials: Credentials
    message: Outbound


@dataclass
class Delivery:
    """One worker's share of the outbox. Any number may run beside each other."""

    database: Database
    registry: Registry
    http: Http
    keys: KeyRing
    media: MediaStore
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; then lets the calls that run finish."""
        woken = self.database.wakeup.subscribe("outbox")
        try:
            while not stop.is_set():
                woken.clear()
                try:
                    claims = await self._claim(CALLS_AT_ONCE - len(self._running))
                    idle_s = _POLL_S if claims else await self._until_next_due()
                except _AWAY as error:
                    _log.warning("delivery: the database is away: %s", error)
                    await self.database.wakeup.wait(stop, _AFTER_TROUBLE_S)
                    continue
                for claim in claims:
                    task = asyncio.create_task(self._guarded(claim, woken))
                    self._running.add(task)
                    task.add_done_callback(self._running.discard)
                if len(self._running) >= CALLS_AT_ONCE:
                    await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
                elif not claims:
                    await _first(woken, stop, timeout_s=idle_s)
        finally:
            self.database.wakeup.unsubscribe("outbox", woken)
            if self._running:
                await asyncio.wait(self._running)

    async def drain(self) -> None:
        """Delivers what is due now and returns: for commands and tests."""
        while claims := await self._claim(CALLS_AT_ONCE):
            await asyncio.gather(*(self._deliver(claim) for claim in claims))

    # Claiming ---------------------------------------------------------------------------------------------------

    async def _claim(self, wanted: int) -> list[Claim]:
        """Due lanes that their channels' pace admits now; the others are put off."""
        if wanted <= 0:
            return []
        pool = await self.database.pool(DELIVERY)
        async with pool.acquire() as connection:
            async with claimed(connection):
                claims = await rows.claim_lanes(connection, wanted)
            if not claims:
                return []
            async with claimed(connection, {claim.tenant_id for claim in claims}):
                return await self._paced(connection, claims)

    async def _paced(self, connection: Connection, claims: list[Claim]) -> list[Claim]:
        by_channel: dict[tuple[UUID, UUID], list[Claim]] = defaultdict(list)
        for claim in claims:
            by_channel[claim.tenant_id, claim.channel_id].append(claim)
        admitted: list[Claim] = []
        # In one order for all workers: each draws from the buckets' rows and would wait for the other.
        for (tenant_id, channel_id), waiting in sorted(by_channel.items()):
            kinds = await connection.fetchrow(
                "select kind, provider from channel where tenant_id = $1 and id = $2", tenant_id, channel_id
            )
            assert kinds is not None, "a foreign key holds it"
            try:
                capabilities = capabilities_of(kinds["kind"], kinds["provider"])
            except UnknownChannelKind as error:
                # A row of a newer version: its messages wait for a worker of that version, the others' do not.
                _log.error("delivery: no adapter for %s", error)
                for claim in waiting:
                    await rows.release(connection, claim, _UNKNOWN_KIND_S)
                continue
            grant = await take_tokens(connection, tenant_id, channel_id, len(waiting), capabilities)
            admitted += waiting[: grant.granted]
            for place, claim in enumerate(waiting[grant.granted :]):
                # One behind the other, as the bucket fills: due together, they would all be claimed and put off again.
                await rows.release(connection, claim, grant.again_in_s + place / capabilities.rate_per_s)
        return admitted

    async def _until_next_due(self) -> float:
        pool = await self.database.pool(DELIVERY)
        async with pool.acquire() as connection, claimed(connection):
            due_s = await rows.next_due_in_s(connection)
        return _POLL_S if due_s is None else min(_POLL_S, max(0.01, due_s))

    # One lane ---------------------------------------------------------------------------------------------------

    async def _guarded(self, claim: Claim, woken: asyncio.Event) -> None:
        try:
            await self._deliver(claim)
        except _AWAY as error:
            # Whatever was begun stays written: the lease ends, and the next worker reads what happened.
            _log.warning("delivery of a lane was interrupted by the database: %s", error)
        woken.set()

    async def _deliver(self, claim: Claim) -> None:
        hit("delivery.after_claim")
        work = await self._begin(claim)
        if work is None:
            return
        hit("delivery.before_call")
        provider_id, failure = await self._ask(work)
        hit("delivery.before_record")
        await self._record_surely(work, provider_id, failure)

    async def _ask(self, work: _Work) -> tuple[str | None, ChannelError | None]:
        """The provider's id of the message, or why there is none."""
        left_s = work.until - self.database.clock.monotonic()
        if left_s < CALL_DEADLINE_S / 2:
            # This process stood still: by the end of a call the lane might be another worker's.
            return None, Transient("the worker was too slow to ask")
        adapter = self.registry.adapter(work.kind, work.provider)
        try:
            async with asyncio.timeout(left_s):
                receipt = await adapter.send(self.http, work.credentials, work.message)
        except ChannelError as error:
            return None, error
        except TimeoutError:
            return None, OutcomeUnknown("no answer before the deadline")
        except MediaMissing:
            return None, Rejected("the file is not in the media store any more")
        except Exception as error:  # noqa: BLE001  # whatever an adapter's defect is, its message's outcome must be written down
            # A defect of an adapter: the provider may have the message, so it must not go out twice.
            _log.exception("adapter %s/%s failed", work.kind, work.provider)
            return None, OutcomeUnknown(f"{type(error).__name__} in the adapter")
        return receipt.provider_id, None

    async def _begin(self, claim: Claim) -> _Work | None:
        """Writes down the attempt. None when there is nothing to ask: the lane was empty, lost, or its head settled here."""
        pool = await self.database.pool(DELIVERY)
        until = self.database.clock.monotonic() + CALL_DEADLINE_S
        async with pool.acquire() as connection, claimed(connection, [claim.tenant_id]):
            lease_s = await rows.hold_lane(connection, claim)
            if lease_s is None:
                return None
            if lease_s < CALL_DEADLINE_S + _AFTER_THE_CALL_S:
                await rows.renew_lease(connection, claim)
            head = await rows.head_of(connection, claim)
            if head is None or head["status"] not in ("queued", "sending"):
                # Settled by a report in the meantime: the provider has it, whatever its answer said.
                await give_back(connection, claim.tenant_id, claim.channel_id, 1)
                if head is not None:
                    await rows.finish_attempts(connection, claim, head["id"], "unknown", None, None)
                    await rows.leave_outbox(connection, claim, head["id"])
                await rows.move_on(connection, claim)
                return None
            if head["interrupted"]:
                await self._settle(connection, claim, head["id"], OutcomeUnknown("the worker ended during the call"))
                return None
            if head["channel_status"] == "reconnect_needed":
                await self._settle(connection, claim, head["id"], CredentialsRefused())
                return None
            try:
                credentials = open_credentials(self.keys, claim.tenant_id, head["credentials"])
            except SecretUnreadable:
                await self._settle(connection, claim, head["id"], CredentialsRefused("sealed with another key"))
                return None
            media = await self._media(connection, claim.tenant_id, head)
            attempt_id = await rows.begin_attempt(connection, claim, head["id"], head["attempts"] + 1)
            await rows.settle(connection, claim, head["id"], "sending")
            await self._emit(connection, claim, head["id"])
        self.database.wakeup.wake("event")
        message = Outbound(
            to=tuple(Address(scheme=scheme, value=value) for scheme, value in rows.addresses(head)),
            callback_data=str(head["id"]),
            text=head["text"],
            media=media,
            reply_to_provider_id=head["reply_to_provider_id"],
        )
        return _Work(claim, head["id"], attempt_id, until, head["kind"], head["provider"], credentials, message)

    async def _media(self, connection: Connection, tenant_id: UUID, head: asyncpg.Record) -> OutboundMedia | None:
        if head["type"] == "text":
            return None
        files = await rows.attachments_of(connection, tenant_id, head["id"])
        if not files:
            return None
        file = files[0]
        return OutboundMedia(
            kind=file["kind"],
            mime=file["mime"],
            name=file["name"],
            size=file["size"],
            voice=file["voice"],
            open=self._opener(tenant_id, file["storage_key"]),
        )

    def _opener(self, tenant_id: UUID, storage_key: str) -> Callable[[], AsyncIterable[bytes]]:
        return lambda: self.media.read(tenant_id, storage_key)

    async def _record_surely(self, work: _Work, provider_id: str | None, failure: ChannelError | None) -> None:
        """What the provider said is known nowhere else: a short outage of the database must not lose it."""
        monotonic = self.database.clock.monotonic
        give_up_at = monotonic() + RECORD_WITHIN_S
        while True:
            try:
                await self._record(work, provider_id, failure)
                return
            except _AWAY as error:
                if monotonic() > give_up_at:
                    raise
                _log.warning("delivery: an outcome waits for the database: %s", error)
                await asyncio.sleep(_AFTER_TROUBLE_S * (0.5 + random.random()))  # noqa: S311  # spreads load

    async def _record(self, work: _Work, provider_id: str | None, failure: ChannelError | None) -> None:
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
            else:
                await self._settle(connection, claim, work.message_id, failure)
        self.database.wakeup.wake("event", "outbox")

    async def _correct(
        self, connection: Connection, work: _Work, provider_id: str | None, failure: ChannelError | None
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
        await rows.settle(connection, claim, message_id, "sent", provider_id=provider_id)
        await rows.leave_outbox(connection, claim, message_id)
        await apply_parked(connection, claim.tenant_id, claim.channel_id, [provider_id])
        await self._emit(connection, claim, message_id)

    async def _settle(self, connection: Connection, claim: Claim, message_id: UUID, failure: ChannelError) -> None:
        """What a failure means for the message, its lane and its channel."""
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
        await self._emit(connection, claim, message_id)

    async def _emit(self, connection: Connection, claim: Claim, message_id: UUID) -> None:
        now = self.database.clock.now()
        events = [
            (claim.tenant_id, MessageChanged(conversation_id=claim.conversation_id, message_id=message_id)),
            (claim.tenant_id, ConversationChanged(conversation_id=claim.conversation_id)),
        ]
        await connection.execute(*insert_events(events, now))


def _backoff_s(attempts: int, failure: Transient) -> float:
    """What the provider asked for, or doubling from a second with half of it at random, so that lanes do not march in step."""
    if failure.retry_after_s is not None:
        return max(failure.retry_after_s, _FIRST_BACKOFF_S / 2)
    whole = min(_LONGEST_BACKOFF_S, _FIRST_BACKOFF_S * 2.0 ** min(attempts, 10))
    return whole * (0.5 + random.random() / 2)  # noqa: S311  # spreads load, keeps no secret


async def _first(*events: asyncio.Event, timeout_s: float) -> None:
    tasks = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
