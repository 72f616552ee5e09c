"""The line to a database on another machine: how soon each end notices that the other is gone without a goodbye.

Left alone, TCP waits for a quarter of an hour on what was sent and for two hours on silence; meanwhile a request would
hang, and a lock would belong to nobody. On the socket of the same machine none of this does anything.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import asyncpg

_GONE_MS: Final = 8_000
_IDLE_S, _INTERVAL_S, _COUNT = 3, 2, 3

LINK_SETTINGS: Final[Mapping[str, str]] = {
    "tcp_user_timeout": str(_GONE_MS),
    "tcp_keepalives_idle": str(_IDLE_S),
    "tcp_keepalives_interval": str(_INTERVAL_S),
    "tcp_keepalives_count": str(_COUNT),
}
"""What a session asks of the server's end, in its start-up packet."""

PROMPT_LINK_SETTINGS: Final[Mapping[str, str]] = {
    "tcp_user_timeout": "2000",
    "tcp_keepalives_idle": "1",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "2",
}
"""For the session that holds what the whole desk waits for: some three seconds after its machine is cut off, another has it."""

_OPTIONS: Final = (
    (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", _GONE_MS),
    (socket.IPPROTO_TCP, "TCP_KEEPIDLE", _IDLE_S),
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL", _INTERVAL_S),
    (socket.IPPROTO_TCP, "TCP_KEEPCNT", _COUNT),
)


if TYPE_CHECKING:
    _Connection = asyncpg.Connection[asyncpg.Record]
else:  # the class is generic for the type checker only
    _Connection = asyncpg.Connection


class LinkConnection(_Connection):
    """A connection whose own end gives a dead line up after eight seconds (`connection_class` of connect and pool)."""

    __slots__ = ()

    def __init__(self, protocol: Any, transport: asyncio.Transport, *rest: Any) -> None:
        super().__init__(protocol, transport, *rest)
        line = transport.get_extra_info("socket")
        if line.family in (socket.AF_INET, socket.AF_INET6):
            for level, name, value in _OPTIONS:
                # macOS has fewer of them.
                if hasattr(socket, name):
                    line.setsockopt(level, getattr(socket, name), value)
