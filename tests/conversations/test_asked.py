"""Whom a worker has asked: what its notes prove, and when they prove nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from invekto.conversations.asked import Asked
from invekto.kernel.ids import uuid7
from tests.conversations.outlet import Outlet

_DIES = """
import os, signal, sys
from pathlib import Path
from uuid import UUID
from invekto.conversations.asked import Asked
notes = Asked(Path(sys.argv[1]))
assert notes.note(notes.run_id, UUID(sys.argv[2]))
print(notes.run_id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_leaves_notes_that_are_whole(tmp_path: Path) -> None:
    noted, other = uuid7(), uuid7()
    died = subprocess.run(
        [sys.executable, "-c", _DIES, str(tmp_path), str(noted)], stdout=subprocess.PIPE, text=True, check=False
    )
    run_id = UUID(died.stdout.strip())
    living = Asked(tmp_path)
    assert died.returncode == -9
    assert not living.surely_not(run_id, noted)
    assert living.surely_not(run_id, other)
    assert not living.surely_not(uuid7(), other), "of a run that left nothing here nobody knows anything"
    assert not living.surely_not(None, other)


def test_a_full_file_is_followed_by_another_and_kept_until_the_next(tmp_path: Path) -> None:
    worker, other = Asked(tmp_path, notes_per_file=2), Asked(tmp_path)
    runs, attempts = [], [uuid7() for _ in range(6)]
    for place in range(0, 6, 2):
        worker.turn_over()
        runs.append(worker.run_id)
        assert all(worker.note(worker.run_id, one) for one in attempts[place : place + 2])
    assert len(set(runs)) == 3
    late = uuid7()
    assert worker.note(runs[1], late), "its run was full, and it is under way"
    assert worker.note(runs[0], late), "nothing is proven by that run any more"
    worker.close()
    assert [other.surely_not(run, uuid7()) for run in runs] == [False, True, True]
    assert not other.surely_not(runs[1], late)


def test_what_cannot_be_noted_proves_nothing_and_stops_nobody(tmp_path: Path) -> None:
    worker, other = Asked(tmp_path), Asked(tmp_path)
    run_id = worker.run_id
    assert run_id is not None
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, worker._files[run_id])
    os.close(full)
    assert worker.note(run_id, uuid7())
    assert worker.run_id is None
    assert not (tmp_path / str(run_id)).exists()
    assert not other.surely_not(run_id, uuid7())


def test_without_memory_of_its_own_a_worker_notes_nothing(tmp_path: Path) -> None:
    now = datetime.fromtimestamp(tmp_path.stat().st_mtime, UTC)
    assert Asked.here(now, memory=tmp_path / "missing").run_id is None
    shared = tmp_path / f"invekto-asked-{os.geteuid()}"
    shared.mkdir()
    shared.chmod(0o777)
    assert Asked.here(now, memory=tmp_path).run_id is None, "somebody else could write there"
    shared.chmod(0o700)
    first = Asked.here(now, memory=tmp_path)
    first.close()
    assert len(list(shared.iterdir())) == 1
    os.utime(next(shared.iterdir()), (0, 0))
    second = Asked.here(now, memory=tmp_path)
    assert [path.name for path in shared.iterdir()] == [str(second.run_id)]


# Delivery -----------------------------------------------------------------------------------------------------------


async def _expire_leases(outlet: Outlet) -> None:
    """As if a minute had passed since a worker died."""
    await outlet.rows(
        "update lane set next_at = now() - interval '1 second', lease_until = now() - interval '1 second'"
    )


async def test_what_a_dead_worker_had_begun_and_surely_not_asked_goes_out_once(outlet: Outlet, tmp_path: Path) -> None:
    """F6: its notes are whole, because it is dead, and say nothing of this attempt."""
    talk = await outlet.talk()
    message_id, after = await outlet.say(talk, "1"), await outlet.say(talk, "2")
    dead, living = await outlet.delivery(), await outlet.delivery()
    dead.asked, living.asked = Asked(tmp_path), Asked(tmp_path)
    ((work,), _) = await dead._begin_together(await dead._claim(10))
    assert not living.asked.surely_not(work.run_id, work.attempt_id), "while it lives it may still ask"
    dead.asked.close()
    await _expire_leases(outlet)
    await living.drain()
    assert outlet.accepted() == [str(message_id), str(after)]
    attempts = await outlet.rows("select outcome from attempt where message_id = $1 order by number", message_id)
    assert [row["outcome"] for row in attempts] == ["transient", "accepted"]
    assert (await outlet.message(message_id))["status"] == "sent"


async def test_what_a_dead_worker_had_noted_as_asked_stays_unknown(outlet: Outlet, tmp_path: Path) -> None:
    talk = await outlet.talk()
    message_id = await outlet.say(talk, "1")
    dead, living = await outlet.delivery(), await outlet.delivery()
    dead.asked, living.asked = Asked(tmp_path), Asked(tmp_path)
    ((work,), _) = await dead._begin_together(await dead._claim(10))
    await dead._ask(work)
    dead.asked.close()
    await _expire_leases(outlet)
    await living.drain()
    assert (await outlet.message(message_id))["status"] == "unknown"
    assert outlet.accepted() == [str(message_id)]
