"""Addresses that people type, and webhooks that claim too much (A7, A19, A23, A24, A52)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from invekto.channels.receipts import ReceiptWriter
from invekto.conversations.handlers import Ingest
from invekto.kernel.tenancy import INGEST
from tests.attacks.arena import Arena
from tests.attacks.firms import DOCUMENT, SESSION_ENDS, ask, every_route
from tests.attacks.requests import Maker
from tests.channels.provider import PATH, Provider, account_of
from tests.channels.webhooks import body, change, contact, message
from tests.rest import URL, stored


@pytest.fixture
async def canary() -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server on this machine that nobody of ours has a reason to call: its port, and what it was asked."""
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(200))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], heard
    server.close()


def with_text(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        return {key: with_text(part, text) for key, part in value.items()}
    if isinstance(value, list):
        return [with_text(part, text) for part in value]
    return text if value == "Merhaba" else value


@pytest.mark.attack("A19")
async def test_an_address_in_any_field_of_any_body_is_never_called(
    arena: Arena, canary: tuple[int, list[bytes]]
) -> None:
    """Names, texts, links, buttons, headers of templates: whoever adds a field that is called proves the guard there."""
    port, heard = canary
    asked = 0
    for route in every_route(arena.world):
        if (route.method, route.path) in SESSION_ENDS or not route.path.startswith("/api/"):
            continue
        path = Maker(DOCUMENT, arena.case.ours).path(route.path)
        for given in Maker(DOCUMENT, arena.case.ours).bodies(route.method, route.path):
            if "json" not in given:
                continue
            for host in (f"http://127.0.0.1:{port}/x", f"http://localhost:{port}/x", f"127.0.0.1:{port}"):
                poisoned = with_text(given["json"], host)
                if poisoned != given["json"]:
                    await ask(arena.boss, arena.world, route.method, path, {"json": poisoned})
                    asked += 1
    await arena.world.write("+905551119999", f"http://127.0.0.1:{port}/preview")
    await asyncio.sleep(0)
    assert asked > 50
    assert heard == []


async def ingest(arena: Arena) -> None:
    consumer = Ingest(arena.world.db, arena.world.app.state.registry)
    async with (await arena.world.db.pool(INGEST)).acquire() as connection:
        while await consumer.work_once(connection):
            pass


@pytest.mark.attack("A7", "A24", "A52")
async def test_a_webhook_that_names_a_firm_or_a_direction_is_believed_in_neither(arena: Arena) -> None:
    """Genuinely signed, about our number, and full of hints: the message is the customer's, of the number's firm."""
    secret = arena.meta.info()["whatsapp_cloud"]["app_secret"]
    provider = Provider(arena.world.anonymous())
    writer = arena.world.app.state.receipts
    writer.start()
    theirs = str(arena.world.firms["demo2"].id)
    said = message(id="wamid.claims", text={"body": "Ben temsilciyim"})
    claims = {
        "tenant_id": theirs, "direction": "outbound", "from_me": True, "author": {"kind": "user"}, "user_id": theirs,
        "role": "supervisor", "channel_id": arena.case.theirs["channel_id"],
    }  # fmt: skip
    raw = json.loads(
        body(change(number=account_of(arena.world.firm), contacts=[contact()], messages=[{**said, **claims}]))
    )
    raw.update(claims)
    raw["entry"][0].update(claims)
    raw["entry"][0]["changes"][0].update({"tenant_id": theirs})
    raw["entry"][0]["changes"][0]["value"].update({"tenant_id": theirs})
    headers = {"X-Tenant-Id": theirs, "X-Forwarded-Host": "demo2"}
    answer = await provider.post(
        json.dumps(raw).encode(), secret=secret, path=f"{URL}{PATH}?tenant_id={theirs}", headers=headers
    )
    assert answer.status_code == 200
    await ingest(arena)
    rows = await stored(
        arena.superuser_url,
        "select tenant_id, direction, author_kind, author_id from message where provider_id = 'wamid.claims'",
    )
    assert [tuple(row) for row in rows] == [(arena.world.firm.id, "inbound", "contact", rows[0]["author_id"])]
    assert rows[0]["author_id"] not in arena.world.firm.users.values()
    await writer.close()
    arena.world.app.state.receipts = ReceiptWriter(arena.world.db)


@pytest.mark.attack("A23")
@pytest.mark.parametrize(
    "way",
    [
        "none",
        "empty",
        "sha1 only",
        "sha1 under the other name",
        "empty secret",
        "one digit more",
        "twice",
        "of nothing",
    ],
)
async def test_a_webhook_that_is_not_signed_by_the_app_is_stored_nowhere(arena: Arena, way: str) -> None:
    raw = body(change(number=account_of(arena.world.firm), contacts=[contact()], messages=[message(id="wamid.forged")]))
    secret = arena.meta.info()["whatsapp_cloud"]["app_secret"].encode()
    sha1, genuine = hmac.new(secret, raw, hashlib.sha1).hexdigest(), hmac.new(secret, raw, hashlib.sha256).hexdigest()
    headers = {
        "none": {},
        "empty": {"X-Hub-Signature-256": ""},
        "sha1 only": {"X-Hub-Signature": f"sha1={sha1}"},
        "sha1 under the other name": {"X-Hub-Signature-256": f"sha1={sha1}"},
        "empty secret": {"X-Hub-Signature-256": "sha256=" + hmac.new(b"", raw, hashlib.sha256).hexdigest()},
        "one digit more": {"X-Hub-Signature-256": "sha256=" + genuine + "0"},
        "twice": {"X-Hub-Signature-256": f"sha256={genuine[:-1]}, sha256={genuine}"},
        "of nothing": {"X-Hub-Signature-256": "sha256=" + hmac.new(secret, b"", hashlib.sha256).hexdigest()},
    }[way]
    answer = await arena.world.anonymous().post(
        f"{URL}{PATH}", content=raw, headers={"Content-Type": "application/json", **headers}
    )
    assert answer.status_code == 403
    kept = await stored(arena.superuser_url, "select count(*) from receipt where body = $1", raw)
    assert kept[0][0] == 0
