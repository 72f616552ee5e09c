"""A screen as the web client keeps one: it loads by REST, follows the stream, and obeys the rules of docs/api.md."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.rest import Browser, Json, World

STATUSES = ("open", "snoozed", "resolved")
PATIENCE_S = 20
"""Longer than anything takes: how quick a screen is told is the benchmark's to say."""


class Screen:
    """`frames` keeps everything received. `conversations` and `threads` are what its user would see."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser = browser
        self.frames: list[Json] = []
        self.conversations: dict[str, Json] = {}
        self.threads: dict[str, dict[str, Json]] = {}
        self.cursor: str | None = None
        self.close_code: int | None = None
        self.resyncs = 0
        self._url = url
        self._socket: ClientConnection | None = None
        self._listening: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    # Line -------------------------------------------------------------------------------------------------------

    async def open(self, **more: Any) -> Screen:
        """Connects, with the cursor it has, and waits for the greeting."""
        await self.dial(**more)
        await self.until(lambda: self.frames and self.frames[-1]["type"] in ("hello", "resync", "batch"), "greeted")
        return self

    async def dial(self, cursor: str | None = None, **more: Any) -> None:
        token = self.browser.client.cookies["invekto_session"]
        given = cursor or self.cursor
        query = f"?cursor={given}" if given else ""
        headers = {"Cookie": f"invekto_session={token}", **more.pop("headers", {})}
        self.close_code = None
        self._socket = await connect(
            f"{self._url}/api/v1/stream{query}", additional_headers=headers, compression=None, max_size=None, **more
        )
        self._listening = asyncio.create_task(self._listen(self._socket))

    async def drop(self) -> None:
        """The line is cut without a word."""
        if self._socket is not None and self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
            self._socket.transport.abort()
            await self._socket.wait_closed()
        self._socket = self._listening = None

    async def send(self, text: str) -> None:
        assert self._socket is not None
        await self._socket.send(text)

    async def _listen(self, socket: ClientConnection) -> None:
        try:
            async for text in socket:
                frame: Json = json.loads(text)
                self.frames.append(frame)
                await self._take(frame)
                self._news.set()
        except ConnectionClosed as closed:
            self.close_code = closed.rcvd.code if closed.rcvd else 1006
        else:
            self.close_code = socket.close_code
        self._news.set()

    async def until(self, holds: Callable[[], Any], what: str, timeout_s: float = PATIENCE_S) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                while not holds():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"not {what} after {timeout_s} s; frames: {self.frames[-5:]}") from None

    async def until_closed(self, timeout_s: float = PATIENCE_S) -> int:
        await self.until(lambda: self.close_code is not None, "closed", timeout_s)
        assert self.close_code is not None
        return self.close_code

    def batches(self) -> list[Json]:
        return [frame for frame in self.frames if frame["type"] == "batch"]

    def told(self, key: str) -> list[Any]:
        """Everything that batches have said under `conversations`, `messages`, `removed` or `reads`."""
        return [row for batch in self.batches() for row in batch[key]]

    # What is shown ----------------------------------------------------------------------------------------------

    async def load(self) -> None:
        """What a page loads when it opens: every list to its end, every thread."""
        self.conversations, self.threads = await snapshot(self.browser)

    async def _take(self, frame: Json) -> None:
        self.cursor = frame["cursor"]
        if frame["type"] == "resync":
            self.resyncs += 1
            await self.load()
        if frame["type"] != "batch":
            return
        for row in frame["conversations"]:
            held = self.conversations.get(row["id"])
            if held is None or row["version"] > held["version"]:
                self.conversations[row["id"]] = row
        for message in frame["messages"]:
            thread = self.threads.get(message["conversation_id"])
            if thread is not None:
                held = thread.get(message["id"])
                if held is None or message["version"] > held["version"]:
                    thread[message["id"]] = message
        for gone in frame["removed"]:
            self.conversations.pop(gone, None)
            self.threads.pop(gone, None)
        for read in frame["reads"]:
            if row := self.conversations.get(read["conversation_id"]):
                row["read_seq"], row["unread"] = read["read_seq"], read["unread"]

    async def differences(self) -> list[str]:
        """Where this screen and one that is opened now would differ. Threads that were never opened are not compared."""
        conversations, threads = await snapshot(self.browser)
        found = [f"missing {id_}" for id_ in conversations.keys() - self.conversations.keys()]
        found += [f"kept {id_}" for id_ in self.conversations.keys() - conversations.keys()]
        for id_ in conversations.keys() & self.conversations.keys():
            if conversations[id_] != self.conversations[id_]:
                found.append(_difference(id_, self.conversations[id_], conversations[id_]))
        for id_, thread in self.threads.items():
            fresh = threads.get(id_, {})
            found += [f"thread {id_} lacks {m}" for m in fresh.keys() - thread.keys()]
            found += [
                _difference(m, thread[m], fresh[m]) for m in fresh.keys() & thread.keys() if fresh[m] != thread[m]
            ]
        return found


def _difference(id_: str, held: Json, fresh: Json) -> str:
    keys = [key for key in fresh if held.get(key) != fresh[key]]
    return f"{id_}: " + ", ".join(f"{key} is {held.get(key)!r}, should be {fresh[key]!r}" for key in keys)


async def snapshot(browser: Browser) -> tuple[dict[str, Json], dict[str, dict[str, Json]]]:
    conversations: dict[str, Json] = {}
    for status in STATUSES:
        async for row in _every(browser, "/conversations", view="all", status=status):
            conversations[row["id"]] = row
    threads = {}
    for id_ in conversations:
        threads[id_] = {row["id"]: row async for row in _every(browser, f"/conversations/{id_}/messages")}
    return conversations, threads


async def _every(browser: Browser, path: str, **query: Any) -> Any:
    cursor = None
    while True:
        page = await browser.get(path, limit=100, **query, **({"cursor": cursor} if cursor else {}))
        for row in page["items"]:
            yield row
        cursor = page["next_cursor"]
        if cursor is None:
            return


class Screens:
    """Opens screens and closes them all at the end of a test."""

    def __init__(self, world: World, url: str) -> None:
        self.world = world
        self.url = url
        self._made: list[Screen] = []

    async def of(self, user: str, firm: str = "demo") -> Screen:
        """A signed-in user's screen, not connected yet."""
        screen = Screen(await self.world.browser(user, firm), self.url)
        self._made.append(screen)
        return screen

    async def opened(self, user: str, firm: str = "demo") -> Screen:
        return await (await self.of(user, firm)).open()

    async def close(self) -> None:
        for screen in self._made:
            await screen.drop()


def ids(rows: list[Json]) -> set[UUID]:
    return {UUID(row["id"]) for row in rows}
