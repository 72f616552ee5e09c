"""The ingest consumer: turns stored receipts into messages, in the order of their arrival.

There is one consumer at a time, elected by an advisory lock on the very connection it works with: whoever loses the
connection has lost the lock and can commit nothing more. The others stand by and take over within a second.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl
from uuid import UUID

import asyncpg
import msgspec

from invekto.channels.adapter import (
    ChannelUpdated,
    ContactSynced,
    HistoryMessage,
    InboundEvent,
    Part,
    ProviderNotice,
    RawRequest,
    TemplateUpdated,
    UnhandledEvent,
)
from invekto.channels.claims import (
    CONSUMER_LOCK,
    QUARANTINED,
    RECEIPTS_DONE,
    Parked,
    Route,
    StoredReceipt,
    claim_receipts,
    find_routes,
    mark_done,
    quarantine,
)
from invekto.channels.provider_events import find_parent_routes
from invekto.channels.registry import Registry
from invekto.contacts.identities import Raced
from invekto.conversations.inbound import receive_messages
from invekto.conversations.notices import Notice, Noticed, Subscriber, receive_notices
from invekto.conversations.received import Incoming
from invekto.kernel.away import DATABASE_TROUBLE
from invekto.kernel.db import Database, role_settings
from invekto.kernel.failpoints import hit
from invekto.kernel.link import PROMPT_LINK_SETTINGS, LinkConnection
from invekto.kernel.pressure import Pressure
from invekto.kernel.tenancy import INGEST, Connection, claimed

_log = logging.getLogger(__name__)

_POLL_S: Final = 0.5
# At 200 webhooks a second a claim has two or three.
_BUSY_FROM: Final = 32
_STAND_BY_S: Final = 1.0
# It asks twice a second, and reads even the largest claim within a few.
SILENCE_S: Final = 20.0
_TRIES: Final = 5
_ROUTES_KEPT_S: Final = 5.0
PAST_AT_ONCE: Final = 1_000
"""Old lines in one transaction, or a single person's if they are more (decision 28)."""
_OF_THE_PHONE: Final = (HistoryMessage, ContactSynced)

# In the order in which a statement names its tables: see PINNED_PLANS.
SESSION: Final = {**role_settings(INGEST), "join_collapse_limit": "1", "from_collapse_limit": "1"}

# What the database says of data it cannot keep, and what Python says of an event that is not what its type promises.
# Anything else is an outage: the claim stays and is tried again.
_REFUSALS: Final = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
    Raced,  # and lost every race again: no race, but a contradiction
)
_AGAIN: Final = (Raced, asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.UniqueViolationError)


@dataclass
class Ingest:
    """Runs in every worker; one of them works. `silence_s`: how long the server waits for a word of the one that works;
    a frozen process, or a machine that is gone without a goodbye, would otherwise keep the lock for hours. `subscribers`: who
    wants which kind of notice (entry.wiring); what nobody wants is kept for a while."""

    database: Database
    registry: Registry
    silence_s: float = SILENCE_S
    subscribers: Mapping[type[Part], Subscriber] = field(default_factory=dict)
    pressure: Pressure = field(default_factory=Pressure)
    working: bool = False
    _routes: dict[tuple[str, str], Route] = field(default_factory=dict)
    _parents: dict[tuple[str, str], list[Route]] = field(default_factory=dict)
    _routes_at: float = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; what is being stored is finished first."""
        woken = self.database.wakeup.subscribe("receipt")
        try:
            while not stop.is_set():
                try:
                    await self._elected(stop, woken)
                except DATABASE_TROUBLE as error:
                    _log.warning("ingest: interrupted, the claim is tried again: %s", error)
                self.working = False
                await self.database.wakeup.wait(stop, _STAND_BY_S)
        finally:
            self.database.wakeup.unsubscribe("receipt", woken)

    async def _elected(self, stop: asyncio.Event, woken: asyncio.Event) -> None:
        silence = f"{int(self.silence_s * 1000)}ms"
        connection = await asyncpg.connect(  # nosemgrep: statement-without-a-firm  # ingest claims its firms
            self.database.options.url,
            timeout=self.database.options.connect_timeout_s,
            command_timeout=60,
            server_settings={
                **SESSION,
                **PROMPT_LINK_SETTINGS,
                "idle_session_timeout": silence,
                "idle_in_transaction_session_timeout": silence,
            },
            connection_class=LinkConnection,
        )
        try:
            if not await connection.fetchval("select pg_try_advisory_lock($1)", CONSUMER_LOCK):
                return
            self.working = True
            _log.info("ingest: this worker consumes the receipts")
            while not stop.is_set():
                woken.clear()
                if not await self.work_once(connection):
                    await self.database.wakeup.wait(woken, _POLL_S)
        finally:
            # Ends the session, and with it the lock, whatever state it is in.
            connection.terminate()

    async def work_once(self, connection: Connection) -> int:
        """One claim from look to commit; the number of receipts done."""
        receipts = await claim_receipts(connection)
        self.pressure.note(len(receipts) >= _BUSY_FROM)
        if not receipts:
            return 0
        hit("ingest.after_claim")
        incoming, parked = await self._read(connection, receipts)
        now = self.database.clock.now()
        await self._store(connection, receipts, incoming, parked, now)
        hit("ingest.after_commit")
        self.database.wakeup.wake("event", "media")
        RECEIPTS_DONE.inc(len(receipts))
        return len(receipts)

    # Reading ----------------------------------------------------------------------------------------------------

    async def _read(
        self, connection: Connection, receipts: Sequence[StoredReceipt]
    ) -> tuple[list[Incoming | Noticed], list[Parked]]:
        """Every event of the claim with its channel, or its place in the quarantine."""
        read = [(receipt, event) for receipt in receipts for event in self._events(receipt)]
        named = [((receipt.kind, event.account_key), _of_parent(event)) for receipt, event in read if event.account_key]
        await self._find_routes(
            connection, {key for key, parent in named if not parent}, {key for key, parent in named if parent}
        )
        incoming: list[Incoming | Noticed] = []
        parked: list[Parked] = []
        for receipt, event in read:
            routes = self._routes_of(receipt.kind, event)
            ours = [route for route in routes if route.admits(receipt)]
            if isinstance(event, UnhandledEvent):
                tenant, channel = (ours[0].tenant_id, ours[0].channel_id) if ours else (None, None)
                parked.append(_park(receipt, event, event.reason, event.detail, tenant, channel))
            elif not routes:
                parked.append(_park(receipt, event, "unknown_account", event.account_key))
            elif not ours:
                # Signed by an app that does not own this account: kept for the operator, shown to no firm.
                parked.append(_park(receipt, event, "wrong_app", event.account_key))
            elif isinstance(event, Notice):
                incoming += [Noticed(route.tenant_id, route.channel_id, event, receipt.id) for route in ours]
            else:
                incoming.append(Incoming(ours[0].tenant_id, ours[0].channel_id, event, receipt.id))
        return incoming, parked

    def _events(self, receipt: StoredReceipt) -> Sequence[InboundEvent]:
        try:
            request = RawRequest(
                method="POST",
                query=dict(parse_qsl(receipt.query, keep_blank_values=True)),
                headers=msgspec.json.decode(receipt.headers, type=dict[str, str]),
                body=receipt.body,
                received_at=receipt.received_at,
            )
            return self.registry.by_kind(receipt.kind).parse(request)
        except Exception as error:  # noqa: BLE001  # a parser's defect must cost its own receipt only, never the queue
            _log.exception("receipt %s could not be read", receipt.id)
            detail = type(error).__name__
            return [
                UnhandledEvent(
                    account_key=None, path="$", raw_slice=receipt.body, reason="parser_failed", detail=detail
                )
            ]

    def _routes_of(self, kind: str, event: InboundEvent) -> Sequence[Route]:
        key = (kind, event.account_key or "")
        if _of_parent(event):
            return self._parents.get(key, ())
        route = self._routes.get(key)
        return () if route is None else (route,)

    async def _find_routes(
        self, connection: Connection, accounts: set[tuple[str, str]], parents: set[tuple[str, str]]
    ) -> None:
        """Cached for a few seconds; absence is not: a number that was connected just now is known at once."""
        clock = self.database.clock.monotonic()
        if clock - self._routes_at > _ROUTES_KEPT_S:
            self._routes, self._parents, self._routes_at = {}, {}, clock
        missing, missing_parents = accounts - self._routes.keys(), parents - self._parents.keys()
        if missing or missing_parents:
            async with claimed(connection):
                self._routes.update(await find_routes(connection, missing))
                self._parents.update(await find_parent_routes(connection, missing_parents))

    # Storing ----------------------------------------------------------------------------------------------------

    async def _store(
        self,
        connection: Connection,
        receipts: Sequence[StoredReceipt],
        incoming: list[Incoming | Noticed],
        parked: list[Parked],
        now: datetime,
    ) -> None:
        """All in one transaction, but for a phone's past; if the database refuses it, by tenant and by halves until the bad
        event is alone."""
        try:
            rest = await self._take_past(connection, incoming, now)
            await self._attempt(connection, rest, parked, receipts, now)
            return
        except _REFUSALS as error:
            _log.warning("a claim of %d receipts was refused, looking for the event: %s", len(receipts), error)
        by_id = {receipt.id: receipt for receipt in receipts}
        by_tenant: dict[UUID, list[Incoming | Noticed]] = {}
        for one in incoming:
            by_tenant.setdefault(one.tenant_id, []).append(one)
        for events in by_tenant.values():
            parked += await self._by_halves(connection, events, by_id, now)
        # Done last: until here a crash repeats the claim, and the messages' keys make that harmless.
        await self._attempt(connection, [], parked, receipts, now)

    async def _take_past(
        self, connection: Connection, incoming: list[Incoming | Noticed], now: datetime
    ) -> list[Incoming | Noticed]:
        """Stores a phone's thousands of old lines in transactions of about PAST_AT_ONCE, by person, so that nobody's locks are
        held for long; what was written now goes first. Gives what is left to be stored: the names in the phone's book."""
        past = [one for one in incoming if isinstance(one, Noticed) and isinstance(one.event, HistoryMessage)]
        if len(past) <= PAST_AT_ONCE:
            return incoming
        await self._attempt(
            connection, [one for one in incoming if not isinstance(one.event, _OF_THE_PHONE)], [], [], now
        )
        for part in _by_person(past):
            await self._attempt(connection, part, [], [], now)
        return [one for one in incoming if isinstance(one.event, ContactSynced)]

    async def _by_halves(
        self,
        connection: Connection,
        events: Sequence[Incoming | Noticed],
        by_id: dict[int, StoredReceipt],
        now: datetime,
    ) -> list[Parked]:
        try:
            await self._attempt(connection, events, [], [], now)
        except _REFUSALS as error:
            if len(events) > 1:
                middle = len(events) // 2
                return [
                    *await self._by_halves(connection, events[:middle], by_id, now),
                    *await self._by_halves(connection, events[middle:], by_id, now),
                ]
            one = events[0]
            _log.error("an event of receipt %s is refused by the database: %s", one.key, error)
            detail = getattr(error, "sqlstate", None) or type(error).__name__
            return [_park(by_id[one.key], one.event, "refused_by_database", detail, one.tenant_id, one.channel_id)]
        return []

    async def _attempt(
        self,
        connection: Connection,
        incoming: Sequence[Incoming | Noticed],
        parked: Sequence[Parked],
        receipts: Sequence[StoredReceipt],
        now: datetime,
    ) -> None:
        messages = [one for one in incoming if isinstance(one, Incoming)]
        notices = [one for one in incoming if isinstance(one, Noticed)]
        for attempt in range(1, _TRIES + 1):
            try:
                async with claimed(connection, {one.tenant_id for one in incoming}):
                    await receive_messages(connection, messages, now)
                    await receive_notices(connection, notices, now, self.subscribers)
                    await quarantine(connection, parked, now)
                    if receipts:
                        await mark_done(connection, receipts)
                break
            except _AGAIN:
                if attempt == _TRIES:
                    raise
                await asyncio.sleep(0.005 * attempt)
        for one in parked:
            QUARANTINED.labels(one.reason).inc()


def _by_person(past: Sequence[Noticed]) -> Iterator[list[Noticed]]:
    """Parts of about PAST_AT_ONCE, whole persons together: each one's lines are numbered once."""
    people: dict[tuple[UUID, str], list[Noticed]] = {}
    for one in past:
        assert isinstance(one.event, HistoryMessage), "they were chosen for it"
        people.setdefault((one.channel_id, one.event.message.sender.addresses[0].value), []).append(one)
    part: list[Noticed] = []
    for lines in people.values():
        part += lines
        if len(part) >= PAST_AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _of_parent(event: InboundEvent) -> bool:
    """Whether its account key is that of the account above the numbers."""
    return isinstance(event, TemplateUpdated | ChannelUpdated | ProviderNotice) and event.parent


def _park(
    receipt: StoredReceipt,
    event: InboundEvent,
    reason: str,
    detail: str | None,
    tenant_id: UUID | None = None,
    channel_id: UUID | None = None,
) -> Parked:
    return Parked(
        receipt=receipt,
        path=event.path,
        raw=event.raw_slice,
        reason=reason,
        detail=detail,
        tenant_id=tenant_id,
        channel_id=channel_id,
    )
