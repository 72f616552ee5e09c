"""Apps and channels: secrets sealed for one firm, one account at one firm at a time, history that stays."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from invekto.channels.service import (
    connect_channel,
    create_app,
    disconnect_channel,
    mark_reconnect_needed,
    open_credentials,
    save_platform_app,
)
from invekto.kernel.crypto import KeyRing, SecretUnreadable
from invekto.kernel.errors import Conflict, Invalid, NotFound
from invekto.kernel.ids import uuid7
from invekto.kernel.tenancy import DELIVERY, claimed
from invekto.kernel.tx import SYSTEM
from tests.rest import Firm, World, stored


async def connect(world: World, firm: Firm, **changes: Any) -> UUID:
    given: dict[str, Any] = {
        "kind": "whatsapp_cloud",
        "provider": "meta",
        "account_key": "106540352242922",
        "name": "Satış",
        "address": "+90 555 900 00 01",
        "credentials": {"access_token": "EAAone", "phone_number_id": "106540352242922", "waba_id": "1"},
    }
    async with world.db.tx(firm.id, SYSTEM) as tx:
        return await connect_channel(tx, world.app.state.keys, **given | changes)


async def channel(superuser_url: str, channel_id: UUID) -> asyncpg.Record:
    (row,) = await stored(superuser_url, "select * from channel where id = $1", channel_id)
    return row


async def test_a_connected_account_gets_a_number_a_team_and_its_webhooks(world: World, superuser_url: str) -> None:
    made = await connect(world, world.firm)
    row = await channel(superuser_url, made)
    assert (row["number"], row["status"], row["team_id"]) == (3, "connected", world.firm.team_a)
    (route,) = await stored(superuser_url, "select * from channel_route where account_key = '106540352242922'")
    assert (route["tenant_id"], route["channel_id"], route["app_id"]) == (world.firm.id, made, row["app_id"])
    (audit,) = await stored(superuser_url, "select action, entity_id from audit_entry where entity_id = $1", made)
    assert audit["action"] == "channel.connected"


async def test_credentials_are_sealed_for_their_firm_alone(world: World, superuser_url: str) -> None:
    made = await connect(world, world.firm)
    sealed = (await channel(superuser_url, made))["credentials"]
    assert b"EAAone" not in sealed
    keys = world.app.state.keys
    assert open_credentials(keys, world.firm.id, sealed)["access_token"] == "EAAone"
    with pytest.raises(SecretUnreadable):
        open_credentials(keys, world.firms["demo2"].id, sealed)
    with pytest.raises(SecretUnreadable):
        open_credentials(KeyRing(b"another key of thirty-two bytes!"), world.firm.id, sealed)


async def test_connecting_again_keeps_the_row_and_brings_it_back_to_work(world: World, superuser_url: str) -> None:
    made = await connect(world, world.firm)
    await stored(
        superuser_url, "update channel set status = 'reconnect_needed', status_reason = 'x' where id = $1", made
    )
    again = await connect(world, world.firm, credentials={"access_token": "EAAtwo"}, name="Destek")
    assert again == made
    row = await channel(superuser_url, made)
    assert (row["status"], row["status_reason"], row["name"]) == ("connected", None, "Destek")
    assert row["team_id"] == world.firm.team_a
    assert open_credentials(world.app.state.keys, world.firm.id, row["credentials"]) == {"access_token": "EAAtwo"}


async def test_an_account_of_another_firm_is_refused_and_nothing_is_left(world: World, superuser_url: str) -> None:
    await connect(world, world.firm)
    with pytest.raises(Conflict) as raised:
        await connect(world, world.firms["demo2"])
    assert raised.value.code == "account_connected_elsewhere"
    rows = await stored(superuser_url, "select tenant_id from channel where account_key = '106540352242922'")
    assert [row["tenant_id"] for row in rows] == [world.firm.id]


async def test_a_disconnected_account_is_free_for_another_firm_and_its_history_stays(
    world: World, superuser_url: str
) -> None:
    made = await connect(world, world.firm)
    conversation = await world.write("+905551112233", channel=made)
    async with world.db.tx(world.firm.id, SYSTEM) as tx:
        await disconnect_channel(tx, made)
    row = await channel(superuser_url, made)
    assert row["status"] == "reconnect_needed"
    with pytest.raises(SecretUnreadable):
        open_credentials(world.app.state.keys, world.firm.id, row["credentials"])
    other = await connect(world, world.firms["demo2"])
    assert other != made
    assert await stored(superuser_url, "select from conversation where id = $1 and channel_id = $2", conversation, made)
    with pytest.raises(Conflict):
        await connect(world, world.firm)


async def test_only_ones_own_channels_apps_and_teams_can_be_named(world: World) -> None:
    other = world.firms["demo2"]
    made = await connect(world, world.firm)
    async with world.db.tx(other.id, SYSTEM) as tx:
        with pytest.raises(NotFound):
            await disconnect_channel(tx, made)
        app_id = await create_app(
            tx, world.app.state.keys, kind="whatsapp_cloud", app_secret="secret", verify_token="token"
        )
    for strange in (
        {"app_id": app_id},
        {"team_id": other.team_a},
        {"app_id": uuid7()},
        {"name": "  "},
        {"kind": "telegram"},
    ):
        with pytest.raises(Invalid):
            await connect(world, world.firm, account_key="1", **strange)


@pytest.mark.parametrize("secrets", [("", "token"), ("secret", ""), ("  ", "token")])
async def test_an_app_without_secrets_is_refused(world: World, owner_url: str, secrets: tuple[str, str]) -> None:
    app_secret, verify_token = secrets
    keys = world.app.state.keys
    async with world.db.tx(world.firm.id, SYSTEM) as tx:
        with pytest.raises(Invalid):
            await create_app(tx, keys, kind="whatsapp_cloud", app_secret=app_secret, verify_token=verify_token)
    owner = await asyncpg.connect(owner_url)
    with pytest.raises(Invalid):
        await save_platform_app(
            owner,
            keys,
            kind="whatsapp_cloud",
            app_secret=app_secret,
            verify_token=verify_token,
            now=world.clock.now(),
        )
    await owner.close()


async def test_a_firm_cannot_write_the_platforms_app(world: World, superuser_url: str) -> None:
    (before,) = await stored(superuser_url, "select secret from app where tenant_id is null")
    async with world.db.tx(world.firm.id, SYSTEM) as tx:
        await tx.execute("update app set secret = 'x' where tenant_id is null")
        await tx.execute("delete from app where tenant_id is null")
    async with world.db.tx(world.firm.id, SYSTEM) as tx:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tx.execute(
                "insert into app (id, tenant_id, kind, secret, verify_token, created_at)"
                " values ($1, null, 'sms', 'x', 'x', now())",
                uuid7(),
            )
    (after,) = await stored(superuser_url, "select secret from app where tenant_id is null")
    assert after == before


async def test_refused_credentials_are_said_once(world: World, superuser_url: str) -> None:
    made = await connect(world, world.firm)
    pool = await world.db.pool(DELIVERY)
    for _ in range(2):
        async with pool.acquire() as connection, claimed(connection, [world.firm.id]):
            await mark_reconnect_needed(connection, world.firm.id, made, "Invalid OAuth access token\x00")
    row = await channel(superuser_url, made)
    assert (row["status"], row["status_reason"]) == ("reconnect_needed", "Invalid OAuth access token\ufffd")
    said = await stored(
        superuser_url, "select from event where kind = 'channel.reconnect_needed' and entity_id = $1", made
    )
    assert len(said) == 1
    audited = await stored(superuser_url, "select from audit_entry where action = 'channel.reconnect_needed'")
    assert len(audited) == 1


async def test_everybody_signed_in_sees_the_firms_channels_and_what_they_can_do(world: World) -> None:
    agent = await world.browser("agent1")
    listed = await agent.get("/channels")
    assert listed["next_cursor"] is None
    assert [one["id"] for one in listed["items"]] == [str(world.firm.channel), str(world.firm.other_channel)]
    first = listed["items"][0]
    assert first.keys() == {
        "id", "number", "kind", "provider", "name", "address", "status", "status_reason", "team_id", "media_policy",
        "quality", "messaging_limit", "health_at", "capabilities",
    }  # fmt: skip
    can = first["capabilities"]
    assert (can["text_max"], can["caption_max"], can["service_window_s"]) == (4096, 1024, 86_400)
    assert can["media"]["image"] == {
        "mimes": ["image/jpeg", "image/png"],
        "max_bytes": 5 << 20,
        "side_px": None,
        "still_max_bytes": None,
    }
    page = await agent.get("/channels", limit=1)
    assert [one["number"] for one in page["items"]] == [1]
    rest = await agent.get("/channels", limit=1, cursor=page["next_cursor"])
    assert [one["number"] for one in rest["items"]] == [2]
    assert (await world.anonymous().get("/channels")).status_code == 401
