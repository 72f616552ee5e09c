"""Runs the PostgreSQL 18 that comes as a Python package: makes the cluster, its roles and its database.

Uses the package's programs only, not its Python code. Knows nothing of tables: see migrate. Whether the server
lives is decided by a connection, whether the folder is ours by a lock; a process id in a file decides nothing.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, Final, TypeVar
from urllib.parse import quote

import asyncpg

from invekto.entry import postgres_user
from invekto.entry.postgres_programs import ENVIRONMENT, program
from invekto.entry.postgres_settings import CONFIGURATION, SOCKET_PORT
from invekto.entry.processes import die_with_parent, end_standing_in
from invekto.entry.refusal import NO_SPACE, StartRefused, disk_full, need_space, of_os_error
from invekto.entry.roles import APP, OWNER, make_roles
from invekto.kernel.tenancy import Connection

T = TypeVar("T")

MAJOR: Final = 18
SUPERUSER: Final = "postgres"
DATABASE: Final = "invekto"
START_S: Final = 300
FAST_STOP_S: Final = 60
NEW_CLUSTER_MB: Final = 256
_LOG_KEPT_BYTES: Final = 20 * 1024 * 1024
_LONGEST_SOCKET_PATH: Final = 100

_AUTHENTICATION: Final = "local all all scram-sha-256\nlocal replication postgres scram-sha-256\n"


class EmbeddedPostgres:
    """One cluster in `folder`. The process that started it ends it; if that process dies, the server ends too.

    Start it from the main thread: the kernel ends the server when the thread that started it ends.
    """

    def __init__(
        self,
        folder: Path,
        *,
        configuration: Mapping[str, str] | None = None,
        run_as: postgres_user.RunAs | None = None,
        say: Callable[[str], None] = lambda _sentence: None,
    ) -> None:
        self.folder = folder.absolute()
        self.cluster = self.folder / "cluster"
        self.log = self.folder / "server.log"
        self._configuration = {**CONFIGURATION, **(configuration or {})}
        self._run_as = run_as
        self._say = say
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._passwords: dict[str, str] = {}

    # The server's life ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Returns when the server accepts connections and has its roles and database. Does nothing when it runs.

        Raises:
            StartRefused: the folder is in use, the disk is full, or the server ends; with the reason.
        """
        if self._process is not None and self._process.poll() is None:
            return
        try:
            self._claim_folder()
            self._end_leftovers()
            way = self._run_as or postgres_user.choose(program("postgres"), self.folder, "INT")
            self._passwords = self._kept_passwords()
            if not (self.cluster / "PG_VERSION").is_file():
                self._make_cluster(way)
            self._check_version()
            postgres_user.give(way, self.cluster)
            self._configure(way)
            log_start = self._launch(way)
        except OSError as error:
            raise of_os_error(error, self.folder) from error
        try:
            _in_a_loop_of_its_own(self._become_ready(log_start))
        except asyncpg.DiskFullError as error:
            self.stop(immediate=True)
            raise disk_full(self.folder) from error
        except BaseException:
            self.stop(immediate=True)
            raise

    def stop(self, immediate: bool = False) -> None:
        """Ends the server: open transactions are rolled back. `immediate` writes nothing more, like a crash."""
        process, self._process = self._process, None
        if process is not None:
            steps = ((signal.SIGINT, FAST_STOP_S),) if not immediate else ()
            for number, patience_s in (*steps, (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
                if process.poll() is None:
                    process.send_signal(number)
                try:
                    process.wait(patience_s)
                    break
                except subprocess.TimeoutExpired:
                    continue
            self._end_leftovers()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def exit_code(self) -> int | None:
        """None while the server's process lives. Its end is reported once `start` had succeeded."""
        return None if self._process is None else self._process.poll()

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def runs_elsewhere(self) -> bool:
        """Whether another process holds the folder, so that its server can be used by `url`."""
        if not (self.folder / "lock").is_file():
            return False
        with (self.folder / "lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._passwords = self._kept_passwords()
                return True
        return False

    def url(self, role: str = APP, database: str = DATABASE) -> str:
        """A connection string for `role`: the application's, the owner's, or the superuser's."""
        password = self._passwords[role]
        folder = quote(str(self.socket_folder), safe="")
        return f"postgresql://{role}:{password}@/{quote(database)}?host={folder}&port={SOCKET_PORT}"

    @property
    def socket_folder(self) -> Path:
        """Below the data folder, or in /tmp when that path is longer than a socket's may be."""
        wanted = self.folder / "run"
        if len(os.fsencode(wanted / f".s.PGSQL.{SOCKET_PORT}")) <= _LONGEST_SOCKET_PATH and "," not in str(wanted):
            return wanted
        mark = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"invekto-{mark}"

    # Steps of the start -----------------------------------------------------------------------------------------

    def _claim_folder(self) -> None:
        if self._lock is not None:
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() not in (0, self.folder.stat().st_uid):
            raise StartRefused(
                f"{self.folder} belongs to another user: start Invekto as that user, or set INVEKTO_DATA to a folder of yours."
            )
        lock = (self.folder / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "another process"
            lock.close()
            raise StartRefused(
                f"{self.folder} is in use by a running Invekto ({holder}): stop that one, or set INVEKTO_DATA to another folder."
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}")
        lock.flush()
        self._lock = lock

    def _end_leftovers(self) -> None:
        """Ends what an earlier server left in our cluster. Every process of a server stands in its data folder.

        We hold the lock, so whoever is still there lost the process that looked after it. Only then may its
        lock files go: their number may belong to a stranger by now, and PostgreSQL would give way to that one.
        """
        if not end_standing_in(self.cluster, "postgres"):
            raise StartRefused(
                f"An earlier PostgreSQL server still runs in {self.cluster} and cannot be ended: end its processes first."
            )
        for left in (self.cluster / "postmaster.pid", *self.socket_folder.glob(".s.PGSQL.*")):
            left.unlink(missing_ok=True)

    def _kept_passwords(self) -> dict[str, str]:
        path = self.folder / "roles.json"
        if path.is_file():
            kept: dict[str, str] = json.loads(path.read_text())
            return kept
        if (self.cluster / "PG_VERSION").is_file():
            raise StartRefused(
                f"{path} is missing, without which nobody can sign in to the database: put it back from a backup."
            )
        made = {role: secrets.token_urlsafe(24) for role in (SUPERUSER, OWNER, APP)}
        _write(path, json.dumps(made))
        return made

    def _make_cluster(self, way: postgres_user.RunAs) -> None:
        need_space(self.folder, NEW_CLUSTER_MB)
        self._say("making the database cluster")
        # Made beside its place and renamed: a cluster that is there is complete. Each attempt has a folder of its
        # own, because programs of a killed one may still write into theirs.
        for abandoned in self.folder.glob("cluster.unfinished.*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        unfinished = Path(tempfile.mkdtemp(prefix="cluster.unfinished.", dir=self.folder))
        os.chown(unfinished, way.uid, way.gid)
        password_file = self.folder / "password.unfinished"
        _write(password_file, self._passwords[SUPERUSER])
        os.chown(password_file, way.uid, way.gid)
        try:
            done = subprocess.run(
                [
                    *way.prefix,
                    str(program("initdb")),
                    f"--pgdata={unfinished}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={password_file}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--no-instructions",
                ],
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
        finally:
            password_file.unlink()
        if done.returncode != 0:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise self._refusal(done.stdout.decode(errors="replace"), "The database cluster could not be made")
        unfinished.rename(self.cluster)

    def _check_version(self) -> None:
        found = (self.cluster / "PG_VERSION").read_text().strip()
        if found != str(MAJOR):
            raise StartRefused(
                f"{self.cluster} was made by PostgreSQL {found} and the one here is {MAJOR}: "
                "move its contents with pg_dump and psql, or set INVEKTO_DATA to another folder."
            )

    def _configure(self, way: postgres_user.RunAs) -> None:
        sockets = self.socket_folder
        sockets.mkdir(mode=0o700, exist_ok=True)
        # In /tmp the name could have been taken by somebody who wants our password.
        if sockets.is_symlink() or sockets.stat().st_uid not in (os.geteuid(), way.uid):
            if os.geteuid() != 0 or sockets.is_symlink():
                raise StartRefused(f"{sockets} belongs to somebody else: remove it, the database's socket goes there.")
            shutil.rmtree(sockets)
            sockets.mkdir(mode=0o700)
        sockets.chmod(0o700)
        os.chown(sockets, way.uid, way.gid)
        values = {**self._configuration, "unix_socket_directories": str(sockets)}
        lines = ["{} = '{}'".format(name, value.replace("'", "''")) for name, value in values.items()]
        lines.append("include_if_exists = '../custom.conf'")
        for name, text in (("postgresql.conf", "\n".join(lines) + "\n"), ("pg_hba.conf", _AUTHENTICATION)):
            path = self.cluster / name
            if path.read_text() != text:
                _write(path, text)
                os.chown(path, way.uid, way.gid)

    def _launch(self, way: postgres_user.RunAs) -> int:
        """Starts the process. Returns where its part of the log begins."""
        if self.log.is_file() and self.log.stat().st_size > _LOG_KEPT_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            log_start = log.tell()
            self._process = subprocess.Popen(
                [*way.prefix, str(program("postgres")), "-D", str(self.cluster)],
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
                preexec_fn=die_with_parent(signal.SIGINT),
            )
        return log_start

    async def _become_ready(self, log_start: int) -> None:
        connection = await self._connection(log_start)
        try:
            await make_roles(connection, login=None, passwords=self._passwords)
            if not await connection.fetchval("select 1 from pg_database where datname = $1", DATABASE):
                await connection.execute(f"create database {DATABASE} owner {OWNER}")
                await connection.execute(f"revoke all on database {DATABASE} from public")
                await connection.execute(f"grant connect, temporary on database {DATABASE} to {APP}, {OWNER}")
        finally:
            await connection.close()

    async def _connection(self, log_start: int) -> Connection:
        process = self._process
        assert process is not None
        began = time.monotonic()
        told = False
        while process.poll() is None and time.monotonic() - began < START_S:
            try:
                return await asyncpg.connect(self.url(SUPERUSER, "postgres"), timeout=10)
            except (OSError, asyncpg.CannotConnectNowError, asyncpg.PostgresConnectionError, TimeoutError):
                await asyncio.sleep(0.02)
            except asyncpg.InvalidPasswordError as error:
                raise StartRefused(
                    f"The database refuses the password in {self.folder / 'roles.json'}: put the file back from a backup."
                ) from error
            if not told and time.monotonic() - began > 5:
                told = True
                self._say("the database recovers from a crash; this can take minutes")
        with self.log.open("rb") as log:
            log.seek(log_start)
            output = log.read().decode(errors="replace")
        raise self._refusal(output, "The database did not start")

    def _refusal(self, output: str, what: str) -> StartRefused:
        if NO_SPACE in output:
            return disk_full(self.folder)
        marks = ("FATAL:", "PANIC:", "error:")
        lines = output.splitlines()
        reasons = [line for line in lines if any(mark in line for mark in marks)] or lines or ["it said nothing"]
        reason = reasons[-1].strip()
        return StartRefused(f"{what} ({reason}): see {self.log}.")


def _in_a_loop_of_its_own(work: Coroutine[Any, Any, T]) -> T:
    """Runs `work` to its end, whether or not the caller runs in an event loop."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="postgres-start")
    try:
        return pool.submit(asyncio.run, work).result()
    finally:
        # An interrupted caller ends the server, and so the work; waiting here would come first.
        pool.shutdown(wait=False)


def _write(path: Path, text: str) -> None:
    """The whole file or the old one, on disk before we go on, readable by its owner only."""
    temporary = path.with_name(path.name + ".unfinished")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
