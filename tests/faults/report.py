"""`make faults`: every fault several times with other seeds, and the dated table of docs/reliability.md.

A run that fails stops nothing: its test is in the table with its seed. Tests that were left out because another one had
broken their desk are run again with a new one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults.recording import BROKEN

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- results: make faults -->", "<!-- end of results -->"
_A_MODULE_S = 1800
_WORDS = {"passed": "held", "failed": "**did not hold**", "skipped": "not tried"}

Line = dict[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.report", description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="", help="faults, with commas between: F9,F10")
    parser.add_argument("--seed", type=int, help="the first run's; else made up")
    parser.add_argument("--record", type=Path, help="file of a line per test; what it holds already counts as run")
    parser.add_argument("--no-table", action="store_true", help="leave docs/reliability.md alone")
    wish = parser.parse_args()
    only = {name for name in wish.only.split(",") if name}
    with tempfile.TemporaryDirectory() as folder:
        record = wish.record or Path(folder) / "record.jsonl"
        for number in range(wish.runs):
            seed = wish.seed + number if wish.seed is not None else random.SystemRandom().randrange(10**6)
            print(f"run {number + 1} of {wish.runs}, INVEKTO_FAULT_SEED={seed}", flush=True)
            for module in sorted((ROOT / "tests" / "faults").glob("test_*.py")):
                _run(module, seed, record, only)
        lines = _lines(record)
    if not wish.no_table and not only:
        write_table(lines)
        print(f"written: {DOCUMENT.relative_to(ROOT)}")
    failed = [line for line in lines if line["outcome"] == "failed"]
    for line in failed:
        print(f"did not hold: {line['test']} with INVEKTO_FAULT_SEED={line['seed']}: {line['why'].splitlines()[:1]}")
    print(f"{len(lines)} runs, {len(failed)} did not hold")
    return 1 if failed else 0


def _lines(record: Path) -> list[Line]:
    """What has run; what only another test's damage has kept from running has not."""
    if not record.exists():
        return []
    found = [json.loads(line) for line in record.read_text().splitlines()]
    return [line for line in found if BROKEN not in line["why"]]


def _run(module: Path, seed: int, record: Path, only: set[str]) -> None:
    wanted: Sequence[str] = [str(module.relative_to(ROOT))]
    if only:
        text = module.read_text()
        names = re.findall(r"((?:^@.*\n(?:^[ )].*\n)*)+)^def (test_\w+)", text, re.MULTILINE)
        wanted = [
            f"{module.relative_to(ROOT)}::{name}" for marks, name in names if only & set(re.findall(r'"(F\d+)"', marks))
        ]
    while wanted:
        before = len(record.read_text().splitlines()) if record.exists() else 0
        env = {
            **os.environ,
            "INVEKTO_FAULTS": "full",
            "INVEKTO_FAULT_SEED": str(seed),
            "INVEKTO_FAULTS_RECORD": str(record),
        }
        command = [sys.executable, "-m", "pytest", "-q", "--no-header", "--tb=short", "-p", "tests.faults.recording"]
        print(f"  {' '.join(wanted)}", flush=True)
        try:
            done = subprocess.run(
                [*command, *wanted], cwd=ROOT, env=env, capture_output=True, text=True, timeout=_A_MODULE_S, check=False
            )
        except subprocess.TimeoutExpired:
            print(f"  {module.name} did not end within {_A_MODULE_S} s", flush=True)
            return
        new = [json.loads(line) for line in record.read_text().splitlines()[before:]] if record.exists() else []
        for line in new:
            print(f"    {_WORDS[line['outcome']]:>16} {line['seconds']:6.1f} s  {_name(line)}", flush=True)
        if done.returncode not in (0, 5):
            print(done.stdout[-6000:], flush=True)
        again = [line["test"] for line in new if BROKEN in line["why"]]
        # Without progress it would go round for ever.
        wanted = again if len(again) < len(new) else []


def _name(line: Line) -> str:
    return f"{' '.join(line['faults'])}: {line['test'].rpartition('::')[2].removeprefix('test_').replace('_', ' ')}"


def table(lines: Iterable[Line]) -> str:
    """Markdown: a row per test, in the order of the faults."""
    by_test: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_test[line["test"]].append(line)
    rows = []
    for tests in by_test.values():
        last = tests[-1]
        outcomes = [line["outcome"] for line in tests]
        held = outcomes.count("passed")
        tried = len(outcomes) - outcomes.count("skipped")
        result = f"held {held} of {tried}" if tried else f"not tried: {last['why']}"
        if held < tried:
            result = f"**{result}**"
        seeds = ", ".join(f"{line['seed']}" for line in tests if line["seed"] is not None)
        name = last["test"].rpartition("::")[2].removeprefix("test_").replace("_", " ")
        rows.append(
            (
                min(int(number[1:]) for number in last["faults"]),
                f"| {' '.join(last['faults'])} | {last['injects']} | {last['holds']} | {name} | {seeds} | {result} |",
            )
        )
    head = "| fault | injected | must hold | test | seeds | result |\n|---|---|---|---|---|---|\n"
    return head + "\n".join(row for _, row in sorted(rows))


def write_table(lines: Sequence[Line]) -> None:
    """Puts the table and its day into docs/reliability.md."""
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    assert after, f"{DOCUMENT} has no place for the results"
    day = datetime.now(UTC).date()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    said = f"{day}, at {commit or 'an unknown commit'}, {os.cpu_count()} processors.\n\n"
    DOCUMENT.write_text(f"{before}{BEGIN}\n{said}{table(lines)}\n{END}{after}")


if __name__ == "__main__":
    sys.exit(main())
