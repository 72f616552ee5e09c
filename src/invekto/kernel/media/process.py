"""Reads a file in a process of its own: the only door to the decoders. Does not know whose file it is, or where it lies."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sys
import tempfile
from collections.abc import AsyncIterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

_log = logging.getLogger(__name__)

AT_ONCE: Final = 2
DEADLINE_S: Final = 40.0
_ANSWER_MAX: Final = 64 << 10
_SAID_MAX: Final = 300
READ_KINDS: Final = frozenset(
    {
        "image/jpeg", "image/png", "image/gif", "image/webp",
        "audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/amr", "audio/wav", "audio/webm", "audio/flac",
        "audio/3gpp", "video/mp4", "video/3gpp", "video/quicktime", "video/webm",
    }
)  # fmt: skip
"""Types with facts. Anything else is a document: its name and size say all."""


class MediaUnreadable(Exception):
    """Damaged, not what it begins as, or beyond the limits. The next try would end the same."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """`family`: video or audio when only the streams could tell. `thumbnail`: a webp, or None."""

    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    waveform: list[int] | None = None
    family: str | None = None
    thumbnail: bytes | None = None


@dataclass
class MediaReader:
    """Starts children, at most AT_ONCE at a time. `python`: the interpreter of the child."""

    python: str = sys.executable
    deadline_s: float = DEADLINE_S
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def facts(self, mime: str, chunks: AsyncIterable[bytes]) -> Facts:
        """What a file of READ_KINDS shows. MediaUnreadable; OSError when no process or no room is to be had."""
        said, made = await self._ask("facts", mime, chunks)
        try:
            facts = msgspec.json.decode(said, type=Facts)
        except msgspec.MsgspecError as error:
            raise MediaUnreadable("the reader's answer is none") from error
        return msgspec.structs.replace(facts, thumbnail=made)

    async def voice_note(self, mime: str, chunks: AsyncIterable[bytes]) -> bytes:
        """The recording as Ogg with Opus, one channel. Raises as `facts`."""
        _, made = await self._ask("voice", mime, chunks)
        if made is None:
            raise MediaUnreadable("no sound came out")
        return made

    async def _ask(self, order: str, mime: str, chunks: AsyncIterable[bytes]) -> tuple[bytes, bytes | None]:
        if mime not in READ_KINDS:
            raise MediaUnreadable(f"{mime} is not read")
        async with self._places:
            folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="invekto-media-"))
            try:
                source, target = folder / "source", folder / "target"
                await _spool(chunks, source)
                said = await self._run(order, mime, source, target)
                made = await asyncio.to_thread(target.read_bytes) if target.exists() else None
                return said, made or None
            finally:
                await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))

    async def _run(self, order: str, mime: str, source: Path, target: Path) -> bytes:
        # Isolated, and without our environment: it holds the key that opens every secret.
        child = await asyncio.create_subprocess_exec(
            *(self.python, "-I", "-m", "invekto.kernel.media", order, mime, str(source), str(target)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={"LC_ALL": "C.UTF-8"},
            cwd=str(source.parent),
        )
        try:
            async with asyncio.timeout(self.deadline_s):
                said, complaint = await child.communicate()
        except TimeoutError:
            raise MediaUnreadable("the reader did not end in time") from None
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        if child.returncode != 0 or len(said) > _ANSWER_MAX:
            reason = complaint.decode("utf-8", "replace").strip()[-_SAID_MAX:]
            raise MediaUnreadable(f"the reader ended with {child.returncode}: {reason}")
        return said


async def _spool(chunks: AsyncIterable[bytes], path: Path) -> None:
    with path.open("wb") as file:  # opening a fresh file of a temporary folder
        async for chunk in chunks:
            await asyncio.to_thread(file.write, chunk)
