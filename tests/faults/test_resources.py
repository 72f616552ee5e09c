"""A machine without room: a full disk below the database, a full disk below the files, a worker that takes too much memory.

Each has small file systems of its own, which only root may mount; elsewhere these are skipped, with that reason.
"""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import Desk, free_port, wait_until
from tests.faults.agents import PICTURE
from tests.faults.scene import Scene

pytestmark = [pytest.mark.real_ports, pytest.mark.faults_full]

_MEMORY_GROUPS = Path("/sys/fs/cgroup/memory")
_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


@contextlib.contextmanager
def _small_disk(at: Path, mb: int) -> Iterator[None]:
    at.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mb}m", "tmpfs", str(at)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(at)], check=True)


class _Ballast:
    """Fills a file system but for `left` bytes."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "ballast"

    def fill(self, left: int = 0) -> None:
        free = os.statvfs(self._file.parent)
        size = free.f_bavail * free.f_frsize - left
        with self._file.open("ab") as file, contextlib.suppress(OSError):
            os.posix_fallocate(file.fileno(), file.tell(), max(size, 1))

    def release(self) -> None:
        self._file.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def cramped(tmp_path_factory: pytest.TempPathFactory, seed: int) -> Iterator[Scene]:
    """A desk whose database has 700 MB and whose files have 320 MB, of which 256 are never given to files."""
    folder = tmp_path_factory.mktemp("cramped")
    with _small_disk(folder / "postgres", 700), _small_disk(folder / "data" / "media", 320):
        desk = Desk(folder, ledger=True)
        try:
            desk.start()
            scene = Scene(desk, random.Random(seed))
            yield scene
            scene.close()
        finally:
            desk.stop()


@pytest.mark.fault(
    "F10", injects="no byte left below the database, under load", holds="I1-I7: 503, no false 200, goes on with room"
)
def test_a_full_disk_below_the_database_is_503_until_there_is_room(cramped: Scene) -> None:
    desk = cramped.desk
    ballast = _Ballast(desk.folder / "postgres")
    place = len(cramped.ledger().copies)
    with cramped.load():
        time.sleep(1)
        ends = time.monotonic() + 20
        while time.monotonic() < ends and not cramped.ledger().answers_since(place)[503]:
            # What the server frees, or had allocated before, is taken too.
            ballast.fill()
            time.sleep(0.1)
        refused = cramped.ledger().answers_since(place)[503]
        time.sleep(2)
        ballast.release()
        if desk.postgres.exit_code() is not None:
            # It could not even write down that it recovers; the supervisor starts it again.
            desk.start_database()
        time.sleep(1)
    assert refused, "the provider was asked to come again"
    cramped.check(cramped.lease_end(), timeout_s=80)
    assert not cramped.ledger().answers_since(place)[None]


@pytest.mark.fault(
    "F11", injects="no room below the files", holds="I1: the text is there, the file comes when there is room"
)
def test_a_full_disk_below_the_files_costs_no_message_and_the_file_comes_later(cramped: Scene) -> None:
    desk = cramped.desk
    ballast = _Ballast(desk.data / "media")
    ballast.fill(1 << 20)
    wish = {
        "phone": "+905559990011",
        "file": {"base64": PICTURE, "mime": "image/png", "type": "image", "caption": "Resim"},
        "wait": True,
    }
    said = cramped.control.post("/whatsapp_cloud/say", json=wish).raise_for_status().json()
    assert [answer["status"] for answer in said["answers"]] == [200]
    query = (
        "select m.text, a.state, a.attempts::int from message m"
        " join attachment a on a.tenant_id = m.tenant_id and a.message_id = m.id where m.provider_id = $1"
    )
    (row,) = wait_until(lambda: desk.rows(query, said["id"]), "the message is there without its file")
    assert (row["text"], row["state"]) == ("Resim", "pending")
    time.sleep(3)
    assert desk.rows(query, said["id"])[0]["state"] == "pending"
    ballast.release()
    wait_until(
        lambda: desk.rows(query, said["id"])[0]["state"] == "stored", lambda: f"{desk.rows(query, said['id'])}", 45
    )
    cramped.check()


_GREEDY = (
    "import time; x = bytearray(); open('/proc/self/oom_score_adj', 'w').write('-900')\nwhile 1: x += bytes(1 << 20)"
)


@pytest.mark.fault(
    "F40", injects="the kernel ends the worker because its group has no memory left", holds="I1-I7: as F4"
)
def test_a_worker_that_the_kernel_ends_for_its_memory_is_as_any_other_that_dies(scene: Scene) -> None:
    desk = scene.desk
    group = _MEMORY_GROUPS / f"invekto-faults-{free_port()}"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no memory group can be made here: {error}")
    try:
        (group / "memory.limit_in_bytes").write_text(str(64 << 20))
        with scene.load(), scene.workers_die():
            time.sleep(1)
            worker = desk.running["worker"]
            (group / "cgroup.procs").write_text(str(worker.pid))
            greedy = subprocess.Popen([sys.executable, "-c", _GREEDY])
            (group / "cgroup.procs").write_text(str(greedy.pid))
            try:
                worker.wait(30)
            finally:
                greedy.kill()
                greedy.wait()
            assert worker.returncode == -9
            desk.start_worker()
        scene.check(scene.lease_end())
    finally:
        with contextlib.suppress(OSError):
            group.rmdir()
