"""The embedded server: what it survives, what it refuses, and who may sign in."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from invekto.entry import postgres_user
from invekto.entry.postgres import SUPERUSER, EmbeddedPostgres
from invekto.entry.processes import standing_in
from invekto.entry.refusal import StartRefused

SMALL = {"shared_buffers": "16MB", "max_connections": "30", "max_wal_size": "64MB"}
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root has this problem")


def ask(server: EmbeddedPostgres, *statements: str, role: str = SUPERUSER) -> object:
    async def run() -> object:
        connection = await asyncpg.connect(server.url(role), timeout=10)
        try:
            answer: object = None
            for statement in statements:
                answer = await connection.fetchval(statement)
            return answer
        finally:
            await connection.close()

    return asyncio.run(run())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    made = EmbeddedPostgres(tmp_path / "postgres", configuration=SMALL)
    yield made
    made.stop(immediate=True)


def test_the_second_start_makes_no_new_cluster_and_keeps_what_was_stored(server: EmbeddedPostgres) -> None:
    which = "select system_identifier::text from pg_control_system()"
    server.start()
    first = ask(server, "create table kept (n int)", "insert into kept values (7)", which)
    server.stop()
    server.start()
    assert ask(server, "select n from kept") == 7
    assert ask(server, which) == first


def test_a_committed_row_survives_kill_9_of_the_server(server: EmbeddedPostgres) -> None:
    server.start()
    ask(server, "create table kept (n int)", "insert into kept values (7)")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    while server.exit_code() is None:
        time.sleep(0.01)
    server.start()
    assert ask(server, "select n from kept") == 7


def test_messages_are_durable_and_sorted_the_same_everywhere(server: EmbeddedPostgres) -> None:
    server.start()
    shown = {name: ask(server, f"show {name}") for name in ("fsync", "full_page_writes", "synchronous_commit")}
    assert shown == {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
    assert (
        ask(server, "select datlocprovider::text || datlocale from pg_database where datname = 'invekto'") == "bC.UTF-8"
    )


def test_nobody_signs_in_without_the_right_password_and_nothing_listens_on_the_network(
    server: EmbeddedPostgres,
) -> None:
    server.start()
    url = server.url()
    password = url.split(":")[2].split("@")[0]

    async def try_wrong() -> None:
        await asyncpg.connect(url.replace(password, "wrong"), timeout=5)

    with pytest.raises(asyncpg.InvalidPasswordError):
        asyncio.run(try_wrong())
    assert ask(server, "show listen_addresses") == ""
    assert ask(server, "select count(*) from pg_hba_file_rules where auth_method = 'trust'") == 0
    assert (server.folder / "roles.json").stat().st_mode & 0o777 == 0o600


def test_the_application_login_is_no_superuser_and_inherits_none_of_the_other_roles(server: EmbeddedPostgres) -> None:
    server.start()
    assert (
        ask(
            server,
            "select rolsuper or rolbypassrls or rolcreaterole from pg_roles where rolname = current_user",
            role="invekto_app",
        )
        is False
    )
    assert ask(server, "select pg_has_role('invekto_app', 'invekto_receipts', 'usage')") is False
    assert ask(server, "select pg_has_role('invekto_app', 'invekto_receipts', 'set')") is True
    assert ask(server, "select pg_has_role('invekto_app', 'invekto_owner', 'member')") is False


def test_old_lock_files_with_a_strangers_number_neither_stop_the_start_nor_harm_the_stranger(
    server: EmbeddedPostgres,
) -> None:
    server.start()
    assert server.pid is not None
    files = (server.cluster / "postmaster.pid", server.socket_folder / ".s.PGSQL.5432.lock")
    texts = [file.read_text() for file in files]
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        own = str(server.pid)
        server.stop()
        for file, text in zip(files, texts, strict=True):
            file.write_text(text.replace(own, str(stranger.pid), 1))
        server.start()
        assert ask(server, "select 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


HOLDER = """
import sys, time
from pathlib import Path
from invekto.entry.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), configuration={"shared_buffers": "16MB"})
server.start()
print("ready", flush=True)
time.sleep(60)
"""


def holder(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE)


def test_kill_9_of_the_process_that_started_it_leaves_no_server_and_a_folder_that_starts(
    server: EmbeddedPostgres,
) -> None:
    process = holder(server.folder)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.kill()
    process.wait()
    server.start()
    assert ask(server, "select 1") == 1
    server.stop()
    assert standing_in(server.cluster, "postgres") == []


@pytest.mark.parametrize("after_s", [0.15, 0.3, 0.5, 0.8])
def test_kill_9_while_the_cluster_is_made_leaves_nothing_in_the_way(server: EmbeddedPostgres, after_s: float) -> None:
    process = holder(server.folder)
    time.sleep(after_s)
    process.kill()
    process.wait()
    server.start()
    assert ask(server, "select count(*) from pg_roles where rolname like 'invekto_%'") == 7


def test_a_second_start_in_the_same_folder_is_refused_and_the_first_goes_on(server: EmbeddedPostgres) -> None:
    server.start()
    second = EmbeddedPostgres(server.folder)
    with pytest.raises(StartRefused, match=f"is in use by a running Invekto \\(process {os.getpid()}\\)"):
        second.start()
    assert second.runs_elsewhere()
    assert ask(second, "select 1", role="invekto_app") == 1


def test_lost_passwords_are_named(server: EmbeddedPostgres) -> None:
    server.start()
    server.stop()
    (server.folder / "roles.json").unlink()
    with pytest.raises(StartRefused, match=r"roles\.json is missing"):
        server.start()


def test_a_cluster_of_another_version_is_named_and_not_touched(server: EmbeddedPostgres) -> None:
    server.start()
    server.stop()
    (server.cluster / "PG_VERSION").write_text("17\n")
    with pytest.raises(StartRefused, match="was made by PostgreSQL 17 and the one here is 18"):
        server.start()


def test_a_folder_too_deep_for_a_socket_gets_one_in_a_short_place(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60) / "postgres"
    server = EmbeddedPostgres(deep, configuration=SMALL)
    server.start()
    try:
        assert ask(server, "select 1") == 1
        assert not server.socket_folder.is_relative_to(deep)
        assert server.socket_folder.stat().st_mode & 0o777 == 0o700
    finally:
        server.stop(immediate=True)
        shutil.rmtree(server.socket_folder)


@AS_ROOT
@pytest.mark.parametrize("name", ["user namespace", "other user"])
def test_root_starts_it_below_a_folder_that_only_root_may_enter(tmp_path: Path, name: str) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    way = next((way for way in postgres_user.ways("INT") if way.name == name), None)
    if way is None or subprocess.run([*way.prefix, "true"], capture_output=True).returncode != 0:
        pytest.skip(f"this machine does not allow it: {name}")
    server = EmbeddedPostgres(private / "postgres", configuration=SMALL, run_as=way)
    server.start()
    try:
        assert ask(server, "select 1") == 1
        assert server.pid is not None
        inside = Path(f"/proc/{server.pid}/status").read_text()
        assert way.uid == 0 or f"Uid:\t{way.uid}\t" in inside
    finally:
        server.stop(immediate=True)


@AS_ROOT
def test_a_cluster_made_in_one_way_starts_in_the_other(tmp_path: Path) -> None:
    ways = [
        way
        for way in postgres_user.ways("INT")
        if subprocess.run([*way.prefix, "true"], capture_output=True).returncode == 0
    ]
    if len(ways) < 2:
        pytest.skip("this machine allows one way only")
    for way in (*ways, ways[0]):
        server = EmbeddedPostgres(tmp_path / "postgres", configuration=SMALL, run_as=way)
        server.start()
        try:
            assert (
                ask(server, "create table if not exists kept (n int)", "insert into kept values (1)", "select 1") == 1
            )
        finally:
            server.stop()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 90 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=90m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("only root may mount a small disk")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_disk_too_small_for_a_cluster_is_named_before_anything_is_made(small_disk: Path) -> None:
    server = EmbeddedPostgres(small_disk / "postgres", configuration=SMALL)
    with pytest.raises(StartRefused, match=r"The disk that holds .*/postgres is full \(\d+ MB free\)"):
        server.start()
    assert not server.cluster.exists()


def test_a_disk_that_is_full_at_a_later_start_is_named_and_room_cures_it(tmp_path: Path, small_disk: Path) -> None:
    made = EmbeddedPostgres(tmp_path / "postgres", configuration=SMALL)
    made.start()
    made.stop()
    shutil.copytree(made.folder, small_disk / "postgres", ignore=shutil.ignore_patterns("run"))
    filling = small_disk / "filling"
    subprocess.run(["dd", "if=/dev/zero", f"of={filling}", "bs=64k"], capture_output=True)
    server = EmbeddedPostgres(small_disk / "postgres", configuration=SMALL)
    with pytest.raises(StartRefused, match=r"The disk that holds .* is full \(\d MB free\)"):
        server.start()
    filling.unlink()
    server.start()
    assert ask(server, "select 1") == 1
    server.stop(immediate=True)
