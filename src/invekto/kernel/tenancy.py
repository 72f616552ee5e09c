"""How a connection says whose rows it may see: transaction-scoped settings that the policies read.

Nothing here outlives its transaction, so nothing survives in a pooled connection.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

import asyncpg

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

# A pool lends a proxy that does the same.
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

# Roles the login may become (`set role`); each sees what the migration's policies admit.
RECEIPTS = "invekto_receipts"
INGEST = "invekto_ingest"
DELIVERY = "invekto_delivery"
STREAM = "invekto_stream"

# Their statements probe indexes with a batch's keys. A plan made while the tables were empty would read them whole for
# ever, so the ways that stay right are pinned.
PINNED_PLANS: dict[str, str] = {"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off"}
ROLES_WITH_PINNED_PLANS = frozenset({INGEST, DELIVERY})


@asynccontextmanager
async def claimed(connection: Connection, tenants: Iterable[UUID] = ()) -> AsyncIterator[Connection]:
    """One transaction that sees the rows of `tenants` only. BEGIN and the setting travel together.

    The ids are UUIDs, so they are safe in the text of the statement. Commits on success, rolls back on any error.
    """
    ids = ",".join(str(tenant) for tenant in tenants)
    # nosemgrep: sql-from-values  # UUIDs, see above
    await connection.execute(f"begin; select set_config('app.tenants', '{ids}', true)")
    try:
        yield connection
    except BaseException:
        if not connection.is_closed():
            await connection.execute("rollback")
        raise
    await connection.execute("commit")
