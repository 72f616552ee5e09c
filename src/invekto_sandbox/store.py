"""One SQLite file for everything that must outlive a kill. Tables belong to the modules that use them."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

Row = sqlite3.Row

_TABLES = """
create table if not exists setting (name text primary key, value text not null);
create table if not exists webhook (
    id integer primary key autoincrement,
    provider text not null, account text not null, url text not null, body blob not null,
    lane text not null, label text not null, about text not null, events text not null,
    attempts integer not null default 0, next_at real not null);
"""


def fold(text: str | None) -> str:
    """For searching names: without case and accents, İ, I, ı and i alike."""
    plain = unicodedata.normalize("NFD", (text or "").replace("ı", "i").replace("İ", "i").casefold())
    return "".join(char for char in plain if not unicodedata.combining(char))


class Store:
    """Calls block for some ten microseconds each: a write is a copy to the page cache (WAL, no fsync), which
    a killed process cannot lose. Only a power cut could, and a simulator may forget then."""

    def __init__(self, path: Path, tables: Sequence[str]) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.create_function("fold", 1, fold, deterministic=True)
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        self._connection.execute("pragma busy_timeout = 5000")
        for script in (_TABLES, *tables):
            self._connection.executescript(script)
        self._after: list[Callable[[], None]] = []
        self._open = False

    @contextlib.contextmanager
    def tx(self) -> Iterator[None]:
        """One transaction; an inner one joins the outer. What `after_commit` took runs when it is durable."""
        if self._open:
            yield
            return
        self._connection.execute("begin immediate")
        self._open = True
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            self._after.clear()
            raise
        else:
            self._connection.execute("commit")
        finally:
            self._open = False
        waiting, self._after = self._after, []
        for call in waiting:
            call()

    def after_commit(self, call: Callable[[], None]) -> None:
        if self._open:
            self._after.append(call)
        else:
            call()

    def run(self, sql: str, *values: object) -> int:
        """Executes one statement; gives the new row's id, or the number of changed rows."""
        cursor = self._connection.execute(sql, values)
        return (cursor.lastrowid or 0) if sql.lstrip()[:6].lower() == "insert" else cursor.rowcount

    def run_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        self._connection.executemany(sql, rows)

    def one(self, sql: str, *values: object) -> Row | None:
        row: Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, *values: object) -> list[Row]:
        return self._connection.execute(sql, values).fetchall()

    def number(self, sql: str, *values: object) -> int:
        row = self._connection.execute(sql, values).fetchone()
        return int(row[0])

    def setting(self, name: str, default: Any = None) -> Any:
        row = self.one("select value from setting where name = ?", name)
        return default if row is None else json.loads(row["value"])

    def keep_setting(self, name: str, value: Any) -> None:
        self.run("insert or replace into setting values (?, ?)", name, json.dumps(value))

    def close(self) -> None:
        self._connection.close()
