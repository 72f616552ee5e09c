"""Two firms and a finder for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from invekto.kernel.clock import FrozenClock
from invekto.kernel.db import Database
from tests.rest import World, made_world
from tests.search.finder import Finder, made_finder


@pytest.fixture
async def world(db: Database, clock: FrozenClock, tmp_path: Path, owner_url: str) -> AsyncIterator[World]:
    async with made_world(db, clock, tmp_path, owner_url) as world:
        await world.make_firm("demo")
        yield world


@pytest.fixture
async def finder(world: World) -> AsyncIterator[Finder]:
    async with made_finder(world) as finder:
        yield finder
