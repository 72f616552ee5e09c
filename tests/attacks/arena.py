"""Two firms, a customer-side Meta and three people at the real edge, shared by all tests of a process.

For attacks that leave the firms as they were, or whose traces do no harm to the next one.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from invekto.entry.postgres import SUPERUSER, EmbeddedPostgres
from invekto.entry.roles import APP, OWNER
from invekto.kernel.clock import FrozenClock, SystemClock
from invekto.kernel.db import Database, DatabaseOptions
from invekto_sandbox import Delays, Sandbox, Settings, serving
from tests.attacks.firms import Case, made_case
from tests.rest import Browser, World, made_world, stored

_numbers = itertools.count(1)


@dataclass
class Arena:
    """`case`: what both firms have. `boss` and `agent` are of `demo`, `stranger` is the supervisor of `demo2`."""

    world: World
    clock: FrozenClock
    meta: Sandbox
    superuser_url: str
    app_url: str
    media: Path
    case: Case
    boss: Browser
    agent: Browser
    stranger: Browser


@asynccontextmanager
async def opened(cluster: EmbeddedPostgres, template: str, folder: Path) -> AsyncIterator[Arena]:
    name = f"arena_{next(_numbers)}"
    admin = await asyncpg.connect(cluster.url(SUPERUSER, "postgres"))
    await admin.execute(f"create database {name} template {template} owner {OWNER}")
    # Meta's side lives by the real clock.
    clock = FrozenClock(SystemClock().now())
    db = await Database.open(DatabaseOptions(cluster.url(APP, name)), clock=clock)
    superuser_url = cluster.url(SUPERUSER, name)
    settings = Settings(
        data_dir=folder / "meta", port=0, webhook_url="http://127.0.0.1:9/hooks", delays=Delays(0, 0, 0)
    )
    try:
        async with serving(settings) as meta:
            keys = meta.info()["whatsapp_cloud"]
            given = {
                "whatsapp_cloud_url": f"{meta.base_url}/v26.0",
                "whatsapp_app_id": keys["app_id"],
                "whatsapp_config_id": "1",
                "whatsapp_signup_url": f"{meta.base_url}/signup",
            }
            async with made_world(
                db, clock, folder, cluster.url(OWNER, name), app_secret=keys["app_secret"], **given
            ) as world:
                for firm in ("demo", "demo2"):
                    await world.make_firm(firm)
                case = await made_case(world, superuser_url)
                # /health/ready reads it by a right that migrations give outside of tests.
                await stored(superuser_url, "grant select on alembic_version to invekto_app")
                boss, agent = await world.browser("supervisor"), await world.browser("agent1")
                yield Arena(
                    world=world,
                    clock=clock,
                    meta=meta,
                    superuser_url=superuser_url,
                    app_url=cluster.url(APP, name),
                    media=folder / "media",
                    case=case,
                    boss=boss,
                    agent=agent,
                    stranger=await world.browser("supervisor", "demo2"),
                )
    finally:
        await db.close()
        await admin.execute(f"drop database if exists {name} with (force)")
        await admin.close()
