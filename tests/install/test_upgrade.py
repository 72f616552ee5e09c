"""From the schema before to this one, with a firm in it: saved first, nothing changed, and the desk works on it.

The rows are written as schema 0007 had them; the next release adds a file of its own and a line in `before`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import create_async_engine

from invekto.channels import service
from invekto.channels.whatsapp_cloud.connect import credentials_of
from invekto.entry import archive
from invekto.entry.postgres import SUPERUSER
from invekto.entry.revisions import head_revision, migrations_folder
from invekto.entry.roles import OWNER
from invekto.kernel.crypto import KeyRing
from invekto.kernel.settings import Settings
from tests.desk import wait_until
from tests.install.own_folder import KIND, OwnFolder, in_a_loop

pytestmark = [pytest.mark.real_ports, pytest.mark.timeout(300)]

BEFORE = "0007"
ROWS = Path(__file__).with_name("at_0007.sql")
TENANT = "00000000-0000-7000-8000-000000000001"
# What the migrations must not change, in the columns that the old schema had.
KEPT = {
    "tenant": "id, slug, name, timezone, locale",
    "tenant_counter": "name, value",
    "user_account": "id, username, name, role, password_hash",
    "team_member": "team_id, user_id",
    "channel": "id, number, account_key, address, credentials, status, team_id, last_inbound_at",
    "channel_route": "account_key, app_id, tenant_id, channel_id",
    "contact": "id, number, name, phone, created_at",
    "identity_address": "scheme, value, identity_id",
    "conversation": "id, number, status, last_seq, inbound_count, answered_inbound_no, preview, preview_status, waiting_since,"
    " resolved_at, previous_id, window_closes_at, assignee_id",
    "message": "id, conversation_id, seq, direction, type, text, status, error_code, provider_id, client_id, inbound_no, created_at",
    "outbox": "message_id, conversation_id",
    "attachment": "id, message_id, kind, mime, name, storage_key, state",
    "tag": "id, name, color",
    "conversation_tag": "conversation_id, tag_id",
    "draft": "conversation_id, user_id, text",
    "delivery_update": "provider_id, status",
    "quarantine": "id, reason, raw",
    "audit_entry": "id, action",
}


class OldDesk(OwnFolder):
    """Stands on the schema of before, with its firm."""

    def stand(self) -> None:
        self.postgres.start()
        in_a_loop(self._at(BEFORE))
        self.start_sandbox()
        in_a_loop(self._fill())

    async def _at(self, revision: str) -> None:
        config = Config()
        folder = str(migrations_folder())
        config.set_main_option("script_location", folder)
        config.set_main_option("prepend_sys_path", folder)
        config.set_main_option("path_separator", "os")
        url = self.postgres.url(OWNER)
        engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url))
        async with engine.begin() as connection:

            def upgrade(sync_connection: object) -> None:
                config.attributes["connection"] = sync_connection
                command.upgrade(config, revision)

            await connection.run_sync(upgrade)
        await engine.dispose()
        owner = await asyncpg.connect(url)
        # As `invekto migrate` leaves it.
        await owner.execute("grant select on alembic_version to invekto_app")
        await owner.close()

    async def _fill(self) -> None:
        told, number = self.sandbox_info(), self.sandbox_info()["numbers"][0]
        settings = Settings.load(self.env())
        keys = KeyRing(settings.secret_key)
        credentials = credentials_of(
            access_token=number["access_token"], phone_number_id=number["phone_number_id"], waba_id=number["waba_id"]
        )
        words = {
            "app_secret": service.seal_app_secret(keys, None, told["app_secret"]).hex(),
            "verify_token": service.seal_verify_token(keys, None, told["verify_token"]).hex(),
            "credentials": service.seal_credentials(keys, UUID(TENANT), credentials).hex(),
            "account_key": number["phone_number_id"],
            "address": number["display_phone_number"],
        }
        script = ROWS.read_text(encoding="utf-8")
        for word, value in words.items():
            script = script.replace(f"{{{word}}}", value)
        connection = await asyncpg.connect(self.postgres.url(SUPERUSER))
        try:
            await connection.execute(script)
        finally:
            await connection.close()

    def kept(self) -> dict[str, list[dict[str, Any]]]:
        return {table: self.rows(f"select {columns} from {table} order by 1, 2") for table, columns in KEPT.items()}

    def schema(self) -> str:
        return str(self.rows("select version_num from alembic_version")[0]["version_num"])


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OldDesk]:
    desk = OldDesk(tmp_path_factory.mktemp("upgrade"))
    try:
        desk.stand()
        yield desk
    finally:
        desk.stop()


@pytest.fixture(scope="module")
def before(desk: OldDesk) -> dict[str, list[dict[str, Any]]]:
    rows = desk.kept()
    assert all(rows.values()), "each of them has something to lose"
    return rows


def test_the_check_says_what_would_be_done_and_does_nothing(
    desk: OldDesk, before: dict[str, list[dict[str, Any]]]
) -> None:
    done = desk.ends("upgrade", "--check")
    assert done.returncode == 3, done.stderr
    assert f"the database has {BEFORE}, this version needs {head_revision()}" in done.stdout
    assert "migration 0008: " in done.stdout
    assert "backup: into " in done.stdout
    assert (desk.schema(), desk.kept()) == (BEFORE, before)
    # Somebody else serves, and has not looked: it says what is missing.
    assert f"this version needs {head_revision()}" in desk.refuses("migrate", "--check")


def test_two_that_start_together_save_once_and_migrate_once(
    desk: OldDesk, before: dict[str, list[dict[str, Any]]]
) -> None:
    for name in ("one", "other"):
        desk.spawn(name, "invekto.entry.cli", "upgrade")
    assert [desk.running.pop(name).wait(60) for name in ("one", "other")] == [0, 0], desk.log("one") + desk.log("other")
    said = desk.log("one") + desk.log("other")
    assert said.count(f"migrating the database from {BEFORE} to {head_revision()}") == 1, said
    assert desk.schema() == head_revision()
    (saved,) = (desk.data / "backups").glob("*.tar")
    assert archive.verify(saved).head.schema == BEFORE
    assert f"is in {saved}" in said


def test_every_row_is_what_it_was(desk: OldDesk, before: dict[str, list[dict[str, Any]]]) -> None:
    after = desk.kept()
    assert {table: after[table] for table in KEPT if after[table] != before[table]} == {}
    done = desk.ends("upgrade", "--check")
    assert (done.returncode, "Nothing to do." in done.stdout) == (0, True)


def test_the_desk_goes_on_with_what_was_there(desk: OldDesk, before: dict[str, list[dict[str, Any]]]) -> None:
    """The old password, the old list, the message that waited goes out, and a new one comes into the old conversation."""
    desk.start_web()
    desk.start_worker()
    with desk.signed_in("agent1") as agent, desk.customer() as customer:
        rows = agent.get("/api/v1/conversations", params={"view": "all"}).raise_for_status().json()["items"]
        assert sorted(row["number"] for row in rows) == [2, 3]
        query = "select status from message where id = '00000000-0000-7000-8000-000000000087'"
        wait_until(lambda: desk.rows(query)[0]["status"] in ("sent", "delivered", "read"), lambda: desk.log("worker"))
        told = {"phone": "+905550000051", "text": "Orada mısınız?", "wait": True}
        customer.post(f"/{KIND}/say", json=told).raise_for_status()
        query = (
            "select seq, inbound_no from message where conversation_id = '00000000-0000-7000-8000-000000000072'"
            " and text = 'Orada mısınız?'"
        )
        wait_until(lambda: desk.rows(query), lambda: desk.log("worker"))
        assert [dict(row) for row in desk.rows(query)] == [{"seq": 2, "inbound_no": 2}]


def test_the_backup_of_before_comes_back_and_is_brought_to_this_schema(desk: OldDesk, tmp_path: Path) -> None:
    (saved,) = (desk.data / "backups").glob("*.tar")
    (tmp_path / "secret.key").write_bytes((desk.data / "secret.key").read_bytes())
    said = desk.run("restore", str(saved), "--to", str(tmp_path))
    assert "Restored to" in said
    done = desk.ends("upgrade", "--check", INVEKTO_DATA=str(tmp_path))
    assert (done.returncode, "Nothing to do." in done.stdout) == (0, True), done.stderr


def test_a_newer_database_is_left_alone(desk: OldDesk) -> None:
    for name in ("web", "worker"):
        desk.kill(name)
    in_a_loop(_execute(desk, "update alembic_version set version_num = '9999'"))
    try:
        done = desk.ends("upgrade", "--check")
        assert (done.returncode, "of a newer version" in done.stdout) == (2, True)
        assert "is at revision 9999" in desk.refuses("upgrade")
    finally:
        in_a_loop(_execute(desk, f"update alembic_version set version_num = '{head_revision()}'"))


async def _execute(desk: OldDesk, statement: str) -> None:
    connection = await asyncpg.connect(desk.postgres.url(SUPERUSER))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
