"""Which database a command works on: the operator's, the one of a running Invekto, or one started for the command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from invekto.entry.postgres import EmbeddedPostgres
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
