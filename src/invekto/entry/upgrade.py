"""Brings an installation to this version: saves the database, then migrates it. Which migrations there are: see migrate.

Several processes may start at once: one saves and migrates, the others wait for it.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import asyncpg

from invekto.entry import migrate
from invekto.entry.backup import FOLDER, look, make, room_mb
from invekto.entry.database import all_seeing_url, has_own_server
from invekto.entry.refusal import StartRefused
from invekto.entry.revisions import connect, head_revision, known_revisions, stored_revision
from invekto.kernel.clock import SystemClock
from invekto.kernel.settings import Settings

KEPT: Final = 3
CURRENT: Final = 0
CANNOT: Final = 2
WOULD_MIGRATE: Final = 3
_MANY_ROWS: Final = 100_000


def run(settings: Settings, *, create_roles: bool = False) -> None:
    """Saves and migrates; does nothing when the schema is this version's.

    Raises:
        StartRefused: no login that may migrate, a newer schema, no room for the backup.
    """
    if settings.admin_database_url is None:
        raise StartRefused(
            "INVEKTO_ADMIN_DATABASE_URL is not set: set it to the login that owns the schema, DATABASE_URL's may not migrate."
        )
    if create_roles:
        asyncio.run(migrate.create_roles(settings.admin_database_url, settings.database_url))
    asyncio.run(migrate.upgrade(settings.admin_database_url, _say, lambda _schema: _save_first(settings)))


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def _save_first(settings: Settings) -> None:
    if not settings.backup_before_upgrade:
        _say("the database is not saved first: INVEKTO_BACKUP_BEFORE_UPGRADE is no")
        return
    # Called inside of a loop, and has loops of its own.
    with ThreadPoolExecutor(1, thread_name_prefix="backup") as thread:
        thread.submit(_save, settings).result()


def _save(settings: Settings) -> None:
    url = all_seeing_url(settings)
    try:
        asyncio.run(look(url))
    except StartRefused as refused:
        if has_own_server(settings):
            raise
        _say(f"the database is not saved first: {refused}")
        return
    if not asyncio.run(_has_data(url)):
        return
    folder = settings.data / FOLDER
    target = folder / f"before-{head_revision()}-{SystemClock().now():%Y%m%dT%H%M%SZ}.tar"
    try:
        make(settings, target, with_key=False, with_media=False, say=_say)
    except StartRefused as refused:
        raise StartRefused(
            f"{refused} The database is saved before it is migrated; INVEKTO_BACKUP_BEFORE_UPGRADE=no leaves that out."
        ) from refused
    _say(f"the database of before is in {target}; `invekto restore` brings it back")
    for old in sorted(folder.glob("before-*.tar"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
        old.unlink(missing_ok=True)


async def _has_data(url: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        found: bool = await connection.fetchval("select exists (select from tenant)")
        return found
    finally:
        await connection.close()


def look_ahead(settings: Settings) -> int:
    """`invekto upgrade --check`: says what `upgrade` would do here; CURRENT, WOULD_MIGRATE or CANNOT. Changes nothing."""
    assert settings.database_url is not None
    wanted = head_revision()
    present = asyncio.run(stored_revision(settings.database_url))
    print(f"schema: the database has {present or 'nothing'}, this version needs {wanted}")
    if present == wanted:
        print("Nothing to do.")
        return CURRENT
    if present is not None and present not in known_revisions():
        print("The database is of a newer version: install that one. There is no way down but a backup.")
        return CANNOT
    rows = asyncio.run(_rows_of(settings.database_url))
    for revision, purpose, path in migrate.missing(present):
        large = {name: count for name, count in rows.items() if count >= _MANY_ROWS and _speaks_of(path, name)}
        told = ", ".join(f"{name} (about {count:,} rows)" for name, count in sorted(large.items()))
        print(f"migration {revision}: {purpose}" + (f"\n  may take long: it speaks of {told}" if told else ""))
    problems = [] if present is None else [*_backup_problems(settings, print)]
    if settings.admin_database_url is None:
        problems.append("INVEKTO_ADMIN_DATABASE_URL is not set, and DATABASE_URL's login may not migrate.")
    for problem in problems:
        print(f"cannot: {problem}")
    return CANNOT if problems else WOULD_MIGRATE


def _backup_problems(settings: Settings, say: Callable[[str], None]) -> list[str]:
    if not settings.backup_before_upgrade:
        say("backup: none, INVEKTO_BACKUP_BEFORE_UPGRADE is no")
        return []
    try:
        needed = room_mb(asyncio.run(look(all_seeing_url(settings))), None)
    except StartRefused as refused:
        if has_own_server(settings):
            return [str(refused)]
        say(f"backup: none. {refused}")
        return []
    folder = settings.data / FOLDER
    free = shutil.disk_usage(next(path for path in (folder, *folder.parents) if path.exists())).free >> 20
    say(f"backup: into {folder}, needs at most {needed} MB of {free} MB that are free")
    return [] if free >= needed else [f"the disk of {folder} has no room for the backup."]


async def _rows_of(url: str) -> dict[str, int]:
    connection = await connect(url)
    try:
        found = await connection.fetch(
            "select relname, greatest(reltuples, 0)::bigint as about from pg_class"
            " where relnamespace = 'public'::regnamespace and relkind = 'r'"
        )
        return {row["relname"]: row["about"] for row in found}
    finally:
        await connection.close()


def _speaks_of(migration: Path, table: str) -> bool:
    """Whether the migration's text names the table. It may do no more than read it: a warning, no forecast."""
    return re.search(rf"\b{re.escape(table)}\b", migration.read_text(encoding="utf-8")) is not None
