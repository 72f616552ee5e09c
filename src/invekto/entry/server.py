"""Runs the web process and the worker process. What they do is in api and worker."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket

import uvicorn
import uvloop

from invekto.entry.supervisor import listen, port_refused
from invekto.kernel import failpoints, metrics
from invekto.kernel.settings import Settings

GRACEFUL_S = 10


def run_web(settings: Settings, listening_fd: int | None) -> int:
    """Serves until SIGTERM, then drains for ten seconds. Takes over a port that a supervisor holds, or listens itself."""
    listener = (
        socket.socket(fileno=listening_fd)
        if listening_fd is not None
        else listen(settings.host, settings.port, "INVEKTO_PORT")
    )
    from invekto.entry.api import create_app

    failpoints.arm(settings.failpoints)
    config = uvicorn.Config(
        create_app(settings),
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        # A client sends a few hundred bytes at most; a page of changes goes the other way.
        ws_max_size=64 * 1024,
        # Compressing each frame for each of a thousand screens costs more than sending it.
        ws_per_message_deflate=False,
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        # The edge reads X-Forwarded-For itself, from INVEKTO_TRUSTED_PROXIES only.
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=GRACEFUL_S,
    )
    server = uvicorn.Server(config)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        # uvicorn has drained and passes the signal on.
        return 0
    return 0 if server.started else 1


def run_worker(settings: Settings) -> int:
    """Runs the jobs until SIGTERM; the worker decides what it finishes first."""
    from invekto.entry import worker

    failpoints.arm(settings.failpoints)
    if (port := settings.worker_metrics_port) is not None:
        try:
            metrics.show_on_loopback(port)
        except OSError as error:
            raise port_refused("127.0.0.1", port, "INVEKTO_WORKER_METRICS_PORT", error) from error

    async def until_stopped() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await worker.run(settings, stop)
        if not stop.is_set():
            logging.getLogger("invekto.worker").error("the worker returned although nobody stopped it")
            raise SystemExit(1)

    uvloop.run(until_stopped())
    return 0
