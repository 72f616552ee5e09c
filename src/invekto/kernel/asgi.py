"""The edge of every request: its id, its origin, its size, its headers, and what becomes of an error.

Wraps the whole application and costs a webhook only a few microseconds. Knows no route and no session.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from invekto.kernel import log
from invekto.kernel.answers import decided, error_answer
from invekto.kernel.errors import Forbidden, Internal, InvektoError, TooLarge
from invekto.kernel.ids import uuid7
from invekto.kernel.metrics import REFUSED_ORIGINS, REQUEST_SECONDS, UNEXPECTED_ERRORS
from invekto.kernel.origins import client_address, comes_from_us, own_origins
from invekto.kernel.settings import Network

# Every JSON body of the API is far smaller; a megabyte of unknown fields would cost a third of a second to refuse.
BODY_MAX: Final = 64 << 10
ORIGIN_REFUSED: Final = 4403  # close code of a socket, docs/api.md "Stream"
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS: Final = _SAFE_METHODS | {"POST", "PUT", "PATCH", "DELETE"}
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_WANTED: Final = frozenset(
    (
        b"accept-language", b"content-length", b"origin", b"sec-fetch-site", b"sec-fetch-mode", b"sec-fetch-dest",
        b"x-forwarded-for", b"x-request-id",
    )
)  # fmt: skip
_CSP: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; font-src 'self'; connect-src 'self' ws: wss:; worker-src 'self'; manifest-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_log = logging.getLogger("invekto.requests")
# Found by its labels a thousand times a second: the registry takes a lock and checks them each time.
_histogram = cache(REQUEST_SECONDS.labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeOptions:
    """`body_limits`: bytes by path, or by what a path begins with when that ends in a slash; other paths admit BODY_MAX.
    `foreign`: path prefixes that other servers call, where no cookie counts and Origin says nothing.
    """

    public_url: str
    trusted_proxies: Sequence[Network] = ()
    body_limits: Sequence[tuple[str, int]] = ()
    foreign: tuple[str, ...] = ("/hooks/",)


class Edge:
    """Puts `request_id` and `address` into `request.state`; everything behind it may rely on them."""

    def __init__(self, app: ASGIApp, options: EdgeOptions) -> None:
        self._app = app
        self._options = options
        self._origins = own_origins(options.public_url)
        self._headers = _security_headers(secure=options.public_url.startswith("https://"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"] if k in _WANTED}
        request_id = _request_id(headers)
        peer, port = scope.get("client") or (None, 0)
        address = client_address(peer, headers.get("x-forwarded-for"), self._options.trusted_proxies)
        scope["client"] = None if address is None else (address, port)
        scope.setdefault("state", {}).update(request_id=request_id, address=address)
        with log.request(request_id):
            if scope["type"] == "websocket":
                await self._socket(scope, receive, send, headers)
            else:
                await _Exchange(self, scope, receive, send, headers, request_id).run()

    async def _socket(self, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str]) -> None:
        if comes_from_us(headers, self._origins):
            await self._app(scope, receive, send)
            return
        REFUSED_ORIGINS.inc()
        await receive()
        # Before the handshake is accepted a server turns this into 403.
        await send({"type": "websocket.close", "code": ORIGIN_REFUSED})

    def refusal(self, scope: Scope, headers: Mapping[str, str]) -> InvektoError | None:
        """Why this request does not reach the application, or None."""
        if scope["method"] not in _SAFE_METHODS:
            if not scope["path"].startswith(self._options.foreign) and not comes_from_us(headers, self._origins):
                REFUSED_ORIGINS.inc()
                return Forbidden("origin_refused")
            limit = self.body_limit(scope["path"])
            length = headers.get("content-length", "")
            if length.isdecimal() and int(length) > limit:
                return TooLarge(max_bytes=limit)
        return None

    def body_limit(self, path: str) -> int:
        for place, limit in self._options.body_limits:
            if path == place or (place.endswith("/") and path.startswith(place)):
                return limit
        return BODY_MAX

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    @property
    def foreign(self) -> tuple[str, ...]:
        return self._options.foreign

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        return self._headers


class _Exchange:
    """One request and its answer."""

    def __init__(
        self, edge: Edge, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str], request_id: str
    ) -> None:
        self._edge = edge
        self._scope = scope
        self._receive = receive
        self._send = send
        self._request_headers = headers
        self._request_id = request_id
        self._limit = edge.body_limit(scope["path"])
        self._received = 0
        self._too_large = False
        self._status = 0
        self._ended = False

    async def run(self) -> None:
        began = time.perf_counter()
        try:
            refused = self._edge.refusal(self._scope, self._request_headers)
            if refused is None:
                await self._edge.app(self._scope, self.receive, self.send)
            else:
                await self._answer(refused)
        except InvektoError as error:
            await self._answer(error)
        except Exception as error:
            told = decided(error)
            self._log(error, told)
            if self._status and not self._ended:
                raise  # half an answer is out: the server must break the connection, or it would look whole
            if not self._status:
                await self._answer(told)
        finally:
            method = self._scope["method"] if self._scope["method"] in _METHODS else "other"
            _histogram(method, _route(self._scope), str(self._status)).observe(time.perf_counter() - began)

    def _log(self, error: Exception, told: InvektoError) -> None:
        where = f"{self._scope['method']} {_route(self._scope)}"
        if isinstance(told, Internal):
            UNEXPECTED_ERRORS.inc()
            _log.error("%s failed", where, exc_info=error)
        else:
            _log.warning("%s was refused: %r", where, error)

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            if self._received > self._limit:
                self._too_large = True
                raise TooLarge(max_bytes=self._limit)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if self._too_large:
                # A framework takes the refusal of `receive` for a body it could not parse: the answer is ours.
                await self._answer(TooLarge(max_bytes=self._limit))
                return
            self._status = message["status"]
            message = {**message, "headers": self._with_ours(message.get("headers", ()))}
        elif message["type"] == "http.response.body":
            if self._ended:
                return
            self._ended = not message.get("more_body", False)
        await self._send(message)

    async def _answer(self, error: InvektoError) -> None:
        status, headers, body = error_answer(error, self._request_id, self._request_headers.get("accept-language"))
        if isinstance(error, TooLarge):
            # The rest of the body is still coming, and nobody will read it.
            headers = [*headers, (b"connection", b"close")]
        self._too_large = False
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    def _with_ours(self, given: Any) -> list[tuple[bytes, bytes]]:
        headers = list(given)
        if self._scope["method"] == "POST" and self._scope["path"].startswith(self._edge.foreign):
            # A provider's server reads none of what protects a browser, and each header is a webhook's time.
            headers += ((b"x-content-type-options", b"nosniff"), (b"x-request-id", self._request_id.encode()))
            return headers
        names = {name.lower() for name, _ in headers}
        headers.extend(header for header in self._edge.headers if header[0] not in names)
        if self._scope["path"].startswith("/api") and b"cache-control" not in names:
            headers.append((b"cache-control", b"no-store, private"))
        headers.append((b"x-request-id", self._request_id.encode()))
        return headers


def _request_id(headers: Mapping[str, str]) -> str:
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else str(uuid7())


def _route(scope: Scope) -> str:
    """The route's template, or the name of a plain endpoint; never the path itself, which anybody can invent."""
    path = getattr(scope.get("route"), "path", None)
    return str(path or getattr(scope.get("endpoint"), "__name__", "other"))


def _security_headers(*, secure: bool) -> list[tuple[bytes, bytes]]:
    headers = {
        "content-security-policy": _CSP,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin-allow-popups",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(self), microphone=(self)",
    }
    if secure:
        headers["strict-transport-security"] = "max-age=31536000"
    return [(name.encode(), value.encode()) for name, value in headers.items()]
