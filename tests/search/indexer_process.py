"""A process of its own that makes things findable and may kill itself: `python -m tests.search.indexer_process URL [FAILPOINT]`.

Ends by itself when nothing is left to do.
"""

from __future__ import annotations

import asyncio
import sys

from invekto.kernel.db import Database, DatabaseOptions
from invekto.kernel.failpoints import arm
from invekto.search import handlers
from invekto.search.handlers import Indexer, open_connection


async def main(url: str, failpoints: list[str]) -> None:
    arm(failpoints)
    # Many small batches, so that a death falls between two of them.
    handlers.EVENTS_AT_ONCE = 7  # type: ignore[misc]  # the size of a batch is no promise
    handlers.ROWS_AT_ONCE = 7  # type: ignore[misc]  # as above
    database = await Database.open(DatabaseOptions(url), listen=False)
    connection = await open_connection(database)
    indexer = Indexer(database)
    while await indexer.work_once(connection):
        pass
    await connection.close()
    await database.close()


asyncio.run(main(sys.argv[1], sys.argv[2:]))
