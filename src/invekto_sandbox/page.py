"""Serves the phone page's built files. Builds nothing: `npm run build` in `web/` does."""

from __future__ import annotations

import importlib.util
import mimetypes
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

_CSP = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; style-src 'self' 'unsafe-inline';"
    " connect-src 'self' ws: wss:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_NOT_BUILT = (
    "<!doctype html><meta charset=utf-8><title>Sandbox</title><p>The phone page is not built.</p>"
    "<p>Telefon sayfası derlenmemiş.</p><p>The control API works: see /_control/state.</p>"
)
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))


def find_web(wish: Path | None) -> Path | None:
    """The folder with `sandbox.html`: the wished one, the installed package's, or the checkout's; None if not built."""
    if wish is not None:
        return wish
    spec = importlib.util.find_spec("invekto")
    roots = [Path(place) / "web" for place in (spec.submodule_search_locations or [])] if spec else []
    roots.append(Path(__file__).resolve().parents[2] / "web" / "dist")
    return next((root for root in roots if (root / "sandbox.html").is_file()), None)


class Page:
    def __init__(self, wish: Path | None) -> None:
        self._wish = wish

    async def index(self, request: Request) -> Response:
        root = find_web(self._wish)
        if root is None or not (root / "sandbox.html").is_file():
            return HTMLResponse(_NOT_BUILT, 503)
        return self._file(request, root / "sandbox.html", "no-cache")

    async def asset(self, request: Request) -> Response:
        """Anything below the built client's folder except other pages."""
        root = find_web(self._wish)
        path = request.path_params["path"]
        if root is None:
            return Response(status_code=404)
        file = (root / "assets" / path).resolve()
        if not file.is_relative_to((root / "assets").resolve()) or not file.is_file():
            return Response(status_code=404)
        return self._file(request, file, "public, max-age=31536000, immutable")

    def _file(self, request: Request, file: Path, cache: str) -> Response:
        headers = {
            "Cache-Control": cache,
            "Content-Security-Policy": _CSP,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Vary": "Accept-Encoding",
        }
        media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        accepted = request.headers.get("accept-encoding", "")
        for encoding, suffix in _ENCODINGS:
            packed = file.with_name(file.name + suffix)
            if encoding in accepted and packed.is_file():
                return FileResponse(packed, media_type=media_type, headers=headers | {"Content-Encoding": encoding})
        return FileResponse(file, media_type=media_type, headers=headers)
