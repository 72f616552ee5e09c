"""Wake-ups between processes, over both buses with their real servers: heard by all, harmless when lost, back by themselves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import asyncpg
import nats
import pytest

from invekto.kernel.bus import open_bus
from invekto.kernel.bus_nats import NatsBus
from invekto.kernel.settings import Settings, SettingsError
from invekto.kernel.wakeup import Wakeup
from tests.kernel.nats_server import NatsServer

SOON_S = 5


@pytest.fixture
def server() -> Iterator[NatsServer]:
    server = NatsServer().start()
    yield server
    server.kill()


@pytest.fixture(params=["postgresql", "nats"])
def bus_url(request: pytest.FixtureRequest) -> str | None:
    if request.param == "postgresql":
        return None
    server: NatsServer = request.getfixturevalue("server")
    return server.url


@asynccontextmanager
async def process(database_url: str, bus_url: str | None) -> AsyncIterator[Wakeup]:
    """What one process of a desk has; it hears when the block begins."""
    wakeup = Wakeup(open_bus(database_url, bus_url))
    hears = wakeup.subscribe("anything")
    wakeup.start()
    try:
        await asyncio.wait_for(hears.wait(), SOON_S)
        yield wakeup
    finally:
        await wakeup.close()


async def rings(event: asyncio.Event) -> None:
    await asyncio.wait_for(event.wait(), SOON_S)
    event.clear()


async def test_every_process_hears_what_one_says_and_only_of_its_topics(database_url: str, bus_url: str | None) -> None:
    async with (
        process(database_url, bus_url) as one,
        process(database_url, bus_url) as two,
        process(database_url, bus_url) as three,
    ):
        events = [other.subscribe("event") for other in (one, two, three)]
        receipts = [other.subscribe("receipt") for other in (one, two, three)]
        one.wake("event")
        assert events[0].is_set(), "the speaker's own loops do not wait for the bus"
        await asyncio.gather(*(rings(event) for event in events))
        assert not any(event.is_set() for event in receipts)
        one.wake("receipt", "event")
        await asyncio.gather(*(rings(event) for event in (*events, *receipts)))


async def test_a_thousand_words_at_once_are_few_messages_and_none_is_missed(
    database_url: str, bus_url: str | None
) -> None:
    async with process(database_url, bus_url) as one, process(database_url, bus_url) as two:
        heard = two.subscribe("outbox")
        last = two.subscribe("last")
        for _ in range(1_000):
            one.wake("outbox")
        one.wake("last")
        await rings(last)
        assert heard.is_set()


async def test_nats_comes_back_and_everything_is_looked_at_once(
    database_url: str, server: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with process(database_url, server.url) as one, process(database_url, server.url) as two:
        event = two.subscribe("event")
        with caplog.at_level(logging.WARNING):
            server.kill()
            one.wake("event")
            await asyncio.sleep(1.6)
            assert not event.is_set()
        said = [record for record in caplog.records if "wake-up connection (nats)" in record.message]
        assert 1 <= len(said) <= 4, "once for each loop of each process, not at every try"
        server.start()
        await rings(event)
        one.wake("event")
        await rings(event)


async def test_postgresql_comes_back_too(database_url: str) -> None:
    async with process(database_url, None) as one, process(database_url, None) as two:
        event = two.subscribe("event")
        same_role = await asyncpg.connect(database_url)
        await same_role.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'invekto-wakeup' and datname = current_database()"
        )
        await same_role.close()
        await rings(event)
        one.wake("event")
        await rings(event)


async def test_two_desks_on_one_server_do_not_wake_each_other(database_url: str, server: NatsServer) -> None:
    async with (
        process(database_url, f"{server.url}/desk1") as one,
        process(database_url, f"{server.url}/desk1") as same,
        process(database_url, f"{server.url}/desk2") as other,
    ):
        mine, theirs = same.subscribe("event"), other.subscribe("event")
        one.wake("event")
        await rings(mine)
        await asyncio.sleep(0.1)
        assert not theirs.is_set()


async def test_what_a_stranger_says_on_the_subject_wakes_nobody(database_url: str, server: NatsServer) -> None:
    async with process(database_url, server.url) as one:
        event = one.subscribe("event")
        stranger = await nats.connect(server.url)
        for text in (b"", b"\xff\xfe", b"eventually,,no", b"event," * 400):
            await stranger.publish("invekto", text)
        await stranger.publish("invekto", b"event")
        await stranger.close()
        await rings(event)


def test_the_setting_takes_a_nats_server_and_shows_no_password() -> None:
    bus = open_bus("postgresql://x", "nats://desk:secret@bus.example:4222/desk1")
    assert isinstance(bus, NatsBus)
    for wrong in ("redis://127.0.0.1:6379", "nats://", "nats://h:4222/a.b", "nats://u:pw@h:1/x/y"):
        with pytest.raises(SettingsError, match="nats://login") as refused:
            Settings.load({"INVEKTO_BUS_URL": wrong})
        assert "pw" not in str(refused.value)
