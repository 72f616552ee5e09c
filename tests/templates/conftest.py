"""A firm whose channel is the sandbox's number: its templates go to a provider that has Meta's rules."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from invekto.channels.registry import Registry
from invekto.channels.service import connect_channel
from invekto.channels.whatsapp_cloud.adapter import WhatsAppCloud
from invekto.conversations.delivery import Delivery
from invekto.kernel.clock import FrozenClock, SystemClock
from invekto.kernel.db import Database, DatabaseOptions
from invekto.kernel.http import Http
from invekto.kernel.tx import SYSTEM
from invekto.templates.accounts import Door
from invekto_sandbox import Delays, Sandbox, Settings, serving
from tests.rest import Browser, World, made_world

Json = dict[str, Any]
BODY: Json = {
    "type": "BODY",
    "text": "Merhaba {{1}}, randevunuz {{2}} günü saat onda.",
    "example": {"body_text": [["Ayşe", "Salı"]]},
}


@dataclass
class Counter:
    """The firm at the provider's counter."""

    world: World
    sandbox: Sandbox
    control: httpx.AsyncClient
    channel_id: UUID
    supervisor: Browser
    agent: Browser
    door: Door

    @property
    def keys(self) -> Json:
        found: Json = self.sandbox.info()["whatsapp_cloud"]
        return found

    def draft(self, **more: Any) -> Json:
        kept = {"channel_id": str(self.channel_id), "name": "randevu", "language": "tr", "category": "UTILITY"}
        return {**kept, "components": [BODY], **more}

    async def at_provider(self, **more: Any) -> Json:
        """A template that the provider has already."""
        wish = {key: value for key, value in self.draft(**more).items() if key != "channel_id"}
        answer = await self.control.post("/whatsapp_cloud/templates", json={"templates": [wish]})
        assert answer.status_code == 201, answer.text
        found: Json = answer.json()["items"][0]
        return found

    async def sync(self) -> int:
        answer = await self.supervisor.post("/templates/sync", {"channel_id": str(self.channel_id)})
        return int(answer["count"])

    async def synced(self, **more: Any) -> Json:
        """One that is approved and known here."""
        made = await self.at_provider(**more)
        await self.sync()
        found: Json = (await self.agent.get("/templates", q=made["name"]))["items"][0]
        return found

    async def deliver(self) -> list[Json]:
        """Brings out what is queued; what the provider took, oldest first."""
        state = self.world.app.state
        await Delivery(self.door.database, state.registry, self.door.http, state.keys, state.media).drain()
        found: list[Json] = (await self.control.get("/whatsapp_cloud/sent")).json()["items"]
        return found


@pytest.fixture
async def counter(database_url: str, clock: FrozenClock, tmp_path: Path, owner_url: str) -> AsyncIterator[Counter]:
    """Real time: the provider's list and our rows are compared by it."""
    settings = Settings(data_dir=tmp_path / "meta", port=0, delays=Delays(0, 0, 0), ledger=True)
    database = await Database.open(DatabaseOptions(database_url), clock=SystemClock())
    async with serving(settings) as sandbox, made_world(database, clock, tmp_path, owner_url) as world:
        http = Http(operator_urls=[sandbox.base_url])
        state = world.app.state
        state.http, state.registry = http, Registry([WhatsAppCloud(f"{sandbox.base_url}/v26.0")])
        firm = await world.make_firm("demo")
        number = sandbox.info()["whatsapp_cloud"]["numbers"][0]
        async with database.tx(firm.id, SYSTEM) as tx:
            channel_id = await connect_channel(
                tx,
                state.keys,
                kind="whatsapp_cloud",
                provider="meta",
                account_key=number["phone_number_id"],
                name="WhatsApp",
                address=number["display_phone_number"],
                credentials={name: number[name] for name in ("phone_number_id", "waba_id", "access_token")},
                team_id=firm.team_a,
                parent_account_key=number["waba_id"],
            )
        async with httpx.AsyncClient(base_url=f"{sandbox.base_url}/_control", timeout=20) as control:
            supervisor, agent = await world.browser("supervisor"), await world.browser("agent1")
            door = Door(database, state.registry, http, state.keys)
            yield Counter(world, sandbox, control, channel_id, supervisor, agent, door)
        await http.close()
    await database.close()
