"""`invekto up`: everything from one command, ended by Ctrl-C, and on its feet again after kill -9 of any one process."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
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
        wait_until(self.ready, f"ready\n{self.log()[-3000:]}", timeout_s)

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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_every_process_and_the_next_start_is_quick(up: Up, number: signal.Signals) -> None:
    up.start()
    assert up.process is not None
    assert len(up.processes()) > 4
    up.process.send_signal(number)
    assert up.process.wait(20) == 0
    assert up.processes() == []
    began = time.monotonic()
    up.start()
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("name", ["web", "worker", "postgres"])
def test_a_killed_process_is_started_again_and_the_desk_answers(up: Up, name: str) -> None:
    up.start()
    killed = up.pid(name)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: f"{name} runs again" in up.log(), f"{name} again\n{up.log()[-2000:]}")
    up.wait_ready()
    assert up.pid(name) != killed
    assert f"{name} ended (killed by SIGKILL)" in up.log()


@pytest.mark.parametrize("name", ["supervisor", "web", "worker", "postgres"])
def test_after_kill_9_of_any_one_process_and_the_end_of_the_rest_the_next_start_is_healthy(up: Up, name: str) -> None:
    up.start()
    assert up.process is not None
    os.kill(up.pid(name), signal.SIGKILL)
    if name != "supervisor":
        up.process.terminate()
    up.process.wait(20)
    wait_until(lambda: up.processes() == [], "nothing is left", 15)
    up.start()


def test_kill_9_of_everything_at_once_leaves_nothing_that_the_next_start_cannot_handle(up: Up) -> None:
    up.start()
    up.kill_all()
    assert up.process is not None
    up.process.wait()
    up.start()


def test_a_connection_that_comes_while_the_web_process_is_dead_waits_instead_of_being_refused(up: Up) -> None:
    up.start()
    os.kill(up.pid("web"), signal.SIGKILL)
    answer = httpx.get(f"http://127.0.0.1:{up.port}/health/live", timeout=20)
    assert answer.status_code == 200
