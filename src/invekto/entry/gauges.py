"""What waits in the database, as gauges of /metrics: numbers of the whole installation, the same in every web process.

How far ingest is behind is asked all the time and elsewhere: see channels/backlog.
"""

from __future__ import annotations

import asyncio
import logging
import math
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from prometheus_client import Gauge

from invekto.kernel.away import DATABASE_TROUBLE
from invekto.kernel.db import Database
from invekto.kernel.metrics import REGISTRY
from invekto.kernel.tenancy import INGEST

_log = logging.getLogger(__name__)

KEPT_S: Final = 5.0
_ANSWER_S: Final = 3.0
_RECENT: Final = timedelta(hours=1)

# The quarantine has no index by time; its ids have the time in front.
_NUMBERS: Final = """
select d.*, (select count(*) from quarantine where id >= $1) as quarantined, search_lag_s() as search_lag_s
  from desk_numbers() d
"""


def _gauge(name: str, sentence: str) -> Gauge:
    return Gauge(f"invekto_{name}", sentence, registry=REGISTRY)


_GAUGES: Final = {
    "outbox_waiting": _gauge("outbox_waiting", "Messages that must still go out."),
    "outbox_oldest_s": _gauge("outbox_oldest_seconds", "How long the oldest of them has waited."),
    "lanes_due": _gauge("lanes_due", "Conversations whose next message may go out now and that no worker has claimed."),
    "lane_overdue_s": _gauge("lane_overdue_seconds", "For how long the first of them has been due."),
    "event_lag_s": _gauge(
        "event_lag_seconds", "Age of the oldest event that an open transaction keeps from the screens."
    ),
    "search_lag_s": _gauge("search_lag_seconds", "Age of the oldest event that search has not followed yet."),
    "quarantined": _gauge("quarantined_last_hour", "Parts of webhooks put into the quarantine within the last hour."),
}


class DeskGauges:
    """Asks when it is asked, at most once in KEPT_S. One per web process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asking = asyncio.Lock()
        self._asked_at = -math.inf

    async def refresh(self) -> None:
        """Sets the gauges. A database that does not answer within _ANSWER_S leaves them without a value (NaN)."""
        clock = self._database.clock
        async with self._asking:
            if clock.monotonic() - self._asked_at < KEPT_S:
                return
            try:
                async with asyncio.timeout(_ANSWER_S), (await self._database.pool(INGEST)).acquire() as connection:
                    found = await connection.fetchrow(_NUMBERS, _first_id_of(clock.now() - _RECENT))
                numbers = dict(found or {})
            except DATABASE_TROUBLE as error:
                _log.warning("the numbers of the desk cannot be seen: %s", error)
                numbers = {}
            for name, gauge in _GAUGES.items():
                gauge.set(numbers.get(name, math.nan))
            self._asked_at = clock.monotonic()


def _first_id_of(moment: datetime) -> UUID:
    """Below every id that is made from `moment` on (kernel/ids)."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
