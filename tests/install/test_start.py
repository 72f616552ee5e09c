"""A start that cannot succeed says so in one sentence on stderr, ends with code 2 and leaves nothing running."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def environment(data: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("INVEKTO_", "DATABASE_"))}
    return {**kept, "PYTHONPATH": str(ROOT / "src"), "INVEKTO_DATA": str(data), **more}


def invekto(*words: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "invekto.entry.cli", *words], env=env, capture_output=True, text=True, timeout=60
    )


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("invekto: ")
    return done.stderr.strip()


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def used_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield int(other.getsockname()[1])


_HELP = """
import sys
from invekto.entry.cli import main
try:
    main(["--help"])
except SystemExit:
    print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def test_help_loads_nothing_that_only_a_command_needs() -> None:
    """Each of these takes longer to load than the help to print."""
    done = subprocess.run([sys.executable, "-c", _HELP], cwd=ROOT / "src", capture_output=True, text=True, check=True)
    assert "demo" in done.stdout
    loaded = set(done.stderr.split())
    assert "argparse" in loaded
    assert not loaded & {
        "asyncio",
        "sqlalchemy",
        "asyncpg",
        "fastapi",
        "pydantic",
        "uvicorn",
        "alembic",
        "httpx",
        "ssl",
    }


@pytest.mark.parametrize("word", ["up", "demo", "web", "worker", "migrate"])
def test_a_bad_setting_is_named(tmp_path: Path, word: str) -> None:
    said = refusal(invekto(word, env=environment(tmp_path, INVEKTO_PORT="80x0")))
    assert said == "invekto: INVEKTO_PORT is '80x0': it must be a whole number from 1 to 65535, for example 8000."


@pytest.mark.parametrize("word", ["up", "demo"])
def test_a_used_port_is_named_before_anything_is_started(tmp_path: Path, used_port: int, word: str) -> None:
    said = refusal(invekto(word, env=environment(tmp_path, INVEKTO_PORT=str(used_port))))
    assert said == (
        f"invekto: Port {used_port} on 127.0.0.1 cannot be used (address already in use): "
        "stop the program that uses it, or set INVEKTO_PORT to another port."
    )
    assert not (tmp_path / "postgres").exists()


def test_a_used_port_for_the_workers_metrics_is_named(tmp_path: Path, used_port: int) -> None:
    given = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/x", "INVEKTO_WORKER_METRICS_PORT": str(used_port)}
    said = refusal(invekto("worker", env=environment(tmp_path, **given)))
    assert said.endswith("or set INVEKTO_WORKER_METRICS_PORT to another port.")


def test_the_sandboxs_used_port_is_named_with_its_own_variable(tmp_path: Path, port: int, used_port: int) -> None:
    env = environment(tmp_path, INVEKTO_PORT=str(port), INVEKTO_SANDBOX_PORT=str(used_port))
    assert f"Port {used_port} on 127.0.0.1" in (said := refusal(invekto("demo", env=env)))
    assert "set INVEKTO_SANDBOX_PORT" in said


def test_the_demo_refuses_to_be_reached_from_elsewhere(tmp_path: Path) -> None:
    for setting in ({"INVEKTO_HOST": "0.0.0.0"}, {"INVEKTO_PUBLIC_URL": "https://desk.example.com"}):
        assert "runs on this machine only" in refusal(invekto("demo", env=environment(tmp_path, **setting)))


@pytest.mark.parametrize("word", ["web", "worker"])
def test_a_process_without_a_database_says_what_starts_one(tmp_path: Path, word: str) -> None:
    assert "`invekto up` starts one together with web and worker" in refusal(invekto(word, env=environment(tmp_path)))


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path, port: int) -> None:
    url = f"postgresql://app:hunter2@127.0.0.1:{port}/invekto"
    said = refusal(invekto("migrate", env=environment(tmp_path, DATABASE_URL=url, INVEKTO_ADMIN_DATABASE_URL=url)))
    assert "The database invekto (127.0.0.1) cannot be reached" in said
    assert "hunter2" not in said


def test_the_sandbox_ends_with_the_command_that_started_it(tmp_path: Path, port: int) -> None:
    env = environment(tmp_path, INVEKTO_SANDBOX_PORT=str(port))
    command = subprocess.Popen([sys.executable, "-m", "invekto.entry.cli", "sandbox"], env=env)
    try:
        assert in_time(lambda: accepts(port))
        command.terminate()
        command.wait(10)
        assert in_time(lambda: not accepts(port))
    finally:
        command.kill()


def accepts(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def in_time(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + 15
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


class OldServer(threading.Thread):
    """Speaks just enough of PostgreSQL's protocol to greet a client as version 16.4."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.start()

    def run(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client:
                self._greet(client)

    def close(self) -> None:
        self._listener.close()

    @staticmethod
    def _greet(client: socket.socket) -> None:
        while struct.unpack("!ii", client.recv(8, socket.MSG_PEEK))[1] == 80877103:  # SSLRequest: no
            client.recv(8)
            client.sendall(b"N")
        client.recv(4096)
        parameters = {"server_version": "16.4", "client_encoding": "UTF8", "integer_datetimes": "on"}
        client.sendall(_message(b"R", struct.pack("!i", 0)))
        for name, value in parameters.items():
            client.sendall(_message(b"S", f"{name}\0{value}\0".encode()))
        client.sendall(_message(b"Z", b"I"))
        client.recv(4096)


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def test_a_postgresql_that_is_too_old_is_named_with_its_version(tmp_path: Path) -> None:
    server = OldServer()
    url = f"postgresql://app:hunter2@127.0.0.1:{server.port}/invekto"
    try:
        said = refusal(invekto("migrate", env=environment(tmp_path, DATABASE_URL=url, INVEKTO_ADMIN_DATABASE_URL=url)))
    finally:
        server.close()
    assert "The PostgreSQL server is version 16: Invekto needs 18 or newer" in said


def test_a_full_disk_is_named(tmp_path: Path, port: int) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a small disk")
    try:
        subprocess.run(["dd", "if=/dev/zero", f"of={disk}/filling", "bs=64k"], capture_output=True)
        said = refusal(invekto("up", env=environment(disk / "data", INVEKTO_PORT=str(port))))
        assert "No space left" in said or "is full" in said
        (disk / "filling").unlink()
        said = refusal(invekto("up", env=environment(disk / "data", INVEKTO_PORT=str(port))))
        assert "is full (3 MB free): make room, or set INVEKTO_DATA to a folder elsewhere." in said
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
