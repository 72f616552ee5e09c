"""Proves that an attempt which was begun never reached its provider: each worker notes whom it asks in memory that outlives it.

A note is sixteen bytes written into a file of the machine's memory (`/dev/shm`): it costs a microsecond and survives the
process's death, and the machine's death takes it away. The file's lock is held as long as the worker lives. So a file that can
be locked is a dead worker's and whole, and what is not in it was not asked. Anything else proves nothing. Decision 35.
"""

from __future__ import annotations

import fcntl
import logging
import os
import stat
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from invekto.kernel.ids import uuid7

_log = logging.getLogger(__name__)

MEMORY: Final = Path("/dev/shm")  # noqa: S108  # memory on purpose: a restored backup must not bring notes back
_NOTE: Final = 16
_NOTES_PER_FILE: Final = 65_536
_KEPT_S: Final = 24 * 3600


class Asked:
    """One worker's notes. `run_id` goes into the attempts that it begins; None: nothing can be proven of them."""

    def __init__(self, folder: Path | None, *, notes_per_file: int = _NOTES_PER_FILE) -> None:
        self._folder = folder
        self._notes_per_file = notes_per_file
        self._files: dict[UUID, int] = {}
        self._written = 0
        self.run_id: UUID | None = None
        self._begin()

    @classmethod
    def here(cls, now: datetime, *, memory: Path = MEMORY) -> Asked:
        """In this machine's `memory`, in a folder that belongs to this user alone; what is old by `now` goes."""
        folder = memory / f"invekto-asked-{os.geteuid()}"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            found = folder.lstat()
        except OSError as error:
            _log.info("whom this worker asks is not noted: %s", error)
            return cls(None)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            _log.warning("whom this worker asks is not noted: %s is not this user's alone", folder)
            return cls(None)
        _tidy(folder, now)
        return cls(folder)

    def note(self, run_id: UUID | None, attempt_id: UUID) -> bool:
        """Before the provider is asked, under the run that the attempt carries. False: it cannot be noted, and what is noted
        would be believed: so nobody may be asked."""
        file = None if run_id is None else self._files.get(run_id)
        if file is None or run_id is None:
            return True
        try:
            written = os.write(file, attempt_id.bytes)
        except OSError as error:
            _log.warning("whom this worker asks is noted no more: %s", error)
            written = 0
        self._written += 1
        return written == _NOTE or self._forget(run_id)

    def turn_over(self) -> None:
        """Begins another file when this one is full. The one before stays meanwhile: its last attempts are under way."""
        if self._written >= self._notes_per_file:
            for run_id in [one for one in self._files if one != self.run_id]:
                self._forget(run_id)
            self._begin()

    def surely_not(self, run_id: UUID | None, attempt_id: UUID) -> bool:
        """Whether the worker that had this run is dead and did not ask for this attempt."""
        if self._folder is None or run_id is None:
            return False
        try:
            file = os.open(self._folder / str(run_id), os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            return False
        with os.fdopen(file, "rb") as notes:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                said = notes.read()
            except OSError:
                # It lives, or cannot be read.
                return False
        return attempt_id.bytes not in {said[place : place + _NOTE] for place in range(0, len(said), _NOTE)}

    def close(self) -> None:
        """The worker ends: its files stay and say the truth about what it left."""
        for file in self._files.values():
            os.close(file)
        self._files, self.run_id = {}, None

    def _begin(self) -> None:
        self.run_id, self._written = None, 0
        if self._folder is None:
            return
        run_id = uuid7()
        try:
            file = os.open(self._folder / str(run_id), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            _log.warning("whom this worker asks is not noted: %s", error)
            return
        self._files[run_id], self.run_id = file, run_id

    def _forget(self, run_id: UUID) -> bool:
        """A file that will not hold everything must not be found: without it nothing is proven. False: it stays."""
        assert self._folder is not None, "a file has a folder"
        try:
            (self._folder / str(run_id)).unlink(missing_ok=True)
        except OSError as error:
            _log.error("a file of notes stays though it is not whole: %s", error)
            return False
        os.close(self._files.pop(run_id))
        if run_id == self.run_id:
            self.run_id = None
        return True


def _tidy(folder: Path, now: datetime) -> None:
    """Drops files that nobody has written to for a day: lanes of the dead are looked at within minutes of a worker's start."""
    for path in folder.iterdir():
        try:
            if now.timestamp() - path.stat().st_mtime > _KEPT_S:
                _drop_if_dead(path)
        except OSError as error:
            _log.info("old notes stay: %s", error)


def _drop_if_dead(path: Path) -> None:
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
    finally:
        os.close(file)
