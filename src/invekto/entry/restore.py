"""`invekto restore`: puts a backup into an installation, so that nothing goes out twice and every screen loads again.

The database comes back in one transaction together with what it needs to be safe (RESTORED of events, jobs, messages): there is no
moment at which a worker could start on a half restored or an unsettled one. An older schema is migrated after that.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Final

import asyncpg

from invekto.conversations import restored as messages
from invekto.entry import archive, migrate
from invekto.entry.backup import look, tell
from invekto.entry.database import all_seeing_url, embedded, on_embedded
from invekto.entry.postgres import DATABASE, SUPERUSER, EmbeddedPostgres
from invekto.entry.postgres_programs import Ended, copy, give, running
from invekto.entry.refusal import StartRefused, need_space
from invekto.entry.revisions import known_revisions
from invekto.entry.roles import APP, OWNER, ROLES
from invekto.kernel import events, jobs
from invekto.kernel.crypto import KeyRing
from invekto.kernel.settings import Settings, keep_key

SETTLING: Final = f"{events.RESTORED}{messages.RESTORED}{jobs.RESTORED}"
REPLACED: Final = f"{DATABASE}_replaced"
_RESTORING: Final = f"{DATABASE}_restoring"
_BLOCK: Final = 1 << 20
_PSQL: Final = (
    *("--no-psqlrc", "--quiet", "--output=/dev/null", "--no-password"),
    *("--set=ON_ERROR_STOP=1", "--single-transaction", "--file=-"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the backup goes. `server` is the one that comes along, started for this; None: the operator's own."""

    settings: Settings
    server: EmbeddedPostgres | None
    database: str
    url: str


def run(arguments: argparse.Namespace, load: Callable[[Path | None, bool], Settings]) -> int:
    """`invekto restore FILE`, or with `--in-place` only the settling of a folder that is itself an earlier copy.

    `load`: the settings of a data folder, with or without a key that is made where none is.
    """
    if arguments.in_place:
        if arguments.file is not None:
            raise StartRefused("--in-place takes no file: the folder is the copy.")
        return _settle_in_place(load(arguments.to, False))
    if arguments.file is None:
        raise StartRefused("Which file? invekto restore FILE")
    path: Path = arguments.file
    tell(f"reading {path}")
    found = archive.verify(path, archive.Progress(tell, "{mb} MB read"))
    head = found.head
    if head.schema not in known_revisions():
        raise StartRefused(
            f"{path} has the schema {head.schema}, which this version of Invekto does not know: install the newer one."
        )
    settings = _with_key(path, head, arguments, load)
    need_space(settings.data, (4 * found.database_bytes + found.media_bytes) >> 20)
    with _place(settings, force=arguments.force) as place:
        if head.has_media:
            count = archive.unpack_media(
                path, settings.data / "media", archive.Progress(tell, "{so_far} files put back")
            )
            tell(f"{count} files put back")
        _fill(path, place)
        _take_the_place(place)
        admin = place.settings.admin_database_url
        assert admin is not None
        asyncio.run(migrate.upgrade(admin, tell))
    os.sync()
    print(
        f"Restored to {head.made_at}. What was to go out at that moment is marked as of unknown outcome and is not sent again "
        "by itself. Whatever was changed since then is as it was: users disabled since are enabled again."
    )
    return 0


def _with_key(
    path: Path, head: archive.Head, arguments: argparse.Namespace, load: Callable[[Path | None, bool], Settings]
) -> Settings:
    """The settings with a key that opens what is in the backup.

    Raises:
        StartRefused: another key, or none.
    """
    if head.has_key:
        keep_key(arguments.to, archive.key_in(path))
    settings = load(arguments.to, arguments.without_key)
    held = KeyRing(settings.secret_key, settings.former_keys).key_ids
    if head.key_id not in held and not arguments.without_key:
        raise StartRefused(
            f"The backup was sealed with the key {head.key_id}, and the one here is {held[0]}: put that installation's secret.key "
            f"into {settings.data}, or give it as INVEKTO_SECRET_KEY_FORMER. If it is lost, --without-key restores all but the "
            "access tokens: every number must be connected again."
        )
    return settings


@contextmanager
def _place(settings: Settings, *, force: bool) -> Iterator[Place]:
    """An empty database that nobody uses. StartRefused when there is none, or when Invekto runs on it."""
    if settings.database_url is not None:
        yield asyncio.run(_own_place(settings, force))
        return
    server = embedded(settings)
    server.start()
    try:
        settings = on_embedded(settings, server)
        used = asyncio.run(look(server.url(SUPERUSER))).schema is not None
        if used and not force:
            raise StartRefused(
                f"{settings.data} holds an installation: restore into an empty folder by --to, or give --force, which keeps the "
                f"present database beside it as {REPLACED}."
            )
        name = _RESTORING if used else DATABASE
        if used:
            asyncio.run(_make_beside(server))
        yield Place(settings, server, name, server.url(SUPERUSER, name))
    finally:
        server.stop()


async def _own_place(settings: Settings, force: bool) -> Place:
    url = all_seeing_url(settings)
    if (await look(url)).schema is not None:
        with_force = " --force does not replace a database of a server of yours." if force else ""
        raise StartRefused(
            f"The database of DATABASE_URL is not empty: create an empty one and set the addresses to it.{with_force}"
        )
    connection = await asyncpg.connect(url)
    try:
        present = {row["rolname"] for row in await connection.fetch("select rolname from pg_roles")}
    finally:
        await connection.close()
    if missing := sorted(set(ROLES) - present):
        raise StartRefused(f"The server has no role {missing[0]}: run `invekto migrate --create-roles` on it first.")
    return Place(settings, None, "", url)


async def _make_beside(server: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(server.url(SUPERUSER, "postgres"))
    try:
        await connection.execute(f"drop database if exists {_RESTORING} with (force)")
        await connection.execute(f"create database {_RESTORING} owner {OWNER}")
        await connection.execute(f"revoke all on database {_RESTORING} from public")
        await connection.execute(f"grant connect, temporary on database {_RESTORING} to {APP}, {OWNER}")
    finally:
        await connection.close()


def _fill(path: Path, place: Place) -> None:
    """The dump and the settling, in one transaction. A failure leaves the database empty."""
    progress = archive.Progress(tell, "database: {mb} MB read")
    with running("psql", _PSQL, url=place.url, reads=True) as sql:
        with running("pg_restore", ["--exit-on-error", "--file=-"], reads=True) as reader:
            _pump(archive.pieces(path), reader, sql, progress)
        # Only behind a dump that was read to its end; otherwise the block above has failed and nothing is committed.
        give(sql, b"reset all;\nset search_path = public;\n" + SETTLING.encode())


def _pump(
    pieces: Iterator[bytes],
    reader: subprocess.Popen[bytes],
    sql: subprocess.Popen[bytes],
    progress: archive.Progress,
) -> None:
    """Feeds one program and hands what it says to the other, both at once: either pipe may be full."""
    failed: list[BaseException] = []

    def feed() -> None:
        total = 0
        assert reader.stdin is not None
        try:
            for piece in pieces:
                give(reader, piece)
                total += len(piece)
                progress(total)
            reader.stdin.close()
        except Ended:
            return  # its exit code says why
        except BaseException as error:  # noqa: BLE001  # raised again by the thread that waits for this one
            failed.append(error)
            reader.kill()

    feeding = Thread(target=feed, name="restore-feeds")
    feeding.start()
    assert reader.stdout is not None
    try:
        copy(reader.stdout, partial(give, sql), _BLOCK)
    except BaseException:
        reader.kill()
        raise
    finally:
        feeding.join()
    if failed:
        raise failed[0]


def _take_the_place(place: Place) -> None:
    """Swaps the names when the database was filled beside the present one, in one transaction."""
    if place.server is None or place.database == DATABASE:
        return

    async def swap(url: str) -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(f"drop database if exists {REPLACED} with (force)")
            async with connection.transaction():
                await connection.execute(f"alter database {DATABASE} rename to {REPLACED}")
                await connection.execute(f"alter database {_RESTORING} rename to {DATABASE}")
        finally:
            await connection.close()

    asyncio.run(swap(place.server.url(SUPERUSER, "postgres")))
    tell(f"the database that was here is kept as {REPLACED}; the next --force drops it")


def _settle_in_place(settings: Settings) -> int:
    """For a data folder that was copied back (cold, by pg_basebackup, as a snapshot of the disk)."""

    async def settle(url: str) -> None:
        if (await look(url)).schema is None:
            raise StartRefused("The database has no schema: there is nothing to settle.")
        connection = await asyncpg.connect(url)
        try:
            async with connection.transaction():
                await connection.execute(SETTLING)
        finally:
            await connection.close()

    if settings.database_url is not None:
        asyncio.run(settle(all_seeing_url(settings)))
    else:
        server = embedded(settings)
        server.start()
        try:
            asyncio.run(settle(server.url(SUPERUSER)))
        finally:
            server.stop()
    print("Settled: what was to go out is marked as of unknown outcome, and every screen loads again.")
    return 0
