"""The provider's side of sending, in a process of its own: takes Graph API calls and notes when each came.

Much lighter than the sandbox, whose rules would cost more CPU than what is measured. Accepts everything, or (`fail N`) refuses
every Nth message the first time as Meta does when it is out of order: 503, to be tried again.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from pathlib import Path
from typing import cast

import httptools
import uvloop

_MARK = re.compile(rb"#(\d+)#")


class Book:
    """Every accepted message: its mark and the moment its request was complete."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, float]] = []
        self.fails_every = 0
        self._failed: set[int] = set()

    def fails(self, mark: int) -> bool:
        """Whether this message is refused now: each at most once."""
        if not self.fails_every or mark % self.fails_every or mark in self._failed:
            return False
        self._failed.add(mark)
        return True

    def write(self, name: str) -> None:
        calls, self.calls = self.calls, []
        Path(name).write_text(json.dumps(calls))


class Call(asyncio.Protocol):
    """One keep-alive connection of the product."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._parser = httptools.HttpRequestParser(self)
        self._body = bytearray()
        self._url = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        now = time.monotonic()
        url, payload = self._url.decode(), bytes(self._body)
        self._url, self._body = b"", bytearray()
        self._answer(self._reply(url, payload, now))

    def _reply(self, url: str, payload: bytes, now: float) -> object:
        """None: not now."""
        if not url.partition("?")[0].endswith("/messages"):
            return {"success": True, "id": url.rpartition("/")[2]}
        asked = json.loads(payload)
        if asked.get("status") == "read":
            return {"success": True}
        found = _MARK.search(payload)
        mark = int(found.group(1)) if found else -1
        if self._book.fails(mark):
            return None
        self._book.calls.append((mark, now))
        return {
            "messaging_product": "whatsapp",
            "contacts": [{"input": asked.get("to"), "wa_id": asked.get("to")}],
            "messages": [{"id": f"wamid.bench.{mark}.{len(self._book.calls)}"}],
        }

    def _answer(self, document: object) -> None:
        status = "200 OK" if document is not None else "503 Service Unavailable"
        error = {
            "message": "Service temporarily unavailable",
            "type": "OAuthException",
            "code": 2,
            "is_transient": True,
        }
        text = json.dumps({"error": error} if document is None else document).encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
        self._transport.write(head.encode() + text)


async def serve() -> None:
    """Prints its port. Each line on standard input names a file to write the calls so far to, and empties the book."""
    book = Book()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Call(book), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        name = line.decode().strip()
        count = len(book.calls)
        if name.startswith("fail "):
            book.fails_every = int(name.removeprefix("fail "))
        elif name != "count":
            book.write(name)
        print(count, flush=True)


if __name__ == "__main__":
    uvloop.run(serve())
