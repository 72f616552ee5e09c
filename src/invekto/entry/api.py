"""The web process's application: REST by FastAPI; webhooks, stream, health and the web client beside it, without its cost.

Decides which part answers a path and what lives as long as the process. What the parts do is theirs.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import metadata
from typing import Annotated, Any, Final

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from invekto.accounts.sessions import Sessions
from invekto.channels.apps import Apps
from invekto.channels.connecting import Office
from invekto.channels.receipts import ReceiptWriter
from invekto.channels.registry import build_desks, build_registry, operator_urls
from invekto.channels.routes import HOOK_ROUTES, WEBHOOK_MAX_BYTES, hooks
from invekto.conversations.representations import json_answer
from invekto.entry import health, sockets
from invekto.entry.gauges import DeskGauges
from invekto.entry.openapi import ERRORS, describe
from invekto.entry.realtime import Reader
from invekto.entry.web_client import WebClient
from invekto.entry.wiring import PUBLIC_ROUTES, ROUTERS, subscriptions
from invekto.kernel.answers import answer_errors
from invekto.kernel.asgi import Edge, EdgeOptions
from invekto.kernel.auth import SIGNED_IN, Principal, permission_of, requires
from invekto.kernel.crypto import KeyRing
from invekto.kernel.db import Database, DatabaseOptions
from invekto.kernel.http import Http
from invekto.kernel.metrics import watch_loop
from invekto.kernel.settings import Settings
from invekto.kernel.storage import KEPT_FREE, DiskStore, MediaStore

_log = logging.getLogger(__name__)

STREAM_PATH: Final = "/api/v1/stream"
OPENAPI_PATH: Final = "/api/v1/openapi.json"
# The upload's route counts the file itself, so that its own error says what is too large.
UPLOAD_COUNTED_BY_ITS_ROUTE: Final = 1 << 40
# Off: it would hand exception texts, which may quote what a contact wrote, to whoever sets a variable.
_NO_TELEMETRY: Final[Any] = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


def create_app(settings: Settings) -> Edge:
    """The whole web process as one ASGI application. Opens nothing before its lifespan begins."""
    return at_the_edge(Desk(settings), settings)


def at_the_edge(desk: ASGIApp, settings: Settings) -> Edge:
    return Edge(
        desk,
        EdgeOptions(
            public_url=settings.public_url,
            trusted_proxies=settings.trusted_proxies,
            body_limits=[("/api/v1/media", UPLOAD_COUNTED_BY_ITS_ROUTE), ("/hooks/", WEBHOOK_MAX_BYTES)],
        ),
    )


class Desk:
    """Chooses the part by the path, cheapest first. All parts share `api.state`."""

    def __init__(self, settings: Settings) -> None:
        self.api = _api(settings)
        self._plain = Router(routes=health.ROUTES)
        self._client = WebClient(settings.web_dist)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.api(scope, receive, send)
            return
        scope["app"] = self.api
        await self._part(scope)(scope, receive, send)

    def _part(self, scope: Scope) -> ASGIApp:
        path: str = scope["path"]
        if path.startswith("/hooks/") and scope["type"] == "http":
            return hooks
        if scope["type"] == "websocket":
            return sockets.stream if path == STREAM_PATH else sockets.nowhere
        if path == "/api" or path.startswith("/api/"):
            return self.api
        if path == "/metrics" or path.startswith("/health/"):
            return self._plain
        return self._client


def _api(settings: Settings) -> FastAPI:
    app = FastAPI(
        title="Invekto",
        version=metadata.version("invekto"),
        responses=ERRORS,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        telemetry=_NO_TELEMETRY,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.settings = settings
    for router in ROUTERS:
        app.include_router(router)

    @app.get(OPENAPI_PATH, include_in_schema=False)
    async def openapi(_request: Request, _principal: Annotated[Principal, requires(SIGNED_IN)]) -> Response:
        return json_answer(app.openapi())

    describe(app, PUBLIC_ROUTES)
    answer_errors(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Opens what the process holds while it serves, and closes it in the opposite order."""
    settings: Settings = app.state.settings
    assert settings.database_url is not None, "the command that starts a web process has found its database"
    media = DiskStore(settings.data / "media", keeps_free=KEPT_FREE)
    await asyncio.to_thread(media.prepare)
    database = await Database.open(
        DatabaseOptions(settings.database_url, settings.bus_url, request_pool=settings.db_pool),
        subscriptions=subscriptions(),
    )
    try:
        stream = equip(app, database, media)
        parts = [*stream.start(), *app.state.receipts.start(), asyncio.create_task(watch_loop(), name="loop watch")]
        for part in parts:
            part.add_done_callback(_end_the_process)
        try:
            yield
        finally:
            for part in parts:
                part.remove_done_callback(_end_the_process)
            parts[-1].cancel()
            await app.state.receipts.close()
            await app.state.office.http.close()
            await stream.close()
    finally:
        await database.close()


def _end_the_process(part: asyncio.Task[None]) -> None:
    """What runs as long as the process has ended before it: a process without it must not go on as if it were well."""
    error = None if part.cancelled() else part.exception()
    _log.critical("%s ended; the process stops, to be started again", part.get_name(), exc_info=error)
    signal.raise_signal(signal.SIGTERM)


def equip(app: FastAPI, database: Database, media: MediaStore) -> Reader:
    """Puts into `app.state` what routes and sockets rely on. The event log's reader and the receipts' writer are not started yet."""
    settings: Settings = app.state.settings
    app.state.database = database
    app.state.authenticate = Sessions(database, secure_cookies=settings.secure_cookies)
    app.state.media = media
    app.state.keys = KeyRing(settings.secret_key, settings.former_keys)
    app.state.registry = build_registry(settings)
    # The public address is the operator's own: asking it from outside is how one learns whether webhooks arrive.
    app.state.office = Office(
        database=database,
        desks=build_desks(settings, database.clock),
        http=Http(operator_urls=(*operator_urls(settings), settings.public_url)),
        keys=app.state.keys,
        public_url=settings.public_url,
    )
    app.state.http = app.state.office.http
    app.state.apps = Apps(database, app.state.keys)
    app.state.receipts = ReceiptWriter(database)
    app.state.gauges = DeskGauges(database, settings.data)
    app.state.stream = Reader(database)
    stream: Reader = app.state.stream
    return stream


# What there is ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One way in. `permission` is None for a public one."""

    method: str
    path: str
    permission: str | None


def endpoints(app: FastAPI) -> list[Endpoint]:
    """Every way into the web process that is not a file of the web client: REST, hooks, health, socket ("WEBSOCKET")."""
    found = [Endpoint("WEBSOCKET", STREAM_PATH, sockets.PERMISSION)]
    routes = [*app.routes, *(route for router in ROUTERS for route in router.routes), *HOOK_ROUTES, *health.ROUTES]
    for route in routes:
        if isinstance(route, APIRoute):
            asked = [permission_of(d.call) for d in route.dependant.dependencies if d.call is not None]
            permission = next((name for name in asked if name is not None), None)
        elif isinstance(route, Route):
            permission = None
        else:
            continue
        found.extend(Endpoint(method, route.path, permission) for method in sorted(route.methods or ()))
    return found


def public_endpoints() -> frozenset[tuple[str, str]]:
    """Those that may be without a permission, each with its reason where it is listed."""
    plain = {(method, route.path) for route in (*health.ROUTES, *HOOK_ROUTES) for method in route.methods or ()}
    return PUBLIC_ROUTES | frozenset(plain)


def openapi_document() -> dict[str, Any]:
    """The document that signed-in users are served."""
    return _api(Settings(secret_key=bytes(32))).openapi()
