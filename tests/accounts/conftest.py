"""Two firms made by the real use-cases, and the accounts' routes behind the real edge."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from invekto.accounts.routes import router
from invekto.accounts.service import create_tenant, create_user
from invekto.accounts.sessions import Sessions
from invekto.kernel.answers import answer_errors
from invekto.kernel.asgi import Edge, EdgeOptions
from invekto.kernel.db import Database
from invekto.kernel.ids import uuid7
from invekto.kernel.tx import SYSTEM

PASSWORD = "demo1234"
URL = "http://desk.test"


@dataclass(frozen=True)
class Firm:
    id: UUID
    slug: str
    agent: UUID
    supervisor: UUID


async def make_firm(db: Database, slug: str) -> Firm:
    tenant_id = uuid7()
    async with db.tx(tenant_id, SYSTEM) as tx:
        await create_tenant(tx, firm=slug, name=f"Firma {slug}")
        agent = await create_user(tx, username="agent1", name="Ayşe Işık", password=PASSWORD, role="user")
        supervisor = await create_user(tx, username="supervisor", password=PASSWORD, role="supervisor")
    return Firm(tenant_id, slug, agent, supervisor)


@pytest.fixture
async def firm(db: Database) -> Firm:
    return await make_firm(db, "demo")


@pytest.fixture
async def other_firm(db: Database) -> Firm:
    return await make_firm(db, "demo2")


@pytest.fixture
def sessions(db: Database) -> Sessions:
    return Sessions(db, secure_cookies=False)


@pytest.fixture
def edge(db: Database, sessions: Sessions) -> Edge:
    app = FastAPI(openapi_url=None)
    app.state.database = db
    app.state.authenticate = sessions
    app.include_router(router)
    answer_errors(app)
    return Edge(app, EdgeOptions(public_url=URL))


Browser = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def browser(edge: Edge) -> AsyncIterator[Browser]:
    """Makes browsers: each with its own cookies, from the address given."""
    opened: list[httpx.AsyncClient] = []

    def make(address: str = "203.0.113.7") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(edge, client=(address, 50_000))
        opened.append(httpx.AsyncClient(transport=transport, base_url=URL, headers={"Origin": URL}))
        return opened[-1]

    yield make
    for client in opened:
        await client.aclose()


async def enter(
    client: httpx.AsyncClient, user: str = "agent1", password: str = PASSWORD, firm: str = "demo"
) -> httpx.Response:
    return await client.post("/api/v1/session", json={"firm": firm, "user": user, "password": password})
