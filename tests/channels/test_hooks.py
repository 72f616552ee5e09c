"""Webhooks over the real edge: genuine ones are stored and then answered 200, everything else leaves nothing behind."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from invekto.channels.apps import ABSENCE_KEPT_S, ANSWER_S, SECRETS_KEPT_S
from invekto.channels.service import create_app, disconnect_channel, save_platform_app
from invekto.conversations.handlers import Ingest
from invekto.entry.postgres import SUPERUSER, EmbeddedPostgres
from invekto.kernel.ids import uuid7
from invekto.kernel.metrics import REGISTRY
from invekto.kernel.tenancy import INGEST
from invekto.kernel.tx import SYSTEM
from tests.channels.provider import PATH, Provider, account_of, text_for
from tests.rest import APP_SECRET, Firm, World, stored

TOKEN = "verify"


async def ingest(world: World) -> None:
    """The worker's part, to its end."""
    consumer = Ingest(world.db, world.app.state.registry)
    async with (await world.db.pool(INGEST)).acquire() as connection:
        while await consumer.work_once(connection):
            pass


async def own_app(world: World, firm: Firm, secret: str) -> UUID:
    async with world.db.tx(firm.id, SYSTEM) as tx:
        return await create_app(
            tx, world.app.state.keys, kind="whatsapp_cloud", app_secret=secret, verify_token="their own token"
        )


async def bind(world: World, superuser_url: str, channel_id: UUID, app_id: UUID) -> None:
    await stored(superuser_url, "update channel_route set app_id = $2 where channel_id = $1", channel_id, app_id)


def refused_so_far() -> float:
    return REGISTRY.get_sample_value("invekto_refused_signatures_total", {"kind": "whatsapp_cloud"}) or 0


# Genuine ----------------------------------------------------------------------------------------------------------


async def test_a_genuine_webhook_is_stored_as_it_came_and_then_answered(
    world: World, provider: Provider, superuser_url: str
) -> None:
    raw = text_for(account_of(world.firm))
    answer = await provider.post(raw, headers={"Origin": "https://elsewhere.example", "Cookie": "x=y"})
    assert (answer.status_code, answer.content) == (200, b"")
    (row,) = await stored(
        superuser_url, "select r.*, headers::text as kept, a.tenant_id from receipt r join app a on a.id = r.app_id"
    )
    assert (row["kind"], row["body"], row["channel_id"], row["tenant_id"]) == ("whatsapp_cloud", raw, None, None)
    assert row["received_at"] == world.clock.now()
    assert json.loads(row["kept"]) == {"content-type": "application/json"}


@pytest.mark.attack("A7")
async def test_a_webhook_becomes_a_message_of_the_firm_whose_number_it_is(
    world: World, provider: Provider, superuser_url: str
) -> None:
    await provider.post(text_for(account_of(world.firms["demo2"])))
    await ingest(world)
    (row,) = await stored(superuser_url, "select tenant_id, channel_id, text from message where direction = 'inbound'")
    assert tuple(row) == (world.firms["demo2"].id, world.firms["demo2"].channel, "Merhaba")


async def test_the_same_webhook_again_is_acknowledged_and_changes_nothing(
    world: World, provider: Provider, superuser_url: str
) -> None:
    for _ in range(3):
        assert (await provider.post(text_for(account_of(world.firm)))).status_code == 200
    await ingest(world)
    assert (await stored(superuser_url, "select count(*) from message where direction = 'inbound'"))[0][0] == 1


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"null", b"[" * 50_000, b'{"entry": 1e400}'])
async def test_a_genuine_body_of_any_kind_is_acknowledged_and_ends_in_the_quarantine(
    world: World, provider: Provider, superuser_url: str, raw: bytes
) -> None:
    assert (await provider.post(raw)).status_code == 200
    await ingest(world)
    (row,) = await stored(superuser_url, "select reason, raw from quarantine")
    assert (row["reason"], row["raw"]) == ("unparsable", raw)
    assert (await stored(superuser_url, "select count(*) from receipt where done_at is null"))[0][0] == 0


async def test_the_handshake_is_answered_with_the_challenge_alone(provider: Provider) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": TOKEN, "hub.challenge": "<b>11582</b>"}
    answer = await provider.client.get(PATH, params=query)
    assert (answer.status_code, answer.text) == (200, "<b>11582</b>")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_webhooks_are_measured_under_the_name_of_their_route(provider: Provider) -> None:
    labels = {"method": "POST", "route": "/hooks/{kind}", "status": "200"}
    before = REGISTRY.get_sample_value("invekto_request_seconds_count", labels) or 0
    await provider.post(b"{}")
    assert REGISTRY.get_sample_value("invekto_request_seconds_count", labels) == before + 1


# Not genuine ------------------------------------------------------------------------------------------------------


@pytest.mark.attack("A23")
@pytest.mark.parametrize(
    ("secret", "headers"),
    [
        pytest.param("a guess", {}, id="another secret"),
        pytest.param("", {}, id="an empty secret"),
        pytest.param(APP_SECRET, {"X-Hub-Signature-256": ""}, id="an empty signature"),
        pytest.param(APP_SECRET, {"X-Hub-Signature-256": "sha256="}, id="a prefix alone"),
        pytest.param(APP_SECRET, {"X-Hub-Signature-256": "sha1=" + "0" * 40}, id="SHA-1"),
    ],
)
async def test_a_forged_webhook_is_refused_counted_and_stored_nowhere(
    world: World, provider: Provider, superuser_url: str, secret: str, headers: dict[str, str]
) -> None:
    before = refused_so_far()
    answer = await provider.post(text_for(account_of(world.firm)), secret, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    assert refused_so_far() == before + 1
    assert await stored(superuser_url, "select from receipt") == []


@pytest.mark.attack("A23")
async def test_other_bytes_than_the_signed_ones_are_refused(
    world: World, provider: Provider, superuser_url: str
) -> None:
    raw = text_for(account_of(world.firm))
    signature = "sha256=" + hmac.new(APP_SECRET.encode(), raw, hashlib.sha256).hexdigest()
    again = json.dumps(json.loads(raw), separators=(",", ":")).encode()
    assert json.loads(again) == json.loads(raw)
    answer = await provider.post(again, headers={"X-Hub-Signature-256": signature})
    assert answer.status_code == 403
    assert await stored(superuser_url, "select from receipt") == []


@pytest.mark.attack("A23")
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"hub.mode": "subscribe", "hub.verify_token": "guess", "hub.challenge": "1"}, 403),
        ({"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}, 403),
        ({}, 403),
    ],
)
async def test_a_handshake_without_our_token_is_refused(provider: Provider, query: dict[str, str], status: int) -> None:
    answer = await provider.client.get(PATH, params=query)
    assert answer.status_code == status
    assert answer.text != "1"


@pytest.mark.attack("A23")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/hooks/carrier_pigeon", 404),
        ("POST", "/hooks/", 404),
        ("POST", "/hooks/whatsapp_cloud/", 404),
        ("POST", "/hooks/whatsapp_cloud/../x", 404),
        ("POST", "/hooks/whatsapp_cloud/not-an-id", 404),
        ("POST", "/hooks/whatsapp_cloud/01a20bf5-19ca-7343-9556-86415f3f398e", 403),
        ("POST", "/hooks/whatsapp_cloud/01a20bf5-19ca-7343-9556-86415f3f398e/more", 404),
        ("PUT", PATH, 405),
        ("DELETE", PATH, 405),
    ],
)
async def test_an_address_that_nobody_gave_out_takes_nothing(
    provider: Provider, superuser_url: str, method: str, path: str, status: int
) -> None:
    answer = await provider.client.request(method, path, content=b"{}")
    assert answer.status_code == status
    assert await stored(superuser_url, "select from receipt") == []


# Whose secret -----------------------------------------------------------------------------------------------------


@pytest.mark.attack("A23")
async def test_a_firms_own_app_signs_at_its_own_address_only(
    world: World, provider: Provider, superuser_url: str
) -> None:
    app_id = await own_app(world, world.firm, "the firm's secret")
    await bind(world, superuser_url, world.firm.channel, app_id)
    raw = text_for(account_of(world.firm))
    own = f"{PATH}/{app_id}"
    assert (await provider.post(raw, "the firm's secret", own)).status_code == 200
    assert (await provider.post(raw, APP_SECRET, own)).status_code == 403
    assert (await provider.post(raw, "the firm's secret", PATH)).status_code == 403
    await ingest(world)
    assert (await stored(superuser_url, "select count(*) from message where direction = 'inbound'"))[0][0] == 1


@pytest.mark.attack("A7", "A24")
async def test_a_firm_can_never_sign_for_another_firms_number(
    world: World, provider: Provider, superuser_url: str
) -> None:
    app_id = await own_app(world, world.firm, "the firm's secret")
    answer = await provider.post(text_for(account_of(world.firms["demo2"])), "the firm's secret", f"{PATH}/{app_id}")
    assert answer.status_code == 200
    await ingest(world)
    assert await stored(superuser_url, "select from message") == []
    (row,) = await stored(superuser_url, "select tenant_id, reason from quarantine")
    assert tuple(row) == (None, "wrong_app")


@pytest.mark.attack("A24")
async def test_a_channels_own_address_speaks_for_that_channel_only(
    world: World, provider: Provider, superuser_url: str
) -> None:
    path = f"{PATH}/{world.firm.channel}"
    assert (await provider.post(text_for(account_of(world.firm), "wamid.1"), path=path)).status_code == 200
    assert (await provider.post(text_for(account_of(world.firm, 2), "wamid.2"), path=path)).status_code == 200
    await ingest(world)
    rows = await stored(superuser_url, "select provider_id, channel_id from message where direction = 'inbound'")
    assert [tuple(row) for row in rows] == [("wamid.1", world.firm.channel)]
    (parked,) = await stored(superuser_url, "select reason from quarantine")
    assert parked["reason"] == "wrong_app"


async def test_a_changed_secret_counts_after_ten_seconds_at_the_latest(
    world: World, provider: Provider, owner_url: str
) -> None:
    assert (await provider.post(b"{}")).status_code == 200
    await _save_app(world, owner_url, "the next secret")
    advance(world, SECRETS_KEPT_S)
    assert (await provider.post(b"{}")).status_code == 403
    assert (await provider.post(b"{}", "the next secret")).status_code == 200


async def test_an_address_works_seconds_after_its_app_was_saved(
    world: World, provider: Provider, superuser_url: str, owner_url: str
) -> None:
    await stored(superuser_url, "update channel set app_id = null")
    await stored(superuser_url, "delete from app")
    assert (await provider.post(b"{}")).status_code == 403
    await _save_app(world, owner_url, APP_SECRET)
    advance(world, ABSENCE_KEPT_S)
    assert (await provider.post(b"{}")).status_code == 200


async def test_a_disconnected_channels_address_is_dead(world: World, provider: Provider) -> None:
    async with world.db.tx(world.firm.id, SYSTEM) as tx:
        await disconnect_channel(tx, world.firm.channel)
    assert (await provider.post(b"{}", path=f"{PATH}/{world.firm.channel}")).status_code == 403


async def test_a_secret_sealed_with_another_key_refuses_instead_of_failing(
    world: World, provider: Provider, superuser_url: str
) -> None:
    await stored(superuser_url, "update app set secret = '\\x01'::bytea")
    assert (await provider.post(b"{}")).status_code == 403


async def _save_app(world: World, owner_url: str, secret: str) -> None:
    owner = await asyncpg.connect(owner_url)
    await save_platform_app(
        owner,
        world.app.state.keys,
        kind="whatsapp_cloud",
        app_secret=secret,
        verify_token=TOKEN,
        now=world.clock.now(),
    )
    await owner.close()


def advance(world: World, seconds: float) -> None:
    world.clock.advance(timedelta(seconds=seconds))


# Trouble ----------------------------------------------------------------------------------------------------------


async def test_while_the_database_is_away_the_provider_is_told_to_come_again(
    world: World, provider: Provider, cluster: EmbeddedPostgres, database_name: str
) -> None:
    assert (await provider.post(b"{}")).status_code == 200
    outside = await asyncpg.connect(cluster.url(SUPERUSER, "postgres"))
    await outside.execute(f"alter database {database_name} allow_connections false")
    await outside.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", database_name)
    await outside.close()
    # With a known secret, and with one that has to be looked up.
    for path in (PATH, f"{PATH}/{uuid7()}"):
        answer = await provider.post(b"{}", path=path)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.fault("F9", injects="the secrets' table is locked", holds="I8: 503 within seconds, asked once for all")
async def test_a_secret_that_cannot_be_looked_up_is_503_before_the_provider_gives_up(
    world: World, provider: Provider, superuser_url: str
) -> None:
    world.app.state.apps.forget()
    connection = await asyncpg.connect(superuser_url)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("lock table app in access exclusive mode")
    raw = text_for(account_of(world.firm))
    async with asyncio.timeout(3 * ANSWER_S):
        answers = await asyncio.gather(*(provider.post(raw) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [503] * 3
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    assert (await stored(superuser_url, waiting))[0][0] == 1
    await transaction.rollback()
    await connection.close()
    assert (await provider.post(raw)).status_code == 200
