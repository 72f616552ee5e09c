"""`make soak`: mixed load for minutes, faults at random, and the ledger against database and screens after each round.

Prints what happened, the memory and the open files of every process. Ends with 1 when a promise was broken; the line before
it names the seed. The moments repeat with a seed, what the machine makes of them does not.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.desk import Desk
from tests.faults.agents import Visitors
from tests.faults.scene import LEASE_S, Scene, frozen, rss_mb
from tests.faults.screen import Screen

RATE = 12
_ROUND_S = 40


@dataclass
class Soak:
    scene: Scene
    dice: random.Random
    happened: Counter[str] = field(default_factory=Counter)

    @property
    def desk(self) -> Desk:
        return self.scene.desk

    def round(self) -> None:
        """Load, some faults, and everything is held against the ledger."""
        scene, dice = self.scene, self.dice
        visitors = [Visitors(self.desk, number, random.Random(dice.random())) for number in scene.numbers]
        ends = time.monotonic() + _ROUND_S
        with scene.load(visitors, RATE), scene.workers_die():
            while time.monotonic() < ends:
                time.sleep(dice.uniform(1, 6))
                fault = dice.choice(FAULTS)
                self.happened[fault.__name__] += 1
                print(f"    {fault.__name__.replace('_', ' ')}", flush=True)
                fault(self)
        scene.check(scene.lease_end(), timeout_s=LEASE_S + 60)

    def sizes(self) -> dict[str, tuple[float, int]]:
        """Memory in MB and open files, by process."""
        found = {}
        for name, process in self.desk.running.items():
            found[name] = (round(rss_mb(process.pid), 1), len(list(Path(f"/proc/{process.pid}/fd").iterdir())))
        return found


# The menu -----------------------------------------------------------------------------------------------------------


def a_worker_is_killed(soak: Soak) -> None:
    soak.desk.kill("worker")
    time.sleep(soak.dice.uniform(0, 0.5))
    soak.desk.start_worker()


def the_web_process_is_killed(soak: Soak) -> None:
    soak.desk.kill("web")
    time.sleep(soak.dice.uniform(0, 0.5))
    soak.desk.start_web()


def the_database_is_killed(soak: Soak) -> None:
    soak.desk.kill_database(whole=soak.dice.random() < 0.5)
    time.sleep(soak.dice.uniform(0.1, 1))
    soak.desk.start_database()


def the_database_stands_still(soak: Soak) -> None:
    with frozen(soak.desk):
        time.sleep(soak.dice.uniform(1, 6))


def connections_are_ended(soak: Soak) -> None:
    soak.desk.rows(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where backend_type = 'client backend' and pid <> pg_backend_pid() and random() < 0.4"
    )


def nobody_is_woken(soak: Soak) -> None:
    for _ in range(10):
        soak.desk.rows(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'invekto-wakeup'"
        )
        time.sleep(0.2)


def the_provider_is_away(soak: Soak) -> None:
    with soak.scene.faulty(refuse={"code": 131016, "http": 503}):
        time.sleep(soak.dice.uniform(1, 8))


def the_provider_is_slow(soak: Soak) -> None:
    with soak.scene.slow_provider(ms=800):
        time.sleep(soak.dice.uniform(1, 6))


def the_provider_throttles(soak: Soak) -> None:
    with soak.scene.faulty(soak.scene.numbers[0], throttle={"every": 5, "retry_after_s": 1}):
        time.sleep(soak.dice.uniform(1, 6))


def webhooks_overtake_each_other(soak: Soak) -> None:
    with soak.scene.faulty(reorder={"hold_s": 0.5}):
        time.sleep(soak.dice.uniform(1, 6))


def webhooks_come_in_heaps(soak: Soak) -> None:
    with soak.scene.faulty(soak.scene.numbers[0], batch={"size": 50, "wait_ms": 300}):
        time.sleep(soak.dice.uniform(1, 6))


def a_screen_comes_and_goes(soak: Soak) -> None:
    for user in ("agent3", "supervisor"):
        screen = Screen(soak.desk, soak.dice.choice(("demo", "demo2")), user).opened()
        time.sleep(soak.dice.uniform(0.1, 1))
        screen.close()


FAULTS: list[Callable[[Soak], None]] = [
    a_worker_is_killed,
    the_web_process_is_killed,
    the_database_is_killed,
    the_database_stands_still,
    connections_are_ended,
    nobody_is_woken,
    the_provider_is_away,
    the_provider_is_slow,
    the_provider_throttles,
    webhooks_overtake_each_other,
    webhooks_come_in_heaps,
    a_screen_comes_and_goes,
]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seed", type=int)
    wish = parser.parse_args()
    seed = wish.seed if wish.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"{wish.minutes:g} minutes with --seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="invekto-soak-") as folder:
        desk = Desk(Path(folder), ledger=True)
        try:
            desk.start()
            soak = Soak(Scene(desk, random.Random(seed)), random.Random(seed))
            first = soak.sizes()
            print(f"  MB and open files: {first}", flush=True)
            ends = time.monotonic() + wish.minutes * 60
            rounds = 0
            while time.monotonic() < ends:
                rounds += 1
                print(f"  round {rounds}", flush=True)
                try:
                    soak.round()
                except AssertionError as error:
                    print(f"broken in round {rounds} with --seed {seed}: {error}", flush=True)
                    return 1
                print(f"  MB and open files: {soak.sizes()}", flush=True)
            soak.scene.close()
            ledger = soak.scene.ledger()
            print(
                f"{rounds} rounds held: {len(ledger.arrivals())} written, {len(ledger.sends)} sent,"
                f" {len(ledger.copies)} webhooks, answered {dict(ledger.answers_since(0))}; {dict(soak.happened)}"
            )
        finally:
            desk.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
