"""Small facts about processes: who ends with whom, who is still there. Linux for the parts that ask the kernel."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """What a child runs before its program, so that the kernel signals it when this process dies by `kill -9`.

    The kernel watches the thread that forks, so nothing is arranged outside the main thread.
    """
    if not sys.platform.startswith("linux") or threading.current_thread() is not threading.main_thread():
        return None
    parent = os.getpid()
    prctl = ctypes.CDLL(None).prctl

    def arrange() -> None:
        prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return arrange


def end_with_my_parent(number: signal.Signals) -> None:
    """Asks the kernel to signal this process when the one that started it dies."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def standing_in(folder: Path, program: str) -> list[int]:
    """The processes of `program` whose working folder is `folder`. Empty where there is no /proc."""
    place = folder.resolve()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "comm").read_text().strip() == program and (entry / "cwd").readlink() == place:
                found.append(int(entry.name))
        except OSError:
            continue  # it ended meanwhile, or belongs to somebody else
    return found


def end_standing_in(folder: Path, program: str) -> bool:
    """Ends those processes, first by SIGQUIT, after ten seconds by SIGKILL. False when one is still there."""
    for number in (signal.SIGQUIT, signal.SIGKILL):
        left = standing_in(folder, program)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + 10
        while left and time.monotonic() < deadline:
            time.sleep(0.02)
            left = standing_in(folder, program)
        if not left:
            return True
    return False
