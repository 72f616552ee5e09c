"""One connected screen: its handshake, its bounded queue of frames, and how it ends. What it is sent: see realtime."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import State
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from invekto.accounts.permissions import CONVERSATIONS_VIEW
from invekto.conversations.queries import Viewer
from invekto.kernel.answers import database_is_away
from invekto.kernel.auth import Principal
from invekto.kernel.away import DATABASE_TROUBLE
from invekto.kernel.errors import Unauthenticated
from invekto.kernel.events import Cursor

if TYPE_CHECKING:
    from invekto.entry.realtime import Reader

PERMISSION: Final = CONVERSATIONS_VIEW

SESSION_ENDED: Final = 4401
FORBIDDEN: Final = 4403
TOO_SLOW: Final = 4408
NOT_A_CLIENT_OF_OURS: Final = 1008
TRY_AGAIN_LATER: Final = 1013

QUEUE_FRAMES_MAX: Final = 500
QUEUE_BYTES_MAX: Final = 4 << 20
SEND_S: Final = 5.0

_log = logging.getLogger("invekto.stream")


class Socket:
    """Frames wait here while the network is slow; beyond the bounds the screen is told to come back."""

    def __init__(self, principal: Principal, send: Send) -> None:
        self.principal = principal
        self.viewer = Viewer.of(principal)
        self.close_code: int | None = None
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._news = asyncio.Event()
        self._send = send
        self._sending_since: float | None = None

    async def send(self, frame: bytes) -> None:
        """Hands a frame to the network and waits while it is full. How long that may take: see `drop_if_stuck`."""
        self._sending_since = time.monotonic()
        await self._send({"type": "websocket.send", "text": frame.decode()})
        self._sending_since = None

    async def close(self, websocket: WebSocket) -> None:
        assert self.close_code is not None
        self._sending_since = time.monotonic()
        await websocket.close(self.close_code)
        self._sending_since = None

    def drop_if_stuck(self) -> None:
        """Cuts the connection when its other end has stopped reading. Asked once a second: a timer for each frame would
        cost as much as the frame."""
        if self._sending_since is not None and time.monotonic() - self._sending_since > SEND_S:
            self.drop()

    def drop(self) -> None:
        """Cuts the connection. ASGI has no word for it: closing politely would wait for the very buffer that nobody empties,
        and keep it."""
        protocol: Any = getattr(self._send, "__self__", None)
        transport = getattr(protocol, "transport", None)
        if transport is not None:
            transport.abort()

    def follow(self, principal: Principal) -> bool:
        """Takes what the user may do now. True when they see something else than before."""
        self.principal, before = principal, self.viewer
        self.viewer = Viewer.of(principal)
        return self.viewer != before

    def put(self, frame: bytes) -> None:
        if self.close_code is not None:
            return
        if len(self._frames) >= QUEUE_FRAMES_MAX or self._bytes + len(frame) > QUEUE_BYTES_MAX:
            self.end(TOO_SLOW)
            return
        self._frames.append(frame)
        self._bytes += len(frame)
        self._news.set()

    def end(self, code: int) -> None:
        """Closes with this code as soon as the network takes it; what still waited is dropped."""
        if self.close_code is None:
            self.close_code = code
            self._frames.clear()
            self._bytes = 0
            self._news.set()

    async def next_frame(self) -> bytes | None:
        """Waits for a frame. None when the socket has to close."""
        while True:
            if self.close_code is not None:
                return None
            if self._frames:
                frame = self._frames.popleft()
                self._bytes -= len(frame)
                return frame
            self._news.clear()
            await self._news.wait()


def hello(kind: str, cursor: Cursor) -> bytes:
    """A frame without rows: hello, resync or tick."""
    return b'{"type":"%b","cursor":"%b"}' % (kind.encode(), cursor.encode().encode())


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """The socket of /api/v1/stream. Its Origin has been checked at the edge, before the handshake."""
    websocket = WebSocket(scope, receive, send)
    state: State = websocket.app.state
    reader: Reader = state.stream
    try:
        principal: Principal = await state.authenticate(websocket)
    except Unauthenticated:
        # Accepted first: a browser shows a page no other reason than the close code of an open socket.
        await websocket.accept()
        await websocket.close(SESSION_ENDED)
        return
    except Exception as error:
        if not database_is_away(error):
            raise
        _log.warning("a screen could not be known: %s", error)
        await websocket.accept()
        await websocket.close(TRY_AGAIN_LATER)
        return
    if not principal.may(PERMISSION):
        await websocket.close(FORBIDDEN)
        return
    if not reader.has_room_for(principal):
        await websocket.accept()
        await websocket.close(TRY_AGAIN_LATER)
        return
    await websocket.accept()
    socket = Socket(principal, send)
    given = websocket.query_params.get("cursor")
    sending = asyncio.create_task(_run(websocket, reader, socket, given), name="stream-send")
    try:
        await _until_gone(websocket, socket)
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        # Last, or a socket that was just joining would be counted for ever.
        reader.leave(socket)


async def _until_gone(websocket: WebSocket, socket: Socket) -> None:
    while (await websocket.receive())["type"] != "websocket.disconnect":
        # A screen has nothing to say here.
        socket.end(NOT_A_CLIENT_OF_OURS)


async def _run(websocket: WebSocket, reader: Reader, socket: Socket, given: str | None) -> None:
    """Everything that goes to this screen, in order: the greeting, what it has missed, then what happens."""
    try:
        greeting: list[bytes] = []
        try:
            greeting = await reader.join(socket, given)
        except Unauthenticated:
            socket.end(SESSION_ENDED)
        except DATABASE_TROUBLE as error:
            _log.warning("a screen could not join the stream: %s", error)
            socket.end(TRY_AGAIN_LATER)
        for frame in greeting:
            await socket.send(frame)
        while (next_frame := await socket.next_frame()) is not None:
            await socket.send(next_frame)
        await socket.close(websocket)
    except (WebSocketDisconnect, RuntimeError, OSError) as error:
        # It left while we were sending; the receiving side notices and cleans up.
        _log.debug("a screen left: %r", error)
    except Exception:
        socket.drop()
        raise


async def nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    """A socket on any other path: refused before the handshake."""
    await WebSocket(scope, receive, send).close(FORBIDDEN)
