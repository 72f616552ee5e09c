"""The way in, from stored webhook to rows: firms with numbers, bodies as Meta writes them, the real ingest on a real role.

One step at a time and by a stopped clock; whole processes are in tests/faults.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from invekto.accounts.service import create_team, create_tenant
from invekto.channels.receipts import NewReceipt, store_again
from invekto.channels.registry import Registry
from invekto.channels.service import connect_channel, save_platform_app
from invekto.channels.whatsapp_cloud.adapter import WhatsAppCloud
from invekto.conversations.handlers import SESSION, Ingest
from invekto.kernel.clock import FrozenClock
from invekto.kernel.crypto import KeyRing
from invekto.kernel.db import Database
from invekto.kernel.ids import uuid7
from invekto.kernel.tenancy import RECEIPTS, Connection
from invekto.kernel.tx import SYSTEM
from tests.channels.webhooks import body, change, contact, message, status

Json = dict[str, Any]
Rows = list[asyncpg.Record]


@dataclass
class Line:
    """One connected number of a firm."""

    id: UUID
    tenant_id: UUID
    account: str


@dataclass
class Inlet:
    db: Database
    clock: FrozenClock
    keys: KeyRing
    ingest: Ingest
    platform_app: UUID
    connection: Connection
    superuser: Connection
    _accounts: Iterator[int] = field(default_factory=lambda: itertools.count(106540000000001))
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    # Firms --------------------------------------------------------------------------------------------------------

    async def firm(self, slug: str = "demo", *, lines: int = 1) -> list[Line]:
        """A firm with a team and `lines` numbers."""
        tenant_id = uuid7()
        async with self.db.tx(tenant_id, SYSTEM) as tx:
            await create_tenant(tx, firm=slug)
            await create_team(tx, name="Ekip")
        return [await self.connect(tenant_id) for _ in range(lines)]

    async def connect(
        self,
        tenant_id: UUID,
        *,
        account: str | None = None,
        app_id: UUID | None = None,
        credentials: dict[str, str] | None = None,
    ) -> Line:
        account = account or str(next(self._accounts))
        async with self.db.tx(tenant_id, SYSTEM) as tx:
            channel_id = await connect_channel(
                tx,
                self.keys,
                kind="whatsapp_cloud",
                provider="meta",
                account_key=account,
                name=f"WhatsApp {account[-2:]}",
                address="+90 850 000 00 00",
                credentials=credentials or {"access_token": "EAAtest", "phone_number_id": account},
                app_id=app_id,
            )
        return Line(channel_id, tenant_id, account)

    async def user(self, tenant_id: UUID, name: str) -> UUID:
        """Somebody who never signs in: a password's hash costs more than the rest of a test."""
        made = uuid7()
        await self.execute(
            "insert into user_account (tenant_id, id, username, username_key, name, role, password_hash, locale, created_at)"
            " values ($1, $2, $3, $3, $4, 'user', '!', 'tr', $5)",
            tenant_id,
            made,
            name,
            name.title(),
            self.clock.now(),
        )
        return made

    async def resolve(self, *, ago: timedelta, assignee: UUID | None = None) -> None:
        """Every conversation, as if that long ago."""
        await self.execute(
            "update conversation set status = 'resolved', resolved_at = $1, waiting_since = null, assignee_id = $2",
            self.clock.now() - ago,
            assignee,
        )

    # What Meta sends ----------------------------------------------------------------------------------------------

    def says(
        self,
        line: Line,
        phone: str | None,
        text: str | None = "Merhaba",
        *,
        key: str | None = None,
        name: str | None = "Ayşe Yılmaz",
        user_id: str | None = None,
        **changes: Any,
    ) -> Json:
        """One change that carries one message of one person."""
        given: Json = {"id": key or f"wamid.in.{next(self._ids)}", "timestamp": str(int(self.clock.now().timestamp()))}
        said = message(**{"text": text and {"body": text}, "from": phone, "from_user_id": user_id} | given | changes)
        who = contact(wa_id=phone, user_id=user_id, profile={} if name is None else {"name": name})
        return self.change(line, contacts=[_present(who)], messages=[_present(said)])

    def reports(self, line: Line, name: str, provider_id: str, *, of: UUID | None = None, **changes: Any) -> Json:
        """One change that carries one status. `of`: the message that the provider echoes."""
        given: Json = {"timestamp": str(int(self.clock.now().timestamp())), "biz_opaque_callback_data": of and str(of)}
        return self.change(line, statuses=[_present(status(name, id=provider_id, **given | changes))])

    def change(self, line: Line, **parts: Any) -> Json:
        made = change(**parts)
        made["value"]["metadata"]["phone_number_id"] = line.account
        return made

    async def store(self, *changes: Json | bytes, app_id: UUID | None = None, channel_id: UUID | None = None) -> None:
        """One webhook per change, acknowledged and not read yet."""
        async with (await self.db.pool(RECEIPTS)).acquire() as connection:
            for one in changes:
                receipt = NewReceipt(
                    kind="whatsapp_cloud",
                    app_id=None if channel_id else app_id or self.platform_app,
                    channel_id=channel_id,
                    body=one if isinstance(one, bytes) else body(one),
                    received_at=self.clock.now(),
                )
                await store_again(connection, receipt)

    async def work(self) -> int:
        """Everything that is stored is read; the number of receipts."""
        done = 0
        while read := await self.ingest.work_once(self.connection):
            done += read
        return done

    async def receive(self, *changes: Json | bytes, app_id: UUID | None = None, channel_id: UUID | None = None) -> None:
        await self.store(*changes, app_id=app_id, channel_id=channel_id)
        await self.work()

    # What came of it ----------------------------------------------------------------------------------------------

    async def rows(self, query: str, *args: Any) -> Rows:
        return await self.superuser.fetch(query, *args)

    async def one(self, query: str, *args: Any) -> asyncpg.Record:
        (row,) = await self.rows(query, *args)
        return row

    async def count(self, table: str) -> int:
        found: int = await self.superuser.fetchval(f"select count(*) from {table}")
        return found

    async def execute(self, query: str, *args: Any) -> None:
        """The past, written by hand: for states whose making is another file's matter."""
        await self.superuser.execute(query, *args)

    async def check_threads(self) -> None:
        """What holds of every thread, whatever happened: `seq` without a gap, counters equal to their rows."""
        wrong = await self.rows(
            """
            select c.id, c.last_seq, c.inbound_count, m.*
              from conversation c
              left join lateral (select count(*) as lines, min(seq) as first, max(seq) as last,
                                        count(*) filter (where direction = 'inbound') as inbound
                                   from message where tenant_id = c.tenant_id and conversation_id = c.id) m on true
             where m.lines <> c.last_seq or m.last <> c.last_seq or m.first <> 1 or m.inbound < c.inbound_count
            """
        )
        assert not wrong, wrong
        doubled = await self.rows(
            "select tenant_id, identity_id from conversation where status <> 'resolved' group by 1, 2 having count(*) > 1"
        )
        assert not doubled, doubled


def _present(part: Json) -> Json:
    """Meta leaves out what it does not know."""
    return {key: value for key, value in part.items() if value is not None}


@asynccontextmanager
async def opened_inlet(
    db: Database, clock: FrozenClock, owner_url: str, superuser_url: str, provider_url: str = "https://graph.test/v26.0"
) -> AsyncIterator[Inlet]:
    keys = KeyRing(bytes(32))
    owner = await asyncpg.connect(owner_url)
    platform_app = await save_platform_app(
        owner, keys, kind="whatsapp_cloud", app_secret="secret", verify_token="verify", now=clock.now()
    )
    await owner.close()
    superuser = await asyncpg.connect(superuser_url)
    connection = await asyncpg.connect(db.options.url, server_settings=SESSION)
    ingest = Ingest(db, Registry([WhatsAppCloud(provider_url)]))
    try:
        yield Inlet(db, clock, keys, ingest, platform_app, connection, superuser)
    finally:
        await connection.close()
        await superuser.close()
