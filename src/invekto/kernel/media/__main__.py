"""The child that reads one file: `python -m invekto.kernel.media facts|voice <mime> <source> <target>`.

A hostile file costs this process only: its limits are set before any decoder is loaded, and it knows nothing worth taking.
It writes the picture or the sound to `<target>` and its answer as JSON to stdout. Exit 1: the file cannot be read.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import Final

CPU_S: Final = 30
_MEMORY_BYTES: Final = 1 << 30
_WRITES_BYTES: Final = 64 << 20
_FILES: Final = 64


def _confine() -> None:
    for limit, most in (
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, _WRITES_BYTES),
        (resource.RLIMIT_NOFILE, _FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        soft, hard = resource.getrlimit(limit)
        # What the operator has set tighter stays so.
        most = min([most, *(one for one in (soft, hard) if one != resource.RLIM_INFINITY)])
        resource.setrlimit(limit, (most, most))
    # People come before pictures.
    os.nice(10)


def main(order: str, mime: str, source: Path, target: Path) -> int:
    """0 and an answer, or 1 and a line on stderr."""
    from invekto.kernel.media import pictures, sound  # after the limits

    family = mime.partition("/")[0]
    try:
        if order == "voice":
            sound.write_voice_note(source, mime, target)
            answer: dict[str, object] = {}
        elif family == "image":
            answer = pictures.read_picture(source, mime, target)
        else:
            answer = sound.read_recording(source, mime, target)
    except pictures.Unreadable as error:
        sys.stderr.write(str(error))
        return 1
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    _confine()
    sys.exit(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])))
