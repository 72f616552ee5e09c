"""The commands of whoever keeps an installation: backup, restore, upgrade, the secret key, jobs that were given up."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from invekto.entry.cli_words import admin, group, load_settings, word

if TYPE_CHECKING:
    from invekto.entry.cli_words import Words
    from invekto.kernel.settings import Settings


def add_words(words: Words) -> None:
    upgrade = word(words, "upgrade", _upgrade, "Save the database and bring its schema to this version.")
    upgrade.add_argument(
        "--check",
        action="store_true",
        help="change nothing; exit code 0: nothing to do, 2: it cannot, 3: it would migrate",
    )
    backup = word(words, "backup", _backup, "Save database and media into one file, while everything runs.")
    backup.add_argument(
        "--to", type=Path, metavar="FILE", help="a file, a folder, or - for standard output; default: DATA/backups"
    )
    backup.add_argument("--with-key", action="store_true", help="the secret key too: whoever has the file opens it all")
    backup.add_argument("--database-only", action="store_true", help="without the media")
    backup.add_argument("--verify", type=Path, metavar="FILE", help="save nothing; say whether a backup is whole")
    restore = word(words, "restore", _restore, "Put a backup into an empty installation.")
    restore.add_argument("file", type=Path, nargs="?")
    restore.add_argument("--to", type=Path, metavar="FOLDER", help="the data folder; default: INVEKTO_DATA")
    restore.add_argument(
        "--force", action="store_true", help="also where an installation is; its database is kept aside"
    )
    restore.add_argument("--without-key", action="store_true", help="the secret key is lost: numbers connect again")
    restore.add_argument(
        "--in-place", action="store_true", help="no file: the data folder is itself a copy of an earlier moment"
    )

    keys = group(words, "key", "The key that seals access tokens and app secrets.")
    word(
        keys, "rotate", admin("keys", "rotate"), "Seal with the present key what INVEKTO_SECRET_KEY_FORMER has sealed."
    )
    word(
        keys,
        "forget-unreadable",
        admin("keys", "forget"),
        "The key is lost: let go of the access tokens that no key opens.",
    )
    jobs = group(words, "jobs", "Jobs that were given up, because a defect made them fail again and again.")
    dead = word(
        jobs, "dead", admin("dead_jobs", "dead"), "Show them, the last failed first; with an id all of that one."
    )
    dead.add_argument("id", type=int, nargs="?")
    dead.add_argument("--limit", type=int, default=50)
    for name, sentence in (("retry", "Run one again, or all of a name."), ("discard", "Drop one, or all of a name.")):
        chosen = word(jobs, name, admin("dead_jobs", name), sentence)
        chosen.add_argument("what", help="its id, or a name such as conversations.wake")


def _backup(arguments: argparse.Namespace) -> int:
    from invekto.entry import backup

    return backup.run(load_settings("backup"), arguments)


def _restore(arguments: argparse.Namespace) -> int:
    from invekto.entry import restore
    from invekto.kernel import log
    from invekto.kernel.settings import Settings

    def load(folder: Path | None, makes_key: bool) -> Settings:
        settings = Settings.load(folder=folder, makes_key=makes_key)
        log.configure("restore", settings.log_format, settings.log_level)
        return settings

    return restore.run(arguments, load)


def _upgrade(arguments: argparse.Namespace) -> int:
    from invekto.entry import upgrade
    from invekto.entry.database import any_database

    with any_database(load_settings("upgrade")) as settings:
        if arguments.check:
            return upgrade.look_ahead(settings)
        upgrade.run(settings)
    return 0
