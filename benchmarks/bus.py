"""Wake-ups between many processes: the default bus against NATS, with the CPU that each takes of its server."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.desk import Bench
from benchmarks.figures import Budget, Figure, percentile
from benchmarks.machine import spending
from benchmarks.plan import Plan, say
from invekto.entry.roles import APP
from invekto.kernel.bus import open_bus
from invekto.kernel.wakeup import Wakeup
from tests.desk import free_port

_PROCESSES = (4, 40)
_PER_S = 100
_NATS = Path(sys.executable).with_name("nats-server")


def buses(bench: Bench, plan: Plan) -> Iterator[Figure]:
    """A word every 10 ms, to 4 and to 40 processes' worth of connections; the desk itself rests meanwhile."""
    port = free_port()
    server = subprocess.Popen(
        [_NATS, "-a", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        assert bench.postgres.pid is not None
        for name, url, pid in (("NOTIFY", None, bench.postgres.pid), ("NATS", f"nats://127.0.0.1:{port}", server.pid)):
            for processes in _PROCESSES:
                plan.calm_down(f"{name} to {processes} processes")
                with spending({"server": pid}) as spent:
                    took = asyncio.run(_speak(bench.postgres.url(APP), url, processes, plan.latency_s))
                plan.judge(name, spent)
                words = len(took) / processes
                say(f"{words:.0f} words heard by {processes}")
                where = f"wake-up by {name}, {processes} processes"
                yield Budget(f"{where}, p99", "ms", "lower").of(percentile(took, 99))
                yield Budget(f"{where}, its server's CPU each", "ms", "lower").of(spent.total_s * 1000 / words)
    finally:
        server.kill()
        server.wait()


async def _speak(database_url: str, bus_url: str | None, processes: int, seconds: float) -> list[float]:
    """Milliseconds from the word to each hearer's waiting loop."""
    desks = [Wakeup(open_bus(database_url, bus_url)) for _ in range(processes)]
    heard = [desk.subscribe("event") for desk in desks]
    for desk in desks:
        desk.start()
    await asyncio.gather(*(event.wait() for event in heard))
    took: list[float] = []
    said = time.monotonic()

    async def hear(event: asyncio.Event) -> None:
        await event.wait()
        took.append((time.monotonic() - said) * 1000)

    # The speaker's own loops are told without the bus: somebody else speaks.
    speaker = Wakeup(open_bus(database_url, bus_url))
    hears = speaker.subscribe("event")
    speaker.start()
    await hears.wait()
    await asyncio.sleep(0.5)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for event in heard:
            event.clear()
        waiting = [asyncio.create_task(hear(event)) for event in heard]
        await asyncio.sleep(0)
        said = time.monotonic()
        speaker.wake("event")
        await asyncio.gather(*waiting)
        await asyncio.sleep(max(0.0, 1 / _PER_S - (time.monotonic() - said)))
    for desk in (*desks, speaker):
        await desk.close()
    return took
