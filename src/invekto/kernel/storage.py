"""Keeps media by tenant and content hash. Does not know who may read it: see the media route.

The store makes every name itself, from a UUID and a SHA-256, so no sender's file name ever reaches a path.
Equal content of two tenants is stored twice: one tenant's deletion or existence must tell another nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import math
import os
import re
import shutil
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol
from uuid import UUID

from invekto.kernel.errors import NotFound, TooLarge, Unavailable
from invekto.kernel.ids import uuid7
from invekto.kernel.mime import HEAD_LENGTH

KEPT_FREE: Final = 256 << 20
"""Bytes that files leave to the database and the logs on the same disk."""
_WRITE_BUFFER: Final = 1 << 20
_READ_CHUNK: Final = 256 << 10
_ABANDONED_AFTER_S: Final = 3_600
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class StorageFull(Unavailable):
    """No room on the disk of the media. The message is kept with its media pending, and asked for again."""

    def __init__(self) -> None:
        super().__init__("storage_full", retry_after_s=60)


class MediaMissing(NotFound):
    def __init__(self) -> None:
        super().__init__("media_missing")


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """What was written: its content hash (the key within the tenant), length and first bytes (for mime.settle)."""

    sha256: str
    size: int
    head: bytes


class MediaStore(Protocol):
    async def put(self, tenant_id: UUID, chunks: AsyncIterable[bytes], *, max_bytes: int) -> StoredMedia:
        """Stores a stream durably. TooLarge `media_too_large` beyond `max_bytes`, StorageFull; then nothing is kept."""
        ...

    async def size(self, tenant_id: UUID, sha256: str) -> int:
        """Bytes stored. MediaMissing."""
        ...

    def read(self, tenant_id: UUID, sha256: str, *, start: int = 0, length: int | None = None) -> AsyncGenerator[bytes]:
        """Chunks of `length` bytes from `start` (to the end when None). MediaMissing on the first step."""
        ...

    async def delete(self, tenant_id: UUID, sha256: str, *, kept_for_s: float = 0) -> None:
        """Removes the content; gone already is as good. The caller knows that no row of the tenant names it any more.

        What was stored (again) within the last `kept_for_s` stays: its row may be on its way.
        """
        ...


class DiskStore:
    """A folder: `<tenant>/<first two hex digits>/<sha256>`, and `incoming/` for what is still being written."""

    def __init__(self, root: Path, *, keeps_free: int = 0) -> None:
        """`keeps_free`: with less room than this many bytes left, nothing more is taken: StorageFull."""
        self._root = root
        self._keeps_free = keeps_free
        self._incoming = root / "incoming"

    def prepare(self) -> None:
        """Makes the folders and removes what killed processes left half written more than an hour ago. Blocks."""
        self._root.parent.mkdir(parents=True, exist_ok=True)
        for folder in (self._root, self._incoming):
            folder.mkdir(mode=0o700, exist_ok=True)
        oldest = time.time() - _ABANDONED_AFTER_S
        for left in self._incoming.iterdir():
            try:
                if left.stat().st_mtime < oldest:
                    left.unlink()
            except FileNotFoundError:
                continue  # another process that starts now was quicker

    async def put(self, tenant_id: UUID, chunks: AsyncIterable[bytes], *, max_bytes: int) -> StoredMedia:
        part = self._incoming / f"{uuid7()}.part"
        try:
            writing = await asyncio.to_thread(_Writing, part, self._keeps_free)
            try:
                await _fill(writing, chunks, max_bytes)
                await asyncio.to_thread(writing.publish, self._path(tenant_id, writing.sha256()))
            finally:
                # Shielded: a cancelled upload must not leave its part behind. A published one has no part any more.
                await asyncio.shield(asyncio.to_thread(writing.discard))
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StorageFull from error
            raise
        return StoredMedia(sha256=writing.sha256(), size=writing.size, head=writing.head)

    async def size(self, tenant_id: UUID, sha256: str) -> int:
        try:
            return (await asyncio.to_thread(os.stat, self._path(tenant_id, sha256))).st_size
        except FileNotFoundError:
            raise MediaMissing from None

    async def read(
        self, tenant_id: UUID, sha256: str, *, start: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes]:
        try:
            file = await asyncio.to_thread(_open_at, self._path(tenant_id, sha256), start)
        except FileNotFoundError:
            raise MediaMissing from None
        left = length
        try:
            while left is None or left > 0:
                chunk = await asyncio.to_thread(file.read, _READ_CHUNK if left is None else min(_READ_CHUNK, left))
                if not chunk:
                    return
                if left is not None:
                    left -= len(chunk)
                yield chunk
        finally:
            file.close()

    async def delete(self, tenant_id: UUID, sha256: str, *, kept_for_s: float = 0) -> None:
        aside = self._incoming / f"{uuid7()}.gone"
        older_than = time.time() - kept_for_s if kept_for_s else math.inf
        await asyncio.to_thread(_remove, self._path(tenant_id, sha256), aside, older_than)

    def _path(self, tenant_id: UUID, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise MediaMissing
        return self._root / str(tenant_id) / sha256[:2] / sha256


class _Writing:
    """One file on its way in. Every method blocks; the lock is for a cancelled caller whose last step still runs."""

    def __init__(self, part: Path, keeps_free: int) -> None:
        if keeps_free and shutil.disk_usage(part.parent).free < keeps_free:
            raise StorageFull
        self._part = part
        self._file = os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0)
        self._hash = hashlib.sha256()
        self._lock = threading.Lock()
        self.size = 0
        self.head = b""

    def append(self, block: bytes) -> None:
        with self._lock:
            self._hash.update(block)
            self.head += block[: HEAD_LENGTH - len(self.head)]
            self.size += len(block)
            rest = memoryview(block)
            while rest:
                rest = rest[self._file.write(rest) or 0 :]

    def sha256(self) -> str:
        return self._hash.hexdigest()

    def publish(self, path: Path) -> None:
        """Content first, then its name, then the names above it: after a power cut the file is whole or absent."""
        with self._lock:
            os.fsync(self._file.fileno())
            group, tenant = path.parent, path.parent.parent
            tenant.mkdir(mode=0o700, exist_ok=True)
            group.mkdir(mode=0o700, exist_ok=True)
            self._part.replace(path)
            for folder in (group, tenant, tenant.parent):
                _sync_folder(folder)

    def discard(self) -> None:
        with self._lock:
            self._file.close()
            self._part.unlink(missing_ok=True)


async def _fill(writing: _Writing, chunks: AsyncIterable[bytes], max_bytes: int) -> None:
    buffered = bytearray()
    async for chunk in chunks:
        if writing.size + len(buffered) + len(chunk) > max_bytes:
            raise TooLarge("media_too_large", max_bytes=max_bytes)
        buffered += chunk
        if len(buffered) >= _WRITE_BUFFER:
            await asyncio.to_thread(writing.append, bytes(buffered))
            buffered.clear()
    await asyncio.to_thread(writing.append, bytes(buffered))


def _open_at(path: Path, start: int) -> BinaryIO:
    file = path.open("rb")
    file.seek(start)
    return file


def _remove(path: Path, aside: Path, older_than: float) -> None:
    """Looks again once nobody can replace it under us: what came in between is put back."""
    try:
        if path.stat().st_mtime > older_than:
            return
        path.replace(aside)
    except FileNotFoundError:
        return
    if aside.stat().st_mtime > older_than:
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
    aside.unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
