"""How many stored webhooks wait to be read, and for how long: the alarm, and the number beyond which none is taken in.

Being late alone refuses nothing: what is on disk is read in time, while a provider that was refused comes again when it likes.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from prometheus_client import Gauge

from invekto.channels.claims import backlog
from invekto.kernel.away import DATABASE_TROUBLE
from invekto.kernel.db import Database
from invekto.kernel.metrics import REGISTRY
from invekto.kernel.tenancy import INGEST

_log = logging.getLogger(__name__)

BACKLOG_MAX: Final = 200_000
LATE_FROM_S: Final = 60.0
_LOOK_EVERY_S: Final = 2.0

WAITING: Final = Gauge("invekto_receipts_waiting", "Stored webhooks that wait to be read.", registry=REGISTRY)
LAG: Final = Gauge("invekto_ingest_lag_seconds", "How long the oldest of them has waited.", registry=REGISTRY)


class Backlog:
    """`full` as of a moment ago. One per web process."""

    def __init__(self, database: Database, limit: int = BACKLOG_MAX) -> None:
        self.full = False
        self._database = database
        self._limit = limit
        self._late = False

    async def watch(self, look_every_s: float = _LOOK_EVERY_S) -> None:
        """Looks until it is cancelled. While the database is away the last answer stands. Each change is said once."""
        seen = True
        while True:
            try:
                async with (await self._database.pool(INGEST)).acquire() as connection:
                    waiting, oldest_s = await backlog(connection, self._limit)
            except DATABASE_TROUBLE as error:
                if seen:
                    _log.warning("how far ingest is behind cannot be seen: %s", error)
                seen = False
            else:
                seen = True
                self._note(waiting, oldest_s)
            await asyncio.sleep(look_every_s)

    def _note(self, waiting: int, oldest_s: float) -> None:
        WAITING.set(waiting)
        LAG.set(oldest_s)
        was_full, self.full = self.full, waiting >= self._limit
        was_late, self._late = self._late, oldest_s > LATE_FROM_S
        if self.full and not was_full:
            _log.error("%d webhooks wait to be read: no more are taken in until the workers have caught up", waiting)
        elif self._late and not was_late:
            _log.error("the oldest webhook has waited for %.0f s: do the workers run?", oldest_s)
        if was_full and not self.full:
            _log.warning("webhooks are taken in again: %d wait to be read", waiting)
