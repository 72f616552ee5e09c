"""Walks a channel's way hop by hop: token, number, app secret, subscription, our webhook, our worker, what came last, the clock.

A check changes nothing. `probe_channel` is the hourly one: it keeps what it heard, and marks a channel whose token has ended.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from invekto.channels import changing, service
from invekto.channels.account import Accounts, Hop, Parent, Told
from invekto.channels.adapter import ChannelError, Credentials, CredentialsRefused
from invekto.channels.claims import CONSUMER_LOCK, backlog
from invekto.channels.connecting import Office
from invekto.channels.models import Channel
from invekto.channels.receipts import NewReceipt, store_again
from invekto.kernel.crypto import SecretUnreadable
from invekto.kernel.db import Database
from invekto.kernel.errors import FieldError, Invalid, NotFound
from invekto.kernel.http import HttpError
from invekto.kernel.jobs import Job, job_rows_of
from invekto.kernel.tenancy import INGEST, RECEIPTS
from invekto.kernel.tx import SYSTEM, Actor

PROBE_JOB: Final = "channel.probe"
PROBE_EVERY: Final = timedelta(hours=1)
PROBES_ORDERED_AT_ONCE: Final = 500
HOPS: Final = ("token", "number", "app_secret", "subscription", "webhook", "ingest", "last_inbound", "clock")
_OURS: Final = frozenset({"webhook", "ingest", "last_inbound"})
_PROBED: Final = ("token", "number", "app_secret", "subscription")
_WEBHOOK_S: Final = 8.0
_READ_WITHIN_S: Final = 6.0
_LOOK_EVERY_S: Final = 0.05
_BACKLOG_COUNTED: Final = 100_000
_QUIET_FOR: Final = timedelta(days=7)
_NO_TENANT: Final = UUID(int=0)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Checked:
    """`ms`: how long the hop took."""

    hop: Hop
    ms: int


@dataclass(frozen=True, slots=True)
class Subject:
    """A channel with what its hops need. `credentials` and `app` are None when there are none or our key opens none."""

    channel: Channel
    credentials: Credentials | None
    app: Credentials | None
    hook_url: str
    own_app: bool


async def subject_of(office: Office, tenant_id: UUID, actor: Actor, channel_id: UUID) -> Subject:
    """NotFound."""
    async with office.database.tx(tenant_id, actor) as tx:
        channel = await changing.find_channel(tx, channel_id)
        own_app = await changing.own_app_of(tx, channel)
        app: Credentials | None
        try:
            app = await changing.signing_app(tx, office.keys, channel)
        except SecretUnreadable:
            app = None
    credentials: Credentials | None
    try:
        credentials = (
            service.open_credentials(office.keys, tenant_id, channel.credentials) if channel.credentials else None
        )
    except SecretUnreadable:
        credentials = None
    hook_url = f"{office.public_url}/hooks/{channel.kind}" + ("" if own_app is None else f"/{own_app}")
    return Subject(channel, credentials, app, hook_url, own_app is not None)


async def check_channel(
    office: Office, tenant_id: UUID, actor: Actor, channel_id: UUID, wanted: str | None = None
) -> list[Checked]:
    """Each of HOPS, or the wanted one, asked now. NotFound; Invalid for a hop that there is not."""
    subject = await subject_of(office, tenant_id, actor, channel_id)
    if wanted is not None and wanted not in HOPS:
        raise Invalid(fields=[FieldError("hop", "not_a_choice")])
    return [await _checked(office, subject, hop) for hop in ((wanted,) if wanted else HOPS)]


async def _checked(office: Office, subject: Subject, hop: str) -> Checked:
    began = time.perf_counter()
    if hop == "webhook":
        found = await check_webhook(office, subject.channel.kind, subject.app, subject.hook_url)
    elif hop == "ingest":
        found = await check_ingest(office, subject.channel.kind, subject.app, subject.channel.app_id)
    elif hop == "last_inbound":
        found = _last_inbound(office, subject.channel)
    else:
        found = (await _told(office, subject, hop)).hops[0]
    return Checked(found, round((time.perf_counter() - began) * 1000))


async def _told(office: Office, subject: Subject, hop: str) -> Told:
    channel = subject.channel
    accounts: Accounts = office.desks.accounts(channel.kind, channel.provider)
    if subject.credentials is None:
        code = "credentials_unreadable" if channel.credentials else "disconnected"
        return Told(hops=(Hop(hop=hop, state="failed", code=code),))
    if subject.app is None:
        return Told(hops=(Hop(hop=hop, state="failed", code="credentials_unreadable"),))
    return await accounts.check(hop, office.http, subject.credentials, subject.app, subject.hook_url)


# Our own hops -----------------------------------------------------------------------------------------------------


async def check_webhook(office: Office, kind: str, app: Credentials | None, url: str) -> Hop:
    """From outside, as the provider comes: the handshake, then a signed webhook that says nothing."""

    def broken(code: str, **params: Any) -> Hop:
        return Hop(hop="webhook", state="failed", code=code, params={"url": url, **params})

    if app is None:
        return broken("credentials_unreadable")
    accounts = office.desks.by_kind(kind)
    challenge = str(secrets.randbelow(9 * 10**9) + 10**9)
    test = accounts.test_webhook(app, secrets.token_hex(8))
    try:
        asked = await office.http.request(
            "GET", url, params=accounts.handshake(app, challenge), deadline_s=_WEBHOOK_S, max_bytes=64 << 10
        )
        if asked.status == 403:
            return broken("webhook_verify_refused")
        if asked.status != 200 or asked.body.strip() != challenge.encode():
            return broken("webhook_not_ours", status=asked.status)
        sent = await office.http.request(
            "POST", url, headers=test.headers, content=test.body, deadline_s=_WEBHOOK_S, max_bytes=64 << 10
        )
    except HttpError as error:
        return broken("webhook_unreachable", detail=str(error))
    if sent.status == 403:
        return broken("webhook_signature_refused")
    if sent.status != 200:
        return broken("webhook_busy" if sent.status == 503 else "webhook_not_ours", status=sent.status)
    return Hop(hop="webhook", state="ok", code="webhook_ok", params={"url": url})


async def check_ingest(office: Office, kind: str, app: Credentials | None, app_id: UUID | None) -> Hop:
    """Stores a webhook that says nothing and waits until a worker has read it."""
    if app is None:
        return Hop(hop="ingest", state="failed", code="credentials_unreadable")
    database = office.database
    body = office.desks.by_kind(kind).test_webhook(app, secrets.token_hex(8)).body
    receipt = NewReceipt(kind=kind, app_id=app_id, channel_id=None, body=body, received_at=database.clock.now())
    async with (await database.pool(RECEIPTS)).acquire() as connection:
        receipt_id = await store_again(connection, receipt)
    database.wakeup.wake("receipt")
    began = time.monotonic()
    async with (await database.pool(INGEST)).acquire() as connection:
        while time.monotonic() - began < _READ_WITHIN_S:
            if await connection.fetchval("select done_at is not null from receipt where id = $1", receipt_id):
                read_after_ms = round((time.monotonic() - began) * 1000)
                return Hop(hop="ingest", state="ok", code="ingest_ok", params={"ms": read_after_ms})
            await asyncio.sleep(_LOOK_EVERY_S)
        waiting, oldest_s = await backlog(connection, _BACKLOG_COUNTED)
        works = await connection.fetchval(CONSUMER, CONSUMER_LOCK)
    params = {"waiting": waiting, "oldest_s": round(oldest_s)}
    return Hop(hop="ingest", state="failed", code="ingest_behind" if works else "ingest_stopped", params=params)


# The consumer holds its lock on a session of its own; 64-bit keys are two halves there.
CONSUMER: Final = (
    "select exists (select from pg_locks where locktype = 'advisory' and objsubid = 1 and granted"
    " and (classid::bigint << 32 | objid::bigint) = $1)"
)


def _last_inbound(office: Office, channel: Channel) -> Hop:
    at = channel.last_inbound_at
    if at is None:
        return Hop(hop="last_inbound", state="warning", code="inbound_never")
    days = (office.database.clock.now() - at).days
    if days >= _QUIET_FOR.days:
        return Hop(hop="last_inbound", state="warning", code="inbound_long_ago", params={"days": days})
    return Hop(hop="last_inbound", state="ok", code="inbound_ok", params={"at": at.isoformat()})


# The hourly probe -------------------------------------------------------------------------------------------------


async def order_probes(database: Database) -> int:
    """Orders a probe of each channel that was not probed for PROBE_EVERY, spread over the next minutes; how many."""
    now = database.clock.now()
    async with (await database.pool(INGEST)).acquire() as connection:
        due = await connection.fetch(
            "select tenant_id, channel_id from channels_to_probe($1, $2)", now - PROBE_EVERY, PROBES_ORDERED_AT_ONCE
        )
    jobs = [
        (
            row["tenant_id"],
            Job(
                PROBE_JOB,
                {"channel_id": str(row["channel_id"])},
                run_at=now + timedelta(seconds=240 * place / len(due)),
                dedupe_key=f"{PROBE_JOB}:{row['channel_id']}",
                priority=-1,
            ),
        )
        for place, row in enumerate(due)
    ]
    if jobs:
        async with database.tx(_NO_TENANT, SYSTEM) as tx:
            await tx.execute(*job_rows_of(jobs))
    return len(jobs)


async def probe_channel(office: Office, tenant_id: UUID, channel_id: UUID) -> list[Hop]:
    """Asks the provider how the channel is and keeps the answer; a refused token is shown as `reconnect_needed`."""
    try:
        subject = await subject_of(office, tenant_id, SYSTEM, channel_id)
    except NotFound:
        return []
    parent = await _missing_parent(office, subject)
    if parent is not None:
        subject = replace(subject, credentials=parent.credentials)
    told = [await _told(office, subject, hop) for hop in _PROBED]
    hops = [hop for one in told for hop in one.hops]
    ends_at = next((one.token_expires_at for one in told if one.token_expires_at), None)
    health = {
        "hops": [{"hop": hop.hop, "state": hop.state, "code": hop.code, "params": dict(hop.params)} for hop in hops],
        "name_status": next((one.name_status for one in told if one.name_status), None),
        "number_status": next((one.number_status for one in told if one.number_status), None),
        "token_expires_at": None if ends_at is None else ends_at.isoformat(),
    }
    async with office.database.tx(tenant_id, SYSTEM) as tx:
        await changing.keep_health(
            tx,
            channel_id,
            health,
            quality=next((one.quality for one in told if one.quality), None),
            messaging_limit=next((one.messaging_limit for one in told if one.messaging_limit), None),
        )
        if parent is not None:
            await changing.keep_parent(tx, office.keys, channel_id, parent)
        if hops[0].code == CredentialsRefused.code:
            reason = str(hops[0].params.get("detail") or hops[0].code)
            await service.mark_reconnect_needed(await tx.raw(), tenant_id, channel_id, reason)
            tx.wake("event")
    return hops


async def _missing_parent(office: Office, subject: Subject) -> Parent | None:
    """The account above a channel that was connected before it was kept; None when there is nothing to find out, or nobody
    to tell it: the next probe asks again."""
    channel = subject.channel
    if channel.parent_account_key is not None or subject.credentials is None:
        return None
    try:
        return await office.desks.accounts(channel.kind, channel.provider).parent_of(office.http, subject.credentials)
    except ChannelError as error:
        _log.info("the account above channel %s is not known yet: %s", channel.id, error.code)
        return None
