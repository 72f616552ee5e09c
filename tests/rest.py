"""Two firms at work, made by the real use-cases, behind the real edge: for tests of REST, stream and attacks.

`World.write` plays customers through the ingest's own front door; browsers sign in with passwords.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from fastapi import FastAPI

from invekto.accounts.service import Role, add_team_member, create_team, create_tenant, create_user
from invekto.channels.adapter import Address, DeliveryReport, InboundAttachment, InboundMessage, Sender
from invekto.channels.service import connect_channel, save_platform_app
from invekto.conversations.inbound import receive_messages
from invekto.conversations.received import Incoming
from invekto.entry.api import Desk, at_the_edge, equip
from invekto.kernel.asgi import Edge
from invekto.kernel.clock import FrozenClock
from invekto.kernel.db import Database
from invekto.kernel.ids import uuid7
from invekto.kernel.settings import Settings
from invekto.kernel.storage import DiskStore
from invekto.kernel.tenancy import INGEST, claimed
from invekto.kernel.tx import SYSTEM

PASSWORD = "demo1234"
APP_SECRET = "the platform app's secret"
URL = "http://desk.test"
WINDOW = timedelta(hours=24)
Json = dict[str, Any]


@dataclass
class Firm:
    """Agents 1 and 2 are in team A, agent 3 in team B. `channel` is team A's, `other_channel` team B's. A small firm has no
    teams."""

    id: UUID
    slug: str
    users: dict[str, UUID]
    team_a: UUID
    team_b: UUID
    channel: UUID
    other_channel: UUID


@dataclass
class World:
    db: Database
    clock: FrozenClock
    app: FastAPI
    edge: Edge
    media: DiskStore
    firms: dict[str, Firm] = field(default_factory=dict)
    _opened: list[httpx.AsyncClient] = field(default_factory=list)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def firm(self) -> Firm:
        return self.firms["demo"]

    async def make_firm(self, slug: str, *, with_teams: bool = True) -> Firm:
        tenant_id = uuid7()
        team_a = team_b = UUID(int=0)
        roles: dict[str, Role] = {"agent1": "user", "agent2": "user", "agent3": "user", "supervisor": "supervisor"}
        async with self.db.tx(tenant_id, SYSTEM) as tx:
            await create_tenant(tx, firm=slug, name=f"Firma {slug}")
            users = {
                name: await create_user(tx, username=name, name=f"{name.title()} {slug}", password=PASSWORD, role=role)
                for name, role in roles.items()
            }
            if with_teams:
                team_a, team_b = await create_team(tx, name="A"), await create_team(tx, name="B")
                for team, user in ((team_a, "agent1"), (team_a, "agent2"), (team_b, "agent3")):
                    await add_team_member(tx, team, users[user])
            channels = [
                await connect_channel(
                    tx,
                    self.app.state.keys,
                    kind="whatsapp_cloud",
                    provider="meta",
                    account_key=f"{tenant_id.hex}-{number}",
                    name=f"WhatsApp {number}",
                    address="+90 850 000 00 00",
                    credentials={"access_token": "EAAtest", "phone_number_id": "1", "waba_id": "2"},
                    team_id=team_id if with_teams else None,
                )
                for number, team_id in enumerate((team_a, team_b), 1)
            ]
        self.firms[slug] = Firm(tenant_id, slug, users, team_a, team_b, *channels)
        return self.firms[slug]

    # What customers do --------------------------------------------------------------------------------------------

    async def write(
        self,
        phone: str,
        text: str | None = "Merhaba",
        *,
        firm: str = "demo",
        name: str | None = None,
        channel: UUID | None = None,
        kind: str = "text",
        payload: Any = None,
        attachments: tuple[InboundAttachment, ...] = (),
        at: datetime | None = None,
    ) -> UUID:
        """A customer writes; the conversation's id."""
        where = self.firms[firm]
        channel_id = channel or where.channel
        now = at or self.clock.now()
        event = InboundMessage(
            account_key="",
            provider_id=f"wamid.{next(self._numbers)}",
            sender=Sender(
                addresses=(Address(scheme="phone", value=phone),), display=name or phone, phone=phone, username=None
            ),
            sent_at=now,
            type=kind,
            text=text,
            payload=payload,
            attachments=attachments,
            window_closes_at=now + WINDOW,
            path="",
            raw_slice=b"",
        )
        async with (await self.db.pool(INGEST)).acquire() as connection, claimed(connection, [where.id]):
            await receive_messages(connection, [Incoming(where.id, channel_id, event)], now)
            row = await connection.fetchrow(
                "select conversation_id from message where tenant_id = $1 and channel_id = $2 and provider_id = $3",
                where.id,
                channel_id,
                event.provider_id,
            )
        self.db.wakeup.wake("event")
        assert row is not None
        conversation_id: UUID = row["conversation_id"]
        return conversation_id

    async def report(self, message_id: str, status: Any, *, firm: str = "demo", error_code: str | None = None) -> None:
        """The provider says what became of a message of ours."""
        where = self.firms[firm]
        report = DeliveryReport(
            account_key="",
            provider_id=f"wamid.of.{message_id}",
            status=status,
            occurred_at=self.clock.now(),
            callback_data=message_id,
            error_code=error_code,
            error_vendor_code="131026" if error_code else None,
            error_detail="Message undeliverable" if error_code else None,
            path="",
            raw_slice=b"",
        )
        async with (await self.db.pool(INGEST)).acquire() as connection, claimed(connection, [where.id]):
            await receive_messages(connection, [Incoming(where.id, where.channel, report)], self.clock.now())
        self.db.wakeup.wake("event")

    # What users do ------------------------------------------------------------------------------------------------

    def anonymous(self, address: str = "203.0.113.7") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.edge, client=(address, 50_000))
        client = httpx.AsyncClient(transport=transport, base_url=f"{URL}/api/v1", headers={"Origin": URL})
        self._opened.append(client)
        return client

    async def browser(self, user: str, firm: str = "demo") -> Browser:
        client = self.anonymous()
        answer = await client.post("/session", json={"firm": firm, "user": user, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return Browser(client, self.firms[firm].users[user])

    async def close(self) -> None:
        for client in self._opened:
            await client.aclose()


@dataclass
class Browser:
    """A signed-in user. `get`, `post` ... give the JSON of a success and fail with the text of anything else."""

    client: httpx.AsyncClient
    user_id: UUID

    async def get(self, path: str, **query: Any) -> Any:
        return _json(await self.client.get(path, params=query))

    async def post(self, path: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return _json(await self.client.post(path, json=body, headers=named))

    async def put(self, path: str, body: Any) -> Any:
        return _json(await self.client.put(path, json=body))

    async def patch(self, path: str, body: Any) -> Any:
        return _json(await self.client.patch(path, json=body))

    async def say(self, conversation: UUID | str, text: str, key: str | None = None, kind: str = "text") -> Json:
        sent: Json = await self.post(
            f"/conversations/{conversation}/messages", {"type": kind, "text": text}, idempotency_key=key or str(uuid7())
        )
        return sent

    async def refused(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Json]:
        """Status and error of a request that must fail."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.client.request(method, path, json=body, headers=named)
        assert answer.status_code >= 400, answer.text
        error: Json = answer.json()["error"]
        return answer.status_code, error


def _json(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


@asynccontextmanager
async def made_world(
    db: Database, clock: FrozenClock, folder: Path, owner_url: str, *, app_secret: str = APP_SECRET, **given: Any
) -> AsyncIterator[World]:
    """`given`: settings that are not the usual ones, such as the address of a sandbox."""
    settings = Settings(secret_key=bytes(32), public_url=URL, data=folder, **given)
    desk = Desk(settings)
    media = DiskStore(folder / "media")
    media.prepare()
    equip(desk.api, db, media)
    world = World(db, clock, desk.api, at_the_edge(desk, settings), media)
    owner = await asyncpg.connect(owner_url)
    await save_platform_app(
        owner,
        desk.api.state.keys,
        kind="whatsapp_cloud",
        app_secret=app_secret,
        verify_token="verify",
        now=clock.now(),
    )
    await owner.close()
    try:
        yield world
    finally:
        await world.close()
        await desk.api.state.office.http.close()


async def stored(url: str, query: str, *args: Any) -> list[asyncpg.Record]:
    """What is in the database, seen by the superuser: for checking only."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(query, *args)
    finally:
        await connection.close()


async def many_conversations(superuser_url: str, firm: Firm, count: int) -> None:
    """`count` conversations of as many contacts, spread over people, teams and states, put in as rows: for plans only."""
    connection = await asyncpg.connect(superuser_url)
    people = [*firm.users.values(), None, None]
    try:
        await connection.execute(
            """
            with made as (
              select n, gen_random_uuid() as contact_id, gen_random_uuid() as identity_id from generate_series(1, $2) n
            ), contacts as (
              insert into contact (tenant_id, id, number, name, search_key, sort_key, created_at, updated_at)
              select $1, contact_id, n, 'Kişi ' || n, 'kisi ' || n, 'kisi ' || n, now(), now() from made
            ), identities as (
              insert into identity (tenant_id, id, contact_id, channel_id, display, created_at)
              select $1, identity_id, contact_id, $3, 'Kişi', now() from made
            )
            insert into conversation (tenant_id, id, number, channel_id, identity_id, contact_id, team_id, assignee_id,
                                      status, last_message_at, created_at)
            select $1, gen_random_uuid(), n, $3, identity_id, contact_id, ($4::uuid[])[1 + n % 2],
                   ($5::uuid[])[1 + n % cardinality($5::uuid[])],
                   case when n % 10 < 6 then 'open' when n % 10 < 9 then 'resolved' else 'snoozed' end,
                   timestamptz '2026-11-24' - n * interval '1 minute', now()
              from made
            """,
            firm.id,
            count,
            firm.channel,
            [firm.team_a, firm.team_b],
            people,
        )
        await connection.execute("analyze conversation")
    finally:
        await connection.close()
