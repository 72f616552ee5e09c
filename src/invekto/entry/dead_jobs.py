"""`invekto jobs`: what an operator does about jobs that were given up. They are of the whole installation, so there is no screen."""

from __future__ import annotations

import argparse
import json

from invekto.entry.admin import NO_TENANT, Refused, run
from invekto.kernel.db import Database
from invekto.kernel.jobs import DeadJob, dead_jobs, discard_dead_jobs, take_up_dead_jobs
from invekto.kernel.settings import Settings
from invekto.kernel.tx import SYSTEM


def dead(settings: Settings, arguments: argparse.Namespace) -> int:
    """One line a job; one job with its payload, which holds ids only, and where it failed."""

    async def work(db: Database, _present: Settings) -> str:
        async with db.tx(NO_TENANT, SYSTEM) as tx:
            found = await dead_jobs(await tx.raw(), arguments.limit, arguments.id)
        if arguments.id is not None:
            if not found:
                raise Refused(f"There is no dead job {arguments.id}.")
            return "\n".join([_line(found[0]), json.dumps(found[0].payload, indent=1), found[0].trace or ""]).rstrip()
        return "\n".join(map(_line, found)) or "No job was given up."

    return run(settings, work)


def _line(job: DeadJob) -> str:
    why = f"{job.error}: {job.message}" if job.error else "the log has forgotten why"
    return f"{job.id}  {job.failed_at:%Y-%m-%d %H:%M}  {job.name}  {job.attempts} tries  {why}"


def retry(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work(db: Database, _present: Settings) -> str:
        async with db.tx(NO_TENANT, SYSTEM) as tx:
            again, gone = await take_up_dead_jobs(await tx.raw(), arguments.what)
        if not again and not gone:
            raise Refused(_nothing(arguments.what))
        superseded = f" {gone} were dropped: the same order waits already." if gone else ""
        return f"{again} job(s) run again.{superseded}"

    return run(settings, work)


def discard(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work(db: Database, _present: Settings) -> str:
        async with db.tx(NO_TENANT, SYSTEM) as tx:
            count = await discard_dead_jobs(await tx.raw(), arguments.what)
        if not count:
            raise Refused(_nothing(arguments.what))
        return f"{count} job(s) dropped."

    return run(settings, work)


def _nothing(what: str) -> str:
    return f"No dead job has the id or name {what}: `invekto jobs dead` shows them."
