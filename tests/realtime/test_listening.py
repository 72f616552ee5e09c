"""Who may listen, for how long, and what becomes of a screen that does not."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from invekto.accounts.service import add_team_member, disable_user
from invekto.accounts.sessions import KEPT_S
from invekto.entry import realtime
from invekto.entry.realtime import Reader
from invekto.kernel.db import Database
from invekto.kernel.events import Cursor
from invekto.kernel.tx import SYSTEM
from tests.realtime.conftest import served
from tests.realtime.screen import Screen, Screens
from tests.rest import World, stored


async def test_without_a_session_the_socket_closes_with_its_reason(world: World, screens: Screens) -> None:
    async with connect(f"{screens.url}/api/v1/stream") as socket:
        await socket.wait_closed()
        assert socket.close_code == 4401


@pytest.mark.attack("A12")
@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://desk.test.evil.test"])
async def test_a_foreign_page_is_refused_before_the_handshake(world: World, screens: Screens, origin: str) -> None:
    """A12: the cookie alone opens nothing."""
    screen = await screens.of("agent1")
    with pytest.raises(InvalidStatus) as refused:
        await screen.dial(headers={"Origin": origin})
    assert refused.value.response.status_code == 403


@pytest.mark.attack("A47")
async def test_no_socket_opens_on_any_other_path(world: World, screens: Screens) -> None:
    for path in ("/", "/api/v1/stream/", "/hooks/whatsapp_cloud", "/api/v1/conversations"):
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"{screens.url}{path}")
        assert refused.value.response.status_code == 403


@pytest.fixture
async def event_screens(world: World, db: Database) -> AsyncIterator[Screens]:
    """Of a process that never asks by itself whether somebody still may listen."""
    async with served(world, Reader(db, checked_s=1_000_000)) as url:
        screens = Screens(world, url)
        yield screens
        await screens.close()


@pytest.mark.attack("A11")
async def test_signing_out_closes_that_sessions_screens(world: World, event_screens: Screens) -> None:
    """A11: within five seconds, here by the event at once."""
    screens = event_screens
    ended, kept = await screens.opened("agent1"), await screens.opened("agent1")
    await ended.browser.client.delete("/session")
    assert await ended.until_closed() == 4401
    await world.write("+905550000001")
    await kept.until(kept.batches, "told")


@pytest.mark.attack("A11")
async def test_a_disabled_users_screens_close(world: World, event_screens: Screens) -> None:
    screens = event_screens
    screen, other = await screens.opened("agent1"), await screens.opened("agent2")
    async with world.db.tx(world.firm.id, SYSTEM) as tx:
        await disable_user(tx, screen.browser.user_id)
    assert await screen.until_closed() == 4401
    assert other.close_code is None


async def test_a_session_that_vanishes_without_an_event_closes_too(
    world: World, screens: Screens, superuser_url: str
) -> None:
    screen = await screens.opened("agent1")
    await stored(superuser_url, "delete from session where user_id = $1", screen.browser.user_id)
    assert await screen.until_closed() == 4401


async def test_who_comes_into_a_team_is_told_to_load_again(world: World, event_screens: Screens) -> None:
    screens = event_screens
    conversation = await world.write("+905550000001", channel=world.firm.other_channel)
    screen = await screens.opened("agent1")
    async with world.db.tx(world.firm.id, SYSTEM) as tx:
        await add_team_member(tx, world.firm.team_b, screen.browser.user_id)
    await screen.until(lambda: screen.resyncs == 1, "told")
    world.app.state.authenticate.forget(user_id=screen.browser.user_id)
    await world.write("+905550000001", channel=world.firm.other_channel)
    await screen.until(lambda: str(conversation) in {row["id"] for row in screen.told("conversations")}, "told")


@pytest.mark.attack("A42", "A4")
async def test_a_screen_has_nothing_to_say(world: World, screens: Screens) -> None:
    screen = await screens.opened("agent1")
    await screen.send('{"subscribe":"everything"}')
    assert await screen.until_closed() == 1008


async def test_a_screen_that_comes_while_the_database_has_no_connection_left_is_told_to_come_again(
    world: World, screens: Screens, db: Database
) -> None:
    screen = await screens.of("agent1")
    # What is known of its session is forgotten by then.
    world.clock.advance(timedelta(seconds=KEPT_S + 1))
    async with AsyncExitStack() as taken:
        for _ in range(db.options.request_pool):
            await taken.enter_async_context(db.engine.connect())
        await screen.dial()
        assert await screen.until_closed() == 1013
    await screen.open()


@pytest.mark.attack("A42")
async def test_one_user_has_a_bounded_number_of_screens(world: World, screens: Screens) -> None:
    """A42."""
    opened = [await screens.opened("agent1") for _ in range(realtime.USER_SOCKETS_MAX)]
    one_more = await screens.of("agent1")
    await one_more.dial()
    assert await one_more.until_closed() == 1013
    colleague = await screens.opened("agent2")
    await opened[0].drop()
    await asyncio.sleep(0.2)
    await one_more.open()
    await world.write("+905550000001")
    for screen in (one_more, opened[-1], colleague):
        await screen.until(screen.batches, "told")


def _has_heard(screen: Screen, messages: int) -> bool:
    return len(screen.told("messages")) >= messages


@pytest.mark.attack("A44")
async def test_a_screen_that_reads_too_slowly_is_sent_away_and_others_do_not_wait(
    world: World, screens: Screens
) -> None:
    """F25: a bounded queue, then a code; the rest are told at once."""
    slow, quick = await screens.of("supervisor"), await screens.opened("agent1")
    conversation = await world.write("+905550000001")
    token = slow.browser.client.cookies["invekto_session"]
    host, port = screens.url.removeprefix("ws://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    handshake = (
        f"GET /api/v1/stream HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nCookie: invekto_session={token}\r\n\r\n"
    )
    writer.write(handshake.encode())
    assert b"101" in await reader.readuntil(b"\r\n\r\n")
    stream: Reader = world.app.state.stream
    agent = await world.browser("agent1")
    async with asyncio.timeout(5):
        # It joins a moment after its handshake.
        while stream.connected < 2:  # noqa: ASYNC110  # the reader tells nobody
            await asyncio.sleep(0.01)
    try:
        # It never reads again. Its kernel buffers fill, then our queue, then it is cut off.
        async with asyncio.timeout(60):
            number = 0
            while stream.connected == 2:
                number += 1
                await agent.say(conversation, f"{number} " + "ş" * 4000, kind="note")
                await quick.until(functools.partial(_has_heard, quick, number), "told")
    finally:
        writer.transport.abort()
    assert number > 50, "buffers take some"
    assert quick.close_code is None


async def test_a_tick_says_how_far_the_log_is(world: World, db: Database) -> None:
    async with served(world, Reader(db, tick_s=1)) as url:
        screens = Screens(world, url)
        screen = await screens.opened("agent1")
        await screen.until(lambda: screen.frames[-1]["type"] == "tick", "ticked")
        assert Cursor.decode(screen.frames[-1]["cursor"]) is not None
        await screens.close()
