"""Files that customers send: fetched at once, waited for while they cannot be, and given up only when they are gone."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from invekto.channels.adapter import Address, InboundAttachment, InboundMessage, Sender
from invekto.channels.registry import Registry
from invekto.channels.service import connect_channel
from invekto.channels.whatsapp_cloud.adapter import WhatsAppCloud
from invekto.conversations.media_fetch import MediaFetch
from invekto.conversations.read_receipts import send_read_receipt
from invekto.conversations.received import Incoming
from invekto.kernel.http import Http
from invekto.kernel.ids import uuid7
from invekto.kernel.mime import SHOWN_INLINE
from invekto.kernel.storage import DiskStore, StorageFull, StoredMedia
from invekto.kernel.tx import SYSTEM
from tests.conversations.outlet import Outlet, Talk
from tests.kernel.fault_server import Call, serve

PDF = b"%PDF-1.7\n" + bytes(300_000)
Row = asyncpg.Record


async def a_file_comes(outlet: Outlet, talk: Talk) -> UUID:
    """A customer sends a document; our message's id. Its bytes are the provider's still."""
    customers = (await outlet.control.get("/whatsapp_cloud/customers", params={"number": talk.number})).json()["items"]
    path = f"/whatsapp_cloud/customers/{customers[0]['id']}/messages"
    given = {"base64": base64.b64encode(PDF).decode(), "mime": "application/pdf", "filename": "a.pdf"}
    assert (await outlet.control.post(path, json={"file": given})).status_code == 201
    media_id = (await outlet.control.get(path)).json()["items"][-1]["media"]["id"]
    event = InboundMessage(
        account_key=talk.number,
        provider_id=f"wamid.{uuid7()}",
        sender=Sender(addresses=(Address(scheme="phone", value="+905551112233"),), display="Ayşe"),
        sent_at=outlet.db.clock.now(),
        type="document",
        attachments=(InboundAttachment(kind="document", media_id=str(media_id), mime="application/pdf"),),
        path="",
        raw_slice=b"",
    )
    row = await outlet.take_in(Incoming(talk.tenant_id, talk.channel_id, event))
    assert row is not None
    found: UUID = row["id"]
    return found


@asynccontextmanager
async def fetching(
    outlet: Outlet, *, store: DiskStore | None = None, provider: str | None = None
) -> AsyncIterator[None]:
    """A worker's fetcher while the block runs."""
    url = provider or outlet.sandbox.base_url
    http = Http(operator_urls=[url])
    fetch = MediaFetch(outlet.db, Registry([WhatsAppCloud(f"{url}/v26.0")]), http, outlet.keys, store or outlet.media)
    stop = asyncio.Event()
    running = asyncio.create_task(fetch.run(stop))
    try:
        yield
    finally:
        stop.set()
        outlet.db.wakeup.wake("media")
        await running
        await http.close()


async def until(outlet: Outlet, condition: str) -> Row:
    async def there() -> Row | None:
        rows = await outlet.rows(f"select * from attachment where {condition}")
        return rows[0] if rows else None

    found: Row = await outlet.until(there)
    return found


async def come_due(outlet: Outlet) -> None:
    await outlet.rows("update attachment set next_attempt_at = now() where state = 'pending'")
    outlet.db.wakeup.wake("media")


async def connect(outlet: Outlet, talk: Talk, **credentials: str) -> None:
    number = outlet.sandbox.info()["whatsapp_cloud"]["numbers"][0]
    given: Mapping[str, str] = {name: number[name] for name in ("phone_number_id", "waba_id", "access_token")}
    async with outlet.db.tx(talk.tenant_id, SYSTEM) as tx:
        await connect_channel(
            tx,
            outlet.keys,
            kind="whatsapp_cloud",
            provider="meta",
            account_key=talk.number,
            name="WhatsApp",
            address=None,
            credentials={**given, **credentials},
        )


async def channel_status(outlet: Outlet) -> Any:
    return (await outlet.rows("select status from channel"))[0]["status"]


async def test_a_customers_file_is_fetched_and_its_message_told(outlet: Outlet) -> None:
    talk = await outlet.talk()
    message_id = await a_file_comes(outlet, talk)
    before = (await outlet.message(message_id))["version"]
    async with fetching(outlet):
        row = await until(outlet, "state = 'stored'")
    assert (row["mime"], row["size"], row["failure"]) == ("application/pdf", len(PDF), None)
    chunks = [chunk async for chunk in outlet.media.read(talk.tenant_id, row["storage_key"])]
    assert b"".join(chunks) == PDF
    assert (await outlet.message(message_id))["version"] == before + 1
    told = await outlet.rows("select 1 from event where kind = 'message.changed' and message_id = $1", message_id)
    assert len(told) == 1


async def test_a_provider_that_is_away_is_asked_again_later(outlet: Outlet) -> None:
    await a_file_comes(outlet, await outlet.talk())
    async with fetching(outlet, provider="http://127.0.0.1:9"):
        row = await until(outlet, "failure is not null")
    assert (row["state"], row["failure"], row["attempts"]) == ("pending", "VendorDown", 1)
    assert (await outlet.rows("select 1 from attachment where next_attempt_at > now()")) != []
    # A day later.
    await outlet.rows("update attachment set attempts = 120, failure = null")
    await come_due(outlet)
    async with fetching(outlet, provider="http://127.0.0.1:9"):
        assert (await until(outlet, "failure is not null"))["state"] == "pending"
    await come_due(outlet)
    async with fetching(outlet):
        await until(outlet, "state = 'stored'")


async def test_a_disk_without_room_costs_no_try(outlet: Outlet) -> None:
    """F11: the text is there, the file waits."""

    class Full(DiskStore):
        async def put(self, tenant_id: UUID, chunks: AsyncIterable[bytes], *, max_bytes: int) -> StoredMedia:
            raise StorageFull

    await a_file_comes(outlet, await outlet.talk())
    async with fetching(outlet, store=Full(outlet.sandbox.settings.folder / "full")):
        row = await until(outlet, "failure is not null")
    assert (row["state"], row["failure"], row["attempts"]) == ("pending", "disk_full", 0)
    await come_due(outlet)
    async with fetching(outlet):
        await until(outlet, "state = 'stored'")


async def test_a_file_that_the_provider_does_not_hold_any_more_is_given_up(outlet: Outlet) -> None:
    await a_file_comes(outlet, await outlet.talk())
    await outlet.rows("update attachment set provider_media_id = '111111111111111'")
    async with fetching(outlet):
        row = await until(outlet, "state = 'failed'")
    assert (row["failure"], row["next_attempt_at"]) == ("media_gone", None)


async def test_a_refused_token_is_the_channels_trouble_and_the_file_waits_for_a_new_one(outlet: Outlet) -> None:
    """A firm that only receives would never learn that its number must be connected again."""
    talk = await outlet.talk()
    await a_file_comes(outlet, talk)
    await connect(outlet, talk, access_token="EAAno")
    async with fetching(outlet):
        row = await until(outlet, "failure is not null")
        assert (row["state"], row["failure"]) == ("pending", "CredentialsRefused")
        assert await channel_status(outlet) == "reconnect_needed"
        told = await outlet.rows("select 1 from event where kind = 'channel.reconnect_needed'")
        assert len(told) == 1
        await connect(outlet, talk)
        await come_due(outlet)
        await until(outlet, "state = 'stored'")


async def test_a_refused_token_is_noticed_by_a_read_receipt_too(outlet: Outlet) -> None:
    talk = await outlet.talk()
    await connect(outlet, talk, access_token="EAAno")
    http = Http(operator_urls=[outlet.sandbox.base_url])
    registry = Registry([WhatsAppCloud(f"{outlet.sandbox.base_url}/v26.0")])
    await send_read_receipt(outlet.db, registry, http, outlet.keys, talk.tenant_id, talk.id, 1)
    await http.close()
    assert await channel_status(outlet) == "reconnect_needed"


async def hostile(outlet: Outlet, body: Callable[[Call], Awaitable[None]], condition: str) -> Row:
    """A picture, by its sender's word, that a host serves by `body`; its row once `condition` holds."""
    await a_file_comes(outlet, await outlet.talk())
    await outlet.rows("update attachment set kind = 'image', mime = 'image/jpeg'")

    async def answer(call: Call) -> None:
        if call.path.startswith("/v26.0/"):
            port = call.writer.get_extra_info("sockname")[1]
            await call.answer(200, b'{"url": "http://127.0.0.1:%d/file", "mime_type": "image/jpeg"}' % port)
        else:
            await body(call)

    async with serve(answer) as server, fetching(outlet, provider=server.url):
        return await until(outlet, condition)


@pytest.mark.attack("A22")
async def test_an_endless_file_is_given_up_at_the_cap_and_nothing_of_it_stays(outlet: Outlet) -> None:
    """F22: the cap counts what comes, whatever was announced; the message stays."""
    sent = 0

    async def endless(call: Call) -> None:
        nonlocal sent
        await call.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: image/jpeg\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while True:
                await call.send(b"10000\r\n" + bytes(65_536) + b"\r\n")
                sent += 65_536

    row = await hostile(outlet, endless, "state = 'failed'")
    assert row["failure"] == "media_too_large"
    assert sent < 64 << 20
    left = [path for path in (outlet.sandbox.settings.folder.parent / "media").rglob("*") if path.is_file()]
    assert left == []
    assert (await outlet.message(row["message_id"]))["type"] == "document"


@pytest.mark.attack("A28")
async def test_a_page_that_says_it_is_a_picture_is_kept_as_what_it_is(outlet: Outlet) -> None:
    """A28: the sniffed type wins, and a page is never shown in place."""
    page = b"<!doctype html><script>alert(1)</script>"

    async def lying(call: Call) -> None:
        await call.answer(200, page, Content_Type="image/jpeg")

    row = await hostile(outlet, lying, "state = 'stored'")
    assert (row["mime"], row["size"]) == ("text/html", len(page))
    assert row["mime"] not in SHOWN_INLINE
