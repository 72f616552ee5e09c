"""Webhooks of any size and speed: what is taken, what is refused, and what it may cost meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
from starlette.types import Receive, Scope, Send

from invekto.channels.routes import BODIES_MAX_BYTES, WEBHOOK_MAX_BYTES, Hooks
from invekto.entry.api import at_the_edge
from tests.channels.provider import PATH, Provider, account_of, text_for
from tests.rest import URL, World, stored


def in_parts(raw: bytes, goes_on: asyncio.Event) -> AsyncIterator[bytes]:
    """All but the last byte at once; that one when it is let go."""

    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, len(raw) - 1, 64 << 10):
            yield raw[start : min(start + (64 << 10), len(raw) - 1)]
        await goes_on.wait()
        yield raw[-1:]

    return parts()


async def test_bodies_on_their_way_are_bounded_together_whoever_sends_them(
    world: World, provider: Provider, superuser_url: str
) -> None:
    """A signature is known only at a body's end: strangers could fill the memory with beginnings (I8)."""
    goes_on = asyncio.Event()
    large = text_for(account_of(world.firms["demo"]), said="x" * (2 << 20))
    many = BODIES_MAX_BYTES // len(large) + 10
    posts = [asyncio.create_task(provider.client.post(PATH, content=in_parts(large, goes_on))) for _ in range(many)]
    refused = 0
    async with asyncio.timeout(30):
        while refused < 10:
            await asyncio.sleep(0.01)
            refused = sum(post.done() for post in posts)
    assert (await provider.post(text_for(account_of(world.firms["demo"])))).status_code == 200, "a small one has room"
    goes_on.set()
    answers = await asyncio.gather(*posts)
    assert {answer.status_code for answer in answers} == {403, 503}, "unsigned, or one too many"
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 503)
    assert (await provider.post(large)).status_code == 200, "there is room again"


async def test_a_body_that_does_not_come_to_its_end_is_not_waited_for(world: World) -> None:
    hooks = Hooks(body_within_s=0.05)

    async def desk(scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = world.app
        await hooks(scope, receive, send)

    transport = httpx.ASGITransport(at_the_edge(desk, world.app.state.settings), client=("203.0.113.9", 40_000))
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        answer = await client.post(PATH, content=in_parts(b"x" * (1 << 20), asyncio.Event()))
    assert answer.status_code == 503
    assert hooks.bytes_held == 0


async def test_three_megabytes_are_taken_and_one_byte_more_is_not(provider: Provider, superuser_url: str) -> None:
    assert (await provider.post(b" " * WEBHOOK_MAX_BYTES)).status_code == 200
    assert (await provider.post(b" " * (WEBHOOK_MAX_BYTES + 1))).status_code == 413

    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1 << 16
            yield bytes(1 << 16)

    answer = await provider.client.post(PATH, content=endless(), headers={"X-Hub-Signature-256": "sha256=x"})
    assert answer.status_code == 413
    assert read <= WEBHOOK_MAX_BYTES + (2 << 16)
    assert [row["size"] for row in await stored(superuser_url, "select octet_length(body) as size from receipt")] == [
        WEBHOOK_MAX_BYTES
    ]


async def test_a_sender_that_leaves_in_the_middle_is_no_error(world: World, superuser_url: str) -> None:
    sent: list[Any] = []
    messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(messages)

    async def send(one: Any) -> None:
        sent.append(one)

    scope = {
        "type": "http",
        "method": "POST",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "headers": [],
        "client": ("203.0.113.9", 1),
        "http_version": "1.1",
        "scheme": "http",
    }
    await world.edge(scope, receive, send)
    assert sent == []
    assert await stored(superuser_url, "select from receipt") == []
