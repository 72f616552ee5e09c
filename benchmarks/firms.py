"""Makes the firms to measure with, by the product's own use-cases: each with a supervisor, an agent and a number."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from benchmarks.traffic import Number
from invekto.accounts.service import add_team_member, create_team, create_tenant, create_user
from invekto.channels.service import connect_channel, save_platform_app
from invekto.kernel.clock import SystemClock
from invekto.kernel.crypto import KeyRing
from invekto.kernel.db import Database, DatabaseOptions
from invekto.kernel.ids import uuid7
from invekto.kernel.settings import Settings
from invekto.kernel.tx import SYSTEM
from tests.desk import PASSWORD

FIRMS = 50
KIND = "whatsapp_cloud"
APP_SECRET = "0123456789abcdef0123456789abcdef"
VERIFY_TOKEN = "benchmark-verify-token"


@dataclass(frozen=True)
class Firm:
    tenant_id: UUID
    slug: str
    number: Number


def make_firms(environment: Mapping[str, str]) -> list[Firm]:
    """On a migrated database, with the settings that web and worker get."""
    return asyncio.run(_make(Settings.load(environment)))


async def _make(settings: Settings) -> list[Firm]:
    assert settings.database_url is not None
    assert settings.admin_database_url is not None
    keys = KeyRing(settings.secret_key)
    owner = await asyncpg.connect(settings.admin_database_url)
    try:
        await save_platform_app(
            owner, keys, kind=KIND, app_secret=APP_SECRET, verify_token=VERIFY_TOKEN, now=SystemClock().now()
        )
    finally:
        await owner.close()
    database = await Database.open(DatabaseOptions(settings.database_url, request_pool=2), listen=False)
    try:
        return [await _make_firm(database, keys, index) for index in range(FIRMS)]
    finally:
        await database.close()


async def _make_firm(database: Database, keys: KeyRing, index: int) -> Firm:
    number = Number(str(100_000_000_000_000 + index), str(200_000_000_000_000 + index), f"9055590{index:05d}")
    tenant_id, slug = uuid7(), f"firm{index}"
    async with database.tx(tenant_id, SYSTEM) as tx:
        await create_tenant(tx, firm=slug)
        team = await create_team(tx, name="Ekip")
        users = [
            await create_user(tx, username="supervisor", password=PASSWORD, role="supervisor"),
            await create_user(tx, username="agent", password=PASSWORD, role="user"),
        ]
        for user in users:
            await add_team_member(tx, team, user)
        await connect_channel(
            tx,
            keys,
            kind=KIND,
            provider="meta",
            account_key=number.phone_number_id,
            name="WhatsApp",
            address=f"+{number.digits}",
            credentials={
                "access_token": f"EAAbench{index}",
                "phone_number_id": number.phone_number_id,
                "waba_id": number.waba_id,
            },
        )
    return Firm(tenant_id, slug, number)
