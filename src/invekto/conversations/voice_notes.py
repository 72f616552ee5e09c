"""Makes a recording a voice note just before it goes out: Ogg with Opus, one channel, as every phone plays it.

Browsers record what they can: Safari AAC in MP4, Chrome Opus in WebM. The original is replaced, so a second try sends what
the first one made.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import msgspec

from invekto.channels.adapter import Transient, Unsupported
from invekto.channels.outgoing import OutboundMedia
from invekto.kernel.db import Database
from invekto.kernel.ids import uuid7
from invekto.kernel.media.process import MediaReader, MediaUnreadable
from invekto.kernel.storage import MediaStore, StorageFull
from invekto.kernel.tx import SYSTEM

VOICE_MIME: Final = "audio/ogg"
_MAX_BYTES: Final = 16 << 20
_ORIGINAL: Final = """
insert into attachment (tenant_id, id, kind, mime, size, storage_key, state, facts_due_at, created_at)
select tenant_id, $3, kind, mime, size, storage_key, state, null, $4
  from attachment where tenant_id = $1 and message_id = $2 and voice
"""


@dataclass
class VoiceNotes:
    """`ready` is asked by delivery outside any transaction."""

    database: Database
    media: MediaStore
    reader: MediaReader = field(default_factory=MediaReader)

    async def ready(self, tenant_id: UUID, message_id: UUID, file: OutboundMedia) -> OutboundMedia:
        """The file as it may go out; itself when it is a voice note already, or none.

        Raises:
            Unsupported: it holds no sound that can be read.
            Transient: no room or no process at the moment.
        """
        if not file.voice or (file.mime == VOICE_MIME and await _is_opus(file)):
            return file
        try:
            content = await self.reader.voice_note(file.mime, file.open())
            stored = await self.media.put(tenant_id, _once(content), max_bytes=_MAX_BYTES)
        except MediaUnreadable as error:
            raise Unsupported("the recording cannot be read") from error
        except (OSError, StorageFull) as error:
            raise Transient("the recording cannot be made a voice note now") from error
        await self._replace(tenant_id, message_id, stored.sha256, stored.size)
        return msgspec.structs.replace(
            file,
            mime=VOICE_MIME,
            size=stored.size,
            name=None,
            open=lambda: self.media.read(tenant_id, stored.sha256),
        )

    async def _replace(self, tenant_id: UUID, message_id: UUID, sha256: str, size: int) -> None:
        """The original becomes an upload that nobody has sent: retention takes it, after a day as any."""
        async with self.database.tx(tenant_id, SYSTEM) as tx:
            await tx.execute(_ORIGINAL, tenant_id, message_id, uuid7(), tx.now)
            await tx.execute(
                "update attachment set storage_key = $3, size = $4, mime = $5, name = null, facts_due_at = now()"
                " where tenant_id = $1 and message_id = $2 and voice",
                *(tenant_id, message_id, sha256, size, VOICE_MIME),
            )
            tx.wake("facts")


async def _is_opus(file: OutboundMedia) -> bool:
    async for chunk in file.open():
        return b"OpusHead" in chunk[:256]
    return False


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
