"""Everything at the same moment: one message three times at once, and new people who write four times at once.

Peers stored 300 rows for 100 messages delivered three times, and 40 of 160 messages of 40 new people.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.faults.scene import Scene

pytestmark = pytest.mark.real_ports


def _counts(scene: Scene) -> Counter[str]:
    tables = ("message", "conversation", "identity", "identity_address", "contact")
    query = " union all ".join(f"select '{table}' as name, count(*) as rows from {table}" for table in tables)
    return Counter({row["name"]: row["rows"] for row in scene.desk.rows(query)})


@pytest.mark.fault("F17", injects="100 messages, each three times at once", holds="I1 I2")
def test_a_hundred_messages_delivered_three_times_at_once_are_a_hundred_rows(scene: Scene) -> None:
    before, place = _counts(scene), len(scene.ledger().copies)

    def write(number: int) -> list[dict[str, Any]]:
        wish = {"phone": f"+9055588{number % 25:05}", "text": f"Üç kez {number}", "copies": 3, "wait": True}
        with scene.desk.customer() as control:
            answers: list[dict[str, Any]] = control.post("/whatsapp_cloud/say", json=wish).json()["answers"]
        return answers

    with ThreadPoolExecutor(20) as pool:
        answers = [answer for answers in pool.map(write, range(100)) for answer in answers]
    assert [answer["status"] for answer in answers] == [200] * 300
    scene.check()
    assert scene.ledger().answers_since(place) == {200: 300}
    assert _counts(scene) - before == {
        "message": 100,
        "conversation": 25,
        "identity": 25,
        "identity_address": 50,
        "contact": 25,
    }


@pytest.mark.fault("F20", injects="40 new people write four times at once", holds="I1 I3")
def test_forty_new_people_who_write_four_times_at_once_are_forty_conversations_of_four(scene: Scene) -> None:
    before = _counts(scene)
    wish = {"customers": 40, "messages": 4, "concurrency": 160, "text": "{n}: {m}", "wait": True}
    report = scene.control.post("/whatsapp_cloud/crowd", json={**wish, "number": scene.numbers[0]}).json()
    assert (report["delivered"], report["failed"]) == (160, 0)
    scene.check()
    counts = _counts(scene) - before
    assert (counts["message"], counts["conversation"], counts["identity"], counts["contact"]) == (160, 40, 40, 40)
    threads = scene.desk.rows(
        "select conversation_id, array_agg(right(text, 1) order by text) as turns from message"
        " where text like '%: _' group by conversation_id order by 1 desc limit 40"
    )
    assert [row["turns"] for row in threads] == [["1", "2", "3", "4"]] * 40
