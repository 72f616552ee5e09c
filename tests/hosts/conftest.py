"""Two machines and a database for all tests of this folder. Where no namespaces can be made each test is a counted skip."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from tests.faults.scene import Scene
from tests.hosts.network import why_not
from tests.hosts.two_hosts import TwoHosts


@pytest.fixture(scope="session")
def seed() -> int:
    return int(os.environ.get("INVEKTO_FAULTS_SEED") or random.SystemRandom().randrange(10**6))


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoHosts]:
    if (reason := why_not()) is not None:
        pytest.skip(f"several machines: {reason}")
    hosts = TwoHosts(tmp_path_factory.mktemp("hosts"), ledger=True)
    try:
        yield hosts.open()
    finally:
        hosts.close()


@pytest.fixture(scope="module")
def scene(hosts: TwoHosts, seed: int) -> Iterator[Scene]:
    print(f"INVEKTO_FAULTS_SEED={seed}")
    scene = Scene(hosts, random.Random(seed))
    yield scene
    scene.close()
