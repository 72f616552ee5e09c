"""The agents' screens, in a process of their own: signed-in sockets on the stream that note when each message came.

They offer permessage-deflate, as every browser does, so the server pays for it here as it does in use.
"""

from __future__ import annotations

import array
import base64
import json
import os
import selectors
import socket
import struct
import sys
import time
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.traffic import MARK

_CLOSED, _PING, _PONG = 8, 9, 10
_TAIL = b"\x00\x00\xff\xff"
_UNREAD_MAX = 2000


@dataclass(frozen=True)
class Watch:
    """One socket per cookie. Marks from `first_mark` on, `count` of them, are noted when they come the first time.

    `everyone`: each socket is expected to get every mark, and all the times are kept (fan-out).
    """

    port: int
    origin: str
    cookies: list[str]
    first_mark: int
    count: int
    everyone: bool = False

    def text(self) -> str:
        return json.dumps(asdict(self))


class Screen:
    """A WebSocket client that reads, and answers pings."""

    def __init__(self, port: int, origin: str, cookie: str, unread_bytes: int | None = None) -> None:
        """`unread_bytes`: how much the kernel may keep for us; for a screen that will not read."""
        self.socket = socket.socket()
        if unread_bytes is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, unread_bytes)
        self.socket.settimeout(30)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            (
                f"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nOrigin: {origin}\r\nCookie: {cookie}\r\n"
                "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
            ).encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            came = self.socket.recv(65536)
            if not came:
                raise ConnectionError(f"the stream refused the socket: {answer[:300]!r}")
            answer += came
        head, _, rest = answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(f"the stream refused the socket: {answer[:300]!r}")
        low = head.lower()
        self._inflate = zlib.decompressobj(-15) if b"permessage-deflate" in low else None
        self._fresh_each = b"server_no_context_takeover" in low
        self._buffer = bytearray(rest)
        self._parts: list[bytes] = []
        self._deflated = False

    def feed(self, came: bytes) -> list[bytes]:
        """The whole text frames that are there now."""
        self._buffer += came
        return self.frames()

    def frames(self) -> list[bytes]:
        found = []
        buffer = self._buffer
        while len(buffer) >= 2:
            length, at = buffer[1] & 127, 2
            if length == 126:
                if len(buffer) < 4:
                    break
                length, at = struct.unpack_from(">H", buffer, 2)[0], 4
            elif length == 127:
                if len(buffer) < 10:
                    break
                length, at = struct.unpack_from(">Q", buffer, 2)[0], 10
            if len(buffer) < at + length:
                break
            first, payload = buffer[0], bytes(buffer[at : at + length])
            del buffer[: at + length]
            whole = self._take(first, payload)
            if whole is not None:
                found.append(whole)
        return found

    def _take(self, first: int, payload: bytes) -> bytes | None:
        opcode = first & 15
        if opcode == _PING:
            self._answer(_PONG, payload)
            return None
        if opcode == _CLOSED:
            raise ConnectionError(f"the stream closed the socket: {payload!r}")
        if opcode in (1, 2):
            self._deflated = bool(first & 64)
        if opcode <= 2:
            self._parts.append(payload)
        if opcode > 2 or not first & 128:
            return None
        whole = b"".join(self._parts)
        self._parts = []
        if self._deflated and self._inflate is not None:
            whole = self._inflate.decompress(whole + _TAIL)
            if self._fresh_each:
                self._inflate = zlib.decompressobj(-15)
        return whole

    def _answer(self, opcode: int, payload: bytes) -> None:
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        self.socket.sendall(bytes((128 | opcode, 128 | len(payload))) + mask + masked)


class Watcher:
    """Notes the first moment of each mark: on any screen, or on each."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        rows = len(watch.cookies) if watch.everyone else 1
        self.came = array.array("d", bytes(8 * watch.count * rows))
        self.missing = len(self.came)

    def note(self, number: int, frame: bytes, at: float) -> None:
        for mark in MARK.findall(frame):
            place = int(mark) - self._watch.first_mark
            if not 0 <= place < self._watch.count:
                continue
            place += number * self._watch.count if self._watch.everyone else 0
            if not self.came[place]:
                self.came[place] = at
                self.missing -= 1


def follow(selector: selectors.BaseSelector, watcher: Watcher) -> None:
    """Until nothing is missing, or a line comes on standard input.

    What came is read at once and looked into when nothing else waits, so that a thousand frames at the same moment
    are not counted as late because of our own work.
    """
    unread: list[tuple[int, Screen, bytes, float]] = []
    while watcher.missing:
        ready = selector.select(0 if unread else None)
        for key, _ in ready:
            if key.data is None:
                sys.stdin.readline()
                return
            number, screen = key.data
            came = screen.socket.recv(1 << 20)
            if not came:
                raise ConnectionError("the stream closed the socket")
            unread.append((number, screen, came, time.monotonic()))
        if not ready or len(unread) > _UNREAD_MAX:
            for number, screen, came, at in unread:
                for frame in screen.feed(came):
                    watcher.note(number, frame, at)
            unread.clear()


def main() -> None:
    """Reads what to watch and the file to write; says `ready`; ends when all came, or at a line on standard input."""
    watch = Watch(**json.loads(sys.stdin.readline()))
    result = Path(sys.stdin.readline().strip())
    selector = selectors.DefaultSelector()
    for number, cookie in enumerate(watch.cookies):
        screen = Screen(watch.port, watch.origin, cookie)
        selector.register(screen.socket, selectors.EVENT_READ, (number, screen))
    selector.register(sys.stdin, selectors.EVENT_READ, None)
    watcher = Watcher(watch)
    print("ready", flush=True)
    follow(selector, watcher)
    with result.open("wb") as file:
        watcher.came.tofile(file)
    print(json.dumps({"missing": watcher.missing}), flush=True)


if __name__ == "__main__":
    main()
