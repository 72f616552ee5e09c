"""One desk in real processes for all quick faults of a run, and the dice that choose the moments.

A failing run is repeated with the seed it printed: INVEKTO_FAULT_SEED=n.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import Desk
from tests.faults.scene import Scene

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`make test` runs the quick faults, `make faults` (INVEKTO_FAULTS=full) all of them."""
    for item in items:
        if item.path.parent == _HERE and item.get_closest_marker("timeout") is None:
            # A desk takes its time to start on a busy machine.
            item.add_marker(pytest.mark.timeout(300))
    if os.environ.get("INVEKTO_FAULTS") == "full":
        return
    left_out = [item for item in items if item.get_closest_marker("faults_full")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def seed() -> int:
    return int(os.environ.get("INVEKTO_FAULT_SEED") or random.SystemRandom().randrange(10**6))


@pytest.fixture
def dice(seed: int, request: pytest.FixtureRequest) -> random.Random:
    """The same moments for the same test and seed, whatever ran before."""
    print(f"INVEKTO_FAULT_SEED={seed}")
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
def whole(request: pytest.FixtureRequest) -> None:
    """What an earlier fault has broken would only be told again."""
    if "scene" in request.fixturenames and not request.getfixturevalue("scene").whole:
        pytest.skip("an earlier test has broken this desk")
