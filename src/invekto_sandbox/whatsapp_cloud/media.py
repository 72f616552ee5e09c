"""Media files: uploaded by the business, or sent by a customer. Meta's types, sizes and short-lived addresses."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from invekto_sandbox.store import Row, Store
from invekto_sandbox.whatsapp_cloud.accounts import Accounts
from invekto_sandbox.whatsapp_cloud.errors import GraphError
from invekto_sandbox.whatsapp_cloud.payloads import Json

_MB = 1024 * 1024
_OFFICE = "application/vnd.openxmlformats-officedocument"
TYPES: Mapping[str, frozenset[str]] = {
    "image": frozenset({"image/jpeg", "image/png"}),
    "video": frozenset({"video/mp4", "video/3gpp"}),
    "audio": frozenset({"audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg", "audio/opus"}),
    "sticker": frozenset({"image/webp"}),
    "document": frozenset(
        {
            "text/plain",
            "application/pdf",
            "application/msword",
            "application/vnd.ms-excel",
            "application/vnd.ms-powerpoint",
            f"{_OFFICE}.wordprocessingml.document",
            f"{_OFFICE}.spreadsheetml.sheet",
            f"{_OFFICE}.presentationml.presentation",
        }
    ),
}
LIMITS: Mapping[str, int] = {
    "image": 5 * _MB,
    "video": 16 * _MB,
    "audio": 16 * _MB,
    "sticker": 500 * 1024,
    "document": 100 * _MB,
}
_STILL_STICKER = 100 * 1024
_ALIASES = {"image/jpg": "image/jpeg", "audio/mp3": "audio/mpeg", "video/3gp": "video/3gpp", "audio/x-m4a": "audio/mp4"}
UPLOADABLE = frozenset().union(*TYPES.values())
KEEP_S = {"uploaded": 30 * 86_400, "received": 7 * 86_400}
_PLAIN_STARTS: Mapping[str, tuple[bytes, ...]] = {
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/webp": (b"RIFF",),
    "application/pdf": (b"%PDF",),
    "audio/amr": (b"#!AMR",),
}


def base_mime(mime: str) -> str:
    plain = mime.partition(";")[0].strip().lower()
    return _ALIASES.get(plain, plain)


def kind_of(mime: str) -> str | None:
    """The message type whose rules a file of this type follows."""
    plain = base_mime(mime)
    return next((kind for kind, mimes in TYPES.items() if plain in mimes), None)


def flaw(kind: str, mime: str, head: bytes, size: int) -> str | None:
    """Why a stored file cannot go out as `kind`, in Meta's words; found only when it is sent. None if it can."""
    plain = base_mime(mime)
    if kind == "document":
        return None if size <= LIMITS["document"] else _too_big(kind, size)
    if plain not in TYPES[kind]:
        return f"Unsupported {kind.capitalize()} mime type {plain}. Please use one of {', '.join(sorted(TYPES[kind]))}."
    if size > LIMITS[kind]:
        return _too_big(kind, size)
    if kind == "sticker" and size > _STILL_STICKER and not _moves(head):
        return f"Sticker file size {size} is larger than the maximum of {_STILL_STICKER} bytes for a static sticker."
    starts = _PLAIN_STARTS.get(plain)
    if starts is not None and not head.startswith(starts):
        return (
            f"{kind.capitalize()} file uploaded with mimetype as {plain}, however on processing it is not that format."
        )
    if plain in ("audio/ogg", "audio/opus") and not (head.startswith(b"OggS") and b"OpusHead" in head[:512]):
        return (
            "Audio file uploaded with mimetype as audio/ogg, however on processing it is not opus in an ogg container."
        )
    return None


def voice_flaw(mime: str) -> str | None:
    """Why a file cannot go out as a voice note."""
    plain = base_mime(mime)
    return None if plain in ("audio/ogg", "audio/opus") else f"A voice message must be OGG with OPUS, not {plain}."


def _moves(head: bytes) -> bool:
    """The animation flag of an extended WebP file."""
    return head[12:16] == b"VP8X" and len(head) > 20 and bool(head[20] & 0x02)


def _too_big(kind: str, size: int) -> str:
    return f"{kind.capitalize()} file size {size} is larger than the maximum of {LIMITS[kind]} bytes."


class MediaShelf:
    """Bytes on disk by id, the rest in a row. Addresses carry their own expiry and a hash, so none is stored."""

    def __init__(self, store: Store, accounts: Accounts, folder: Path, base_url: str, url_s: int) -> None:
        self._store = store
        self._accounts = accounts
        self._folder = folder
        self._base_url = base_url
        self.url_s = url_s
        folder.mkdir(parents=True, exist_ok=True)

    def put(
        self,
        content: bytes,
        mime: str,
        *,
        waba_id: str,
        number_id: str | None,
        filename: str | None,
        voice: bool = False,
    ) -> Row:
        """Stores a file. `number_id` is the business number that uploaded it; None means a customer sent it."""
        media_id = str(secrets.randbelow(9 * 10**14) + 10**14)
        draft = self._folder / f"{media_id}.new"
        draft.write_bytes(content)
        draft.replace(self.path(media_id))
        self._store.run(
            "insert into wa_media values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            media_id,
            waba_id,
            number_id,
            mime,
            len(content),
            hashlib.sha256(content).hexdigest(),
            filename,
            voice,
            time.time(),
        )
        return self.get(media_id)

    def check_upload(self, mime: str, size: int) -> None:
        """Raises GraphError as `POST /{phone}/media` does."""
        plain = base_mime(mime)
        if plain not in UPLOADABLE:
            error = GraphError(100)
            error.title = (
                f"Param file must be a file with one of the following types: {', '.join(sorted(UPLOADABLE))}."
                f" Received file of type '{plain}'."
            )
            raise error
        kind = kind_of(plain)
        assert kind is not None
        if size > LIMITS[kind]:
            raise GraphError(131053, _too_big(kind, size))
        if size == 0:
            raise GraphError(131053, "The file is empty.")

    def find(self, media_id: str) -> Row | None:
        row = self._store.one("select * from wa_media where id = ?", media_id)
        if row is None:
            return None
        keep_s = KEEP_S["uploaded" if row["number_id"] else "received"]
        return row if time.time() - row["at"] < keep_s else None

    def get(self, media_id: str) -> Row:
        row = self.find(media_id)
        if row is None:
            raise KeyError(media_id)
        return row

    def delete(self, media_id: str) -> None:
        self._store.run("delete from wa_media where id = ?", media_id)
        self.path(media_id).unlink(missing_ok=True)

    def clear(self) -> None:
        for row in self._store.all("select id from wa_media"):
            self.delete(row["id"])

    def path(self, media_id: str) -> Path:
        return self._folder / media_id

    def head(self, media_id: str) -> bytes:
        with self.path(media_id).open("rb") as handle:
            return handle.read(1024)

    def url(self, media_id: str) -> str:
        expires = int(time.time()) + self.url_s
        return (
            f"{self._base_url}/whatsapp_business/attachments/"
            f"?mid={media_id}&source=webhook&ext={expires}&hash={self._hash(media_id, expires)}"
        )

    def url_holds(self, media_id: str, expires: str, given: str) -> bool:
        if not expires.isdigit() or int(expires) < time.time():
            return False
        return hmac.compare_digest(given, self._hash(media_id, int(expires)))

    def _hash(self, media_id: str, expires: int) -> str:
        digest = hmac.new(self._accounts.app_secret.encode(), f"media:{media_id}:{expires}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest.digest()[:16]).decode().rstrip("=")

    def node(self, row: Row) -> Json:
        """`GET /{media_id}`: here the hash is hex, in webhooks it is base64."""
        return {
            "url": self.url(row["id"]),
            "mime_type": row["mime"],
            "sha256": row["sha256"],
            "file_size": row["size"],
            "id": row["id"],
            "messaging_product": "whatsapp",
        }

    def received(self, row: Row, caption: str | None) -> Json:
        """The media object of a customer's message."""
        found: dict[str, Any] = {
            "mime_type": row["mime"],
            "sha256": base64.b64encode(bytes.fromhex(row["sha256"])).decode(),
            "id": row["id"],
            "url": self.url(row["id"]),
        }
        if caption:
            found["caption"] = caption
        return found
