"""The witness for fault tests: what was asked of us and what our webhooks were answered, one JSON line each."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any


class Ledger:
    """Lines are durable (fsync) before `append` returns; lines that arrive during an fsync share the next one."""

    def __init__(self, path: Path | None) -> None:
        self._descriptor = None if path is None else os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._waiting: list[bytes] = []
        self._done: asyncio.Future[None] | None = None
        self._writer: asyncio.Task[None] | None = None

    @property
    def on(self) -> bool:
        return self._descriptor is not None

    async def append(self, kind: str, **fields: Any) -> None:
        """Does nothing when the ledger is off. Raises OSError when the line could not be made durable."""
        if self._descriptor is None:
            return
        self._waiting.append(json.dumps({"at": time.time(), "kind": kind, **fields}).encode() + b"\n")
        if self._done is None:
            self._done = asyncio.get_running_loop().create_future()
        done = self._done
        if self._writer is None:
            self._writer = asyncio.create_task(self._write(self._descriptor))
        await done

    async def _write(self, descriptor: int) -> None:
        try:
            while self._waiting:
                lines, self._waiting = b"".join(self._waiting), []
                done, self._done = self._done, None
                try:
                    await asyncio.to_thread(_durable, descriptor, lines)
                except OSError as error:
                    if done is not None:
                        done.set_exception(error)
                else:
                    if done is not None:
                        done.set_result(None)
        finally:
            self._writer = None

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _durable(descriptor: int, lines: bytes) -> None:
    while lines:
        lines = lines[os.write(descriptor, lines) :]
    os.fsync(descriptor)
