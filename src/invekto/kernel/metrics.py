"""The numbers a process shows on /metrics. A module counts its own things by making its metric on REGISTRY.

Labels take values of a short, known list only: a tenant, an address or a user's text never becomes a label.
"""

from __future__ import annotations

import asyncio
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, start_http_server
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

REGISTRY: Final = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

REQUEST_SECONDS: Final = Histogram(
    "invekto_request_seconds",
    "Time to answer a request, by route template.",
    ("method", "route", "status"),
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15),
    registry=REGISTRY,
)
UNEXPECTED_ERRORS: Final = Counter(
    "invekto_unexpected_errors", "Exceptions that nobody had decided about; each is a defect.", registry=REGISTRY
)
REFUSED_ORIGINS: Final = Counter(
    "invekto_refused_origins", "Requests and sockets of a foreign site.", registry=REGISTRY
)

LOOP_LAG_SECONDS: Final = Histogram(
    "invekto_loop_lag_seconds",
    "How late the event loop wakes somebody who asked for a moment: above 0.1 s something blocks it.",
    buckets=(0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5),
    registry=REGISTRY,
)
_LOOK_AT_THE_LOOP_S: Final = 0.5

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST


def exposition() -> bytes:
    """Every metric of this process in Prometheus' text format, of type CONTENT_TYPE."""
    return generate_latest(REGISTRY)


def show_on_loopback(port: int) -> None:
    """Serves the same from a thread of its own, to this machine only, as long as the process lives. OSError when the port is taken."""
    start_http_server(port, "127.0.0.1", REGISTRY)


async def watch_loop() -> None:
    """Measures the loop it runs in, twice a second, until it is cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _LOOK_AT_THE_LOOP_S
        await asyncio.sleep(_LOOK_AT_THE_LOOP_S)
        LOOP_LAG_SECONDS.observe(max(loop.time() - due, 0))
