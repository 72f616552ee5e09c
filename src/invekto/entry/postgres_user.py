"""Finds a way to run PostgreSQL when we are root, which it refuses. Says nothing about the server itself: see postgres."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from invekto.entry.refusal import StartRefused

_SEARCH_PATH: Final = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
_NOBODY: Final = 65534
_TRIAL: Final = 'test "$(id -u)" != 0 && : > "$1/file" && exec "$2" --version'


@dataclass(frozen=True, slots=True)
class RunAs:
    """`prefix` goes before each of PostgreSQL's commands; its files must belong to `uid` and `gid`."""

    name: str
    prefix: tuple[str, ...]
    uid: int
    gid: int


def ways(pdeathsig: str) -> Iterator[RunAs]:
    """Ways for root, the best first.

    1. A user namespace in which we are user 1000: outside it the files stay root's, so folders that only root may
       enter are no obstacle. Some containers forbid it.
    2. Another user who keeps one capability, to pass folders and read binaries that only root may enter. Its
       signal on the parent's death is set again, because changing the user clears it.
    """
    unshare = shutil.which("unshare", path=_SEARCH_PATH)
    if unshare is not None:
        yield RunAs("user namespace", (unshare, "-U", "--map-user=1000", "--map-group=1000"), 0, 0)
    setpriv = shutil.which("setpriv", path=_SEARCH_PATH)
    if setpriv is not None:
        uid, gid = _other_user()
        yield RunAs(
            "other user",
            (
                setpriv,
                f"--reuid={uid}",
                f"--regid={gid}",
                "--clear-groups",
                "--inh-caps=+dac_override",
                "--ambient-caps=+dac_override",
                f"--pdeathsig={pdeathsig}",
            ),
            uid,
            gid,
        )


def choose(binary: Path, folder: Path, pdeathsig: str) -> RunAs:
    """The first way in which `binary` runs and `folder` can be written. Tried for real, because containers differ."""
    if os.geteuid() != 0:
        return RunAs("this user", (), os.geteuid(), os.getegid())
    for way in ways(pdeathsig):
        if _works(way, binary, folder):
            return way
    raise StartRefused(
        f"PostgreSQL refuses to run as root, and neither `unshare` nor `setpriv` gives it another user below {folder} "
        "on this machine: start Invekto as an ordinary user, or set DATABASE_URL to a server of yours."
    )


def _works(way: RunAs, binary: Path, folder: Path) -> bool:
    probe = folder / ".probe"
    probe.mkdir(mode=0o700, exist_ok=True)
    os.chown(probe, way.uid, way.gid)
    try:
        done = subprocess.run(
            [*way.prefix, "/bin/sh", "-c", _TRIAL, "sh", str(probe), str(binary)],
            env={"PATH": _SEARCH_PATH, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    finally:
        shutil.rmtree(probe)
    return done.returncode == 0


def _other_user() -> tuple[int, int]:
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    return _NOBODY, _NOBODY


def give(way: RunAs, folder: Path) -> None:
    """Makes the files of an existing cluster belong to the user of this way; only root can, and only root needs it."""
    if os.geteuid() == 0 and folder.stat().st_uid != way.uid:
        # The folder last, so that an interrupted change is seen and made again.
        for parent, folders, files in os.walk(folder, topdown=False):
            for name in (*folders, *files):
                os.chown(Path(parent, name), way.uid, way.gid, follow_symlinks=False)
        os.chown(folder, way.uid, way.gid)
