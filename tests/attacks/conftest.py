"""Two firms: `demo` attacks, `demo2` has something to hide (see tests.rest)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from invekto.kernel.clock import FrozenClock
from invekto.kernel.db import Database
from tests.rest import World, made_world


@pytest.fixture
async def world(db: Database, clock: FrozenClock, tmp_path: Path, owner_url: str) -> AsyncIterator[World]:
    async with made_world(db, clock, tmp_path, owner_url) as world:
        await world.make_firm("demo")
        await world.make_firm("demo2")
        yield world
