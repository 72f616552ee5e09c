"""The socket of the phone page, without a browser: who holds a phone, and what they are told."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from tests.sandbox.conftest import Player, Receiver


def address(player: Player) -> str:
    return player.sandbox.base_url.replace("http", "ws") + "/_control/live"


async def hear(socket: ClientConnection, wanted: str) -> list[Any]:
    """The first frame that has something under `wanted`."""
    async with asyncio.timeout(5):
        while True:
            frame = json.loads(await socket.recv())
            if frame.get(wanted):
                found: list[Any] = frame[wanted]
                return found


async def test_a_foreign_page_cannot_open_the_socket(player: Player) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(address(player), origin=Origin("https://evil.example"))
    assert refused.value.response.status_code == 403


async def test_the_page_hears_messages_of_the_thread_it_shows_and_rows_of_the_others(
    player: Player, receiver: Receiver
) -> None:
    shown = await player.customer(phone="+905550000001", name="Görünen")
    other = await player.customer(phone="+905550000002", name="Öteki")
    async with connect(address(player), origin=Origin(player.sandbox.base_url)) as socket:
        view = {"type": "view", "number": player.phone_id, "customer": shown["id"], "visible": True, "opened": []}
        await socket.send(json.dumps(view))
        await asyncio.sleep(0.05)
        await player.writes(shown["id"], text="ilk")
        assert (await hear(socket, "messages"))[0]["content"] == {"body": "ilk"}
        await player.writes(other["id"], text="başka")
        rows = {row["id"]: row["preview"] for row in await hear(socket, "customers")}
        assert rows[other["id"]] == "başka"
        await player.fault(slow=True)
        assert {"type": "faults", "faults": {"global": {"slow": {"ms": 3000}}, "numbers": {}}} in await hear(
            socket, "notices"
        )


async def test_a_burst_comes_as_few_frames_and_says_what_it_left_out(player: Player, receiver: Receiver) -> None:
    async with connect(address(player)) as socket:
        await socket.send(json.dumps({"type": "view", "number": player.phone_id, "customer": None, "visible": False}))
        await asyncio.sleep(0.05)
        body = {"customers": 600, "concurrency": 64, "wait": True}
        report = (await player.control.post("/whatsapp_cloud/crowd", json=body)).json()
        assert report["delivered"] == 600
        frames: list[dict[str, Any]] = []
        async with asyncio.timeout(10):
            while not any(notice["type"] == "crowd" for frame in frames for notice in frame["notices"]):
                frames.append(json.loads(await socket.recv()))
        assert len(frames) < 200
        assert max(len(frame["log"]) for frame in frames) <= 60
        assert sum(len(frame["log"]) + frame["log_skipped"] for frame in frames) >= 600
        assert any(frame.get("reload") for frame in frames)


async def test_a_typing_mark_reaches_the_phone(player: Player) -> None:
    customer = await player.customer()
    message = await player.writes(customer["id"])
    async with connect(address(player)) as socket:
        view = {"type": "view", "number": player.phone_id, "customer": customer["id"], "visible": True}
        await socket.send(json.dumps(view))
        await asyncio.sleep(0.05)
        body = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": message["id"],
            "typing_indicator": {"type": "text"},
        }
        await player.graph.post(f"/v24.0/{player.phone_id}/messages", json=body)
        notice = (await hear(socket, "notices"))[0]
        assert (notice["type"], notice["customer"]) == ("typing", customer["id"])
