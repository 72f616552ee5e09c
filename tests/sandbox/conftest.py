"""A sandbox on a real port with no delays, and a webhook receiver that answers as a test wishes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from pywa.client import WhatsApp
from pywa.types.base_update import RawUpdate

from invekto_sandbox import Delays, Sandbox, Settings, serving

AT_ONCE = Delays(0, 0, 0)


@dataclass
class Post:
    body: bytes
    signature: str

    @property
    def raw_update(self) -> RawUpdate:
        """As pywa's parsers take it."""
        return RawUpdate(self.body, hmac_header=self.signature, update_hash="")

    @property
    def update(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def value(self) -> dict[str, Any]:
        found: dict[str, Any] = self.update["entry"][0]["changes"][0]["value"]
        return found


@dataclass
class Receiver:
    """A business's webhook: takes the handshake, keeps every POST, answers `status` (or nothing at all: None)."""

    verify_token: str = ""
    url: str = ""
    status: int | None = 200
    statuses: list[int] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    greetings: int = 0
    connections: int = 0
    at_once: int = 0
    most_at_once: int = 0
    pause_s: float = 0.0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while line := await reader.readline():
                method, target, _ = line.decode().split(" ", 2)
                headers: dict[str, str] = {}
                while (header := (await reader.readline()).decode().strip()) != "":
                    name, _, value = header.partition(":")
                    headers[name.lower()] = value.strip()
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                await self._answer(writer, method, target, headers, body)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(
        self, writer: asyncio.StreamWriter, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> None:
        status, content = 200, b""
        if method == "GET":
            self.greetings += 1
            query = httpx.URL("http://x" + target).params
            if query.get("hub.verify_token") == self.verify_token and query.get("hub.mode") == "subscribe":
                content = query["hub.challenge"].encode()
            else:
                status = 403
        else:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            await asyncio.sleep(self.pause_s)
            self.at_once -= 1
            self.posts.append(Post(body, headers.get("x-hub-signature-256", "")))
            answer = self.statuses.pop(0) if self.statuses else self.status
            if answer is None:
                await asyncio.sleep(3600)
            else:
                status = answer
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content)
        await writer.drain()

    async def until(self, holds: Callable[[], bool], timeout_s: float = 10) -> None:
        async with asyncio.timeout(timeout_s):
            while not holds():  # noqa: ASYNC110 what is waited for is any condition
                await asyncio.sleep(0.005)

    def values(self, key: str) -> list[dict[str, Any]]:
        """All `messages` or `statuses` that came, in order."""
        return [
            one
            for post in self.posts
            for entry in post.update["entry"]
            for change in entry["changes"]
            for one in change["value"].get(key, [])
        ]

    def steps(self, wamid: str) -> list[str]:
        return [one["status"] for one in self.values("statuses") if one["id"] == wamid]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.handle, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks/whatsapp_cloud"
    yield receiver
    server.close()


@pytest.fixture
def settings(tmp_path: Path, receiver: Receiver) -> Settings:
    return Settings(
        data_dir=tmp_path, port=0, webhook_url=receiver.url, delays=AT_ONCE, retry_s=(0.05, 0.05, 0.1), ledger=True
    )


@dataclass
class Player:
    """The control API and the Graph API of one sandbox, as a test uses them."""

    sandbox: Sandbox
    control: httpx.AsyncClient
    graph: httpx.AsyncClient

    @property
    def keys(self) -> dict[str, Any]:
        found: dict[str, Any] = self.sandbox.info()["whatsapp_cloud"]
        return found

    @property
    def phone_id(self) -> str:
        return str(self.keys["phone_number_id"])

    async def customer(self, **wish: Any) -> dict[str, Any]:
        answer = await self.control.post("/whatsapp_cloud/customers", json={"phone": "+905551112233", **wish})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def writes(self, customer: int, **message: Any) -> dict[str, Any]:
        answer = await self.control.post(
            f"/whatsapp_cloud/customers/{customer}/messages", json={"wait": True, **(message or {"text": "Merhaba"})}
        )
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def fault(self, number: str | None = None, **faults: Any) -> None:
        answer = await self.control.put("/faults", json={"number": number, "faults": faults})
        assert answer.status_code == 200, answer.text

    async def send(self, to: str = "905551112233", **more: Any) -> httpx.Response:
        body = {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": "Selam"}, **more}
        return await self.graph.post(f"/v24.0/{self.phone_id}/messages", json=body)

    async def idle(self) -> None:
        answer = await self.control.get("/idle", params={"timeout": 10})
        assert answer.status_code == 200, answer.text

    def pywa(self, **more: Any) -> WhatsApp:
        """An independent client, pointed here."""
        client = WhatsApp(self.phone_id, self.keys["access_token"], **more)
        client.api._session.base_url = f"{self.sandbox.base_url}/v24.0"
        return client

    def ledger(self, kind: str) -> list[dict[str, Any]]:
        lines = (self.sandbox.settings.folder / "ledger.jsonl").read_text().splitlines()
        return [entry for line in lines if (entry := json.loads(line))["kind"] == kind]


@pytest.fixture
async def player(settings: Settings, receiver: Receiver) -> AsyncIterator[Player]:
    async with serving(settings) as sandbox:
        keys = sandbox.info()["whatsapp_cloud"]
        receiver.verify_token = keys["verify_token"]
        headers = {"Authorization": f"Bearer {keys['access_token']}"}
        async with (
            httpx.AsyncClient(base_url=f"{sandbox.base_url}/_control", timeout=20) as control,
            httpx.AsyncClient(base_url=sandbox.base_url, headers=headers, timeout=20) as graph,
        ):
            yield Player(sandbox, control, graph)
