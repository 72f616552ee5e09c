"""Looks after a set of processes on one machine: starts them in order, starts a died one again, ends them together.

Holds the web port itself, so that a web process that dies costs nobody a refused connection.
"""

from __future__ import annotations

import http.client
import logging
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Final, Protocol, Self

from invekto.entry.postgres import EmbeddedPostgres
from invekto.entry.processes import die_with_parent
from invekto.entry.refusal import BAD_START, StartRefused

log = logging.getLogger("invekto.supervisor")

GRACE_S: Final = 12.0
"""The web process drains for at most ten seconds after SIGTERM; two more for its end."""
READY_S: Final = 60.0
FIRST_TRIES: Final = 3
SHORTEST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
HEALTHY_AFTER_S: Final = 30.0
_STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody asked us to end. No error, so that no handler of errors catches it."""


class Service(Protocol):
    """One thing that is looked after."""

    @property
    def name(self) -> str: ...
    def start(self) -> None: ...
    def exit_code(self) -> int | None:
        """None while it runs."""
        ...

    def ask_to_stop(self) -> None: ...
    def stop(self, patience_s: float) -> None:
        """Returns when it has ended; ends it by force when the patience is over."""
        ...


class PostgresService:
    """The embedded database as one of the services."""

    name = "postgres"

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server

    def start(self) -> None:
        self._server.start()

    def exit_code(self) -> int | None:
        return self._server.exit_code()

    def ask_to_stop(self) -> None:
        """It is ended last, after those who use it."""

    def stop(self, patience_s: float) -> None:
        self._server.stop(immediate=patience_s <= 0)


@dataclass
class ChildProcess:
    """A program in a process group of its own, which the terminal's Ctrl-C does not reach and `kill -9` of us does."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    inherited: Sequence[int] = ()
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            list(self.command),
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            pass_fds=tuple(self.inherited),
            process_group=0,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )

    def exit_code(self) -> int | None:
        return None if self.process is None else self.process.poll()

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def stop(self, patience_s: float) -> None:
        if self.process is None:
            return
        self.ask_to_stop()
        try:
            self.process.wait(max(patience_s, 0))
        except subprocess.TimeoutExpired:
            log.warning("%s did not end in time and is killed", self.name)
        _kill_group(self.process.pid)
        self.process.wait()


@dataclass
class _Watched:
    service: Service
    started_at: float = 0.0
    failures: int = 0
    start_again_at: float | None = None


@dataclass
class Supervisor:
    """Services in the order of their start; they end in the reverse order."""

    _watched: list[_Watched] = field(default_factory=list)
    _asked_to_stop: bool = False
    _wake: socket.socket | None = None

    # Being asked to end -----------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._wake, writer = socket.socketpair()
        self._wake.setblocking(False)
        writer.setblocking(False)
        self._writer = writer
        self._before = {number: signal.signal(number, self._on_stop) for number in _STOPPING}
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        return self

    def __exit__(self, *_error: object) -> None:
        for number in _STOPPING:
            # A second Ctrl-C is impatience: the services are killed instead of drained.
            signal.signal(number, self._on_impatience)
        self._stop_all()
        signal.set_wakeup_fd(-1)
        for number, before in self._before.items():
            signal.signal(number, before)
        self._writer.close()
        if self._wake is not None:
            self._wake.close()

    def _on_stop(self, _number: int, _frame: FrameType | None) -> None:
        if not self._asked_to_stop:
            self._asked_to_stop = True
            raise Stopped

    def _on_impatience(self, _number: int, _frame: FrameType | None) -> None:
        for watched in self._watched:
            if isinstance(watched.service, ChildProcess) and watched.service.process is not None:
                _kill_group(watched.service.process.pid)

    # Starting ---------------------------------------------------------------------------------------------------

    def start(self, service: Service) -> None:
        """Starts a service for the first time; what prevents that ends the whole."""
        watched = _Watched(service, started_at=time.monotonic())
        self._watched.append(watched)
        service.start()

    def run_once(self, child: ChildProcess) -> None:
        """Runs a program to its end. It has printed its own reason when it fails.

        Raises:
            StartRefused: it failed.
        """
        child.start()
        try:
            assert child.process is not None
            code = child.process.wait()
        except BaseException:
            child.stop(0)
            raise
        if code != 0:
            raise StartRefused("" if code == BAD_START else f"`{child.name}` ended with {_end(code)}.")

    def wait_until(self, ready: Callable[[], bool], what: str, patience_s: float = READY_S) -> None:
        """Waits for the first readiness, while the services are looked after.

        Raises:
            StartRefused: not ready in time, or a service that ends again and again instead.
        """
        deadline = time.monotonic() + patience_s
        while not ready():
            for watched in self._watched:
                if watched.failures >= FIRST_TRIES:
                    raise StartRefused(f"{watched.service.name} cannot start: the lines above say why.")
            if time.monotonic() > deadline:
                raise StartRefused(f"{what} was not ready within {patience_s:.0f} s: its log lines say why.")
            self._look_after(0.05)

    # Looking after ----------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Looks after the services until somebody stops us (Stopped) or one cannot start at all (StartRefused)."""
        while True:
            self._look_after(None)

    def _look_after(self, longest_s: float | None) -> None:
        if self._asked_to_stop:
            # It was raised where Python lets nothing out, as in a finaliser.
            raise Stopped
        for watched in self._watched:
            self._look_at(watched)
        due = [w.start_again_at - time.monotonic() for w in self._watched if w.start_again_at is not None]
        pause_s = min([*due, *([] if longest_s is None else [longest_s])], default=None)
        assert self._wake is not None
        select.select([self._wake], [], [], None if pause_s is None else max(pause_s, 0))
        try:
            while self._wake.recv(4096):
                pass
        except BlockingIOError:
            return

    def _look_at(self, watched: _Watched) -> None:
        now = time.monotonic()
        if watched.start_again_at is not None:
            if now >= watched.start_again_at:
                self._start_again(watched)
            return
        code = watched.service.exit_code()
        if code is None:
            return
        if code == BAD_START:
            raise StartRefused("")
        if now - watched.started_at > HEALTHY_AFTER_S:
            watched.failures = 0
        self._plan(watched, f"{watched.service.name} ended ({_end(code)})")

    def _start_again(self, watched: _Watched) -> None:
        watched.start_again_at = None
        watched.started_at = time.monotonic()
        try:
            watched.service.start()
        except (StartRefused, OSError) as reason:
            self._plan(watched, str(reason))
        else:
            log.warning("%s runs again", watched.service.name)

    def _plan(self, watched: _Watched, what: str) -> None:
        pause_s = min(SHORTEST_PAUSE_S * 2**watched.failures, LONGEST_PAUSE_S)
        watched.failures += 1
        watched.start_again_at = time.monotonic() + pause_s
        log.warning("%s; starting it again in %.1f s", what, pause_s)

    def _stop_all(self) -> None:
        for watched in self._watched:
            if watched.start_again_at is None:
                watched.service.ask_to_stop()
        deadline = time.monotonic() + GRACE_S
        for watched in reversed(self._watched):
            patience_s = GRACE_S if isinstance(watched.service, PostgresService) else deadline - time.monotonic()
            watched.service.stop(patience_s)


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def _end(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def listen(host: str, port: int, variable: str) -> socket.socket:
    """Listens on the port, or says in one sentence who must give way."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise port_refused(host, port, variable, error) from error
    return listener


def port_refused(host: str, port: int, variable: str, error: OSError) -> StartRefused:
    return StartRefused(
        f"Port {port} on {host} cannot be used ({(error.strerror or str(error)).lower()}): "
        f"stop the program that uses it, or set {variable} to another port."
    )


def answers(host: str, port: int, path: str) -> bool:
    """Whether the server there answers 200 to a GET."""
    connection = http.client.HTTPConnection(host if host not in ("0.0.0.0", "::") else "127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
