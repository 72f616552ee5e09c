"""Two firms: `demo` attacks, `demo2` has something to hide (see tests.rest)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from invekto.entry.postgres import EmbeddedPostgres
from invekto.kernel.clock import FrozenClock
from invekto.kernel.db import Database
from tests.attacks.arena import Arena, opened
from tests.rest import World, made_world


@pytest.fixture
async def world(db: Database, clock: FrozenClock, tmp_path: Path, owner_url: str) -> AsyncIterator[World]:
    async with made_world(db, clock, tmp_path, owner_url) as world:
        await world.make_firm("demo")
        await world.make_firm("demo2")
        yield world


@pytest.fixture(scope="session")
async def arena(
    cluster: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Arena]:
    async with opened(cluster, template, tmp_path_factory.mktemp("arena")) as arena:
        yield arena
