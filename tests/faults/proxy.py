"""A line that breaks as lines do: between the product and PostgreSQL, a provider or a screen.

Carries bytes between two addresses (host and port, or a socket's path) until it is told to misbehave. Knows no protocol.
"""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

Address = tuple[str, int] | str
Way = Literal["pass", "hang", "cut_answers", "drip_answers", "refuse"]
"""`hang`: nothing goes on in either direction and nobody hangs up, as after a pulled cable. `cut_answers`: the first bytes of
an answer end the line with RST. `drip_answers`: one byte of an answer a second. `refuse`: a new line is reset at once."""

_PIECE = 1 << 16


class Line:
    """Listens until `close`. `way` holds for every connection from now on, those that are open included."""

    def __init__(self, to: Address, at: Path | None = None) -> None:
        self._to = to
        self.way: Way = "pass"
        self.lines = 0
        self._open: set[socket.socket] = set()
        self._closing = False
        if at is None:
            self._listener = socket.create_server(("127.0.0.1", 0))
            self.port = int(self._listener.getsockname()[1])
        else:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(at))
            self._listener.listen(64)
            at.chmod(0o777)
        threading.Thread(target=self._accept, name="fault line", daemon=True).start()

    @contextlib.contextmanager
    def broken(self, way: Way) -> Iterator[None]:
        self.way = way
        try:
            yield
        finally:
            self.way = "pass"

    def cut(self) -> int:
        """Resets every open line, both ends; how many connections that were."""
        found = list(self._open)
        for one in found:
            _reset(one)
        return len(found) // 2

    def close(self) -> None:
        self._closing = True
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while not self._closing:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.way == "refuse":
                _reset(near)
                continue
            try:
                far = socket.socket(socket.AF_UNIX if isinstance(self._to, str) else socket.AF_INET)
                far.connect(self._to)
            except OSError:
                _reset(near)
                continue
            self.lines += 1
            self._open |= {near, far}
            for one, other, answers in ((near, far, False), (far, near, True)):
                threading.Thread(target=self._carry, args=(one, other, answers), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket, answers: bool) -> None:
        orderly = False
        try:
            while piece := one.recv(_PIECE):
                while self.way == "hang" and not self._closing:
                    time.sleep(0.02)
                if answers and self.way == "cut_answers":
                    return
                if answers and self.way == "drip_answers":
                    piece = self._drip(piece, other)
                other.sendall(piece)
            other.shutdown(socket.SHUT_WR)
            orderly = True
        except OSError:
            return  # the other direction has ended it
        finally:
            if not orderly:
                for end in (one, other):
                    self._open.discard(end)
                    _reset(end)

    def _drip(self, piece: bytes, other: socket.socket) -> bytes:
        """Byte by byte for as long as that is wanted; the rest."""
        while piece and self.way == "drip_answers":
            other.sendall(piece[:1])
            piece = piece[1:]
            time.sleep(1)
        return piece


_LIBC = ctypes.CDLL(None, use_errno=True)
_NOWHERE = struct.pack("H14x", socket.AF_UNSPEC)


def _reset(end: socket.socket) -> None:
    """RST, at once: to close would wait for the thread that reads, to shut down would say goodbye in order."""
    if end.family == socket.AF_UNIX:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
    elif end.fileno() >= 0:
        _LIBC.connect(end.fileno(), _NOWHERE, len(_NOWHERE))
    end.close()
