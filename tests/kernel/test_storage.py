from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from invekto.kernel.errors import TooLarge
from invekto.kernel.ids import uuid7
from invekto.kernel.storage import DiskStore, MediaMissing, StorageFull

TENANT, OTHER = uuid7(), uuid7()
MB = 1 << 20


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    made = DiskStore(tmp_path / "media")
    made.prepare()
    return made


async def chunks(content: bytes, size: int = 10_000) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def whole(store: DiskStore, sha256: str, start: int = 0, length: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in store.read(TENANT, sha256, start=start, length=length)])


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_what_is_stored_reads_back_and_is_named_by_its_content(store: DiskStore, tmp_path: Path) -> None:
    content = os.urandom(3 * MB + 17)
    stored = await store.put(TENANT, chunks(content), max_bytes=4 * MB)
    digest = hashlib.sha256(content).hexdigest()
    assert (stored.sha256, stored.size, stored.head) == (digest, len(content), content[:4096])
    assert await whole(store, digest) == content
    assert await store.size(TENANT, digest) == len(content)
    assert files_below(tmp_path) == [tmp_path / "media" / str(TENANT) / digest[:2] / digest]


async def test_a_range_is_read_without_the_rest(store: DiskStore) -> None:
    content = bytes(range(256)) * 4_000
    stored = await store.put(TENANT, chunks(content), max_bytes=4 * MB)
    assert await whole(store, stored.sha256, 1_000, 500_000) == content[1_000:501_000]
    assert await whole(store, stored.sha256, len(content) - 5) == content[-5:]
    assert await whole(store, stored.sha256, len(content) + 5, 10) == b""


async def test_one_byte_over_the_cap_keeps_nothing(store: DiskStore, tmp_path: Path) -> None:
    await store.put(TENANT, chunks(b"x" * 100), max_bytes=100)
    with pytest.raises(TooLarge) as refused:
        await store.put(TENANT, chunks(b"y" * 101), max_bytes=100)
    assert (refused.value.code, refused.value.params) == ("media_too_large", {"max_bytes": 100})
    assert len(files_below(tmp_path)) == 1


async def test_the_cap_stops_an_endless_stream_at_once(store: DiskStore, tmp_path: Path) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 64_000
            yield bytes(64_000)

    with pytest.raises(TooLarge):
        await store.put(TENANT, endless(), max_bytes=5 * MB)
    assert taken <= 5 * MB + 64_000
    assert files_below(tmp_path) == []


async def test_a_stream_that_fails_leaves_no_part(store: DiskStore, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield bytes(2 * MB)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.put(TENANT, broken(), max_bytes=4 * MB)
    assert files_below(tmp_path) == []


async def test_a_cancelled_upload_leaves_no_part(store: DiskStore, tmp_path: Path) -> None:
    began = asyncio.Event()

    async def hanging() -> AsyncIterator[bytes]:
        yield bytes(2 * MB)
        began.set()
        await asyncio.sleep(60)

    upload = asyncio.create_task(store.put(TENANT, hanging(), max_bytes=4 * MB))
    await began.wait()
    assert len(files_below(tmp_path)) == 1
    upload.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await upload
    for _ in range(100):
        if not files_below(tmp_path):
            break
        await asyncio.sleep(0.01)
    assert files_below(tmp_path) == []


async def test_equal_content_of_two_tenants_lives_and_dies_apart(store: DiskStore) -> None:
    mine = await store.put(TENANT, chunks(b"same"), max_bytes=10)
    theirs = await store.put(OTHER, chunks(b"same"), max_bytes=10)
    assert mine.sha256 == theirs.sha256
    await store.delete(OTHER, theirs.sha256)
    assert await whole(store, mine.sha256) == b"same"
    with pytest.raises(MediaMissing):
        await store.size(OTHER, theirs.sha256)
    await store.delete(OTHER, theirs.sha256)


async def test_what_was_stored_a_moment_ago_can_be_asked_to_stay(store: DiskStore, tmp_path: Path) -> None:
    kept = await store.put(TENANT, chunks(b"again"), max_bytes=10)
    await store.delete(TENANT, kept.sha256, kept_for_s=60)
    assert await whole(store, kept.sha256) == b"again"
    (file,) = files_below(tmp_path)
    os.utime(file, (0, 0))
    await store.delete(TENANT, kept.sha256, kept_for_s=60)
    assert not files_below(tmp_path)


async def test_the_same_content_twice_at_once_is_one_file(store: DiskStore, tmp_path: Path) -> None:
    content = os.urandom(MB)
    await asyncio.gather(*(store.put(TENANT, chunks(content), max_bytes=MB) for _ in range(8)))
    assert len(files_below(tmp_path)) == 1


@pytest.mark.attack("A29")
@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 63 + "/", "0" * 64 + "\n", "..", "0" * 62 + "\x00"])  # fmt: skip
async def test_nothing_but_a_hash_reaches_a_path(store: DiskStore, name: str) -> None:
    with pytest.raises(MediaMissing):
        await store.size(TENANT, name)
    with pytest.raises(MediaMissing):
        await store.delete(TENANT, name)
    with pytest.raises(MediaMissing):
        await anext(store.read(TENANT, name))


async def test_folders_and_files_are_for_us_only(store: DiskStore, tmp_path: Path) -> None:
    await store.put(TENANT, chunks(b"secret"), max_bytes=10)
    for path in (tmp_path / "media", *(tmp_path / "media").rglob("*")):
        assert path.stat().st_mode & 0o077 == 0


def test_preparing_removes_what_a_killed_process_left(tmp_path: Path) -> None:
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    (incoming / "old.part").write_bytes(b"x")
    (incoming / "new.part").write_bytes(b"x")
    long_ago = time.time() - 7_200
    os.utime(incoming / "old.part", (long_ago, long_ago))
    DiskStore(tmp_path).prepare()
    assert [path.name for path in incoming.iterdir()] == ["new.part"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a small disk needs rights this machine does not give")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_a_full_disk_is_named_and_keeps_nothing_and_passes_when_there_is_room(small_disk: Path) -> None:
    store = DiskStore(small_disk)
    store.prepare()
    with pytest.raises(StorageFull) as refused:
        await store.put(TENANT, chunks(bytes(4 * MB)), max_bytes=8 * MB)
    assert refused.value.http_status == 503
    assert files_below(small_disk) == []
    assert (await store.put(TENANT, chunks(bytes(MB)), max_bytes=8 * MB)).size == MB


async def test_the_last_bytes_of_a_disk_are_left_to_the_database(tmp_path: Path) -> None:
    """F11: with less room than is kept free nothing is taken, however small it is."""
    free = shutil.disk_usage(tmp_path).free
    store = DiskStore(tmp_path / "media", keeps_free=free * 2)
    store.prepare()
    with pytest.raises(StorageFull):
        await store.put(TENANT, chunks(b"x"), max_bytes=MB)
    assert files_below(tmp_path) == []
    roomy = DiskStore(tmp_path / "media", keeps_free=1)
    assert (await roomy.put(TENANT, chunks(b"x"), max_bytes=MB)).size == 1
