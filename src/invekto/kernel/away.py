"""What the driver raises while PostgreSQL is down, going, or not there yet, and what else lets a loop try again.

What a request is told of it is decided in `answers`.
"""

from __future__ import annotations

from typing import Final

import asyncpg

SERVER_AWAY: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    # What a statement meets on a connection whose server has said goodbye and has not hung up yet.
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby took the address over: connect again
)
DATABASE_TROUBLE: Final = (*SERVER_AWAY, asyncpg.PostgresError)
"""The same and every refusal of a statement: a loop that must not end writes it down and goes on."""
