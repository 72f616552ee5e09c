"""F26: a new version is put in place while 200 webhooks a second come in and agents answer; nobody notices.

Two web processes on one socket, as behind a load balancer, and two workers. One after the other gets SIGTERM, its successor is
there before. The witness outside compares everything that was ever sent.
"""

from __future__ import annotations

import signal
import socket
import time

import pytest

from tests.desk import wait_until
from tests.faults.scene import Scene

pytestmark = pytest.mark.real_ports

RATE = 200
DRAIN_S = 10
# What a loaded machine may take to end a process that has drained.
_SLACK_S = 3


class Fleet:
    """The processes that serve `scene`'s desk, each started before the one it replaces ends."""

    def __init__(self, scene: Scene, listener: socket.socket) -> None:
        self.scene = scene
        self.took: dict[str, float] = {}
        self._listener = listener

    def start(self, name: str) -> None:
        wanted = self._listening() + 1
        if name.startswith("web"):
            number = self._listener.fileno()
            self.scene.desk.handed_down = (number,)
            self.scene.desk.spawn(name, "invekto.entry.cli", "web", "--fd", str(number))
            self.scene.desk.handed_down = ()
        else:
            self.scene.desk.start_worker(name)
        # Each process listens for wake-ups from when it serves to when it ends.
        wait_until(lambda: self._listening() >= wanted, lambda: f"{name} serves\n{self.scene.desk.log(name)}", 90)

    def end(self, name: str) -> None:
        process = self.scene.desk.running.pop(name)
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        # A web process passes the signal on when it has drained.
        assert process.wait(40) in (0, -signal.SIGTERM), f"{name}: {process.returncode}\n{self.scene.desk.log(name)}"
        self.took[name] = time.monotonic() - began

    def _listening(self) -> int:
        query = "select count(*) as n from pg_stat_activity where application_name = 'invekto-wakeup' and query like 'LISTEN%'"
        return int(self.scene.desk.rows(query)[0]["n"])


@pytest.mark.fault(
    "F26", injects="each of two web processes and two workers replaced at 200 webhooks a second", holds="I1 I2 I3 I7"
)
def test_every_process_is_replaced_under_load_and_nothing_is_lost_or_doubled(scene: Scene) -> None:
    desk = scene.desk
    for name in ("web", "worker"):
        desk.kill(name, signal.SIGTERM)
    with socket.create_server(("127.0.0.1", desk.port), backlog=2048, reuse_port=False) as listener:
        fleet = Fleet(scene, listener)
        for name in ("web1", "web2", "worker1", "worker2"):
            fleet.start(name)
        ledger = scene.ledger()
        place, before, began = len(ledger.copies), len(ledger.arrivals()), time.monotonic()
        with scene.load(rate=RATE):
            for old, new in (("web1", "web3"), ("worker1", "worker3"), ("web2", "web4"), ("worker2", "worker4")):
                time.sleep(0.5)
                fleet.start(new)
                fleet.end(old)
            time.sleep(0.5)
            lasted = time.monotonic() - began
            written = len(scene.ledger().arrivals()) - before
        # A machine with too little processor writes fewer: what is asked for is 200 a second.
        print(f"{written} written in {lasted:.1f} s; ends took {fleet.took}")
        scene.check()
        answers = scene.ledger().answers_since(place)
        for name in ("web3", "web4", "worker3", "worker4"):
            fleet.end(name)
    assert max(fleet.took.values()) < DRAIN_S + _SLACK_S, fleet.took
    # A connection that is cut in the middle, or a 503, is a webhook that comes again: a deploy costs next to none.
    assert answers[200] > 99 * (answers[503] + answers[None]), answers
    desk.start_web()
    desk.start_worker()
