"""A provider that throttles, fails, hangs, refuses, or answers over a broken line: nothing is sent twice, nobody else waits."""

from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest

from tests.desk import wait_until
from tests.faults.proxy import Line, Way
from tests.faults.scene import Scene

pytestmark = [pytest.mark.real_ports, pytest.mark.faults_full]

DEADLINE_S = 15
"""What a call of the product may take in all (kernel/http)."""


def _pace(scene: Scene, number: str) -> dict[str, object]:
    query = (
        "select p.failures::int, p.paused_until > now() as paused from channel_pace p"
        " join channel h on h.tenant_id = p.tenant_id and h.id = p.channel_id where h.account_key = $1"
    )
    return scene.desk.rows(query, number)[0]


@pytest.mark.fault("F12", injects="429 with Retry-After for every fourth send", holds="I1-I7; the pause is kept")
def test_a_provider_that_throttles_is_left_in_peace_for_as_long_as_it_asks(scene: Scene) -> None:
    number = scene.numbers[0]
    with scene.faulty(number, throttle={"every": 4, "retry_after_s": 2}), scene.load():
        time.sleep(8)
    scene.check()
    sends = [line for line in scene.ledger().sends if line["number"] == number]
    throttled = [place for place, line in enumerate(sends) if line["code"] == 130429]
    assert throttled, "somebody was told to slow down"
    # What was under way together may come within the same breath; behind it there is a pause.
    pauses = [later["at"] - line["at"] for line, later in pairwise(sends)]
    assert max(pauses[throttled[0] :]) >= 1.9


@pytest.mark.fault("F13", injects="one number answered 503 for 8 s under load", holds="I1-I7; other numbers go on")
def test_an_outage_of_one_number_opens_its_circuit_and_no_other_number_feels_it(scene: Scene) -> None:
    down, other = scene.numbers
    with scene.load():
        time.sleep(1)
        with scene.faulty(down, refuse={"code": 131016, "http": 503}):
            began = time.time()
            wait_until(lambda: _pace(scene, down)["failures"] >= 5, "the circuit is open")  # type: ignore[operator]
            opened = time.time()
            time.sleep(6)
            lines = [line for line in scene.ledger().sends if line["at"] > opened + 1]
        time.sleep(1)
    tried = [line for line in lines if line["number"] == down]
    assert len(tried) <= 4, "while it is open one message at a time is tried"
    assert any(line["number"] == other and line["accepted"] for line in lines), "the other number goes on"
    assert began < opened
    scene.check(timeout_s=80)
    assert _pace(scene, down)["failures"] == 0, "it is closed by the first answer"


@pytest.mark.fault(
    "F14", injects="taken and delivered, and never answered", holds="I2 I4: unknown, settled by its report"
)
def test_a_send_that_is_never_answered_is_settled_by_its_report_and_sent_once(scene: Scene) -> None:
    conversation = scene.writes("+905559990014", "Cevap gelmeyecek")
    scene.reports_after(DEADLINE_S + 5)
    with scene.faulty(scene.numbers[0], withhold={"hold_s": 60}), scene.speaking("agent1") as agent:
        message = agent.say(conversation, "Duyuldu mu?").message_id
        assert message is not None
        scene.becomes(message, "unknown", timeout_s=DEADLINE_S + 10)
    scene.reports_after(0.05)
    assert scene.message(message)["error_code"] == "outcome_unknown"
    (wamid,) = (line["wamid"] for line in scene.ledger().sends if line["callback_data"] == message)
    for status in ("delivered", "read"):
        scene.report(wamid, status)
    scene.becomes(message, "read")
    scene.check()


@pytest.mark.fault(
    "F15",
    injects="no byte, RST in the answer, 1 byte a second between worker and provider",
    holds="I2 I5: 15 s, then unknown",
)
def test_a_call_over_a_broken_line_ends_in_time_and_frees_its_place(scene: Scene, dice: random.Random) -> None:
    desk = scene.desk
    line = Line(("127.0.0.1", desk.sandbox_port))
    ways: list[Way] = ["hang", "cut_answers", "drip_answers"]
    dice.shuffle(ways)
    people = {way: scene.writes(f"+90555999150{place}", way) for place, way in enumerate(ways)}
    desk.kill("worker", 15)
    desk.start_worker(INVEKTO_WHATSAPP_CLOUD_URL=f"http://127.0.0.1:{line.port}")
    try:
        with scene.speaking("agent1") as agent:
            first = agent.say(people[ways[0]], "Hat sağlam").message_id
            assert first is not None
            scene.becomes(first, "read", timeout_s=60)
            for way in ways:
                with line.broken(way):
                    began = time.monotonic()
                    message = agent.say(people[way], f"over a line that will {way}").message_id
                    assert message is not None
                    scene.becomes(message, "unknown", "sent", "delivered", "read", timeout_s=DEADLINE_S + 5)
                    took_s = time.monotonic() - began
                    assert took_s < DEADLINE_S + 3
                    if way == "hang":
                        # Nobody will ever tell: the provider has not heard of it.
                        assert scene.message(message)["status"] == "unknown"
                        line.cut()
                    else:
                        assert scene.ledger().accepted()[message] == 1
                if way == "hang":
                    scene.ends[message] = "unknown"
            after = agent.say(people[ways[0]], "Yine iyi").message_id
            assert after is not None
            scene.becomes(after, "read")
    finally:
        desk.kill("worker", 15)
        desk.start_worker()
        line.close()
    scene.check()


@pytest.mark.fault(
    "F16", injects="refused for good (131026)", holds="I2 I4: failed with its reason, asked once, resent by hand"
)
def test_a_refusal_is_shown_is_asked_once_and_resending_really_sends(scene: Scene) -> None:
    conversation = scene.writes("+905559990016", "Bana ulaşamazsınız")
    with scene.faulty(scene.numbers[0], refuse={"code": 131026}), scene.speaking("agent1") as agent:
        message = agent.say(conversation, "Deneme").message_id
        assert message is not None
        scene.becomes(message, "failed")
        time.sleep(2)
    scene.ends[message] = "failed"
    assert scene.message(message)["error_code"] == "recipient_unreachable"
    assert sum(line["callback_data"] == message for line in scene.ledger().sends) == 1
    with scene.speaking("agent1") as agent:
        again = agent.again(conversation, message)
    assert again.message_id is not None
    assert again.message_id != message
    scene.becomes(again.message_id, "read")
    scene.check()
