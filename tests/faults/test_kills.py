"""kill -9 of web, worker and database under load, with a witness outside: nothing lost, doubled, reordered or left over.

The tests share one desk and stand in this order for a reason: a killed worker's lanes stay its own for a minute, and the
others strike meanwhile. What was killed first is looked at last.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

import pytest

from tests.faults.scene import LEASE_S, Scene

pytestmark = pytest.mark.real_ports

WEB_STEPS = ("receipts.before_commit", "receipts.after_commit", "receipts.before_commit", "receipts.after_commit")
WORKER_STEPS = (
    "ingest.after_claim",
    "ingest.after_commit",
    "delivery.after_claim",
    "delivery.before_call",
    "delivery.before_record",
)
_AFTER_THE_LEASE_S = LEASE_S + 20


@dataclass(frozen=True)
class Abandoned:
    """An answer that the provider took while its worker died, and the one that was written behind it."""

    first: str
    second: str
    wamid: str


@pytest.fixture(scope="module")
def abandoned(scene: Scene) -> Abandoned:
    """Struck before everything else, looked at when its lease is over."""
    desk = scene.desk
    conversation_id = scene.writes("+905559990001", "Orada mısınız?")
    desk.kill("worker")
    scene.reports_after(3600)
    desk.start_worker(INVEKTO_FAILPOINTS="delivery.before_record")
    with scene.speaking("agent1") as agent:
        first, second = (agent.say(conversation_id, text).message_id for text in ("Buradayım", "Buyurun"))
    assert first is not None
    assert second is not None
    desk.until_dead("worker")
    scene.reports_after(0.05)
    desk.start_worker()
    (taken,) = (line for line in scene.ledger().sends if line["callback_data"] == first)
    assert taken["accepted"]
    scene.silent.add(first)
    return Abandoned(first, second, taken["wamid"])


@pytest.mark.fault(
    "F4",
    "F5",
    "F6",
    injects="worker killed after a claim, after the ingest's commit, before and after the provider's call",
    holds="I1-I7",
)
@pytest.mark.usefixtures("abandoned")
def test_a_worker_killed_between_any_two_of_its_steps_loses_doubles_and_reorders_nothing(
    scene: Scene, dice: random.Random
) -> None:
    desk = scene.desk
    desk.kill("worker")
    with scene.load(), scene.workers_die():
        for step in dice.sample(WORKER_STEPS, len(WORKER_STEPS)):
            desk.start_worker(INVEKTO_FAILPOINTS=f"{step}:{dice.randint(1, 4)}")
            desk.until_dead("worker")
        desk.start_worker()
    scene.check(scene.lease_end())


@pytest.mark.fault("F4", "F7", injects="two workers killed at random, mostly during a call", holds="I1-I7")
@pytest.mark.usefixtures("abandoned")
def test_workers_killed_at_random_moments_lose_double_and_reorder_nothing(scene: Scene, dice: random.Random) -> None:
    """Two of them, so that one goes on with what the other has left; mostly in the middle of a call."""
    desk = scene.desk
    desk.start_worker("worker2")
    with scene.load(), scene.slow_provider(ms=200), scene.workers_die():
        for name in ("worker", "worker2", "worker", "worker2"):
            time.sleep(dice.uniform(0.4, 1.2))
            desk.kill(name)
            time.sleep(dice.uniform(0.0, 0.3))
            desk.start_worker(name)
    with scene.workers_die():
        desk.kill("worker2")
    scene.check(scene.lease_end())


@pytest.mark.fault("F8", injects="kill -9 of the postmaster, alone and with all backends", holds="I1-I7")
@pytest.mark.usefixtures("abandoned")
def test_a_database_killed_at_random_moments_loses_doubles_and_reorders_nothing(
    scene: Scene, dice: random.Random
) -> None:
    """The whole of it at once, or its first process alone; nobody else has to be started again."""
    desk = scene.desk
    place = len(scene.ledger().copies)
    with scene.load():
        for whole in (True, False, dice.random() < 0.5):
            time.sleep(dice.uniform(0.5, 1.2))
            desk.kill_database(whole=whole)
            time.sleep(dice.uniform(0.1, 0.8))
            desk.start_database()
    assert {name: process.poll() for name, process in desk.running.items()} == dict.fromkeys(desk.running), scene.logs()
    scene.check(scene.lease_end())
    answers = scene.ledger().answers_since(place)
    assert answers[503], "while the database is away the provider is asked to come again"
    assert not answers[None], "and is never left without an answer"


@pytest.mark.fault("F2", "F3", injects="web killed in its batch, before and after the commit", holds="I1-I7")
@pytest.mark.usefixtures("abandoned")
def test_a_web_process_killed_around_its_commit_loses_doubles_and_reorders_nothing(
    scene: Scene, dice: random.Random
) -> None:
    """After the commit and before the 200: the provider sends it again, which is two receipts and one message."""
    desk = scene.desk
    with scene.load():
        desk.kill("web")
        for step in WEB_STEPS:
            desk.start_web(until_ready=False, INVEKTO_FAILPOINTS=f"{step}:{dice.randint(1, 20)}")
            desk.until_dead("web")
        desk.start_web()
        # What was in the commit is chance: of demo2 everything comes twice anyway, so it has to be one of demo's.
        for _ in range(6):
            if came_twice(scene):
                break
            desk.kill("web")
            desk.start_web(until_ready=False, INVEKTO_FAILPOINTS=f"{WEB_STEPS[-1]}:{dice.randint(1, 20)}")
            desk.until_dead("web")
            desk.start_web()
    scene.check(scene.lease_end())
    assert came_twice(scene), "the place between commit and answer was hit"


def came_twice(scene: Scene, within_s: float = 8) -> bool:
    """Whether some webhook of demo is stored twice, as soon as it is."""
    query = "select 1 from receipt where position(convert_to($1, 'UTF8') in body) > 0 group by body having count(*) > 1 limit 1"
    deadline = time.monotonic() + within_s
    while not (found := scene.desk.rows(query, scene.numbers[0])) and time.monotonic() < deadline:
        time.sleep(0.2)
    return bool(found)


@pytest.mark.fault("F1", injects="web killed at random, started again", holds="I1-I7")
@pytest.mark.usefixtures("abandoned")
def test_a_web_process_killed_at_random_moments_loses_doubles_and_reorders_nothing(
    scene: Scene, dice: random.Random
) -> None:
    desk = scene.desk
    with scene.load():
        for _ in range(4):
            time.sleep(dice.uniform(0.3, 0.9))
            desk.kill("web")
            time.sleep(dice.uniform(0.0, 0.4))
            desk.start_web()
    scene.check(scene.lease_end())


@pytest.mark.fault("F7", injects="worker killed when the provider has the message", holds="I2 I4")
def test_an_answer_that_nobody_wrote_down_is_unknown_until_its_status_comes_and_is_never_asked_again(
    scene: Scene, abandoned: Abandoned
) -> None:
    scene.becomes(abandoned.first, "unknown", timeout_s=_AFTER_THE_LEASE_S)
    assert scene.message(abandoned.first)["error_code"] == "outcome_unknown"
    scene.becomes(abandoned.second, "read")
    for status in ("sent", "delivered", "read"):
        scene.report(abandoned.wamid, status)
        scene.becomes(abandoned.first, status)
    assert scene.message(abandoned.first) == {"status": "read", "error_code": None, "provider_id": abandoned.wamid}
    assert scene.ledger().accepted()[abandoned.first] == 1
    scene.silent.discard(abandoned.first)


@pytest.mark.faults_full
@pytest.mark.fault(
    "F6", injects="worker killed when it was about to ask", holds="I2 I5: sent once, when its lease is over"
)
def test_an_answer_whose_worker_died_before_it_asked_goes_out_once(scene: Scene) -> None:
    desk = scene.desk
    conversation_id = scene.writes("+905559990006", "Birazdan ölecek")
    desk.kill("worker", 15)
    desk.start_worker(INVEKTO_FAILPOINTS="delivery.before_call")
    with scene.speaking("agent1") as agent:
        message_id = agent.say(conversation_id, "Yine de gelir").message_id
    assert message_id is not None
    desk.until_dead("worker")
    assert not scene.ledger().accepted()[message_id]
    # As if the minute of its lease were over.
    desk.rows(
        "update lane set lease_until = now(), next_at = now() where conversation_id = $1::uuid returning 1",
        conversation_id,
    )
    desk.start_worker()
    scene.becomes(message_id, "read", timeout_s=60)
    assert scene.ledger().accepted()[message_id] == 1


@pytest.mark.fault("F4", injects="nothing more: what the dead held is due again", holds="I1-I7")
@pytest.mark.usefixtures("abandoned")
def test_when_the_leases_of_the_dead_are_over_nothing_is_left_over(scene: Scene) -> None:
    scene.check(timeout_s=_AFTER_THE_LEASE_S)
    assert scene.dropping.dropped, "the line that drops has dropped"
