"""Screens whose line breaks, and a desk that is not woken: whoever comes back sees what is there, and nothing twice."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from invekto.entry.postgres import SUPERUSER
from invekto.kernel.events import trim_events
from tests.desk import Desk, wait_until
from tests.faults import promises
from tests.faults.promises import Stored
from tests.faults.proxy import Line
from tests.faults.scene import Scene
from tests.faults.screen import Screen

pytestmark = pytest.mark.real_ports


def _follows(scene: Scene, screen: Screen, timeout_s: float = 30) -> None:
    def wrong() -> list[str]:
        return list(promises.unlike(screen, Stored.read(scene.desk), sees_all=True))

    wait_until(lambda: not wrong(), lambda: "\n".join(wrong()[:20]), timeout_s)
    assert not screen.problems


def _forget(desk: Desk, older_than: datetime) -> None:
    async def trim() -> None:
        connection = await asyncpg.connect(desk.postgres.url(SUPERUSER))
        await trim_events(connection, older_than, 10**6)
        await connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(trim())).result()


@pytest.mark.fault(
    "F24",
    injects="RST every 0.3 s; away for 1 s and 6 s; away until the log forgot",
    holds="I7: by cursor, else loaded again",
)
def test_a_screen_whose_line_breaks_sees_everything_when_it_is_back(scene: Scene) -> None:
    line = Line(("127.0.0.1", scene.desk.port))
    screen = Screen(scene.desk, "demo", "supervisor", port=line.port).opened(late=True)
    cut = 0
    try:
        with scene.load():
            for _ in range(6):
                time.sleep(0.3)
                cut += line.cut()
            for away_s in (1, 6):
                line.way = "refuse"
                cut += line.cut()
                time.sleep(away_s)
                line.way = "pass"
        _follows(scene, screen)
        assert cut >= 3, "a slow machine is not back before each of them"
        assert screen.resyncs == 0, "it had its place in the log"
        line.way = "refuse"
        line.cut()
        scene.writes("+905559990024", "Sen yokken")
        time.sleep(0.5)
        # As long ago as the log reaches: what is kept begins behind the screen's place.
        _forget(scene.desk, datetime.now(UTC) + timedelta(hours=1))
        line.way = "pass"
        _follows(scene, screen)
        assert screen.resyncs == 1, "it was told to load again"
    finally:
        screen.close()
        line.close()
    scene.check()


@pytest.mark.faults_full
@pytest.mark.fault(
    "F39", injects="every LISTEN and NOTIFY connection ended each 0.2 s", holds="I7: looked for once a second"
)
def test_without_wake_ups_everything_is_found_within_a_second_or_two(scene: Scene) -> None:
    deaf = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'invekto-wakeup'"
    ended = 0
    with scene.load():
        until = time.monotonic() + 5
        while time.monotonic() < until:
            ended += len(scene.desk.rows(deaf))
            time.sleep(0.2)
    scene.check()
    assert ended >= 10
    for place in range(3):
        scene.desk.rows(deaf)
        began = time.monotonic()
        conversation = scene.writes(f"+90555999039{place}", "Kimse uyandırmadı")
        wait_until(lambda: conversation in scene.steady.conversations, "the screen has it", 5)  # noqa: B023  # asked at once
        assert time.monotonic() - began < 4
    scene.check()
