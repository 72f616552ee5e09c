"""The supervisor on its own, with small programs as its children."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Looks after programs given as `name=python source`; each writes its process id into a file of its name.
PROGRAM = """
import os, sys
from invekto.entry.refusal import StartRefused
from invekto.entry.supervisor import ChildProcess, Stopped, Supervisor
from invekto.kernel import log
log.configure("invekto", "text", "info")
try:
    with Supervisor() as supervisor:
        for given in sys.argv[1:]:
            name, source = given.split("=", 1)
            note = f"import os, pathlib, signal, sys, time; pathlib.Path('{name}').write_text(str(os.getpid()))\\n"
            supervisor.start(ChildProcess(name, [sys.executable, "-c", note + source], dict(os.environ)))
        supervisor.run()
except Stopped:
    sys.exit(0)
except StartRefused:
    sys.exit(2)
"""


class Running:
    def __init__(self, folder: Path, *children: str) -> None:
        self.folder = folder
        env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, *children], cwd=folder, env=env, stdout=log, stderr=log
            )

    def pid(self, name: str, other_than: int = 0) -> int:
        def written() -> int:
            with contextlib.suppress(OSError, ValueError):
                pid = int((self.folder / name).read_text())
                return pid if pid != other_than else 0
            return 0

        return wait_for(written)

    def log(self) -> str:
        return (self.folder / "log").read_text()


def wait_for(holds: Callable[[], int], timeout_s: float = 10) -> int:
    deadline = time.monotonic() + timeout_s
    while not (value := holds()):
        assert time.monotonic() < deadline, "still not so"
        time.sleep(0.01)
    return value


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    made: list[Running] = []

    def start(*children: str) -> Running:
        made.append(Running(tmp_path, *children))
        return made[-1]

    yield start
    for running in made:
        running.process.kill()
        running.process.wait()


SLEEPS = "time.sleep(60)"


def test_a_killed_child_is_started_again_and_that_is_said(run: Callable[..., Running]) -> None:
    running = run(f"web={SLEEPS}", f"worker={SLEEPS}")
    worker, web = running.pid("worker"), running.pid("web")
    os.kill(web, signal.SIGKILL)
    again = running.pid("web", other_than=web)
    assert again != web
    wait_for(lambda: "web runs again" in running.log())
    assert "web ended (killed by SIGKILL); starting it again in 0.5 s" in running.log()
    assert alive(worker)


def test_a_child_that_cannot_stay_is_tried_less_and_less_often(run: Callable[..., Running]) -> None:
    running = run("web=sys.exit(1)", f"worker={SLEEPS}")
    wait_for(lambda: "starting it again in 2.0 s" in running.log())
    pauses = [line.rsplit(" in ", 1)[1] for line in running.log().splitlines() if "starting it again" in line]
    assert pauses[:3] == ["0.5 s", "1.0 s", "2.0 s"]


def test_a_child_that_can_never_start_ends_the_whole(run: Callable[..., Running]) -> None:
    # It gives up when the other has begun: a slow machine would end that one before it has said its number.
    begun = "os.path.exists('worker') or time.sleep(0.01)"
    running = run(f"worker={SLEEPS}", f"web=import os\nwhile not ({begun}): pass\nsys.exit(2)")
    assert running.process.wait(10) == 2
    assert not alive(running.pid("worker"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_child_ends_when_the_whole_is_asked_to(run: Callable[..., Running], number: signal.Signals) -> None:
    running = run(f"web={SLEEPS}", f"worker={SLEEPS}")
    pids = running.pid("web"), running.pid("worker")
    running.process.send_signal(number)
    assert running.process.wait(10) == 0
    assert [pid for pid in pids if alive(pid)] == []


def test_a_child_that_takes_no_notice_and_its_own_children_are_killed_on_the_second_request(
    run: Callable[..., Running],
) -> None:
    deaf = (
        "import subprocess\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "inner = subprocess.Popen(['sleep', '60'])\npathlib.Path('inner').write_text(str(inner.pid))\ninner.wait()\n"
    )
    running = run(f"web={deaf}")
    pids = running.pid("web"), running.pid("inner")
    running.process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert running.process.poll() is None
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(5) == 0
    wait_for(lambda: not any(alive(pid) for pid in pids))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's signal on a parent's death is Linux's")
def test_kill_9_of_the_supervisor_leaves_no_child(run: Callable[..., Running]) -> None:
    running = run(f"web={SLEEPS}", f"worker={SLEEPS}")
    pids = running.pid("web"), running.pid("worker")
    running.process.kill()
    running.process.wait()
    wait_for(lambda: not any(alive(pid) for pid in pids))
