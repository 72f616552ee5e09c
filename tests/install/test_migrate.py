"""`invekto migrate` on a server of the operator's own: roles once, one migration at a time, versions that do not fit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from invekto.entry import migrate
from invekto.entry.postgres import SUPERUSER, EmbeddedPostgres
from invekto.entry.refusal import StartRefused
from invekto.entry.revisions import check, head_revision, is_current, migrations_folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """Plays a server that somebody else runs: its superuser is the operator."""
    made = EmbeddedPostgres(tmp_path_factory.mktemp("own") / "postgres", configuration={"shared_buffers": "16MB"})
    made.start()
    yield made
    made.stop(immediate=True)


async def operator(server: EmbeddedPostgres, *statements: str, database: str = "postgres") -> None:
    connection = await asyncpg.connect(server.url(SUPERUSER, database))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def url_of(server: EmbeddedPostgres, login: str, database: str) -> str:
    """Both logins of these tests have the password `pw`."""
    return f"postgresql://{login}:pw@/{database}?{server.url().split('?')[1]}"


async def make_database(server: EmbeddedPostgres, name: str) -> tuple[str, str]:
    """A database with an owner who may make roles, and a login for the application: their urls."""
    await operator(
        server,
        f"create role {name}_admin login createrole password 'pw'",
        f"create role {name}_app login password 'pw'",
        f"create database {name} owner {name}_admin",
    )
    return url_of(server, f"{name}_admin", name), url_of(server, f"{name}_app", name)


def test_the_newest_revision_is_the_one_that_the_migration_tool_names() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.set_main_option("prepend_sys_path", str(migrations_folder()))
    config.set_main_option("path_separator", "os")
    assert head_revision() == ScriptDirectory.from_config(config).get_current_head()


async def test_a_fresh_database_needs_its_roles_and_migrates_once(server: EmbeddedPostgres) -> None:
    admin, app = await make_database(server, "fresh")
    # The embedded server made the roles for its own logins; an operator's server has none of them for these two.
    with pytest.raises(StartRefused, match="may not act as invekto_owner: run `invekto migrate --create-roles` once"):
        await migrate.upgrade(admin)
    await operator(server, "grant " + ", ".join(sorted(_roles())) + " to fresh_admin with admin option")
    await migrate.create_roles(admin, app)
    assert not await is_current(app)
    with pytest.raises(StartRefused, match=f"is at nothing and this version needs {head_revision()}"):
        await check(app)
    said: list[str] = []
    await migrate.upgrade(admin, said.append)
    await migrate.upgrade(admin, said.append)
    assert said == [f"migrating the database from nothing to {head_revision()}"]
    await check(app)
    connection = await asyncpg.connect(app)
    try:
        # The login of another name has what `invekto_app` has, and becomes the others only when it says so.
        assert await connection.fetchval("select count(*) from tenant") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetchval("select count(*) from receipt")
        await connection.execute("set role invekto_ingest")
        assert await connection.fetchval("select count(*) from receipt") == 0
    finally:
        await connection.close()


async def test_two_migrations_at_once_run_one_after_the_other(server: EmbeddedPostgres) -> None:
    admin, app = await make_database(server, "twice")
    await operator(server, "grant " + ", ".join(sorted(_roles())) + " to twice_admin with admin option")
    await migrate.create_roles(admin, app)
    said: list[str] = []
    await asyncio.gather(*(migrate.upgrade(admin, said.append) for _ in range(3)))
    assert said.count("waiting for a migration that runs elsewhere") == 2
    assert sum(sentence.startswith("migrating") for sentence in said) == 1


async def test_a_newer_schema_is_not_touched(server: EmbeddedPostgres) -> None:
    admin, app = await make_database(server, "newer")
    await operator(server, "grant " + ", ".join(sorted(_roles())) + " to newer_admin with admin option")
    await migrate.create_roles(admin, app)
    await migrate.upgrade(admin)
    await operator(server, "update alembic_version set version_num = '9999'", database="newer")
    with pytest.raises(StartRefused, match="is at revision 9999, which this version of Invekto does not know"):
        await migrate.upgrade(admin)
    with pytest.raises(StartRefused, match="is at 9999 and this version needs"):
        await check(app)


async def test_a_login_for_which_row_level_security_does_not_hold_is_refused(server: EmbeddedPostgres) -> None:
    await operator(
        server, "create role sees_all login bypassrls password 'pw'", "grant connect on database invekto to sees_all"
    )
    for url in (server.url(SUPERUSER, "invekto"), url_of(server, "sees_all", "invekto")):
        with pytest.raises(StartRefused, match="who may read every firm's rows"):
            await check(url)


async def test_a_server_that_may_lose_what_it_acknowledged_is_refused(tmp_path: Path) -> None:
    careless = EmbeddedPostgres(tmp_path / "postgres", configuration={"fsync": "off", "shared_buffers": "16MB"})
    careless.start()
    try:
        with pytest.raises(StartRefused, match="runs with fsync = off, so a crash loses messages"):
            await check(careless.url())
    finally:
        careless.stop(immediate=True)


def _roles() -> set[str]:
    from invekto.entry.roles import ROLES

    return set(ROLES)
