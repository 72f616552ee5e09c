"""One desk in real processes for all quick faults of a run, and the dice that choose the moments.

A failing run is repeated with the seed it printed: INVEKTO_FAULTS_SEED=n.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from tests.desk import Desk
from tests.faults.scene import Scene


@pytest.fixture(scope="session")
def seed() -> int:
    return int(os.environ.get("INVEKTO_FAULTS_SEED") or random.SystemRandom().randrange(10**6))


@pytest.fixture
def dice(seed: int, request: pytest.FixtureRequest) -> random.Random:
    """The same moments for the same test and seed, whatever ran before."""
    print(f"INVEKTO_FAULTS_SEED={seed}")
    return random.Random(f"{seed} {request.node.name}")


@pytest.fixture(scope="session")
def scene(seed: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    desk = Desk(tmp_path_factory.mktemp("faults"), ledger=True)
    try:
        desk.start()
        scene = Scene(desk, random.Random(seed))
        yield scene
        scene.close()
    finally:
        desk.stop()


@pytest.fixture(autouse=True)
def whole(scene: Scene) -> None:
    """What an earlier fault has broken would only be told again."""
    if not scene.whole:
        pytest.skip("an earlier test has broken this desk")
