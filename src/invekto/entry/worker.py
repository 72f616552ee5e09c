"""One worker process: takes in what came, brings out what is queued, fetches files, runs jobs. Any number may run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final

from invekto.channels.connecting import Office
from invekto.channels.registry import build_desks, build_registry, operator_urls
from invekto.conversations.asked import Asked
from invekto.conversations.delivery import Delivery
from invekto.conversations.handlers import Ingest
from invekto.conversations.media_facts import MediaFacts
from invekto.conversations.media_fetch import MediaFetch
from invekto.entry.jobs import handlers, run_jobs
from invekto.entry.wiring import notice_subscribers, subscriptions
from invekto.kernel.crypto import KeyRing
from invekto.kernel.db import Database, DatabaseOptions
from invekto.kernel.http import Http
from invekto.kernel.metrics import watch_loop
from invekto.kernel.pressure import Pressure
from invekto.kernel.settings import Settings
from invekto.kernel.storage import KEPT_FREE, DiskStore
from invekto.search.handlers import Indexer

_log = logging.getLogger(__name__)

DRAIN_S: Final = 10
"""How long a stop waits for what runs. A provider's call that takes longer is found as begun, and becomes `unknown`."""


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Works until `stop`, then finishes what runs, for at most DRAIN_S.

    Raises what ended a part: a worker with a dead part is worth less than one that is started again.
    """
    assert settings.database_url is not None, "the command line has started or named a database"
    database = await Database.open(
        DatabaseOptions(settings.database_url, settings.bus_url, request_pool=4, role_pool=6),
        subscriptions=subscriptions(),
    )
    registry = build_registry(settings)
    keys = KeyRing(settings.secret_key, settings.former_keys)
    http = Http(operator_urls=operator_urls(settings))
    media = DiskStore(settings.data / "media", keeps_free=KEPT_FREE)
    media.prepare()
    office = Office(database, build_desks(settings, database.clock), http, keys, settings.public_url)
    pressure = Pressure()
    asked = Asked.here(database.clock.now())
    parts: dict[str, Coroutine[Any, Any, None]] = {
        "ingest": Ingest(database, registry, subscribers=notice_subscribers(), pressure=pressure).run(stop),
        "delivery": Delivery(database, registry, http, keys, media, asked, pressure).run(stop),
        "media": MediaFetch(database, registry, http, keys, media).run(stop),
        "media facts": MediaFacts(database, media).run(stop),
        "search": Indexer(database, pressure).run(stop),
        "jobs": run_jobs(database, media, handlers(database, registry, http, keys, office), stop),
    }
    tasks = [asyncio.create_task(part, name=name) for name, part in parts.items()]
    stopping = asyncio.create_task(stop.wait())
    watching = asyncio.create_task(watch_loop(), name="loop watch")
    try:
        await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            _log.info("worker: stopping")
        stop.set()
        _, late = await asyncio.wait(tasks, timeout=DRAIN_S)
        for task in late:
            _log.warning("worker: %s did not finish in time", task.get_name())
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result
    finally:
        stopping.cancel()
        asked.close()
        watching.cancel()
        await http.close()
        await database.close()
