"""`python -m benchmarks`: measures every row, prints them and writes bench.json."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks import bus, egress, ingress, living, reading, screen, search
from benchmarks.desk import Bench
from benchmarks.figures import Figure, table, write
from benchmarks.plan import Plan, say

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "bench.json"

# Lists and search near the end: they make the database a thousand times larger.
GROUPS: dict[str, Callable[[Bench, Plan], Iterator[Figure]]] = {
    "ack": ingress.acknowledged,
    "inbound": ingress.processed,
    "statements": ingress.statements,
    "latency": ingress.latency,
    "send": egress.sends,
    "outbox": egress.outbox,
    "fanout": reading.fan_out,
    "bus": bus.buses,
    "slow": reading.beside_slow,
    "start": living.start,
    "screen": screen.screen,
    "lists": reading.lists,
    "search": search.searches,
    "demo": living.demo,
}


def main(arguments: Sequence[str] | None = None) -> int:
    wish = _parser().parse_args(arguments)
    plan = Plan.quick() if wish.quick else Plan.full()
    if wish.rounds:
        plan.rounds = wish.rounds
    names = wish.only or list(GROUPS)
    began = time.monotonic()
    figures, failed = _measure(names, plan)
    if wish.only is None:
        write(RESULT, figures)
    print(
        f"\n{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}\n"
    )
    print(table(figures))
    missed = [figure.name for figure in figures if not figure.ok]
    print(f"\n{len(figures)} figures in {time.monotonic() - began:.0f} s, {len(missed)} miss what they must.")
    for line in plan.disturbed:
        print(f"Disturbed: {line}.")
    for name in failed:
        print(f"Not measured: {name} (the error is above).")
    return 1 if failed or (wish.strict and missed) else 0


def _measure(names: Sequence[str], plan: Plan) -> tuple[list[Figure], list[str]]:
    # On the disk where the product's data would be: a memory disk would flatter every commit.
    place = ROOT / ".invekto"
    place.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=place))
    bench = Bench(folder)
    figures: list[Figure] = []
    failed: list[str] = []
    try:
        say("making a desk")
        bench.open()
        for name in names:
            try:
                figures.extend(GROUPS[name](bench, plan))
            except Exception:  # noqa: BLE001  # one row that cannot be measured is reported; the others still are
                traceback.print_exc()
                _show_logs(bench)
                failed.append(name)
    except BaseException:
        _show_logs(bench)
        raise
    finally:
        bench.close()
        shutil.rmtree(folder, ignore_errors=True)
    return figures, failed


def _show_logs(bench: Bench) -> None:
    for name in ("web", "worker"):
        say(f"the last of {name}:\n{bench.log(name)[-1500:]}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round of each: a hint within 90 seconds")
    parser.add_argument(
        "--only", action="append", choices=list(GROUPS), help="this group alone; bench.json stays as it is"
    )
    parser.add_argument("--rounds", type=int, help="how often each ratio is taken")
    parser.add_argument("--strict", action="store_true", help="exit code 1 when a figure misses what it must")
    return parser


if __name__ == "__main__":
    sys.exit(main())
