"""A whole desk in real processes, for journeys and faults: PostgreSQL, web, worker, sandbox, each on its own port.

Everything is started by the product's own commands and may be killed one by one. Nothing is patched.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from invekto.entry.postgres import SUPERUSER, EmbeddedPostgres
from invekto.entry.processes import standing_in
from invekto.entry.roles import APP, OWNER

ROOT = Path(__file__).parents[1]
PASSWORD = "demo1234"
START_S = 60
_EACH = """
import io, json, sys
from invekto.entry.cli import main
for words, given in json.load(sys.stdin):
    sys.stdin = io.StringIO(given)
    if code := main(words):
        sys.exit(f"invekto {' '.join(words)}: {code}")
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(
    holds: Callable[[], Any], what: str | Callable[[], str], timeout_s: float = 20, every_s: float = 0.05
) -> Any:
    """The first true value of `holds`; AssertionError with `what` after the deadline. A callable is asked only then."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = holds()
        if value:
            return value
        if time.monotonic() > deadline:
            said = what if isinstance(what, str) else what()
            raise AssertionError(f"still not so after {timeout_s:g} s: {said}")
        time.sleep(every_s)


@dataclass
class Desk:
    """Two firms, `demo` and `demo2`, each with agent1, agent2, agent3, supervisor and one WhatsApp number."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    ledger: bool = False

    def __post_init__(self) -> None:
        self.port, self.sandbox_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        self.data = self.folder / "data"
        self.data.mkdir(parents=True, exist_ok=True)
        self.postgres = EmbeddedPostgres(self.folder / "postgres", configuration={"shared_buffers": "128MB"})
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        # File descriptors of ours that a process gets which is started now.
        self.handed_down: tuple[int, ...] = ()

    # Processes --------------------------------------------------------------------------------------------------

    def start(self, *, worker: bool = True) -> Desk:
        self.postgres.start()
        self.run("migrate")
        self.start_sandbox()
        self.make_firms()
        self.start_web()
        if worker:
            self.start_worker()
        return self

    def env(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("INVEKTO_")}
        return {
            **kept,
            "PYTHONPATH": str(ROOT / "src"),
            "INVEKTO_DATA": str(self.data),
            "INVEKTO_PORT": str(self.port),
            "INVEKTO_SANDBOX_PORT": str(self.sandbox_port),
            "INVEKTO_WHATSAPP_CLOUD_URL": self.sandbox_url,
            "DATABASE_URL": self.postgres.url(APP),
            "INVEKTO_ADMIN_DATABASE_URL": self.postgres.url(OWNER),
            **self._signup(),
            **self.environment,
            **more,
        }

    def _signup(self) -> dict[str, str]:
        """What lets people connect numbers by the sandbox's dialog, once the sandbox has its keys."""
        keys = self.data / "sandbox" / "keys.json"
        if not keys.exists():
            return {}
        return {
            "INVEKTO_WHATSAPP_APP_ID": json.loads(keys.read_text())["whatsapp_cloud"]["app_id"],
            "INVEKTO_WHATSAPP_CONFIG_ID": "1",
            "INVEKTO_WHATSAPP_SIGNUP_URL": f"{self.sandbox_url}/signup",
        }

    def run(self, *words: str, given: str = "") -> str:
        """Runs one `invekto` command to its end; its output. Fails with what it said."""
        done = subprocess.run(
            [sys.executable, "-m", "invekto.entry.cli", *words],
            env=self.env(),
            cwd=ROOT,
            input=given,
            capture_output=True,
            text=True,
            timeout=START_S,
            check=False,
        )
        assert done.returncode == 0, f"invekto {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def run_each(self, *commands: tuple[Sequence[str], str]) -> None:
        """The same for many, one after the other in one process: starting one takes longer than what most of them do."""
        done = subprocess.run(
            [sys.executable, "-c", _EACH],
            env=self.env(),
            cwd=ROOT,
            input=json.dumps(commands),
            capture_output=True,
            text=True,
            timeout=2 * START_S,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}{done.stderr}"

    def spawn(self, name: str, *command: str, **env: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{name}.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env=self.env(**env),
            cwd=ROOT,
            stdout=log,
            stderr=log,
            pass_fds=self.handed_down,
        )
        log.close()
        self.running[name] = process
        return process

    def start_web(self, *, until_ready: bool = True, **env: str) -> None:
        self.spawn("web", "invekto.entry.cli", "web", **env)
        if not until_ready:
            return
        wait_until(
            lambda: self._answers(f"{self.url}/health/ready"), lambda: f"web is ready\n{self.log('web')}", START_S
        )

    def start_worker(self, name: str = "worker", **env: str) -> None:
        self.spawn(name, "invekto.entry.cli", "worker", **env)

    def start_sandbox(self) -> None:
        command = [
            "invekto_sandbox",
            *("--port", str(self.sandbox_port)),
            *("--data", str(self.data)),
            *("--webhook-url", f"{self.url}/hooks/whatsapp_cloud"),
            *(["--ledger"] if self.ledger else []),
        ]
        self.spawn("sandbox", *command)
        wait_until(
            lambda: self._answers(f"{self.sandbox_url}/_control/health"),
            lambda: f"sandbox answers\n{self.log('sandbox')}",
        )

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        process = self.running.pop(name)
        process.send_signal(number)
        process.wait(20)

    def until_dead(self, name: str) -> None:
        """Waits for a process that a failpoint kills; AssertionError when it goes on, or ends in another way."""
        process = self.running[name]
        wait_until(
            lambda: process.poll() is not None, lambda: f"{name} came to its failpoint\n{self.log(name)}", START_S
        )
        assert process.returncode == -signal.SIGKILL, f"{name} ended with {process.returncode}\n{self.log(name)}"
        del self.running[name]

    def kill_database(self, *, whole: bool) -> None:
        """SIGKILL of the postmaster; its children with it (`whole`), or they notice it and end by themselves."""
        first = self.postgres.pid
        assert first is not None, "the database runs"
        family = standing_in(self.postgres.cluster, "postgres")
        assert first in family
        for pid in (first, *(family if whole else ())):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until(
            lambda: self.postgres.exit_code() is not None and not standing_in(self.postgres.cluster, "postgres"),
            "every process of the database has ended",
        )

    def start_database(self) -> None:
        """Recovers what was killed; returns when it accepts connections. From the main thread only."""
        self.postgres.start()

    def stop(self) -> None:
        for name in list(self.running):
            self.kill(name)
        self.postgres.stop(immediate=True)

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace")[-4000:] if path.exists() else ""

    # What is in it ----------------------------------------------------------------------------------------------

    def make_firms(self) -> None:
        """By the commands that an operator types."""
        whatsapp = self.sandbox_info()
        secrets = json.dumps({"app_secret": whatsapp["app_secret"], "verify_token": whatsapp["verify_token"]})
        commands: list[tuple[Sequence[str], str]] = [(("app", "create", "whatsapp_cloud", "--secrets-stdin"), secrets)]
        for firm, number in zip(("demo", "demo2"), whatsapp["numbers"], strict=True):
            commands.append((("tenant", "create", firm, "--name", f"Firma {firm}"), ""))
            for user in ("agent1", "agent2", "agent3", "supervisor"):
                role = "supervisor" if user == "supervisor" else "user"
                named = ("user", "create", user, "--firm", firm, "--role", role, "--name", user.title())
                commands.append(((*named, "--password-stdin"), PASSWORD))
            connect = ("channel", "connect", "whatsapp_cloud", "--firm", firm, "--name", "WhatsApp", "--token-stdin")
            account = ("--phone-number-id", number["phone_number_id"], "--waba-id", number["waba_id"])
            address = ("--address", number["display_phone_number"])
            commands.append(((*connect, *account, *address), number["access_token"]))
        self.run_each(*commands)

    def ledger_lines(self) -> list[dict[str, Any]]:
        """What the sandbox has written down, outside of the product: needs `ledger=True` (src/invekto_sandbox/README.md)."""
        whole, _, _ = (self.data / "sandbox" / "ledger.jsonl").read_bytes().rpartition(b"\n")
        return [json.loads(line) for line in whole.splitlines()]

    def sandbox_info(self) -> dict[str, Any]:
        info: dict[str, Any] = json.loads(self.run("sandbox", "info", "--json"))["whatsapp_cloud"]
        return info

    # Clients ----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def signed_in(self, user: str, firm: str = "demo") -> Iterator[httpx.Client]:
        with httpx.Client(base_url=self.url, timeout=20) as client:
            answer = client.post("/api/v1/session", json={"firm": firm, "user": user, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            yield client

    def customer(self) -> httpx.Client:
        """Drives the sandbox: customers, faults, the ledger (src/invekto_sandbox/README.md)."""
        return httpx.Client(base_url=f"{self.sandbox_url}/_control", timeout=30)

    def rows(self, query: str, *args: Any) -> list[dict[str, Any]]:
        """What is stored, seen by the superuser: for checking only."""

        async def fetch() -> list[dict[str, Any]]:
            connection = await asyncpg.connect(self.postgres.url(SUPERUSER))
            try:
                return [dict(row) for row in await connection.fetch(query, *args)]
            finally:
                await connection.close()

        # In a thread of its own: a browser's test runs inside a loop already.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(fetch())).result()

    @staticmethod
    def _answers(url: str) -> bool:
        try:
            return httpx.get(url, timeout=2).status_code == 200
        except httpx.TransportError:
            return False
