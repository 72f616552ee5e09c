"""Reasons not to start, each as one sentence for the operator. Raised anywhere in `entry`, printed by `cli`."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import Final

BAD_START: Final = 2
"""Exit code of a start that cannot succeed before somebody changes something; a supervisor does not try it again."""

NO_SPACE: Final = "No space left on device"
_MEGABYTE: Final = 1024 * 1024


class StartRefused(Exception):
    """The program cannot start. The text is one sentence: what is wrong, and what to do."""


class DatabaseAway(StartRefused):
    """Nobody answers at the database's address, or not yet."""


def disk_full(folder: Path) -> StartRefused:
    free = shutil.disk_usage(_existing(folder)).free // _MEGABYTE
    return StartRefused(
        f"The disk that holds {folder} is full ({free} MB free): make room, or set INVEKTO_DATA to a folder elsewhere."
    )


def need_space(folder: Path, megabytes: int) -> None:
    """Refuses a start that is known to need more room than there is."""
    if shutil.disk_usage(_existing(folder)).free < megabytes * _MEGABYTE:
        raise disk_full(folder)


def of_os_error(error: OSError, folder: Path) -> StartRefused:
    """The sentence for an error of the file system below the data folder."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(folder)
    reason = (error.strerror or str(error)).lower()
    return StartRefused(
        f"{error.filename or folder} cannot be used ({reason}): make it writable, or set INVEKTO_DATA to another folder."
    )


def _existing(path: Path) -> Path:
    return next((p for p in (path, *path.parents) if p.exists()), Path("/"))
