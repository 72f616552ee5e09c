"""`invekto up`: everything from one command, ended by Ctrl-C, and on its feet again after kill -9 of any one process."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from invekto.entry.processes import standing_in
from tests.desk import wait_until

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.real_ports


class Up:
    """One `invekto up` with a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.data = folder / "data"
        self.log_path = folder / "log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("INVEKTO_", "DATABASE_"))}
        env = {**kept, "PYTHONPATH": str(ROOT / "src"), "INVEKTO_DATA": str(self.data), "INVEKTO_PORT": str(self.port)}
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "invekto.entry.cli", "up"], env=env, stdout=log, stderr=log
            )
        self.wait_ready()

    def wait_ready(self, timeout_s: float = 40) -> None:
        wait_until(self.ready, lambda: f"ready\n{self.log()[-3000:]}", timeout_s)

    def ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health/ready", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def log(self) -> str:
        return self.log_path.read_text() if self.log_path.exists() else ""

    def pid(self, name: str) -> int:
        """Of `supervisor`, `web`, `worker` or `postgres`."""
        assert self.process is not None
        if name == "supervisor":
            return self.process.pid
        if name == "postgres":
            return int((self.data / "postgres/cluster/postmaster.pid").read_text().splitlines()[0])
        return next(pid for pid in self.processes() if f"invekto.entry.cli\0{name}" in command_of(pid))

    def processes(self) -> list[int]:
        """Everything that runs on this data folder."""
        mark = f"INVEKTO_DATA={self.data}".encode()
        found = [pid for pid in all_pids() if mark in environment_of(pid).split(b"\0")]
        return found + standing_in(self.data / "postgres/cluster", "postgres")

    def kill_all(self) -> None:
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):  # it ends together with one that was killed before it
                os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        self.kill_all()
        if self.process is not None:
            self.process.wait()


def all_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]


def environment_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    made = Up(tmp_path)
    yield made
    made.stop()


def test_ctrl_c_ends_every_process_and_there_is_a_next_start(up: Up) -> None:
    up.start()
    assert up.process is not None
    assert len(up.processes()) > 4
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(30) == 0
    assert up.processes() == []
    up.start()


def test_each_killed_process_is_started_again_and_no_connection_is_refused_meanwhile(up: Up) -> None:
    up.start()
    for name in ("web", "worker", "postgres"):
        killed = up.pid(name)
        os.kill(killed, signal.SIGKILL)
        # Also while the web process is dead: the port is the supervisor's, so a connection waits.
        assert httpx.get(f"http://127.0.0.1:{up.port}/health/live", timeout=30).status_code == 200
        wait_until(lambda: f"{name} runs again" in up.log(), lambda: f"{name} again\n{up.log()[-2000:]}", 30)  # noqa: B023
        up.wait_ready()
        assert up.pid(name) != killed
        assert f"{name} ended (killed by SIGKILL)" in up.log()


@pytest.mark.timeout(400)
def test_after_kill_9_of_any_one_process_or_of_all_at_once_the_next_start_is_healthy(up: Up) -> None:
    up.start()
    for name in ("supervisor", "web", "worker", "postgres", "all"):
        assert up.process is not None
        if name == "all":
            up.kill_all()
        else:
            os.kill(up.pid(name), signal.SIGKILL)
        if name not in ("all", "supervisor"):
            up.process.terminate()
        # The server's last checkpoint may wait for a busy disk: it has a minute.
        up.process.wait(100)
        wait_until(lambda: up.processes() == [], f"nothing is left after kill -9 of {name}", 20)
        up.start()
