"""The way out, from the agent's answer to the provider: a firm whose numbers are the sandbox's, workers that deliver.

The clock is the system's: leases and pauses are the database's own time. Whole processes are in tests/faults.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from invekto.accounts.service import create_team, create_tenant, create_user
from invekto.channels.adapter import Address, DeliveryReport, InboundMessage, Sender
from invekto.channels.registry import Registry
from invekto.channels.service import connect_channel, save_platform_app
from invekto.channels.whatsapp_cloud.adapter import WhatsAppCloud
from invekto.conversations.delivery import Delivery
from invekto.conversations.inbound import receive_messages
from invekto.conversations.outbound import send_message
from invekto.conversations.outbound_content import Content, TextContent
from invekto.conversations.received import Incoming
from invekto.kernel.crypto import KeyRing
from invekto.kernel.db import Database, DatabaseOptions
from invekto.kernel.http import Http
from invekto.kernel.ids import uuid7
from invekto.kernel.storage import DiskStore
from invekto.kernel.tenancy import INGEST, claimed
from invekto.kernel.tx import SYSTEM, Actor
from invekto_sandbox import Delays, Sandbox, Settings, serving

Json = dict[str, Any]
SOON_S = 15.0


@dataclass
class Talk:
    """A conversation with somebody who has just written. `number`: the sandbox's id of the firm's number."""

    tenant_id: UUID
    id: UUID
    channel_id: UUID
    number: str


@dataclass
class Outlet:
    url: str
    db: Database
    keys: KeyRing
    media: DiskStore
    sandbox: Sandbox
    control: httpx.AsyncClient
    superuser: asyncpg.Connection[asyncpg.Record]
    firms: dict[int, tuple[UUID, UUID, UUID, str]] = field(default_factory=dict)
    _workers: list[tuple[asyncio.Task[None], asyncio.Event]] = field(default_factory=list)
    _opened: list[Database | Http] = field(default_factory=list)

    # Firms and people -----------------------------------------------------------------------------------------------

    async def firm(self, place: int = 0) -> tuple[UUID, UUID, UUID, str]:
        """Tenant, agent, channel and number of the sandbox's business at `place`."""
        if place in self.firms:
            return self.firms[place]
        number = self.sandbox.info()["whatsapp_cloud"]["numbers"][place]
        tenant_id = uuid7()
        async with self.db.tx(tenant_id, SYSTEM) as tx:
            await create_tenant(tx, firm=f"firma{place}")
            await create_team(tx, name="Ekip")
            agent = await create_user(tx, username="agent1", password="demo1234", role="user")
            channel = await connect_channel(
                tx,
                self.keys,
                kind="whatsapp_cloud",
                provider="meta",
                account_key=number["phone_number_id"],
                name="WhatsApp",
                address=number["display_phone_number"],
                credentials={name: number[name] for name in ("phone_number_id", "waba_id", "access_token")},
            )
        self.firms[place] = (tenant_id, agent, channel, number["phone_number_id"])
        return self.firms[place]

    async def talk(self, phone: str = "+905551112233", firm: int = 0) -> Talk:
        """Somebody wrote a moment ago, here and at the provider."""
        tenant_id, _, channel_id, number = await self.firm(firm)
        now = self.db.clock.now()
        closes_at = now + timedelta(hours=24)
        made = await self.control.post(
            "/whatsapp_cloud/customers",
            json={"number": number, "phone": phone, "window_closes_at": closes_at.timestamp()},
        )
        assert made.status_code == 201, made.text
        event = InboundMessage(
            account_key=number,
            provider_id=f"wamid.{uuid7()}",
            sender=Sender(addresses=(Address(scheme="phone", value=phone),), display="Ayşe", phone=phone),
            sent_at=now,
            type="text",
            text="Merhaba",
            window_closes_at=closes_at,
            path="",
            raw_slice=b"",
        )
        row = await self.take_in(Incoming(tenant_id, channel_id, event))
        assert row is not None
        return Talk(tenant_id, row["conversation_id"], channel_id, number)

    async def take_in(self, one: Incoming) -> asyncpg.Record | None:
        async with (await self.db.pool(INGEST)).acquire() as connection, claimed(connection, [one.tenant_id]):
            await receive_messages(connection, [one], self.db.clock.now())
            return await connection.fetchrow(
                "select id, conversation_id from message where tenant_id = $1 and channel_id = $2 and provider_id = $3",
                one.tenant_id,
                one.channel_id,
                one.event.provider_id,
            )

    async def report(self, talk: Talk, status: Any, *, provider_id: str, callback: UUID | None = None) -> None:
        """The provider says what became of a message of ours."""
        report = DeliveryReport(
            account_key=talk.number,
            provider_id=provider_id,
            status=status,
            occurred_at=self.db.clock.now(),
            callback_data=None if callback is None else str(callback),
            path="",
            raw_slice=b"",
        )
        await self.take_in(Incoming(talk.tenant_id, talk.channel_id, report))

    async def say(self, talk: Talk, content: Content | str, key: str | None = None) -> UUID:
        """The agent answers; the message's id."""
        agent = next(firm[1] for firm in self.firms.values() if firm[0] == talk.tenant_id)
        said = TextContent(content) if isinstance(content, str) else content
        return await self.db.run(
            talk.tenant_id,
            Actor("user", agent),
            lambda tx: send_message(tx, talk.id, said, client_id=key or str(uuid7())),
        )

    # Workers --------------------------------------------------------------------------------------------------------

    async def delivery(self, *, keys: KeyRing | None = None) -> Delivery:
        """One worker's delivery with connections and calls of its own; it does not run yet."""
        database = await Database.open(DatabaseOptions(self.url))
        http = Http(operator_urls=[self.sandbox.base_url])
        self._opened += [database, http]
        adapter = WhatsAppCloud(f"{self.sandbox.base_url}/v26.0")
        return Delivery(database, Registry([adapter]), http, keys or self.keys, self.media)

    async def works(self, workers: int = 1) -> None:
        """Starts workers that deliver until the test ends."""
        for _ in range(workers):
            delivery, stop = await self.delivery(), asyncio.Event()
            self._workers.append((asyncio.create_task(delivery.run(stop)), stop))

    async def faults(self, number: str | None = None, **faults: Any) -> None:
        answer = await self.control.put("/faults", json={"number": number, "faults": faults})
        assert answer.status_code == 200, answer.text

    # What is there --------------------------------------------------------------------------------------------------

    async def rows(self, query: str, *args: Any) -> list[asyncpg.Record]:
        return await self.superuser.fetch(query, *args)

    async def message(self, message_id: UUID) -> asyncpg.Record:
        (row,) = await self.rows("select * from message where id = $1", message_id)
        return row

    async def until(self, holds: Callable[[], Awaitable[Any]], timeout_s: float = SOON_S) -> Any:
        """The first true value of `holds`."""
        async with asyncio.timeout(timeout_s):
            while not (value := await holds()):  # noqa: ASYNC110  # what is waited for is any condition
                await asyncio.sleep(0.02)
        return value

    async def becomes(self, message_id: UUID, *statuses: str, timeout_s: float = SOON_S) -> asyncpg.Record:
        async def there() -> asyncpg.Record | None:
            row = await self.message(message_id)
            return row if row["status"] in statuses else None

        found: asyncpg.Record = await self.until(there, timeout_s)
        return found

    async def settled(self, timeout_s: float = SOON_S) -> None:
        """Until nothing waits to go out."""

        async def empty() -> bool:
            (row,) = await self.rows(
                "select not exists (select from outbox) and not exists (select from lane) as empty"
            )
            return bool(row["empty"])

        await self.until(empty, timeout_s)

    def asked(self) -> list[Json]:
        """Every send the provider was asked for, in its order: the sandbox's witness."""
        lines = (self.sandbox.settings.folder / "ledger.jsonl").read_text().splitlines()
        return [entry for line in lines if (entry := json.loads(line))["kind"] == "send"]

    def accepted(self) -> list[str]:
        """Our ids of the messages that the provider took, in its order."""
        return [entry["callback_data"] for entry in self.asked() if entry["accepted"]]

    async def close(self) -> None:
        for _, stop in self._workers:
            stop.set()
        self.db.wakeup.wake("outbox")
        await asyncio.gather(*(task for task, _ in self._workers))
        for opened in self._opened:
            await opened.close()


@asynccontextmanager
async def made_outlet(url: str, owner_url: str, superuser_url: str, folder: Path) -> AsyncIterator[Outlet]:
    settings = Settings(data_dir=folder, port=0, ledger=True, delays=Delays(30, 30, 30))
    keys = KeyRing(bytes(32))
    owner = await asyncpg.connect(owner_url)
    superuser = await asyncpg.connect(superuser_url)
    media = DiskStore(folder / "media")
    media.prepare()
    db = await Database.open(DatabaseOptions(url))
    await save_platform_app(owner, keys, kind="whatsapp_cloud", app_secret="s", verify_token="v", now=db.clock.now())
    await owner.close()
    async with serving(settings) as sandbox:
        headers = {"Host": f"127.0.0.1:{sandbox.base_url.rpartition(':')[2]}"}
        async with httpx.AsyncClient(base_url=f"{sandbox.base_url}/_control", headers=headers, timeout=20) as control:
            outlet = Outlet(url, db, keys, media, sandbox, control, superuser)
            try:
                yield outlet
            finally:
                await outlet.close()
    await db.close()
    await superuser.close()
