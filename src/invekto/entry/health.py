"""What an operator's tools ask a web process: is it alive, can it work, what are its numbers."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from invekto.channels.claims import backlog
from invekto.entry.revisions import head_revision
from invekto.kernel.away import DATABASE_TROUBLE
from invekto.kernel.db import Database
from invekto.kernel.errors import NotFound
from invekto.kernel.metrics import CONTENT_TYPE, exposition
from invekto.kernel.settings import Settings
from invekto.kernel.tenancy import INGEST

_ANSWER_S: Final = 3.0
_REVISION: Final = text("select version_num from public.alembic_version")


async def live(_request: Request) -> Response:
    """The process answers. Says nothing about the database, so that a restart is not the answer to its outage."""
    return JSONResponse({"status": "live"})


async def ready(request: Request) -> Response:
    """200 when requests can be served: the database answers and has this version's schema."""
    state: dict[str, Any] = {"status": "ready", "database": "reachable", "schema": "current", "ingest_lag_s": None}
    try:
        async with asyncio.timeout(_ANSWER_S):
            database: Database = request.app.state.database
            async with database.engine.connect() as requests:
                revision = await requests.scalar(_REVISION)
            async with (await database.pool(INGEST)).acquire() as connection:
                _, lag_s = await backlog(connection, 1)
    except (*DATABASE_TROUBLE, SQLAlchemyError):
        state.update(status="not_ready", database="unreachable", schema="unknown")
        return JSONResponse(state, 503)
    state["ingest_lag_s"] = round(lag_s, 3)
    if revision != head_revision():
        state.update(status="not_ready", schema="other_version")
        return JSONResponse(state, 503)
    return JSONResponse(state)


async def metrics(request: Request) -> Response:
    """Prometheus' text: from this machine, or with the operator's token; to anybody else there is nothing here."""
    settings: Settings = request.app.state.settings
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    token = settings.metrics_token
    known = token is not None and hmac.compare_digest(given.encode(), token.encode())
    # A proxy on this machine that nobody named as ours would make everybody local.
    local = _is_loopback(request.state.address) and "x-forwarded-for" not in request.headers
    if not known and not local:
        raise NotFound
    await request.app.state.gauges.refresh()
    return Response(exposition(), media_type=CONTENT_TYPE)


def _is_loopback(address: str | None) -> bool:
    try:
        return address is not None and ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


ROUTES: Final = [
    Route("/health/live", live),
    Route("/health/ready", ready),
    Route("/metrics", metrics),
]
