"""`invekto key`: seals anew after a rotation, gives up what is lost. Whether a key fits at all: see key_check."""

from __future__ import annotations

import argparse
from uuid import UUID

from invekto.channels.resealing import Resealed, forget_unreadable, reseal, reseal_platform_apps
from invekto.entry.admin import Refused, run
from invekto.entry.key_check import ring
from invekto.entry.revisions import connect
from invekto.entry.roles import OWNER
from invekto.kernel.db import Database
from invekto.kernel.settings import Settings
from invekto.kernel.tenancy import INGEST
from invekto.kernel.tx import SYSTEM


def rotate(settings: Settings, _arguments: argparse.Namespace) -> int:
    """Seals with the present key whatever a former one has sealed. May be repeated, and run beside everything else."""

    async def work(db: Database, present: Settings) -> str:
        keys = ring(present)
        total = Resealed()
        if present.admin_database_url is None:
            raise Refused("The platform's app is written by the schema's owner: set INVEKTO_ADMIN_DATABASE_URL.")
        owner = await connect(present.admin_database_url, "INVEKTO_ADMIN_DATABASE_URL")
        try:
            await owner.execute(f"set role {OWNER}")
            async with owner.transaction():
                total += await reseal_platform_apps(owner, keys)
        finally:
            await owner.close()
        for tenant_id in await _firms(db):
            async with db.tx(tenant_id, SYSTEM) as tx:
                total += await reseal(tx, keys)
        left = f" {total.unreadable} open with no key that is at hand." if total.unreadable else ""
        return f"{total.done} secrets are sealed with the key {keys.key_id} now.{left}"

    return run(settings, work)


def forget(settings: Settings, _arguments: argparse.Namespace) -> int:
    """Numbers whose access token no key opens: they lose it and are to be connected again."""

    async def work(db: Database, present: Settings) -> str:
        keys, lost = ring(present), 0
        for tenant_id in await _firms(db):
            async with db.tx(tenant_id, SYSTEM) as tx:
                lost += await forget_unreadable(tx, keys)
        return f"{lost} numbers have lost their access token and must be connected again."

    return run(settings, work)


async def _firms(db: Database) -> list[UUID]:
    async with (await db.pool(INGEST)).acquire() as connection:
        return [row["id"] for row in await connection.fetch("select id from every_tenant()")]
