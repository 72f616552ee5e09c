"""A machine whose clock is wrong or jumps: nothing that is decided by time is decided by this clock alone."""

from __future__ import annotations

import base64
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import wait_until
from tests.faults.promises import BY_HAND
from tests.faults.scene import Scene

pytestmark = [pytest.mark.real_ports, pytest.mark.faults_full]

_LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


@pytest.fixture
def clock(scene: Scene, tmp_path: Path) -> Iterator[Path]:
    """The file that holds by how much the clocks of web and worker are wrong, from now on."""
    if not _LIBRARIES:
        pytest.skip("libfaketime is not installed (Debian: apt-get install faketime)")
    file = tmp_path / "clock"
    file.write_text("+0")
    # Monotonic time is the kernel's own: no time server moves it.
    wrong = {
        "LD_PRELOAD": str(_LIBRARIES[0]),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    desk = scene.desk
    for name in ("web", "worker"):
        desk.kill(name, 15)
    desk.start_web(until_ready=True, **wrong)
    desk.start_worker(**wrong)
    scene.writes("+905559990230", "Saat kaç?")
    yield file
    for name in ("web", "worker"):
        desk.kill(name, 15)
    desk.start_web()
    desk.start_worker()


@pytest.mark.fault("F23", injects="clocks of web and worker jump by 2 h, to and fro, under load", holds="I1-I7")
def test_clocks_that_jump_lose_double_and_reorder_nothing(scene: Scene, clock: Path, dice: random.Random) -> None:
    with scene.load():
        for jump in dice.sample(("+7200", "-7200", "+3600", "+0"), 4):
            clock.write_text(jump)
            time.sleep(1.5)
        clock.write_text("+0")
    scene.check()


@pytest.mark.fault(
    "F23", injects="a customer's message dated two hours ahead", holds="the window ends 24 h from now at most"
)
def test_a_message_from_the_future_opens_no_longer_window(scene: Scene) -> None:
    id_ = f"{BY_HAND}{time.time()}"
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "1", "phone_number_id": scene.numbers[0]},
        "contacts": [{"profile": {"name": "Gelecek"}, "wa_id": "905559990023"}],
        "messages": [
            {
                "from": "905559990023",
                "id": id_,
                "timestamp": str(int(time.time()) + 7200),
                "type": "text",
                "text": {"body": "yarından"},
            }
        ],
    }
    body = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
    }
    wish = {"base64": base64.b64encode(json.dumps(body).encode()).decode()}
    assert scene.control.post("/whatsapp_cloud/webhooks", json=wish).json()["answers"][0]["status"] == 200
    query = (
        "select extract(epoch from c.window_closes_at - now())::float8 / 3600 as hours from message m"
        " join conversation c on c.tenant_id = m.tenant_id and c.id = m.conversation_id where m.provider_id = $1"
    )
    (row,) = wait_until(lambda: scene.desk.rows(query, id_), "it has arrived")
    assert row["hours"] <= 24.1
    scene.check()
