"""Places where a process may kill itself, so that fault tests hit the one moment between two steps.

Inactive unless `INVEKTO_FAILPOINTS` names a place; an inactive `hit` is one lookup in an empty dict.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence

_armed: dict[str, int] = {}


def arm(names: Sequence[str]) -> None:
    """Arms places for this process: `name` dies at the first hit, `name:3` at the third. ValueError for a bad count."""
    _armed.clear()
    for entry in names:
        name, _, count = entry.partition(":")
        _armed[name] = int(count or 1)


def hit(name: str) -> None:
    """Ends the process by SIGKILL if `name` is armed and its turn has come: no handler runs, nothing is flushed."""
    if not _armed:
        return
    left = _armed.get(name)
    if left is None:
        return
    if left > 1:
        _armed[name] = left - 1
        return
    os.kill(os.getpid(), signal.SIGKILL)
