"""`python -m benchmarks.compare`: today's bench.json against the last release's figures; exit code 1 when something got worse.

For a nightly run: `make nightly` measures and compares. Ratios are compared closely, absolute figures widely: on a shared
machine those move by half without any change. `--release` makes today's figures those of the last release.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.figures import Figure

ROOT = Path(__file__).parents[1]
TODAY = ROOT / "bench.json"
RELEASED = Path(__file__).with_name("released.json")

RATIO_WORSE = 0.15
ABSOLUTE_WORSE = 0.5


def read(path: Path) -> dict[str, Figure]:
    """The figures of a file that `python -m benchmarks` wrote, by name."""
    return {row["name"]: Figure(**row) for row in json.loads(path.read_text())}


def worse_by(before: Figure, after: Figure) -> float:
    """By which part of what it was a figure got worse; negative: better."""
    if not before.judged or not after.judged:
        return 0.0
    return before.judged / after.judged - 1 if after.better == "higher" else after.judged / before.judged - 1


def is_worse(before: Figure, after: Figure) -> bool:
    """Beyond what the machine's mood explains, or over what it must."""
    allowed = ABSOLUTE_WORSE if after.ratio is None or before.ratio is None else RATIO_WORSE
    return worse_by(before, after) > allowed or (before.ok and not after.ok)


def compare(before: Mapping[str, Figure], after: Mapping[str, Figure]) -> tuple[list[str], list[str]]:
    """One line for each figure, and the names of those that got worse. A figure that is gone counts as worse."""
    lines, worse = [], []
    for name in [*before, *(name for name in after if name not in before)]:
        if name not in after:
            lines.append(f"gone      {name}")
            worse.append(name)
        elif name not in before:
            lines.append(f"new       {name}: {after[name].judged:g}")
        else:
            bad = is_worse(before[name], after[name])
            word = "WORSE" if bad else f"{0.0 - worse_by(before[name], after[name]):+.0%}"
            lines.append(f"{word:<9} {name}: {before[name].judged:g} -> {after[name].judged:g}")
            worse += [name] if bad else []
    return lines, worse


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("--release", action="store_true", help="keep today's figures as the last release's")
    asked = parser.parse_args(arguments)
    if not TODAY.exists():
        print("There is no bench.json: run `make bench` first.", file=sys.stderr)
        return 2
    if asked.release:
        RELEASED.write_text(TODAY.read_text())
        print(f"{RELEASED.relative_to(ROOT)} holds today's figures.")
        return 0
    lines, worse = compare(read(RELEASED), read(TODAY))
    print("\n".join(lines))
    print(f"\n{len(worse)} of {len(lines)} are worse than at the last release.")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
