"""What the machine spent: CPU per process tree, CPU that strangers took meanwhile, memory. Linux only, by /proc."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

CORES = os.cpu_count() or 1
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
# Above this share of the machine in strangers' hands a run says more about them than about us.
BUSY = 0.12
CALM_S = 45.0


def tree_cpu_s(root: int) -> float:
    """User and system seconds of a process and everything below it; ended children are in their parent's account."""
    spent: dict[int, int] = {}
    below: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            values = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        pid = int(entry.name)
        below.setdefault(int(values[1]), []).append(pid)
        spent[pid] = sum(int(ticks) for ticks in values[11:15])
    total, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        total += spent.get(pid, 0)
        waiting += below.get(pid, ())
    return total / _TICKS_PER_S


def children_of(root: int) -> list[int]:
    """Every living process below."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it ended meanwhile
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


def machine_cpu_s() -> float:
    """Seconds that all cores were busy, with what the hypervisor took away."""
    user, nice, system, _idle, _iowait, irq, softirq, steal, *_ = (
        int(ticks) for ticks in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + irq + softirq + steal) / _TICKS_PER_S


@dataclass
class Spent:
    """CPU seconds during one run, by name of the process tree; `foreign` is the strangers' share of the machine."""

    wall_s: float = 0.0
    cpu_s: dict[str, float] = field(default_factory=dict)
    foreign: float = 0.0

    @property
    def total_s(self) -> float:
        return sum(self.cpu_s.values())

    @property
    def calm(self) -> bool:
        return self.foreign <= BUSY


@contextmanager
def spending(trees: Mapping[str, int]) -> Iterator[Spent]:
    """Fills the `Spent` when the block ends. Everything we start is below this process, so the rest is foreign."""
    spent = Spent()
    began, machine, ours = time.monotonic(), machine_cpu_s(), tree_cpu_s(os.getpid())
    before = {name: tree_cpu_s(pid) for name, pid in trees.items()}
    yield spent
    spent.cpu_s = {name: tree_cpu_s(pid) - before[name] for name, pid in trees.items()}
    spent.wall_s = time.monotonic() - began
    strangers = (machine_cpu_s() - machine) - (tree_cpu_s(os.getpid()) - ours)
    spent.foreign = max(0.0, strangers / (CORES * spent.wall_s))


def wait_for_calm(longest_s: float = CALM_S) -> float:
    """Waits while strangers keep the machine busy; their share in the last half second."""
    deadline = time.monotonic() + longest_s
    while True:
        with spending({}) as spent:
            time.sleep(0.5)
        if spent.calm or time.monotonic() > deadline:
            return spent.foreign


def pss_mb(pid: int) -> float:
    """Proportional memory of a process and its children: shared pages are counted once."""
    kib = 0
    for process in (pid, *children_of(pid)):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kib += int(line.split()[1])
    return kib / 1024
