"""The bench's own processes: load, sockets and provider. Orders go in as lines, arrays come back in files."""

from __future__ import annotations

import array
import json
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.load import Order
from benchmarks.sockets import Watch

ROOT = Path(__file__).parents[1]
START_S = 60.0


class HelperFailed(Exception):
    """A process of ours ended or said nothing; with the last thing it said."""


class Helper:
    """A process that answers a line with a line."""

    def __init__(self, module: str, folder: Path) -> None:
        self._log = folder / f"{module}.err"
        with self._log.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"benchmarks.{module}"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    @property
    def pid(self) -> int:
        return self.process.pid

    def tell(self, *lines: str) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write("".join(f"{line}\n" for line in lines).encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            raise HelperFailed(self._last_words()) from None

    def hear(self, longest_s: float) -> str:
        """Its next line. HelperFailed when none comes in time."""
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], longest_s)
        line = self.process.stdout.readline().decode().strip() if ready else ""
        if not line:
            raise HelperFailed(
                self._last_words() if ready else f"{self.process.args!r} said nothing in {longest_s:g} s"
            )
        return line

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"{self.process.args!r} ended with {self.process.poll()}"


def _times(path: Path) -> array.array[float]:
    found = array.array("d")
    found.frombytes(path.read_bytes())
    return found


@dataclass(frozen=True)
class Posted:
    """When each webhook was due and answered (monotonic seconds; 0: not accepted)."""

    due: array.array[float]
    answered: array.array[float]
    refused: dict[str, int]

    @property
    def accepted(self) -> int:
        return sum(1 for at in self.answered if at)

    @property
    def began(self) -> float:
        return min(at for at in self.due if at)

    @property
    def ended(self) -> float:
        return max(self.answered)

    @property
    def latencies_ms(self) -> list[float]:
        return [(to - since) * 1000 for since, to in zip(self.due, self.answered, strict=True) if to]


class Load(Helper):
    """One order: built when the object is, posted by `go`, counted by `done`."""

    def __init__(self, order: Order, folder: Path) -> None:
        super().__init__("load", folder)
        self._result = folder / "load.times"
        self.tell(order.text(), str(self._result))
        self.hear(START_S)

    def go(self) -> None:
        self.tell("go")

    def done(self, longest_s: float) -> Posted:
        said: dict[str, Any] = json.loads(self.hear(longest_s))
        times = _times(self._result)
        self.end()
        return Posted(times[: said["count"]], times[said["count"] :], said["refused"])

    def post(self, longest_s: float = 120) -> Posted:
        self.go()
        return self.done(longest_s)


class Screens(Helper):
    """Sockets that wait for marks from the moment the object is made."""

    def __init__(self, watch: Watch, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        super().__init__("sockets", folder)
        self._result = folder / "sockets.times"
        self.tell(watch.text(), str(self._result))
        self.hear(START_S)

    def came(self, longest_s: float) -> array.array[float]:
        """When each mark came; 0 where it did not within `longest_s`."""
        try:
            self.hear(longest_s)
        except HelperFailed:
            if self.process.poll() is not None:
                raise
            self.tell("enough")
            self.hear(10)
        times = _times(self._result)
        self.end()
        return times


class Provider(Helper):
    """The Graph API that the product calls."""

    def __init__(self, folder: Path) -> None:
        super().__init__("provider", folder)
        self._folder = folder
        self.port = int(self.hear(START_S))

    @property
    def count(self) -> int:
        """Messages taken since the last `calls`."""
        self.tell("count")
        return int(self.hear(30))

    def fails_every(self, number: int) -> None:
        """From now on every message whose mark `number` divides is refused the first time; 0: none."""
        self.tell(f"fail {number}")
        self.hear(30)

    def calls(self) -> list[tuple[int, float]]:
        """(mark, when) of every message since the last time, in order of arrival."""
        path = self._folder / "provider.calls"
        self.tell(str(path))
        self.hear(30)
        return [(int(mark), float(at)) for mark, at in json.loads(path.read_text())]
