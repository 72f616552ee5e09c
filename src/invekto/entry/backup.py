"""`invekto backup`: one file with the database of one moment and the media, made while everything runs.

The dump sees one snapshot. Files never change once written and are copied after it, so each file that the dump names is
there, unless its retention ended meanwhile. How the file looks: see archive. How it comes back: see restore.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO, Final
from uuid import UUID

from invekto.entry import archive
from invekto.entry.database import all_seeing_url, any_database
from invekto.entry.postgres_programs import Ended, copy, give, running
from invekto.entry.refusal import StartRefused, need_space
from invekto.entry.revisions import connect
from invekto.kernel.clock import SystemClock
from invekto.kernel.crypto import KeyRing
from invekto.kernel.settings import Settings

FOLDER: Final = "backups"
_SPARE_MB: Final = 64
_DUMP: Final = ("--format=custom", "--compress=gzip:3", "--lock-wait-timeout=60s", "--no-password")


@dataclass(frozen=True, slots=True)
class Stock:
    """What there is to save. `schema` None: nothing yet."""

    schema: str | None
    server: int
    database_bytes: int


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """`invekto backup`: the file's name, or with `--verify` what is in one."""
    if arguments.verify is not None:
        return _verify(arguments.verify)
    with any_database(settings) as present:
        made_at = SystemClock().now()
        given = arguments.to
        to_stdout = given is not None and str(given) == "-"
        target = None if to_stdout else given or settings.data / FOLDER / f"invekto-{made_at:%Y%m%dT%H%M%SZ}.tar"
        if target is not None and target.is_dir():
            target /= f"invekto-{made_at:%Y%m%dT%H%M%SZ}.tar"
        make(present, target, with_key=arguments.with_key, with_media=not arguments.database_only, say=tell)
    if target is not None:
        print(target)
        if not arguments.with_key:
            tell("the secret key is not in it: keep secret.key somewhere else, without it no access token opens")
    return 0


def tell(sentence: str) -> None:
    """Progress goes to stderr: the file itself may go to stdout."""
    print(f"invekto: {sentence}", file=sys.stderr, flush=True)


def _verify(path: Path) -> int:
    found = archive.verify(path, archive.Progress(tell, "{mb} MB read"))
    listed = _table_of_contents(path)
    head = found.head
    key = f"with the key {head.key_id}" if head.has_key else f"without the key, which is {head.key_id}"
    media = f"{found.media_files} files of {found.media_bytes >> 20} MB" if head.has_media else "no files"
    print(
        f"{path} is whole: made {head.made_at} by Invekto {head.product}, schema {head.schema}, "
        f"database of {found.database_bytes >> 10} KB in {listed} parts, {media}, {key}."
    )
    return 0


def _table_of_contents(path: Path) -> int:
    """How many tables, indexes, policies ... the dump holds: the program that will read it can."""
    with running("pg_restore", ["--list"], reads=True) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        try:
            for piece in archive.pieces(path):
                give(reader, piece)
            reader.stdin.close()
        except Ended:
            pass  # the list stands at the beginning: it has read enough
        return sum(not line.startswith(b";") for line in reader.stdout)


def make(
    settings: Settings,
    target: Path | None,
    *,
    with_key: bool,
    with_media: bool,
    say: Callable[[str], None],
) -> None:
    """Writes the archive to `target`, under its name only when it is whole and on disk; None is standard output.

    Raises:
        StartRefused: no login that sees every row, nothing to save, a name that is taken, not enough room.
    """
    url = all_seeing_url(settings)
    stock = asyncio.run(look(url))
    if stock.schema is None:
        raise StartRefused("There is nothing to back up: the database has no schema yet.")
    media = settings.data / "media" if with_media else None
    files = sum(1 for _ in _media(media))
    head = archive.Head(
        format=archive.FORMAT,
        product=version("invekto"),
        schema=stock.schema,
        made_at=SystemClock().now().isoformat(timespec="seconds"),
        key_id=KeyRing(settings.secret_key).key_id,
        has_key=with_key,
        has_media=with_media,
        server=stock.server,
    )
    with _output(target, room_mb(stock, media)) as stream:
        writer = archive.Writer(stream, head)
        if with_key:
            writer.add(archive.KEY, base64.b64encode(settings.secret_key) + b"\n")
        _dump(url, writer, say)
        gone = _add_media(media, writer, files, say)
        writer.finish()
    if gone:
        say(f"{gone} files were dropped by their retention meanwhile and are not in it")
    say(f"{writer.written >> 20} MB saved: schema {stock.schema}, {files - gone} files")


def room_mb(stock: Stock, media: Path | None) -> int:
    """What an archive may need. A dump has no indexes and is compressed: it was never half of its database."""
    return (stock.database_bytes // 2 + sum(path.stat().st_size for path in _media(media)) >> 20) + _SPARE_MB


async def look(url: str) -> Stock:
    """What the database of `url` holds. StartRefused when that login may not see every row."""
    connection = await connect(url, "INVEKTO_ADMIN_DATABASE_URL")
    try:
        login = await connection.fetchrow(
            "select rolname, rolsuper or rolbypassrls as sees_all from pg_roles where rolname = current_user"
        )
        assert login is not None
        if not login["sees_all"]:
            raise StartRefused(
                f"{login['rolname']} may not see every firm's rows, so it cannot save them: run this with "
                "INVEKTO_ADMIN_DATABASE_URL set to a superuser or a login with BYPASSRLS, or back the server up by its own means."
            )
        found = await connection.fetchrow(
            "select to_regclass('public.alembic_version') is not null as migrated,"
            " current_setting('server_version_num')::int as server, pg_database_size(current_database()) as size"
        )
        assert found is not None
        schema = None
        if found["migrated"]:
            schema = await connection.fetchval("select version_num from public.alembic_version")
        return Stock(schema, found["server"], found["size"])
    finally:
        await connection.close()


@contextmanager
def _output(target: Path | None, room_mb: int) -> Iterator[IO[bytes]]:
    """Where it goes; what is not finished is removed again."""
    if target is None:
        if sys.stdout.isatty():
            raise StartRefused("A backup is no text for a screen: redirect it, or name a file.")
        try:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise StartRefused("Whoever was to take the backup ended before it was whole.") from None
        return
    if target.exists():
        raise StartRefused(f"{target} is there already: choose another name.")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    need_space(target.parent, room_mb)
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # Fails when somebody was quicker, where a rename would take the other one's place.
        os.link(unfinished, target)
    except FileExistsError:
        raise StartRefused(f"{target} is there already: choose another name.") from None
    finally:
        unfinished.unlink(missing_ok=True)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _dump(url: str, writer: archive.Writer, say: Callable[[str], None]) -> None:
    progress = archive.Progress(say, "database: {mb} MB")

    def add(piece: bytes) -> None:
        writer.add_piece(piece)
        progress(writer.written)

    with running("pg_dump", _DUMP, url=url) as dump:
        assert dump.stdout is not None
        if copy(dump.stdout, add, archive.PIECE_BYTES) == 0:
            # Ends the program's block, which knows why.
            return


def _add_media(media: Path | None, writer: archive.Writer, files: int, say: Callable[[str], None]) -> int:
    progress = archive.Progress(say, "files: {so_far} of " + str(files))
    gone = 0
    for count, path in enumerate(_media(media), 1):
        assert media is not None
        if not writer.add_file(f"{archive.MEDIA}{path.relative_to(media).as_posix()}", path):
            gone += 1
        progress(count)
    return gone


def _media(media: Path | None) -> Iterator[Path]:
    """Every stored file: `<tenant>/<aa>/<sha256>`. What is still being written is none."""
    if media is None or not media.is_dir():
        return
    for tenant in sorted(media.iterdir()):
        if _is_uuid(tenant.name):
            yield from sorted(path for path in tenant.glob("??/*") if not path.name.startswith("."))


def _is_uuid(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True
