"""How soon the product is there, and what it holds while nothing happens."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from statistics import median

from benchmarks.desk import Bench
from benchmarks.figures import Budget, Figure
from benchmarks.load import Wire, requests_of
from benchmarks.machine import pss_mb
from benchmarks.plan import Plan, say
from tests.desk import ROOT, free_port

START = Budget("start: database up -> first webhook accepted", "s", "lower", 2, 1)
MEMORY = Budget("idle memory, web + worker (PSS)", "MB", "lower", 300, 200)
DEMO = Budget("make demo, warm, until the addresses are printed", "s", "lower", 5)
_LAST_WORDS = "Ctrl-C"


def start(bench: Bench, plan: Plan) -> Iterator[Figure]:
    """Both processes from nothing, as `up` starts them, to the first 200 for a signed webhook."""
    took, memory = [], []
    for _ in range(plan.starts):
        plan.calm_down("starting")
        bench.rest_of("web")
        bench.rest_of("worker")
        request = requests_of(bench.order(1, new=False))[0]
        began = time.monotonic()
        bench.start_worker()
        bench.spawn("web", "invekto.entry.cli", "web")
        while not _accepted(bench.port, request):
            time.sleep(0.005)
            if time.monotonic() - began > 60:
                raise AssertionError(f"no webhook was accepted within 60 s\n{bench.log('web')}")
        took.append(time.monotonic() - began)
        bench.wait_for_worker()
        # What the start allocated for a moment has been given back by then.
        time.sleep(2)
        sizes = {name: pss_mb(bench.running[name].pid) for name in ("web", "worker")}
        memory.append(sum(sizes.values()))
        say(f"{took[-1]:.2f} s; web {sizes['web']:.0f} MB, worker {sizes['worker']:.0f} MB")
    yield START.of(median(took))
    yield MEMORY.of(median(memory))


def _accepted(port: int, request: bytes) -> bool:
    try:
        wire = Wire(port)
        wire.send(0, request)
        status = 0
        while not status:
            status = wire.receive()
        wire.socket.close()
    except OSError:
        return False
    return status == 200


def demo(bench: Bench, plan: Plan) -> Iterator[Figure]:
    """The second start: the first one makes the sample data."""
    if not plan.demo:
        return
    plan.calm_down("demo")
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("INVEKTO_", "DATABASE_URL", "MAKE"))
        },
        "INVEKTO_DATA": str(bench.folder / "demo"),
        "INVEKTO_PORT": str(free_port()),
        "INVEKTO_SANDBOX_PORT": str(free_port()),
    }
    cold, warm = (_demo_start(environment) for _ in range(2))
    say(f"first start with the sample data {cold:.1f} s, second {warm:.1f} s")
    yield DEMO.of(warm)


def _demo_start(environment: dict[str, str]) -> float:
    began = time.monotonic()
    process = subprocess.Popen(
        ["make", "--silent", "demo"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if _LAST_WORDS in line:
                return time.monotonic() - began
        raise AssertionError("the demo ended: " + "".join(said[-5:]))
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
