"""What waits in the database, as gauges of /metrics: numbers of the whole installation, the same in every web process.

Beside them what this process holds itself: connections of its pools, and the room on the disk of the data folder. How far
ingest is behind is asked all the time and elsewhere: see channels/backlog.
"""

from __future__ import annotations

import asyncio
import logging
import math
import shutil
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
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

# The quarantine has no index by time; its ids have the time in front. The queue holds what waits, and few dead ones.
_NUMBERS: Final = """
select d.*, c.*, (select count(*) from quarantine where id >= $1) as quarantined, search_lag_s() as search_lag_s,
       pg_snapshot_xmax(pg_current_snapshot())::text::bigint
         - pg_snapshot_xmin(pg_current_snapshot())::text::bigint as open_transactions_span,
       (select count(*) from pgqueuer where status = 'queued' and execute_after <= now()) as jobs_due,
       (select coalesce(extract(epoch from now() - min(execute_after)), 0)::float8
          from pgqueuer where status = 'queued' and execute_after <= now()) as job_overdue_s,
       (select count(*) from pgqueuer where status = 'failed') as jobs_dead
  from desk_numbers() d, channel_numbers() c
"""


def _gauge(name: str, sentence: str, labels: tuple[str, ...] = ()) -> Gauge:
    return Gauge(f"invekto_{name}", sentence, labels, registry=REGISTRY)


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
    "open_transactions_span": _gauge(
        "xmin_lag_transactions", "Transactions begun since the oldest one that is still open and writes."
    ),
    "database_bytes": _gauge("database_bytes", "Size of the database on disk."),
    "jobs_due": _gauge("jobs_due", "Jobs that may run now and that no worker has taken."),
    "job_overdue_s": _gauge("job_overdue_seconds", "For how long the first of them has been due."),
    "jobs_dead": _gauge("jobs_dead", "Jobs that were given up; `invekto jobs dead` shows them."),
    "last_inbound_s": _gauge(
        "last_inbound_seconds", "How long ago any connected channel last brought a message; NaN when none ever did."
    ),
}
# A number per channel would be a series for every firm's every number: channels are counted instead.
_CHANNELS: Final = _gauge(
    "channels", "Connected channels by the time since they last brought a message.", ("last_inbound",)
)
_BROKEN: Final = _gauge("channels_broken", "Connected channels that cannot send.", ("status",))
_SINCE: Final = ("within_hour", "within_day", "within_week", "older", "never")
_STATUSES: Final = ("reconnect_needed", "paused")
_CONNECTIONS: Final = _gauge("db_connections", "Open connections of this process.", ("pool", "state"))
_POOL_SIZE: Final = _gauge("db_pool_size", "How many connections a pool of this process may open.", ("pool",))
_DISK_FREE: Final = _gauge("disk_free_bytes", "Room on the disk of the data folder.")


class DeskGauges:
    """Asks when it is asked, at most once in KEPT_S. One per web process."""

    def __init__(self, database: Database, data: Path) -> None:
        self._database = database
        self._data = data
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
            self._show(numbers)
            self._asked_at = clock.monotonic()

    def _show(self, numbers: Mapping[str, Any]) -> None:
        def number(name: str) -> float:
            value = numbers.get(name)
            return math.nan if value is None else float(value)

        for name, gauge in _GAUGES.items():
            gauge.set(number(name))
        for since in _SINCE:
            _CHANNELS.labels(since).set(number(since))
        for status in _STATUSES:
            _BROKEN.labels(status).set(number(status))
        for pool, (size, used, idle) in self._database.connections().items():
            _POOL_SIZE.labels(pool).set(size)
            _CONNECTIONS.labels(pool, "used").set(used)
            _CONNECTIONS.labels(pool, "idle").set(idle)
        try:
            _DISK_FREE.set(shutil.disk_usage(self._data).free)
        except OSError:
            _DISK_FREE.set(math.nan)


def _first_id_of(moment: datetime) -> UUID:
    """Below every id that is made from `moment` on (kernel/ids)."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
