"""Serves the built web client: hashed assets for ever, everything else asked for each time, every other path its page.

The files are listed once, so no path of a request ever reaches the disk. Knows nothing of the API.
"""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

import invekto
from invekto.kernel.errors import MethodNotAllowed, NotFound

NOT_BUILT: Final = "The web client is not built: run `make web`, then load again."
_INDEX: Final = "index.html"
# Built beside the client, but the sandbox serves it.
_OF_OTHERS: Final = ("sandbox.html", ".vite/")
_ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".ico": "image/x-icon",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class _File:
    """One file of the build with its compressed siblings, by content coding."""

    path: Path
    packed: dict[str, Path]
    etag: str
    media_type: str


def built_client(configured: Path | None) -> Path | None:
    """The folder of the build: the operator's, the installed package's, or the checkout's. None when there is none."""
    package = Path(invekto.__file__).parent
    for folder in (configured, package / "web", package.parents[1] / "web" / "dist"):
        if folder is not None and (folder / _INDEX).is_file():
            return folder
    return None


class WebClient:
    """An ASGI application for every path that is not the API's."""

    def __init__(self, configured: Path | None) -> None:
        self._configured = configured
        self._files: dict[str, _File] = {}
        self._built_at: float | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed
        response = await self._response(request)
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        files = await asyncio.to_thread(self._listed)
        if not files:
            return PlainTextResponse(NOT_BUILT, 503, {"retry-after": "5"})
        name = request.url.path.lstrip("/")
        file = files.get(name)
        if file is None:
            if name.startswith("assets/"):
                # An old page after an update: a page instead of its script would be an error nobody understands.
                raise NotFound
            name, file = _INDEX, files[_INDEX]
        coding, path = _choose(file, request.headers.get("accept-encoding", ""))
        etag = f'"{file.etag}{"-" + coding if coding else ""}"'
        headers = {
            "cache-control": "public, max-age=31536000, immutable" if name.startswith("assets/") else "no-cache",
            "content-type": file.media_type,
            "etag": etag,
            "vary": "Accept-Encoding",
        }
        if coding:
            headers["content-encoding"] = coding
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        body = await asyncio.to_thread(path.read_bytes)
        return Response(body, headers=headers)

    def _listed(self) -> dict[str, _File]:
        """The build's files; listed again when its page is another one. Blocks."""
        folder = built_client(self._configured)
        if folder is None:
            return {}
        built_at = (folder / _INDEX).stat().st_mtime
        if built_at != self._built_at:
            self._files = _list(folder)
            self._built_at = built_at
        return self._files


def _list(folder: Path) -> dict[str, _File]:
    paths = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    files = {}
    for name, path in paths.items():
        packed = {coding: paths[name + suffix] for coding, suffix in _ENCODINGS if name + suffix in paths}
        is_packed = any(name.endswith(suffix) and name[: -len(suffix)] in paths for _, suffix in _ENCODINGS)
        if is_packed or name.startswith(_OF_OTHERS):
            continue
        media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        files[name] = _File(path, packed, hashlib.sha256(path.read_bytes()).hexdigest()[:20], media_type)
    return files


def _choose(file: _File, accepted: str) -> tuple[str | None, Path]:
    """The best coding that the client takes. A coding it refuses with q=0 is not taken."""
    takes = {
        coding.strip().lower()
        for coding, _, quality in (part.partition(";") for part in accepted.split(","))
        if quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    }
    for coding, _ in _ENCODINGS:
        if coding in takes and coding in file.packed:
            return coding, file.packed[coding]
    return None, file.path
