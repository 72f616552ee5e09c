"""Where a request comes from: the page that sent it (Origin) and the client behind our own proxies."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from invekto.kernel.settings import Network

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost"})
_FETCH_METADATA: Final = ("sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest")


def own_origins(public_url: str) -> frozenset[str]:
    """The Origin values of our own pages. On loopback both usual names mean this machine."""
    parts = urlsplit(public_url)
    own = f"{parts.scheme}://{parts.netloc}".lower()
    if parts.hostname not in _LOOPBACK:
        return frozenset({own})
    port = "" if parts.port is None else f":{parts.port}"
    return frozenset(f"{parts.scheme}://{name}{port}" for name in _LOOPBACK)


def comes_from_us(headers: Mapping[str, str], origins: frozenset[str]) -> bool:
    """Whether a state-changing request or socket may act with the cookie it carries.

    A browser always says where a page is from: by Origin, or at least by fetch metadata. A program says neither and
    has no cookie that somebody else put there.
    """
    origin = headers.get("origin")
    if origin is not None:
        return origin.lower() in origins
    return not any(name in headers for name in _FETCH_METADATA)


def client_address(peer: str | None, forwarded_for: str | None, proxies: Iterable[Network]) -> str | None:
    """The client's address. X-Forwarded-For counts only from our own proxies, and only as far as they wrote it.

    Read from the right: what stands left of the first address that is no proxy of ours was written by the client.
    """
    trusted = tuple(proxies)
    if peer is None or not trusted or not forwarded_for:
        return peer
    address = peer
    for hop in reversed(forwarded_for.split(",")):
        if not _within(address, trusted):
            return address
        written = hop.strip()
        if not _is_address(written):
            return address
        address = written
    return address


def _within(address: str, networks: tuple[Network, ...]) -> bool:
    if not _is_address(address):
        return False
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
