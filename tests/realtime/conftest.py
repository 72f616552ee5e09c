"""The web process's application on a real port, in the test's own loop, so that its clock can be stopped."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn

from invekto.entry.realtime import Reader
from invekto.kernel.clock import FrozenClock
from invekto.kernel.db import Database
from tests.realtime.screen import Screens
from tests.rest import World, made_world


@asynccontextmanager
async def served(world: World, reader: Reader) -> AsyncIterator[str]:
    """The application's socket address while it is served."""
    world.app.state.stream = reader
    reader.start()
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        world.edge,
        lifespan="off",
        ws="websockets-sansio",
        http="httptools",
        log_config=None,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        await reader.close()


@pytest.fixture
async def world(db: Database, clock: FrozenClock, tmp_path: Path, owner_url: str) -> AsyncIterator[World]:
    async with made_world(db, clock, tmp_path, owner_url) as world:
        await world.make_firm("demo")
        yield world


@pytest.fixture
async def screens(world: World, db: Database) -> AsyncIterator[Screens]:
    async with served(world, Reader(db)) as url:
        screens = Screens(world, url)
        yield screens
        await screens.close()
