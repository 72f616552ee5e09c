"""A firm `demo` and a firm `demo2` behind the real edge (see tests.rest), the ways in and out without it (see inlet, outlet)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from invekto.kernel.clock import FrozenClock
from invekto.kernel.db import Database
from tests.conversations.inlet import Inlet, opened_inlet
from tests.conversations.outlet import Outlet, made_outlet
from tests.rest import World, made_world


@pytest.fixture
async def world(db: Database, clock: FrozenClock, tmp_path: Path, owner_url: str) -> AsyncIterator[World]:
    async with made_world(db, clock, tmp_path, owner_url) as world:
        await world.make_firm("demo")
        yield world


@pytest.fixture
async def inlet(db: Database, clock: FrozenClock, owner_url: str, superuser_url: str) -> AsyncIterator[Inlet]:
    async with opened_inlet(db, clock, owner_url, superuser_url) as inlet:
        yield inlet


@pytest.fixture
async def outlet(database_url: str, owner_url: str, superuser_url: str, tmp_path: Path) -> AsyncIterator[Outlet]:
    async with made_outlet(database_url, owner_url, superuser_url, tmp_path) as outlet:
        yield outlet
