"""Another secret key: what the former one sealed is sealed anew, a lost one is given up, and neither happens silently."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from invekto.channels.changing import find_channel, platform_app
from invekto.channels.resealing import Resealed, forget_unreadable, reseal, reseal_platform_apps
from invekto.channels.service import create_app, open_credentials
from invekto.entry.key_check import former_key_in_use
from invekto.entry.refusal import StartRefused
from invekto.kernel.clock import FrozenClock
from invekto.kernel.crypto import KeyRing, SecretUnreadable
from invekto.kernel.db import Database
from invekto.kernel.tx import SYSTEM
from tests.rest import APP_SECRET, World, made_world

OLD, NEW = bytes(32), bytes(range(32))


@pytest.fixture
async def world(db: Database, clock: FrozenClock, tmp_path: Path, owner_url: str) -> AsyncIterator[World]:
    """Sealed with OLD: the platform's app, a firm's own, two channels of each of two firms, one of them disconnected."""
    async with made_world(db, clock, tmp_path, owner_url) as world:
        await world.make_firm("demo")
        await world.make_firm("demo2")
        async with db.tx(world.firm.id, SYSTEM) as tx:
            await create_app(tx, KeyRing(OLD), kind="whatsapp_cloud", app_secret="own", verify_token="own")
            (await find_channel(tx, world.firm.other_channel)).credentials = b""
        yield world


async def _reseal_all(world: World, owner_url: str, keys: KeyRing) -> Resealed:
    owner = await asyncpg.connect(owner_url)
    async with owner.transaction():
        done = await reseal_platform_apps(owner, keys)
    await owner.close()
    for firm in world.firms.values():
        async with world.db.tx(firm.id, SYSTEM) as tx:
            done += await reseal(tx, keys)
    return done


async def test_everything_opens_with_the_new_key_alone_after_a_rotation_and_a_second_one_finds_nothing(
    world: World, owner_url: str, database_url: str
) -> None:
    both, new = KeyRing(NEW, [OLD]), KeyRing(NEW)
    assert await former_key_in_use(database_url, both)
    assert await _reseal_all(world, owner_url, both) == Resealed(done=5)
    assert await _reseal_all(world, owner_url, both) == Resealed()
    assert not await former_key_in_use(database_url, new)
    for firm in world.firms.values():
        async with world.db.tx(firm.id, SYSTEM) as tx:
            assert await platform_app(tx, new, "whatsapp_cloud") == {"app_secret": APP_SECRET, "verify_token": "verify"}
            sealed = (await find_channel(tx, firm.channel)).credentials
            assert open_credentials(new, firm.id, sealed)["access_token"] == "EAAtest"
            with pytest.raises(SecretUnreadable):
                open_credentials(KeyRing(OLD), firm.id, sealed)


async def test_a_key_that_opens_nothing_does_not_start(world: World, database_url: str, owner_url: str) -> None:
    stranger = KeyRing(NEW)
    with pytest.raises(
        StartRefused, match=rf"at hand \({stranger.key_id}\) opens nothing .* with the key {KeyRing(OLD).key_id}"
    ):
        await former_key_in_use(database_url, stranger)
    assert not await former_key_in_use(database_url, KeyRing(OLD))
    assert await _reseal_all(world, owner_url, KeyRing(OLD, [NEW])) == Resealed()


async def test_an_installation_without_any_secret_starts_with_any_key(database_url: str, db: Database) -> None:
    assert not await former_key_in_use(database_url, KeyRing(NEW))


async def test_what_no_key_opens_is_counted_and_left_and_given_up_only_by_word(world: World, owner_url: str) -> None:
    stranger = KeyRing(NEW)
    assert await _reseal_all(world, owner_url, stranger) == Resealed(unreadable=5)
    async with world.db.tx(world.firm.id, SYSTEM) as tx:
        assert await forget_unreadable(tx, KeyRing(OLD)) == 0
    async with world.db.tx(world.firm.id, SYSTEM) as tx:
        assert await forget_unreadable(tx, stranger) == 1
    async with world.db.tx(world.firm.id, SYSTEM) as tx:
        channel = await find_channel(tx, world.firm.channel)
        assert (channel.credentials, channel.status, channel.status_reason) == (
            b"",
            "reconnect_needed",
            "secret_key_lost",
        )
        assert len(await tx.fetch("select from channel_route where channel_id = $1", channel.id)) == 1
