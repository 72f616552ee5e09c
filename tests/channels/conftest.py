"""The adapter against the sandbox on a real port, through the product's own HTTP client; two firms that take webhooks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from invekto.channels.receipts import ReceiptWriter
from invekto.channels.whatsapp_cloud.adapter import WhatsAppCloud
from invekto.kernel.clock import FrozenClock
from invekto.kernel.db import Database
from invekto.kernel.http import Http
from invekto_sandbox import Delays, Sandbox, Settings, serving
from tests.channels.provider import Provider
from tests.rest import URL, World, made_world

CUSTOMER = "905551112233"


@dataclass
class Meta:
    """The sandbox as Meta: what it was asked, and what it shall do wrong."""

    sandbox: Sandbox
    control: httpx.AsyncClient
    http: Http
    adapter: WhatsAppCloud
    past: int = 0

    @property
    def keys(self) -> dict[str, Any]:
        found: dict[str, Any] = self.sandbox.info()["whatsapp_cloud"]
        return found

    @property
    def credentials(self) -> dict[str, str]:
        return {name: self.keys[name] for name in ("access_token", "phone_number_id", "waba_id")}

    async def customer(self, **wish: Any) -> int:
        answer = await self.control.post("/whatsapp_cloud/customers", json={"phone": f"+{CUSTOMER}", **wish})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    async def writes(self, customer: int, **message: Any) -> dict[str, Any]:
        answer = await self.control.post(f"/whatsapp_cloud/customers/{customer}/messages", json=message)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def approves(self, name: str, *components: dict[str, Any]) -> None:
        """A Turkish template, as if it had been approved long ago."""
        wish = {"name": name, "language": "tr", "category": "UTILITY", "components": list(components)}
        answer = await self.control.post("/whatsapp_cloud/templates", json={"templates": [wish]})
        assert answer.status_code == 201, answer.text

    async def sent(self) -> list[dict[str, Any]]:
        """What Meta took over from us, each with the request as it came."""
        answer = await self.control.get("/whatsapp_cloud/sent")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def fault(self, **faults: Any) -> None:
        answer = await self.control.put("/faults", json={"number": None, "faults": faults})
        assert answer.status_code == 200, answer.text

    def sends(self) -> list[dict[str, Any]]:
        """Every message that came to Meta during this test, accepted or not, by its witness file."""
        ledger = self.sandbox.settings.folder / "ledger.jsonl"
        lines = ledger.read_text().splitlines() if ledger.exists() else []
        return [entry for line in lines if (entry := json.loads(line))["kind"] == "send"][self.past :]


@pytest.fixture(scope="module")
async def running_meta(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Meta]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("meta"), port=0, delays=Delays(0, 0, 0), ledger=True)
    async with serving(settings) as sandbox:
        http = Http(operator_urls=[sandbox.base_url])
        async with httpx.AsyncClient(base_url=f"{sandbox.base_url}/_control", timeout=20) as control:
            yield Meta(sandbox, control, http, WhatsAppCloud(f"{sandbox.base_url}/v26.0"))
        await http.close()


@pytest.fixture
async def meta(running_meta: Meta) -> Meta:
    """One sandbox for a file of tests, without customers, messages and faults of the test before."""
    answer = await running_meta.control.post("/reset")
    assert answer.status_code == 200, answer.text
    running_meta.past = 0
    running_meta.past = len(running_meta.sends())
    return running_meta


@pytest.fixture
async def world(db: Database, clock: FrozenClock, tmp_path: Path, owner_url: str) -> AsyncIterator[World]:
    async with made_world(db, clock, tmp_path, owner_url) as world:
        await world.make_firm("demo")
        await world.make_firm("demo2")
        receipts: ReceiptWriter = world.app.state.receipts
        receipts.start()
        yield world
        await receipts.close()


@pytest.fixture
async def provider(world: World) -> AsyncIterator[Provider]:
    transport = httpx.ASGITransport(world.edge, client=("203.0.113.9", 40_000))
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        yield Provider(client)
