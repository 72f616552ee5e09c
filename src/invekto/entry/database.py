"""Which database a command works on: the operator's, the one of a running Invekto, or one started for the command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from invekto.entry.postgres import SUPERUSER, EmbeddedPostgres
from invekto.entry.refusal import StartRefused
from invekto.entry.roles import APP, OWNER
from invekto.kernel.settings import Settings


def embedded(settings: Settings) -> EmbeddedPostgres:
    return EmbeddedPostgres(settings.data / "postgres")


def on_embedded(settings: Settings, server: EmbeddedPostgres) -> Settings:
    """The settings with the logins of the embedded server."""
    return replace(settings, database_url=server.url(APP), admin_database_url=server.url(OWNER))


def running_database(settings: Settings) -> Settings:
    """For processes that somebody else supervises: the given database, or the one that `up` runs here."""
    if settings.database_url is not None:
        return settings
    server = embedded(settings)
    if server.runs_elsewhere():
        return on_embedded(settings, server)
    raise StartRefused(
        "DATABASE_URL is not set and no database runs here: `invekto up` starts one together with web and worker."
    )


@contextmanager
def any_database(settings: Settings) -> Iterator[Settings]:
    """For one command: as `running_database`, but starts the embedded server for its duration when none runs."""
    if settings.database_url is not None:
        yield settings
        return
    server = embedded(settings)
    if server.runs_elsewhere():
        yield on_embedded(settings, server)
        return
    server.start()
    try:
        yield on_embedded(settings, server)
    finally:
        server.stop()


def has_own_server(settings: Settings) -> bool:
    """Whether the database, which runs, is the one that comes along."""
    server = embedded(settings)
    return server.runs_elsewhere() and settings.database_url in (None, server.url(APP))


def all_seeing_url(settings: Settings) -> str:
    """The login that may see every firm's rows: the superuser of the server that comes along, else the operator's own.

    The database runs. Whether the operator's login does see them is asked by whoever needs it.
    """
    server = embedded(settings)
    if server.runs_elsewhere() and settings.database_url in (None, server.url(APP)):
        return server.url(SUPERUSER)
    if settings.admin_database_url is None:
        raise StartRefused("INVEKTO_ADMIN_DATABASE_URL is not set: set it to a login that sees every row.")
    return settings.admin_database_url
