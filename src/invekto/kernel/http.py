"""The only way our own calls leave the machine: deadlines, size caps, checked addresses, and an exact account of failure.

Every error says whether the request may have reached the other side (`sent`): the outbox sends again only what
certainly did not. Does not retry and does not judge a status: a provider's adapter does.
"""

from __future__ import annotations

import asyncio
import json as json_format
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

import httpx

from invekto.kernel.addresses import resolve_public
from invekto.kernel.http_body import Body, FilePart, encode, inflated, no_longer_than
from invekto.kernel.http_errors import (
    HttpConnectFailed,
    HttpError,
    HttpInterrupted,
    HttpRefusedAddress,
    HttpTimeout,
    HttpTooLarge,
    HttpTooManyRedirects,
)
from invekto.kernel.http_network import CONNECT_TIMEOUT_S, Connections, Origin, Resolver
from invekto.kernel.http_wire import Progress, Wire, request_head

DEADLINE_S: Final = 15.0
MAX_BYTES: Final = 2 << 20
REDIRECTS_MAX: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_USER_AGENT: Final = "Invekto"
_HEADERS_WITHOUT_SECRET: Final = frozenset({"accept", "accept-encoding", "accept-language", "user-agent"})

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A whole answer. Header names are compared without case."""

    status: int
    headers: httpx.Headers
    body: bytes

    def json(self) -> Any:
        """The body as JSON. ValueError for anything else, also for nesting that is too deep to read."""
        try:
            return json_format.loads(self.body)
        except RecursionError:
            raise ValueError("JSON nested too deep") from None


@dataclass(frozen=True, slots=True)
class HttpStream:
    """An answer whose body is still coming. `chunks` can be read once and raises HttpError."""

    status: int
    headers: httpx.Headers
    chunks: AsyncIterator[bytes]


class Http:
    """The process's client. Make one in `entry`, close it at the end.

    `operator_urls` are the provider bases of the settings: their origins (scheme, host and port, exactly) may be
    plain http and may be private, which is how a sandbox on loopback works. Nothing else may.
    """

    def __init__(
        self,
        *,
        operator_urls: Iterable[str] = (),
        tls: ssl.SSLContext | None = None,
        resolve: Resolver = resolve_public,
    ) -> None:
        self._operator_origins = frozenset(_origin(httpx.URL(url)) for url in operator_urls)
        tls = tls or httpx.create_ssl_context()
        tls.set_alpn_protocols(["http/1.1"])
        self._to_operator = Connections(tls, None)
        self._guarded = Connections(tls, resolve)

    async def close(self) -> None:
        await self._to_operator.close()
        await self._guarded.close()

    async def request(
        self,
        method: Method,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | None = None,
        form: Mapping[str, str] | None = None,
        file: FilePart | None = None,
        deadline_s: float = DEADLINE_S,
        max_bytes: int = MAX_BYTES,
        redirects: int = 0,
        from_tenant: bool = False,
    ) -> HttpResponse:
        """One call, its whole answer. `deadline_s` covers everything, `max_bytes` the answer as unpacked.

        The body is one of `json`, `content`, or `form`, which is multipart as soon as there is a `file`.
        `redirects`: how many to follow (GET only, each address checked); with 0 a redirect is an answer like any other.
        `from_tenant`: a tenant typed the URL, so the operator's own addresses are refused as well.

        Raises:
            HttpError: see its subclasses; `sent` tells whether it may have had an effect.
        """
        async with self.stream(
            method,
            url,
            params=params,
            headers=headers,
            json=json,
            content=content,
            form=form,
            file=file,
            deadline_s=deadline_s,
            max_bytes=max_bytes,
            redirects=redirects,
            from_tenant=from_tenant,
        ) as answer:
            body = b"".join([chunk async for chunk in answer.chunks])
            return HttpResponse(answer.status, answer.headers, body)

    @asynccontextmanager
    async def stream(
        self,
        method: Method,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | None = None,
        form: Mapping[str, str] | None = None,
        file: FilePart | None = None,
        deadline_s: float = DEADLINE_S,
        max_bytes: int = MAX_BYTES,
        redirects: int = 0,
        from_tenant: bool = False,
    ) -> AsyncIterator[HttpStream]:
        """As `request`, but the body comes in chunks while the block runs; the deadline covers the block too."""
        if redirects > REDIRECTS_MAX or (redirects and method != "GET"):
            raise ValueError(f"only GET follows redirects, and at most {REDIRECTS_MAX}")
        body_headers, body = encode(json, content, form, file)
        call = _Call(
            method=method,
            url=_parse(url, params),
            headers={
                "user-agent": _USER_AGENT,
                "accept-encoding": "gzip",
                **body_headers,
                **{k.lower(): v for k, v in (headers or {}).items()},
            },
            body=body,
            from_tenant=from_tenant,
        )
        state = Progress()
        # The caller's own TimeoutError must not be taken for the deadline's.
        deadline = asyncio.timeout(deadline_s)
        try:
            async with deadline, self._following(call, redirects, state) as response:
                yield _stream(response, max_bytes)
        except TimeoutError:
            if not deadline.expired():
                raise
            raise HttpTimeout(f"no whole answer within {deadline_s:g} s", sent=state.sent) from None

    @asynccontextmanager
    async def _following(self, call: _Call, redirects: int, state: Progress) -> AsyncIterator[Wire]:
        for followed in range(redirects + 1):
            async with self._answer(call, state) as response:
                location = _location(response) if redirects else None
                if location is None:
                    yield response
                    return
                if followed == redirects:
                    raise HttpTooManyRedirects(f"more than {redirects} redirects", sent=True)
                call = call.redirected(location)

    @asynccontextmanager
    async def _answer(self, call: _Call, state: Progress) -> AsyncIterator[Wire]:
        connections = self._connections_for(call, state)
        origin = _origin(call.url)
        head = request_head(call.method, call.url.raw_path, call.url.netloc, call.headers)
        wire = await connections.take(origin, state)
        try:
            await wire.exchange(head, call.body, int(call.headers.get("content-length", 0)), state)
            yield wire
        finally:
            connections.give_back(origin, wire)

    def _connections_for(self, call: _Call, state: Progress) -> Connections:
        if not call.from_tenant and _origin(call.url) in self._operator_origins:
            return self._to_operator
        if call.url.scheme != "https":
            raise HttpRefusedAddress(f"{call.url.scheme} is refused, https is needed", sent=state.sent)
        return self._guarded


@dataclass(frozen=True, slots=True)
class _Call:
    method: Method
    url: httpx.URL
    headers: dict[str, str]
    body: Body
    from_tenant: bool

    def redirected(self, location: str) -> _Call:
        try:
            url = _checked(self.url.join(location))
        except (httpx.InvalidURL, HttpRefusedAddress) as error:
            raise HttpRefusedAddress(f"redirected to no address we call: {error}", sent=True) from None
        headers = self.headers
        if _origin(url) != _origin(self.url):
            # A key in a header of any name belongs to the host it was meant for.
            headers = {name: value for name, value in headers.items() if name in _HEADERS_WITHOUT_SECRET}
        return _Call("GET", url, headers, None, self.from_tenant)


def _parse(url: str, params: Mapping[str, str] | None) -> httpx.URL:
    if not params:
        return _plain(url)
    return _checked(_plain(url).copy_merge_params(params))


@lru_cache(maxsize=1024)
def _plain(url: str) -> httpx.URL:
    """An outbox asks the same few addresses thousands of times; a parsed one is immutable."""
    try:
        return _checked(httpx.URL(url))
    except httpx.InvalidURL as error:
        raise HttpRefusedAddress(f"not an address: {error}", sent=False) from None


def _checked(url: httpx.URL) -> httpx.URL:
    if url.scheme not in ("http", "https") or not url.host or (url.port or 0) > 65_535:
        raise HttpRefusedAddress("not an http address", sent=False)
    if url.userinfo:
        raise HttpRefusedAddress("an address must not hold a login", sent=False)
    return url


def _origin(url: httpx.URL) -> Origin:
    return (url.scheme, url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80))


def _location(wire: Wire) -> str | None:
    """Where a redirect leads, None for any other answer."""
    if wire.status not in _REDIRECTS:
        return None
    location: str | None = httpx.Headers(wire.headers).get("location")
    return location


def _stream(wire: Wire, max_bytes: int) -> HttpStream:
    headers = httpx.Headers(wire.headers)
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) > max_bytes:
        raise HttpTooLarge(f"the answer announces {length} bytes, {max_bytes} are allowed", sent=True)
    unpacked = inflated(wire.chunks(), headers.get("content-encoding", "").strip().lower())
    return HttpStream(wire.status, headers, no_longer_than(unpacked, max_bytes))


__all__ = [
    "CONNECT_TIMEOUT_S",
    "DEADLINE_S",
    "MAX_BYTES",
    "REDIRECTS_MAX",
    "FilePart",
    "Http",
    "HttpConnectFailed",
    "HttpError",
    "HttpInterrupted",
    "HttpRefusedAddress",
    "HttpResponse",
    "HttpStream",
    "HttpTimeout",
    "HttpTooLarge",
    "HttpTooManyRedirects",
    "Method",
]
