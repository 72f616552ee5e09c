"""Brings queued messages to their providers: claims lanes, asks once, and has the outcome written down.

One conversation is one lane, so its order is strict. No transaction is open during a provider's call. An attempt that was
begun and never finished is `unknown`: it is settled by a status, and never sent again by itself, unless the dead worker's
notes prove that it was not asked (asked). Lanes are begun together (delivery_batches); one that is not plain sailing is begun alone. What outcomes mean: delivery_outcomes.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import starmap
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from invekto.channels.adapter import (
    Address,
    ChannelError,
    ChannelStopped,
    CredentialsRefused,
    Outbound,
    OutcomeUnknown,
    Rejected,
    Transient,
    Unsupported,
    VendorDown,
)
from invekto.channels.outgoing import File, OutboundMedia
from invekto.channels.pacing import give_back
from invekto.channels.registry import Registry
from invekto.channels.service import open_credentials
from invekto.conversations import delivery_batches as batches
from invekto.conversations import delivery_rows as rows
from invekto.conversations.asked import Asked
from invekto.conversations.delivery_outcomes import Outcomes, Work, emit_changes
from invekto.conversations.delivery_pace import Pace
from invekto.conversations.delivery_rows import Claim
from invekto.conversations.outbound_content import WITHOUT_FILES, part_of
from invekto.conversations.voice_notes import VoiceNotes
from invekto.kernel.away import DATABASE_TROUBLE, SERVER_AWAY
from invekto.kernel.crypto import KeyRing, SecretUnreadable
from invekto.kernel.db import Database
from invekto.kernel.failpoints import hit
from invekto.kernel.http import Http
from invekto.kernel.ids import uuid7
from invekto.kernel.pressure import Pressure
from invekto.kernel.storage import MediaMissing, MediaStore
from invekto.kernel.tenancy import DELIVERY, Connection, claimed

_log = logging.getLogger(__name__)

CALLS_AT_ONCE: Final = 64
CALL_DEADLINE_S: Final = 45
_POLL_S: Final = 1.0
_AFTER_TROUBLE_S: Final = 1.0
_AFTER_THE_CALL_S: Final = 10.0
_STOPPED: Final[Mapping[str, type[ChannelError]]] = {"reconnect_needed": CredentialsRefused, "paused": ChannelStopped}


@dataclass
class Delivery:
    """One worker's share of the outbox. Any number may run beside each other."""

    database: Database
    registry: Registry
    http: Http
    keys: KeyRing
    media: MediaStore
    asked: Asked = field(default_factory=lambda: Asked(None))
    pressure: Pressure = field(default_factory=Pressure)
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._outcomes = Outcomes(self.database)
        self._pace = Pace()
        self._voice_notes = VoiceNotes(self.database, self.media)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; then lets the calls that run finish."""
        woken = self.database.wakeup.subscribe("outbox")
        try:
            while not stop.is_set():
                woken.clear()
                try:
                    claims = await self._claim(CALLS_AT_ONCE - len(self._running))
                    idle_s = _POLL_S if claims else await self._until_next_due()
                except DATABASE_TROUBLE as error:
                    _log.warning("delivery: the database is away: %s", error)
                    await self.database.wakeup.wait(stop, _AFTER_TROUBLE_S)
                    continue
                self.pressure.note(len(claims) + len(self._running) >= CALLS_AT_ONCE // 2)
                works, alone = await self._begin_together(claims) if claims else ([], [])
                for coroutine in (*map(self._finish, works), *starmap(self._deliver_alone, alone)):
                    task = asyncio.create_task(self._guarded(coroutine, woken))
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
            works, alone = await self._begin_together(claims)
            await asyncio.gather(*map(self._finish, works), *starmap(self._deliver_alone, alone))

    # Claiming ---------------------------------------------------------------------------------------------------

    async def _claim(self, wanted: int) -> list[Claim]:
        """Due lanes, ours from now on."""
        if wanted <= 0:
            return []
        pool = await self.database.pool(DELIVERY)
        async with pool.acquire() as connection:
            return await rows.claim_lanes(connection, wanted)

    async def _until_next_due(self) -> float:
        pool = await self.database.pool(DELIVERY)
        async with pool.acquire() as connection:
            due_s = await rows.next_due_in_s(connection)
        return _POLL_S if due_s is None else min(_POLL_S, max(0.01, due_s))

    # Beginning, together ----------------------------------------------------------------------------------------

    async def _begin_together(self, claims: Sequence[Claim]) -> tuple[list[Work], list[tuple[Claim, UUID]]]:
        """Begins what the channels' pace admits, in one transaction. The second list must be begun lane by lane, each
        with the id that its attempt has, if it is written down already."""
        hit("delivery.after_claim")
        self.asked.turn_over()
        until = self.database.clock.monotonic() + CALL_DEADLINE_S
        works: list[Work] = []
        try:
            pool = await self.database.pool(DELIVERY)
            async with pool.acquire() as connection, claimed(connection, {claim.tenant_id for claim in claims}):
                left_s = await batches.hold_lanes(connection, claims)
                held = [claim for claim in claims if claim.conversation_id in left_s]
                admitted, given_up = await self._pace.admit(connection, held, self._outcomes.troubled)
                heads = await batches.heads_of(connection, [*admitted, *given_up]) if admitted or given_up else {}
                alone: list[tuple[Claim, UUID]] = []
                for claim in admitted:
                    head = heads.get(claim.conversation_id)
                    fresh = left_s[claim.conversation_id] >= CALL_DEADLINE_S + _AFTER_THE_CALL_S
                    work = self._plain(claim, head, until) if fresh and head is not None else None
                    if work is None:
                        alone.append((claim, uuid7()))
                    else:
                        works.append(work)
                alone += await self._give_up(connection, given_up, heads)
                if works:
                    await batches.begin_attempts(
                        connection,
                        [
                            batches.Begun(
                                work.claim,
                                work.message_id,
                                work.attempt_id,
                                heads[work.claim.conversation_id]["attempts"] + 1,
                                work.run_id,
                            )
                            for work in works
                        ],
                    )
                    await emit_changes(connection, self.database, [(work.claim, work.message_id) for work in works])
        except DATABASE_TROUBLE as error:
            # Nothing was asked. Alone, each lane meets its own error, and a lost connection is met by none.
            _log.warning("delivery: %d lanes are begun one by one: %r", len(claims), error)
            ids = {work.claim.conversation_id: work.attempt_id for work in works}
            return [], [(claim, ids.get(claim.conversation_id) or uuid7()) for claim in claims]
        self.database.wakeup.wake("event")
        return works, alone

    async def _give_up(
        self, connection: Connection, claims: Sequence[Claim], heads: Mapping[UUID, asyncpg.Record]
    ) -> list[tuple[Claim, UUID]]:
        """Their provider has been away for as long as a lane may be held: nobody was asked. Those that need a second look."""
        alone: list[tuple[Claim, UUID]] = []
        for claim in claims:
            head = heads.get(claim.conversation_id)
            if head is None or head["interrupted"] or head["status"] not in ("queued", "sending"):
                alone.append((claim, uuid7()))
            else:
                away = VendorDown("the provider has not worked for minutes")
                await self._outcomes.settle(connection, claim, head["id"], away)
        return alone

    def _plain(self, claim: Claim, head: asyncpg.Record, until: float) -> Work | None:
        """The work of a message without a file, on a channel that works; None for anything that needs a second look."""
        plain = head["status"] == "queued" and head["type"] in WITHOUT_FILES and head["channel_status"] == "connected"
        if not plain or head["interrupted"]:
            return None
        try:
            return self._work(claim, head, uuid7(), until, None)
        except (SecretUnreadable, ValueError):
            return None

    # One lane ---------------------------------------------------------------------------------------------------

    async def _guarded(self, delivering: Coroutine[None, None, None], woken: asyncio.Event) -> None:
        try:
            await delivering
        except DATABASE_TROUBLE as error:
            # Whatever was begun stays written: the lease ends, and the next worker reads what happened.
            _log.warning("delivery of a lane was interrupted by the database: %s", error)
        woken.set()

    async def _deliver_alone(self, claim: Claim, attempt_id: UUID) -> None:
        work = await self._surely_begin(claim, attempt_id)
        if work is not None:
            await self._finish(work)

    async def _surely_begin(self, claim: Claim, attempt_id: UUID) -> Work | None:
        """As `_begin`, again while the server is away: a short outage must not hold a lane for the rest of its lease."""
        monotonic = self.database.clock.monotonic
        give_up_at = monotonic() + rows.LEASE_S
        while True:
            try:
                return await self._begin(claim, attempt_id)
            except SERVER_AWAY as error:
                if monotonic() > give_up_at:
                    raise
                _log.warning("delivery: a lane waits for the database: %s", error)
                await asyncio.sleep(_AFTER_TROUBLE_S * (0.5 + random.random()))  # noqa: S311  # spreads load

    async def _finish(self, work: Work) -> None:
        hit("delivery.before_call")
        provider_id, failure = await self._ask(work)
        hit("delivery.before_record")
        await self._outcomes.record(work, provider_id, failure)

    async def _ask(self, work: Work) -> tuple[str | None, ChannelError | None]:
        """The provider's id of the message, or why there is none."""
        left_s = work.until - self.database.clock.monotonic()
        if left_s < CALL_DEADLINE_S / 2:
            # This process stood still: by the end of a call the lane might be another worker's.
            return None, Transient("the worker was too slow to ask")
        try:
            async with asyncio.timeout(left_s - CALL_DEADLINE_S / 2):
                message = await self._ready(work)
        except ChannelError as error:
            return None, error
        except TimeoutError:
            return None, Transient("the recording was not made a voice note in time")
        except DATABASE_TROUBLE as error:
            return None, Transient(f"the recording's row could not be written: {error!r}")
        except MediaMissing:
            return None, Rejected("the file is not in the media store any more")
        adapter = self.registry.adapter(work.kind, work.provider)
        if not self.asked.note(work.run_id, work.attempt_id):
            return None, Transient("it cannot be noted that this is asked")
        try:
            async with asyncio.timeout(work.until - self.database.clock.monotonic()):
                receipt = await adapter.send(self.http, work.credentials, message)
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

    async def _ready(self, work: Work) -> Outbound:
        """The message with its recording made a voice note. Until this is through, nobody has been asked."""
        content = work.message.content
        if not isinstance(content, File) or not content.media.voice:
            return work.message
        ready = await self._voice_notes.ready(work.claim.tenant_id, work.message_id, content.media)
        return msgspec.structs.replace(work.message, content=msgspec.structs.replace(content, media=ready))

    async def _begin(self, claim: Claim, attempt_id: UUID) -> Work | None:
        """Writes down the attempt. None when there is nothing to ask: the lane was empty, lost, or its head settled here."""
        pool = await self.database.pool(DELIVERY)
        until = self.database.clock.monotonic() + CALL_DEADLINE_S
        async with pool.acquire() as connection, claimed(connection, [claim.tenant_id]):
            lease_s = await rows.hold_lane(connection, claim)
            if lease_s is None:
                return None
            if lease_s < CALL_DEADLINE_S + _AFTER_THE_CALL_S:
                await rows.renew_lease(connection, claim)
            # Begun before, when the commit was not answered: nobody has been asked, so it is no interrupted attempt.
            await rows.take_back(connection, claim, attempt_id)
            head = await rows.head_of(connection, claim)
            if head is None or head["status"] not in ("queued", "sending"):
                # Settled by a report in the meantime: the provider has it, whatever its answer said.
                await give_back(connection, claim.tenant_id, claim.channel_id, 1)
                if head is not None:
                    await rows.finish_attempts(connection, claim, head["id"], "unknown", None, None)
                    await rows.leave_outbox(connection, claim, head["id"])
                await rows.move_on(connection, claim)
                return None
            if head["interrupted"] and not await self._never_asked(connection, claim, head["id"]):
                await self._outcomes.settle(
                    connection, claim, head["id"], OutcomeUnknown("the worker ended during the call")
                )
                return None
            stopped = _STOPPED.get(head["channel_status"])
            if stopped is not None:
                await self._outcomes.settle(connection, claim, head["id"], stopped())
                return None
            media = await self._media(connection, claim.tenant_id, head)
            try:
                work = self._work(claim, head, attempt_id, until, media)
            except SecretUnreadable:
                await self._outcomes.settle(
                    connection, claim, head["id"], CredentialsRefused("sealed with another key")
                )
                return None
            except ValueError as error:
                await self._outcomes.settle(connection, claim, head["id"], Unsupported(str(error)))
                return None
            await rows.begin_attempt(connection, claim, head["id"], work.attempt_id, head["attempts"] + 1, work.run_id)
            await rows.settle(connection, claim, head["id"], "sending")
            await emit_changes(connection, self.database, [(claim, head["id"])])
        self.database.wakeup.wake("event")
        return work

    async def _never_asked(self, connection: Connection, claim: Claim, message_id: UUID) -> bool:
        """Whether every attempt that has no outcome was a dead worker's that had not asked yet: then it goes out now."""
        begun = await rows.unfinished_attempts(connection, claim, message_id)
        if not all(self.asked.surely_not(one["run_id"], one["id"]) for one in begun):
            return False
        detail = "the worker ended before it asked"
        await rows.finish_attempts(connection, claim, message_id, "transient", None, detail)
        return True

    def _work(
        self, claim: Claim, head: asyncpg.Record, attempt_id: UUID, until: float, media: OutboundMedia | None
    ) -> Work:
        """SecretUnreadable when the channel's credentials cannot be opened; ValueError when the row cannot be sent."""
        message = Outbound(
            to=tuple(Address(scheme=scheme, value=value) for scheme, value in rows.addresses(head)),
            callback_data=str(head["id"]),
            content=part_of(head, media),
            # A reaction names what it is about by itself.
            reply_to_provider_id=None if head["type"] == "reaction" else head["reply_to_provider_id"],
        )
        credentials = open_credentials(self.keys, claim.tenant_id, head["credentials"])
        return Work(
            claim,
            head["id"],
            attempt_id,
            self.asked.run_id,
            until,
            head["kind"],
            head["provider"],
            credentials,
            message,
        )

    async def _media(self, connection: Connection, tenant_id: UUID, head: asyncpg.Record) -> OutboundMedia | None:
        if head["type"] in WITHOUT_FILES:
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


async def _first(*events: asyncio.Event, timeout_s: float) -> None:
    tasks = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
