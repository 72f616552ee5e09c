"""A NATS server of its own for a test: the real program, on a port of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

from tests.desk import free_port, wait_until

PROGRAM = Path(sys.executable).with_name("nats-server")


class NatsServer:
    """`start` and `kill` as often as a test likes; the port stays."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> NatsServer:
        self._process = subprocess.Popen(
            [PROGRAM, "-a", "127.0.0.1", "-p", str(self.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(self._accepts, "the NATS server accepts connections")
        return self

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def _accepts(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
