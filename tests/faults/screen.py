"""A screen of its own process's making: follows the stream with a cursor, comes back after every drop, keeps what it saw.

Obeys the rules of docs/api.md and nothing else, so that what it holds at the end can be compared with the database.
"""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from tests.desk import Desk

Json = dict[str, Any]

FORWARD = {"queued": 0, "sending": 1, "unknown": 2, "failed": 2, "sent": 3, "delivered": 4, "read": 5}
"""A report or a late record may settle `unknown`; nothing leads back to it."""
_SESSION_ENDED = 4401
_PATIENCE_S = 60


class Screen(threading.Thread):
    """`conversations` and `messages` are what its user would see. `seen`: every id it was ever told.

    `port`: of a line to the desk instead of the desk itself. With `dice` it drops the line at random moments, without a word, as long as `dropping` is set.
    """

    def __init__(
        self, desk: Desk, firm: str, user: str, dice: random.Random | None = None, *, port: int | None = None
    ) -> None:
        super().__init__(name=f"screen of {user} of {firm}", daemon=True)
        self.firm = firm
        self.user = user
        self.conversations: dict[str, Json] = {}
        self.messages: dict[str, Json] = {}
        self.seen: set[str] = set()
        self.problems: list[str] = []
        self.lines = self.dropped = self.resyncs = 0
        self.dropping = threading.Event()
        self.lock = threading.Lock()
        self._desk = desk
        self._stream = f"ws://127.0.0.1:{port or desk.port}/api/v1/stream"
        self._dice = dice
        self._cursor: str | None = None
        self._greeted = threading.Event()
        self._ending = threading.Event()
        with desk.signed_in(user, firm) as client:
            self._cookie = f"invekto_session={client.cookies['invekto_session']}"
            self.user_id: str = client.get("/api/v1/session").json()["user"]["id"]

    def opened(self, *, late: bool = False) -> Screen:
        """Follows from now on. `late`: there is something already, which is loaded while nothing happens."""
        self.start()
        assert self._greeted.wait(_PATIENCE_S), f"{self.name} was never greeted"
        if late:
            self._load()
        return self

    def close(self) -> None:
        self._ending.set()
        self.join(_PATIENCE_S)

    # The line -----------------------------------------------------------------------------------------------------

    def run(self) -> None:
        while not self._ending.is_set():
            query = f"?cursor={self._cursor}" if self._cursor else ""
            try:
                with connect(
                    self._stream + query,
                    additional_headers={"Cookie": self._cookie},
                    compression=None,
                    max_size=None,
                    open_timeout=5,
                    close_timeout=0.5,
                ) as line:
                    self.lines += 1
                    self._follow(line)
            except ConnectionClosed as closed:
                if closed.rcvd is not None and closed.rcvd.code == _SESSION_ENDED:
                    self.problems.append("its session was ended")
                    return
            except (OSError, TimeoutError, WebSocketException):
                pass  # nobody there: again, as the web client does
            self._ending.wait(0.1)

    def _follow(self, line: ClientConnection) -> None:
        drop_at = None
        while not self._ending.is_set():
            if self._dice is not None and self.dropping.is_set():
                drop_at = drop_at or time.monotonic() + self._dice.uniform(0.2, 1.5)
                if time.monotonic() >= drop_at:
                    self.dropped += 1
                    line.socket.shutdown(socket.SHUT_RDWR)
                    self._ending.wait(self._dice.uniform(0.0, 1.2))
                    return
            try:
                text = line.recv(timeout=0.1)
            except TimeoutError:
                continue
            self._take(json.loads(text))

    # What it holds ------------------------------------------------------------------------------------------------

    def _take(self, frame: Json) -> None:
        if frame["type"] == "resync":
            self.resyncs += 1
            self._load()
        with self.lock:
            for row in frame.get("conversations", ()):
                self._keep(self.conversations, row)
            for row in frame.get("messages", ()):
                self._keep_message(row)
            for gone in frame.get("removed", ()):
                self._forget(gone)
        self._cursor = frame["cursor"]
        self._greeted.set()

    def _keep(self, held: dict[str, Json], row: Json) -> bool:
        self.seen.add(row["id"])
        before = held.get(row["id"])
        if before is not None and row["version"] <= before["version"]:
            return False
        held[row["id"]] = row
        return True

    def _keep_message(self, row: Json) -> None:
        before = self.messages.get(row["id"])
        if not self._keep(self.messages, row):
            if before is not None and row["version"] == before["version"] and row != before:
                self.problems.append(f"one version, two rows: {before} and {row}")
        elif before is not None and row["status"] and FORWARD[row["status"]] < FORWARD[before["status"]]:
            why = row.get("error")
            self.problems.append(f"{row['id']} went back from {before['status']} to {row['status']} ({why})")

    def _forget(self, conversation_id: str) -> None:
        self.conversations.pop(conversation_id, None)
        for id_ in [id_ for id_, row in self.messages.items() if row["conversation_id"] == conversation_id]:
            del self.messages[id_]

    def _load(self) -> None:
        """Everything again, as the web client does when it is told to."""
        with httpx.Client(base_url=self._desk.url, timeout=20, headers={"Cookie": self._cookie}) as client:
            conversations = [
                row
                for status in ("open", "snoozed", "resolved")
                for row in self._every(client, "", view="all", status=status)
            ]
            messages = [row for one in conversations for row in self._every(client, f"/{one['id']}/messages")]
        with self.lock:
            self.conversations = {row["id"]: row for row in conversations}
            self.messages = {row["id"]: row for row in messages}
            self.seen.update(self.conversations, self.messages)

    def _every(self, client: httpx.Client, path: str, **query: str) -> list[Json]:
        rows: list[Json] = []
        cursor: str | None = ""
        deadline = time.monotonic() + _PATIENCE_S
        while cursor is not None:
            more = {"cursor": cursor} if cursor else {}
            try:
                answer = client.get(f"/api/v1/conversations{path}", params={"limit": "100", **query, **more})
            except httpx.TransportError:
                answer = httpx.Response(503)
            if answer.status_code == 503 and time.monotonic() < deadline:
                self._ending.wait(0.1)
                continue
            if answer.status_code == 404:
                return []  # somebody took it meanwhile
            page = answer.raise_for_status().json()
            rows += page["items"]
            cursor = page["next_cursor"]
        return rows
