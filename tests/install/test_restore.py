"""The restore drill: a backup under load, more traffic, everything killed, back to the backup. The witness outside goes on.

What happened between the backup and the kill is lost with the database, and only that: nothing goes out twice, what was
answered 200 before the backup is there, and what the provider still repeats comes in.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from invekto.entry.postgres import SUPERUSER, EmbeddedPostgres
from tests.desk import wait_until
from tests.faults.promises import Stored, leftovers
from tests.faults.scene import Scene
from tests.install.own_folder import OwnFolder, in_a_loop

pytestmark = [pytest.mark.real_ports, pytest.mark.timeout(300)]


@dataclass(frozen=True)
class Drill:
    scene: Scene
    file: Path
    began_at: float
    """When the backup was begun: what was acknowledged before must be in it."""
    written_down: list[str]
    """What customers wrote while nothing ran."""
    resyncs: list[int]
    epoch: int
    answered: dict[str, str]
    """Status of every message of ours before it began."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnFolder]:
    desk = OwnFolder(tmp_path_factory.mktemp("drill"), ledger=True)
    try:
        desk.start()
        yield desk
    finally:
        desk.stop()


@pytest.fixture(scope="module")
def drill(desk: OwnFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drill]:
    scene = Scene(desk, random.Random(7))
    file = tmp_path_factory.mktemp("backups") / "drill.tar"
    with scene.load():
        answers = "select count(*) as n from message where direction = 'outbound' and status = 'read'"
        wait_until(lambda: desk.rows(answers)[0]["n"] > 10, "agents have answered", 40)
        with scene.slow_provider(ms=700):
            time.sleep(0.5)
            began_at = time.time()
            desk.run("backup", "--to", str(file), "--with-key")
        time.sleep(0.5)
    epoch = desk.rows("select epoch from database_epoch")[0]["epoch"]
    resyncs = [screen.resyncs for screen in scene.screens]
    for name in ("web", "worker"):
        desk.kill(name)
    desk.kill_database(whole=True)
    desk.postgres.stop(immediate=True)
    wish = {"phone": "+905559990002", "text": "Kimse var mı?"}
    written = [scene.control.post("/whatsapp_cloud/say", json=wish).raise_for_status().json()["id"] for _ in range(3)]
    desk.run("restore", str(file), "--force")
    desk.start_database()
    answered = {
        row["id"]: row["status"]
        for row in desk.rows("select id::text, status from message where direction = 'outbound'")
    }
    desk.start_web()
    desk.start_worker()
    scene.acknowledged()
    yield Drill(scene, file, began_at, written, resyncs, epoch, answered)
    scene.close()


def _settled(scene: Scene) -> Stored:
    wait_until(lambda: not list(leftovers(scene.desk, ())), lambda: str(list(leftovers(scene.desk, ())))[:2000], 40)
    return Stored.read(scene.desk)


def test_nothing_that_may_have_gone_out_since_goes_out_again(drill: Drill) -> None:
    scene = drill.scene
    unknown = {id_ for id_, status in drill.answered.items() if status == "unknown"}
    assert unknown, "the backup was made while messages were on their way"
    assert not set(drill.answered.values()) & {"queued", "sending"}
    _settled(scene)
    accepted = scene.ledger().accepted()
    assert [id_ for id_, times in accepted.items() if times > 1] == []
    assert [id_ for id_ in unknown if accepted[id_]], "some had gone out: they would have gone out twice"


def test_what_was_acknowledged_before_the_backup_is_there_once_and_the_provider_brings_what_it_still_has(
    drill: Drill,
) -> None:
    scene = drill.scene
    stored = _settled(scene)
    arrivals = scene.ledger().arrivals()
    kept = [row["provider_id"] for row in stored.messages if row["direction"] == "inbound"]
    assert len(kept) == len(set(kept))
    before = {
        wamid
        for wamid, one in arrivals.items()
        if one.number in stored.firms and one.latest is not None and one.latest < drill.began_at
    }
    assert len(before) > 20
    assert before - set(kept) == set()
    assert [kept.count(wamid) for wamid in drill.written_down] == [1, 1, 1]
    assert set(kept) - arrivals.keys() == set()


def test_a_webhook_that_was_taken_in_before_the_backup_is_still_known(drill: Drill) -> None:
    scene = drill.scene
    before = len(_settled(scene).messages)
    acknowledged = {
        wamid: one.latest
        for wamid, one in scene.ledger().arrivals().items()
        if one.latest is not None and one.latest < drill.began_at and one.number == scene.numbers[0]
    }
    last = max(acknowledged, key=lambda wamid: acknowledged[wamid])
    asked = {"direction": "webhook", "q": last, "limit": "500"}
    (line, *_) = scene.control.get("/log", params=asked).raise_for_status().json()["items"]
    assert scene.control.post(f"/log/{line['id']}/resend").raise_for_status().json()["status"] == 200
    wait_until(lambda: not scene.desk.rows("select 1 from receipt where done_at is null"), "it is taken in")
    assert len(_settled(scene).messages) == before


def test_every_open_screen_loads_again_and_shows_what_is_there(drill: Drill) -> None:
    scene = drill.scene
    assert scene.desk.rows("select epoch from database_epoch")[0]["epoch"] > drill.epoch
    wait_until(
        lambda: all(screen.resyncs > before for screen, before in zip(scene.screens, drill.resyncs, strict=True)),
        "each was told to",
    )
    wait_until(lambda: not any(scene._unlike()), lambda: scene._told(scene._unlike()), 60)


def test_agents_go_on_and_what_they_say_goes_out(drill: Drill) -> None:
    scene = drill.scene
    conversation_id = scene.writes("+905559990003", "Açık mısınız?")
    with scene.speaking("agent1") as agent:
        message_id = agent.say(conversation_id, "Açığız").message_id
    assert message_id is not None
    query = "select status from message where id = $1::uuid"
    wait_until(lambda: scene.desk.rows(query, message_id)[0]["status"] == "read", "it is read")
    assert scene.ledger().accepted()[message_id] == 1


def test_the_database_that_was_there_is_kept_aside(drill: Drill) -> None:
    names = {row["datname"] for row in drill.scene.desk.rows("select datname from pg_database")}
    assert {"invekto", "invekto_replaced"} <= names
    assert "invekto_restoring" not in names


def test_a_backup_says_what_is_in_it_and_a_changed_or_cut_one_is_refused(drill: Drill, tmp_path: Path) -> None:
    desk = drill.scene.desk
    assert isinstance(desk, OwnFolder)
    assert f"{drill.file} is whole" in desk.run("backup", "--verify", str(drill.file))
    whole = drill.file.read_bytes()
    changed, cut, other = (tmp_path / name for name in ("changed.tar", "cut.tar", "other.tar"))
    middle = len(whole) // 2
    changed.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    cut.write_bytes(whole[: -(len(whole) % 10240 or 10240) - 4096])
    other.write_bytes(b"no backup at all" * 1000)
    for path in (changed, cut, other):
        assert desk.refuses("backup", "--verify", str(path))
    assert "is damaged" in desk.refuses("restore", str(changed), "--to", str(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_a_running_or_filled_installation_and_a_name_that_is_taken_are_left_alone(drill: Drill) -> None:
    desk = drill.scene.desk
    assert isinstance(desk, OwnFolder)
    assert "is in use by a running Invekto" in desk.refuses("restore", str(drill.file), "--force")
    before = drill.file.stat()
    assert "is there already" in desk.refuses("backup", "--to", str(drill.file))
    assert drill.file.stat() == before
    assert sorted(path.name for path in drill.file.parent.iterdir()) == [drill.file.name]


def test_an_empty_folder_is_filled_with_key_rows_and_files_and_refuses_a_second_time(
    drill: Drill, tmp_path: Path
) -> None:
    desk = drill.scene.desk
    assert isinstance(desk, OwnFolder)
    folder = tmp_path / "new"
    desk.run("restore", str(drill.file), "--to", str(folder))
    assert (folder / "secret.key").read_bytes().strip() == (desk.data / "secret.key").read_bytes().strip()
    assert "holds an installation" in desk.refuses("restore", str(drill.file), "--to", str(folder))
    counted = (
        "select count(*) as n from message where created_at < (select min(created_at) + interval '1 s' from message)"
    )
    server = EmbeddedPostgres(folder / "postgres")
    server.start()
    try:
        beside = _rows(server, counted)
    finally:
        server.stop(immediate=True)
    assert beside == desk.rows(counted)


def test_a_backup_without_the_key_needs_that_key(drill: Drill, tmp_path: Path) -> None:
    desk = drill.scene.desk
    assert isinstance(desk, OwnFolder)
    file, folder = tmp_path / "keyless.tar", tmp_path / "new"
    desk.run("backup", "--to", str(file), "--database-only")
    assert b"secret.key" not in file.read_bytes()[:4096]
    assert "secret.key is missing" in desk.refuses("restore", str(file), "--to", str(folder))
    wrong = "A" * 43 + "="
    refused = desk.refuses("restore", str(file), "--to", str(folder), INVEKTO_SECRET_KEY=wrong)
    assert "was sealed with the key" in refused
    assert not (folder / "postgres").exists()


def _rows(server: EmbeddedPostgres, query: str) -> list[dict[str, Any]]:
    async def fetch() -> list[dict[str, Any]]:
        connection = await asyncpg.connect(server.url(SUPERUSER))
        try:
            return [dict(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    return in_a_loop(fetch())


def test_the_key_is_changed_and_a_process_with_the_old_one_does_not_start(drill: Drill) -> None:
    desk = drill.scene.desk
    assert isinstance(desk, OwnFolder)
    old, new = (desk.data / "secret.key").read_text().strip(), "B" * 43 + "="
    changed = desk.ends("key", "rotate", INVEKTO_SECRET_KEY=new, INVEKTO_SECRET_KEY_FORMER=old)
    assert (changed.returncode, "3 secrets are sealed" in changed.stdout) == (0, True), changed.stderr
    try:
        assert "opens nothing of what is stored" in desk.refuses("worker")
        assert desk.ends("jobs", "dead").stdout.strip() == "No job was given up."
    finally:
        back = desk.ends("key", "rotate", INVEKTO_SECRET_KEY=old, INVEKTO_SECRET_KEY_FORMER=new)
    assert "3 secrets are sealed" in back.stdout
