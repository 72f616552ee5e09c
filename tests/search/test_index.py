"""What was written becomes findable: by the log, from before the log, after a death, a restore, an import."""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import timedelta
from pathlib import Path

from invekto.channels.adapter import Address, ContactSynced, Sender
from invekto.conversations.history import PastLine, PastThread, import_threads
from invekto.conversations.notices import Noticed, receive_notices
from invekto.kernel.tenancy import INGEST, claimed
from invekto.kernel.tx import SYSTEM
from tests.rest import World, stored
from tests.search.finder import Finder, looked_for, texts

ROOT = Path(__file__).parents[2]
PHONE = "+905321112233"


async def index(world: World, *failpoints: str) -> int | None:
    """One process until it has nothing to do, or dies."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.search.indexer_process", world.db.options.url, *failpoints), cwd=ROOT
    )
    await asyncio.wait_for(process.wait(), 60)
    return process.returncode


async def test_a_death_between_writing_and_going_on_leaves_nothing_out(finder: Finder, superuser_url: str) -> None:
    world = finder.world
    for number in range(9):
        await world.write(f"+9053200000{number:02}", f"önceden {number}", name=f"Kişi {number}")
    assert await index(world) == 0
    for number in range(20):
        await world.write(f"+9053200000{number:02}", f"sonradan {number}", name=f"Kişi {number}")
    # Written and not committed: all of it again; the second time one batch is kept before the death.
    for failpoint in ("search.written", "search.written:2", "search.looked_back"):
        if failpoint == "search.looked_back":
            await stored(superuser_url, "update search_progress set pass_no = pass_no + 1")
        assert await index(world, failpoint) == -signal.SIGKILL
    assert await index(world) == 0
    missing = await stored(
        superuser_url,
        "select m.text from message m where m.type = 'text' and not exists"
        " (select from search_message s where s.tenant_id = m.tenant_id and s.message_id = m.id)",
    )
    assert missing == []
    weeks = await stored(superuser_url, "select sum(documents)::int as documents from search_week")
    assert weeks[0]["documents"] == 29
    people = await stored(superuser_url, "select count(*) as people from search_contact")
    assert people[0]["people"] == 20
    boss = await world.browser("supervisor")
    assert len(texts(await looked_for(boss, "sonradan", in_="messages", limit=50))) == 20


async def test_an_imported_thread_is_found_although_nobody_is_told(finder: Finder) -> None:
    world = finder.world
    await world.write(PHONE, "merhaba")
    await finder.follow()
    sender = Sender(
        addresses=(Address(scheme="phone", value="+905330001122"),), display="Eski Müşteri", phone="+905330001122"
    )
    at = world.clock.now() - timedelta(days=400)
    lines = [PastLine(at=at, direction="inbound", type="text", text="geçen yılki sözümüz")]
    thread = PastThread(channel_id=world.firm.channel, sender=sender, lines=lines, status="resolved", resolved_at=at)
    async with world.db.tx(world.firm.id, SYSTEM) as tx:
        await import_threads(tx, [thread])
    assert texts(await finder.find("supervisor", "geçen yıl")) == ["geçen yılki sözümüz"]
    assert texts(await finder.find("supervisor", "eski müş", in_="contacts")) == ["Eski Müşteri"]


async def test_reports_of_delivery_write_nothing_and_a_discarded_message_is_found_no_more(
    finder: Finder, superuser_url: str
) -> None:
    world = finder.world
    conversation = await world.write(PHONE, "selam")
    agent = await world.browser("agent1")
    sent = await agent.say(conversation, "faturanız hazır")
    assert texts(await finder.find("agent1", "fatura")) == ["faturanız hazır"]
    where = "select ctid::text as place from search_message"
    before = await stored(superuser_url, where)
    await world.report(sent["id"], "delivered")
    await world.report(sent["id"], "read")
    await finder.follow()
    assert await stored(superuser_url, where) == before
    failed = await agent.say(conversation, "bu gidemedi")
    await world.report(failed["id"], "failed", error_code="invalid_recipient")
    assert texts(await finder.find("agent1", "gidemedi")) == ["bu gidemedi"]
    await agent.post(f"/conversations/{conversation}/messages/{failed['id']}/discard")
    assert (await looked_for(agent, "gidemedi"))["items"] == []
    await finder.follow()
    assert len(await stored(superuser_url, where)) == len(before)


async def test_after_a_restore_all_rows_are_read_again(finder: Finder, superuser_url: str) -> None:
    world = finder.world
    await world.write(PHONE, "yedekten önce", name="Ayşe")
    await finder.follow()
    # As `restore` leaves it: rows that the log had told of and search had not followed yet, and no log.
    await stored(superuser_url, "delete from search_message")
    await stored(superuser_url, "delete from search_contact")
    await stored(superuser_url, "delete from event")
    await stored(superuser_url, "update database_epoch set epoch = epoch + 1")
    assert texts(await finder.find("agent1", "yedek")) == ["yedekten önce"]
    await world.write(PHONE, "yedekten sonra")
    assert texts(await finder.find("agent1", "yedek")) == ["yedekten sonra", "yedekten önce"]


async def test_what_is_erased_is_gone_from_the_index_with_it(finder: Finder, superuser_url: str) -> None:
    world = finder.world
    await world.write(PHONE, "silinecek söz")
    await finder.follow()
    await stored(superuser_url, "delete from message")
    assert await stored(superuser_url, "select from search_message") == []


async def test_how_far_search_is_behind_is_a_number(finder: Finder, superuser_url: str) -> None:
    world = finder.world
    await finder.follow()
    assert (await stored(superuser_url, "select search_lag_s() as lag"))[0]["lag"] == 0
    await world.write(PHONE, "henüz bulunmaz")
    await stored(superuser_url, "update event set created_at = now() - interval '30 seconds'")
    lag = (await stored(superuser_url, "select search_lag_s() as lag"))[0]["lag"]
    assert 30 <= lag < 60
    await finder.follow()
    assert (await stored(superuser_url, "select search_lag_s() as lag"))[0]["lag"] == 0


async def test_a_phones_address_book_is_found_although_it_is_one_event(finder: Finder, superuser_url: str) -> None:
    world = finder.world
    firm, now = world.firm, world.clock.now()
    people = [(f"+9053200000{number:02}", f"Defter {number}") for number in range(12)]
    book = [
        Noticed(
            firm.id,
            firm.channel,
            ContactSynced(
                account_key="1",
                sender=Sender(addresses=(Address(scheme="phone", value=phone),), display=name, phone=phone),
                removed=False,
                occurred_at=now,
                path="",
                raw_slice=b"",
            ),
        )
        for phone, name in people
    ]
    async with (await world.db.pool(INGEST)).acquire() as connection, claimed(connection, [firm.id]):
        await receive_notices(connection, book, now, {})
    assert len(await stored(superuser_url, "select 1 from event where kind = 'contact.imported'")) == 1
    await finder.follow()
    found = await stored(superuser_url, "select count(*) as people from search_contact")
    assert found[0]["people"] == 12
