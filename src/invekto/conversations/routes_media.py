"""Files in and out (docs/api.md, "Messages"). The bytes go through as a stream and are never served without a question
for the conversation they belong to.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Annotated, Final, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

from invekto.accounts.permissions import CONVERSATIONS_REPLY, CONVERSATIONS_VIEW
from invekto.conversations.media_again import fetch_again
from invekto.conversations.queries import Viewer
from invekto.conversations.queries_thread import visible_attachment
from invekto.conversations.representations import attachment, json_answer, upload
from invekto.conversations.schemas import Attachment, Upload
from invekto.conversations.uploads import UPLOAD_MAX_BYTES, keep_upload
from invekto.kernel.auth import Principal, requires
from invekto.kernel.errors import FieldError, Invalid, NotFound, TooLarge
from invekto.kernel.mime import SHOWN_INLINE
from invekto.kernel.multipart import file_part
from invekto.kernel.requests import in_tx
from invekto.kernel.storage import MediaMissing, MediaStore

router = APIRouter(prefix="/api/v1", tags=["media"])

_FORM_MAX: Final = 64 << 10
_THUMBNAIL_MIME: Final = "image/webp"
# A thumbnail's address never shows another picture. A day: `Vary: Cookie` gives the copy to no later session.
_THUMBNAIL_KEPT: Final = "private, max-age=86400, immutable"
_RANGE: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_UPLOAD_FORM: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


def _store(request: Request) -> MediaStore:
    store: MediaStore = request.app.state.media
    return store


@router.post("/media", response_model=Upload, status_code=201, openapi_extra=_UPLOAD_FORM)
async def upload_media(request: Request, principal: Annotated[Principal, requires(CONVERSATIONS_REPLY)]) -> Response:
    """Keeps a file for a message that I will send. 413 `media_too_large`."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > UPLOAD_MAX_BYTES + _FORM_MAX:
        raise TooLarge("media_too_large", max_bytes=UPLOAD_MAX_BYTES)
    part = await file_part(request, "file")
    stored = await _store(request).put(principal.tenant_id, part.chunks, max_bytes=UPLOAD_MAX_BYTES)
    if stored.size == 0:
        raise Invalid(fields=[FieldError("file", "too_short")])
    viewer = Viewer.of(principal)
    row = await in_tx(request, principal, lambda tx: keep_upload(tx, viewer, stored, part.name, part.declared))
    return json_answer(upload(row), 201)


@router.get(
    "/media/{attachment_id}",
    response_class=Response,
    responses={200: {"content": {"*/*": {}}}, 206: {}, 304: {}, 416: {}},
)
async def read_media(
    request: Request,
    principal: Annotated[Principal, requires(CONVERSATIONS_VIEW)],
    attachment_id: UUID,
    download: Annotated[bool, Query()] = False,
    size: Annotated[Literal["thumb"] | None, Query()] = None,
) -> Response:
    """The bytes, to somebody who sees the conversation or uploaded them. Range honoured.

    `size=thumb`: the small picture, a film's poster. 404 `media_missing` while there is none.
    """
    viewer = Viewer.of(principal)
    row = await in_tx(request, principal, lambda tx: visible_attachment(tx, viewer, attachment_id))
    if row is None:
        raise NotFound
    if row["state"] != "stored" or row["storage_key"] is None:
        raise MediaMissing
    store, key, mime, name = _store(request), row["storage_key"], row["mime"], row["name"]
    if size is not None:
        key, mime, name = row["thumbnail_key"], _THUMBNAIL_MIME, None
        if key is None:
            raise MediaMissing
    length = await store.size(principal.tenant_id, key)
    headers = _headers(mime, name, f'"{key[:32]}"', download=download)
    if size is not None:
        headers["cache-control"] = _THUMBNAIL_KEPT
    if headers["etag"] in [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    window = _range(request, length, headers["etag"])
    if window is None:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{length}"})
    start, end = window
    headers["content-length"] = str(end - start)
    if (start, end) != (0, length):
        headers["content-range"] = f"bytes {start}-{end - 1}/{length}"
    body = await _begun(store.read(principal.tenant_id, key, start=start, length=end - start))
    return StreamingResponse(body, 206 if "content-range" in headers else 200, headers)


@router.post("/media/{attachment_id}/retry", response_model=Attachment)
async def retry_media(
    request: Request, principal: Annotated[Principal, requires(CONVERSATIONS_REPLY)], attachment_id: UUID
) -> Response:
    """Asks the provider for a file once more, now. 409 `media_not_fetchable` when there is nothing to ask for."""
    viewer = Viewer.of(principal)
    row = await in_tx(request, principal, lambda tx: fetch_again(tx, viewer, attachment_id))
    return json_answer(attachment(row))


async def _begun(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Reads the first chunk now: a file that is gone must become an error while the answer can still be one."""
    first = await anext(chunks, b"")

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return whole()


def _headers(mime: str, name: str | None, etag: str, *, download: bool) -> dict[str, str]:
    """Only pictures, sound and film that cannot hold script are shown in place; anything else is a download.

    The browser may keep a copy but asks each time, so that a session that has ended shows nothing any more.
    """
    plain = mime.partition(";")[0]
    inline = plain in SHOWN_INLINE and not download
    disposition = "inline" if inline else "attachment"
    if name:
        ascii_name = re.sub(r"[^ !#-.0-\[\]-~]", "_", name)
        disposition += f"; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
    return {
        "content-type": mime if plain in SHOWN_INLINE else "application/octet-stream",
        "content-disposition": disposition,
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-cache",
        "accept-ranges": "bytes",
        "etag": etag,
        "vary": "Cookie",
    }


def _range(request: Request, size: int, etag: str) -> tuple[int, int] | None:
    """Start and end of what is asked for; the whole for none or one we do not understand; None beyond the end."""
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if match is None or request.headers.get("if-range", etag) != etag:
        return 0, size
    first, last = match.groups()
    if first:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return 0, size
        return (start, end) if start < size else None
    if not last:
        return 0, size
    return (max(0, size - int(last)), size) if int(last) > 0 else None
