"""Two machines on one database: one takes over from the other, and a cut, a heal and a kill lose, double and reorder nothing."""

from __future__ import annotations

import time

import pytest

from tests.desk import wait_until
from tests.faults.scene import Scene
from tests.hosts.two_hosts import TwoHosts

pytestmark = [pytest.mark.real_ports, pytest.mark.timeout(400)]

TAKEN_OVER_S = 5
_STILL_S = 12
"""Longer than either end of a line waits for the other (kernel/link.py)."""


def other_than(host: str) -> str:
    return "b" if host == "a" else "a"


def consumer(hosts: TwoHosts) -> str:
    found: str = wait_until(hosts.consumer, "somebody reads what came")
    return found


def test_the_standby_reads_on_within_five_seconds_of_a_kill_and_of_a_cut(hosts: TwoHosts, scene: Scene) -> None:
    first = consumer(hosts)
    began = time.monotonic()
    hosts.kill(f"worker-{first}")
    wait_until(lambda: hosts.consumer() == other_than(first), "the other worker reads", TAKEN_OVER_S)
    print(f"after a kill: {time.monotonic() - began:.1f} s")
    hosts.start_worker_on(first)
    scene.writes("+905559990001", "Devraldınız mı?")

    second = consumer(hosts)
    began = time.monotonic()
    hosts.network.cut(second)
    try:
        wait_until(lambda: hosts.consumer() == other_than(second), "the other machine reads", TAKEN_OVER_S)
        print(f"after a cut: {time.monotonic() - began:.1f} s")
        scene.writes("+905559990002", "Kopan makine olmadan da geliyor mu?")
    finally:
        hosts.network.heal(second)


def test_machines_that_are_cut_off_healed_and_killed_under_load_lose_nothing(hosts: TwoHosts, scene: Scene) -> None:
    with scene.load(), scene.workers_die():
        time.sleep(2)
        hosts.network.cut("a")
        time.sleep(_STILL_S)
        hosts.network.heal("a")
        time.sleep(2)
        hosts.network.lose("b", "db")
        time.sleep(_STILL_S)
        hosts.network.find("b", "db")
        time.sleep(2)
        for word in ("web", "worker"):
            hosts.kill(f"{word}-a")
        dead_until = scene.lease_end()
        time.sleep(2)
        hosts.start_web_on("a")
        hosts.start_worker_on("a")
    scene.check(dead_until)
