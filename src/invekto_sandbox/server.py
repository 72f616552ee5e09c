"""Puts the sandbox together and runs it: every provider's app, the control API, the phone page, on one port."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from invekto_sandbox import keys as key_file
from invekto_sandbox.control import Control
from invekto_sandbox.core import Core
from invekto_sandbox.page import Page
from invekto_sandbox.settings import Settings
from invekto_sandbox.whatsapp_cloud import accounts as whatsapp_accounts
from invekto_sandbox.whatsapp_cloud.cloud import WhatsAppCloud
from invekto_sandbox.whatsapp_cloud.control_traffic import CloudControl
from invekto_sandbox.whatsapp_cloud.graph import Graph
from invekto_sandbox.whatsapp_cloud.onboarding import TABLES as ONBOARDING_TABLES
from invekto_sandbox.whatsapp_cloud.signup import Signup
from invekto_sandbox.whatsapp_cloud.tables import TABLES as WHATSAPP_TABLES
from invekto_sandbox.whatsapp_cloud.templates import TABLES as TEMPLATE_TABLES

MAKERS: dict[str, Callable[[], key_file.Keys]] = {whatsapp_accounts.KIND: whatsapp_accounts.new_keys}


class AlreadyRunning(Exception):
    """Another sandbox works in the same folder."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox, for tests that run it in their own process."""

    settings: Settings
    core: Core
    cloud: WhatsAppCloud

    @property
    def base_url(self) -> str:
        return self.settings.base_url

    def info(self) -> dict[str, Any]:
        return info(self.settings.data_dir, self.settings.port)


def info(data_dir: Path, port: int) -> dict[str, Any]:
    """Every provider's addresses and secrets, by channel kind. Makes them when they are missing; needs no server."""
    keys = key_file.load_or_create(data_dir / "sandbox", MAKERS)
    base_url = Settings(data_dir, port).base_url
    return {whatsapp_accounts.KIND: whatsapp_accounts.describe(keys[whatsapp_accounts.KIND], base_url)}


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """The lock dies with the process, however it dies."""
    folder.mkdir(parents=True, exist_ok=True)
    handle: TextIO
    with (folder / "server.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"another sandbox is running in {folder}") from None
        yield


def _app(core: Core, cloud: WhatsAppCloud, cloud_control: CloudControl) -> Starlette:
    page = Page(core.settings.web_dir)
    graph = Graph(cloud)
    control = Control(core, [cloud_control])
    return Starlette(
        routes=[
            *Signup(cloud).routes(),
            *control.routes(),
            Route("/health", control.health),
            Route("/", page.index),
            Route("/sandbox.html", page.index),
            Route("/assets/{path:path}", page.asset),
            Route("/{path:path}", graph.handle, methods=["GET", "POST", "DELETE"]),
        ]
    )


class _Server(uvicorn.Server):
    """Leaves the signals alone: whoever runs us decides when we stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """Binds before anything else is done, so that a used port is known at once. Raises OSError."""
    listener = socket.create_server((host, port), backlog=1024)
    listener.setblocking(False)
    return listener


@contextlib.asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Sandbox]:
    """Runs a sandbox in this event loop until the block ends. `port` 0 takes a free one, named in what it gives.
    Raises AlreadyRunning, or OSError when the port is taken."""
    with _only_one(settings.folder):
        listener = listen(settings.host, settings.port)
        settings = replace(settings, port=listener.getsockname()[1])
        keys = key_file.load_or_create(settings.folder, MAKERS)
        core = Core.open(settings, [WHATSAPP_TABLES, ONBOARDING_TABLES, TEMPLATE_TABLES])
        cloud = WhatsAppCloud(core, keys[whatsapp_accounts.KIND])
        core.hub.narrator_of = lambda account: cloud if account in cloud.accounts.numbers else None
        cloud_control = CloudControl(cloud)
        config = uvicorn.Config(
            _app(core, cloud, cloud_control),
            http="httptools",
            ws="websockets-sansio",
            lifespan="off",
            access_log=False,
            log_level="warning",
            timeout_graceful_shutdown=1,
        )
        server = _Server(config)
        running = asyncio.create_task(server.serve([listener]))
        try:
            while not server.started:
                if running.done():
                    running.result()
                    raise RuntimeError("the server ended before it started")
                await asyncio.sleep(0.005)
            core.dispatcher.resume()
            cloud.resume()
            yield Sandbox(settings, core, cloud)
        finally:
            server.should_exit = True
            await running
            cloud_control.stop()
            cloud.progress.stop()
            cloud.templates.stop()
            await core.close()
