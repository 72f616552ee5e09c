"""Inserts rows of one shape by the thousand. For what is brought in at once; single lines have statements of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from invekto.kernel.tenancy import Connection

Values: TypeAlias = dict[str, Any]
"""A row by its columns."""
ROWS_AT_ONCE: Final = 4000
_NUMBERS: Final = frozenset(
    [
        "number",
        "version",
        "last_seq",
        "inbound_count",
        "answered_inbound_no",
        "preview_seq",
        "seq",
        "inbound_no",
        "size",
        "wall_s",
    ]
)
_TIMES: Final = frozenset({"waiting_since", "snoozed_until", "waited_from"})


def _type(column: str) -> str:
    if column == "id" or (column.endswith("_id") and column not in ("provider_id", "reply_to_provider_id")):
        return "uuid"
    if column.endswith("_at") or column in _TIMES:
        return "timestamptz"
    if column in _NUMBERS:
        return "bigint"
    return {"payload": "jsonb", "raw": "jsonb", "context": "jsonb", "voice": "boolean", "past": "boolean"}.get(
        column, "text"
    )


async def insert_rows(connection: Connection, table: str, rows: Iterable[Values]) -> None:
    """Rows of one shape, ROWS_AT_ONCE a statement. Names of tables and columns come from the code alone."""
    waiting = list(rows)
    for start in range(0, len(waiting), ROWS_AT_ONCE):
        part = waiting[start : start + ROWS_AT_ONCE]
        columns = list(part[0])
        arrays = ", ".join(f"${number}::{_type(column)}[]" for number, column in enumerate(columns, 1))
        await connection.execute(
            # nosemgrep: sql-from-values  # names of tables and columns, from the code alone
            f"insert into {table} ({', '.join(columns)}) select * from unnest({arrays})",  # noqa: S608
            *([row[column] for row in part] for column in columns),
        )
