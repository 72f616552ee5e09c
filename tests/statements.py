"""Counts what a use-case asks the database: raw statements by the driver's log, the others by SQLAlchemy's.

Begin and commit are not counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from asyncpg.connection import LoggedQuery
from sqlalchemy import event

from invekto.kernel.db import Database

_FRAME = ("begin", "commit", "rollback", "savepoint")


@contextmanager
def counted_statements(db: Database) -> Iterator[list[str]]:
    """Every statement of the requests' pool inside the block, in order."""
    statements: list[str] = []

    def note(query: LoggedQuery) -> None:
        if not query.query.lower().startswith(_FRAME):
            statements.append(query.query)

    def taken(_dbapi: Any, record: Any, _proxy: Any) -> None:
        record.driver_connection.add_query_logger(note)

    def returned(_dbapi: Any, record: Any) -> None:
        if record.driver_connection is not None:
            record.driver_connection.remove_query_logger(note)

    def asked(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    pool = db.engine.sync_engine.pool
    event.listen(db.engine.sync_engine, "before_cursor_execute", asked)
    event.listen(pool, "checkout", taken)
    event.listen(pool, "checkin", returned)
    try:
        yield statements
    finally:
        event.remove(pool, "checkout", taken)
        event.remove(pool, "checkin", returned)
        event.remove(db.engine.sync_engine, "before_cursor_execute", asked)
