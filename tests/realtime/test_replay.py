"""Snapshot + events == fresh snapshot: whatever happens in whatever order, a screen that follows shows what a new one loads.

Random operations by several users with different rights, on screens that lose their line and come back. A change that
forgot its event, its version or its masking shows as a difference here.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from invekto.kernel.ids import uuid7
from tests.realtime.screen import Screen, Screens
from tests.rest import Browser, World

USERS = ("agent1", "agent2", "agent3", "supervisor")
PHONES = [f"+9055500000{number:02}" for number in range(6)]


class Play:
    """One random run. An operation that the rules refuse is part of the play; a server error is not."""

    def __init__(self, world: World, screens: list[Screen], seed: int) -> None:
        self.world = world
        self.screens = screens
        self.random = random.Random(seed)
        self.tags: list[str] = []
        self.done: list[str] = []

    async def step(self) -> None:
        pick = self.random.choices([self.customer, self.agent, self.report, self.line], weights=[30, 55, 10, 6], k=1)[0]
        await pick()
        if self.random.random() < 0.3:
            self.world.clock.advance(timedelta(seconds=self.random.choice([1, 60, 600])))

    async def customer(self) -> None:
        firm = self.world.firm
        phone = self.random.choice(PHONES)
        channel = firm.channel if PHONES.index(phone) % 3 else firm.other_channel
        name = self.random.choice([None, "Elif", "Can 🌸"])
        self.done.append(f"customer {phone}")
        await self.world.write(
            phone, self.random.choice(["Merhaba", "teşekkürler", "Fiyat?"]), channel=channel, name=name
        )

    async def agent(self) -> None:
        screen = self.random.choice(self.screens)
        known = list(screen.conversations)
        if not known:
            return
        id_ = self.random.choice(known)
        actions: list[Callable[[Browser, str], Awaitable[tuple[str, str, Any]]]] = [
            self.say, self.note, self.take, self.assign, self.resolve, self.reopen, self.snooze, self.tag, self.read,
            self.rename, self.again,
        ]  # fmt: skip
        method, path, body = await self.random.choice(actions)(screen.browser, id_)
        if screen.conversations.get(id_) is None and path.startswith("/contacts/None"):
            return
        answer = await screen.browser.client.request(method, path, json=body, headers={"Idempotency-Key": str(uuid7())})
        self.done.append(f"{method} {path} {body} -> {answer.status_code}")
        assert answer.status_code < 500, answer.text

    async def report(self) -> None:
        for screen in self.screens:
            sent = [m for t in screen.threads.values() for m in t.values() if m["direction"] == "outbound"]
            if sent:
                message = self.random.choice(sent)
                status = self.random.choice(["sent", "delivered", "read", "failed"])
                self.done.append(f"report {message['id']} {status}")
                await self.world.report(
                    message["id"], status, error_code="invalid_recipient" if status == "failed" else None
                )
                return

    async def line(self) -> None:
        """A screen's line is cut; it comes back later, with the cursor it has."""
        screen = self.random.choice(self.screens)
        self.done.append(f"line of {self.screens.index(screen)} cut")
        await screen.drop()
        for _ in range(self.random.randrange(4)):
            await self.random.choice([self.customer, self.agent])()
        await screen.dial()

    async def say(self, _browser: Browser, id_: str) -> tuple[str, str, Any]:
        return "POST", f"/conversations/{id_}/messages", {"type": "text", "text": "Buyurun"}

    async def note(self, _browser: Browser, id_: str) -> tuple[str, str, Any]:
        return "POST", f"/conversations/{id_}/messages", {"type": "note", "text": "not"}

    async def take(self, _browser: Browser, id_: str) -> tuple[str, str, Any]:
        holder = self.random.choice([None, *self.world.firm.users.values()])
        return "POST", f"/conversations/{id_}/take", {"from": None if holder is None else str(holder)}

    async def assign(self, _browser: Browser, id_: str) -> tuple[str, str, Any]:
        user: UUID | None = self.random.choice([None, *self.world.firm.users.values()])
        return "POST", f"/conversations/{id_}/assign", {"user_id": None if user is None else str(user)}

    async def resolve(self, _browser: Browser, id_: str) -> tuple[str, str, Any]:
        return "POST", f"/conversations/{id_}/resolve", None

    async def reopen(self, _browser: Browser, id_: str) -> tuple[str, str, Any]:
        return "POST", f"/conversations/{id_}/reopen", None

    async def snooze(self, _browser: Browser, id_: str) -> tuple[str, str, Any]:
        until = self.random.choice([None, (self.world.clock.now() + timedelta(hours=3)).isoformat()])
        return "POST", f"/conversations/{id_}/snooze", {"until": until}

    async def tag(self, _browser: Browser, id_: str) -> tuple[str, str, Any]:
        chosen = self.random.sample(self.tags, self.random.randrange(len(self.tags) + 1))
        return "PUT", f"/conversations/{id_}/tags", {"tag_ids": chosen}

    async def read(self, _browser: Browser, id_: str) -> tuple[str, str, Any]:
        body = {"seq": self.random.randrange(12), "lower": self.random.random() < 0.3}
        return "PUT", f"/conversations/{id_}/read", body

    async def rename(self, browser: Browser, id_: str) -> tuple[str, str, Any]:
        contact = next((s.conversations[id_]["contact"]["id"] for s in self.screens if id_ in s.conversations), None)
        return "PATCH", f"/contacts/{contact}", {"name": self.random.choice(["Elif Işık", "Can", "+905559998877"])}

    async def again(self, _browser: Browser, id_: str) -> tuple[str, str, Any]:
        action = self.random.choice(["resend", "discard"])
        for screen in self.screens:
            failed = [m for m in screen.threads.get(id_, {}).values() if m["status"] == "failed"]
            if failed:
                return "POST", f"/conversations/{id_}/messages/{self.random.choice(failed)['id']}/{action}", None
        return "POST", f"/conversations/{id_}/resolve", None


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_screen_that_follows_shows_what_a_new_one_loads(world: World, screens: Screens, seed: int) -> None:
    for phone in PHONES[:4]:
        await world.write(phone, channel=world.firm.channel if PHONES.index(phone) % 3 else world.firm.other_channel)
    following = [await screens.opened(user) for user in (*USERS, "agent1")]
    for screen in following:
        await screen.load()
    play = Play(world, following, seed)
    supervisor = following[3].browser
    for name in ("VIP", "Acil", "İade"):
        play.tags.append((await supervisor.post("/tags", {"name": name, "color": "red"}))["id"])
    for _ in range(120):
        await play.step()
    try:
        for screen in following:
            await _agrees(screen)
    except AssertionError as error:
        raise AssertionError(f"{error}\nseed {seed}:\n" + "\n".join(play.done[-60:])) from None
    assert all(screen.close_code is None for screen in following)
    assert [screen.resyncs for screen in following] == [0] * len(following), "a resync would hide what was missed"
    assert sum(len(screen.batches()) for screen in following) > 100


async def _agrees(screen: Screen, timeout_s: float = 5) -> None:
    """The last frames may still be on their way."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while differences := await screen.differences():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError("\n".join(differences))
        await asyncio.sleep(0.1)
