"""What could not be stored is shown to its firm's supervisor and goes into the queue again, once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from invekto.channels.quarantine import replay_chosen
from invekto.channels.receipts import NewReceipt
from invekto.conversations.handlers import Ingest
from invekto.kernel.tenancy import INGEST
from tests.channels.webhooks import body, change, contact, message
from tests.rest import Firm, World, stored


def account_of(firm: Firm) -> str:
    return f"{firm.id.hex}-1"


async def platform_app(superuser_url: str) -> UUID:
    (row,) = await stored(superuser_url, "select id from app where tenant_id is null")
    found: UUID = row["id"]
    return found


async def arrives(world: World, superuser_url: str, raw: bytes) -> None:
    """A genuine webhook comes in, and the worker does what it can with it."""
    app_id = await platform_app(superuser_url)
    await world.app.state.receipts.store(
        NewReceipt(kind="whatsapp_cloud", app_id=app_id, channel_id=None, body=raw, received_at=world.clock.now())
    )
    await ingest(world)


async def ingest(world: World) -> None:
    consumer = Ingest(world.db, world.app.state.registry)
    async with (await world.db.pool(INGEST)).acquire() as connection:
        while await consumer.work_once(connection):
            pass


def edit(firm: Firm, wamid: str = "wamid.edit") -> bytes:
    """An edit that says nothing new, between two messages that we do."""
    parts = [
        message(id=f"{wamid}.a"),
        message("edit", id=wamid, edit={"original_message_id": "x"}),
        message(id=f"{wamid}.b"),
    ]
    return body(change(number=account_of(firm), contacts=[contact()], messages=parts))


async def test_a_supervisor_sees_what_was_parked_and_nobody_else_does(world: World, superuser_url: str) -> None:
    await arrives(world, superuser_url, edit(world.firm))
    supervisor = await world.browser("supervisor")
    (parked,) = (await supervisor.get("/quarantine"))["items"]
    assert parked.keys() == {"id", "channel_kind", "reason", "message", "raw", "created_at", "replayed_at"}
    assert (parked["channel_kind"], parked["reason"], parked["replayed_at"]) == (
        "whatsapp_cloud",
        "message_malformed",
        None,
    )
    assert "original_message_id" in parked["raw"]
    assert "wamid.edit.a" not in parked["raw"]
    agent = await world.browser("agent1")
    assert (await agent.refused("GET", "/quarantine"))[0] == 403
    assert (await agent.refused("POST", f"/quarantine/{parked['id']}/replay"))[0] == 403
    stranger = await world.browser("supervisor", "demo2")
    assert (await stranger.get("/quarantine"))["items"] == []
    assert (await stranger.refused("POST", f"/quarantine/{parked['id']}/replay"))[0] == 404


@pytest.mark.attack("A54")
async def test_a_replayed_part_is_read_again_and_a_double_click_is_one_replay(world: World, superuser_url: str) -> None:
    raw = edit(world.firm)
    await arrives(world, superuser_url, raw)
    supervisor = await world.browser("supervisor")
    (parked,) = (await supervisor.get("/quarantine"))["items"]
    # As if a newer version had learned this type: the part is now one that it reads.
    (kept,) = await stored(superuser_url, "select raw from quarantine")
    learned = kept["raw"].replace(b'"type": "edit"', b'"type": "text", "text": {"body": "d\\u00fczeltildi"}')
    assert learned != kept["raw"]
    await stored(superuser_url, "update quarantine set raw = $1", learned)
    answers = await asyncio.gather(*(supervisor.post(f"/quarantine/{parked['id']}/replay") for _ in range(4)))
    assert {answer["id"] for answer in answers} == {parked["id"]}
    assert all(answer["replayed_at"] for answer in answers)
    assert len(await stored(superuser_url, "select from receipt")) == 2
    await ingest(world)
    rows = await stored(superuser_url, "select provider_id, text from message where direction = 'inbound' order by seq")
    assert [tuple(row) for row in rows] == [
        ("wamid.edit.a", "Merhaba"),
        ("wamid.edit.b", "Merhaba"),
        ("wamid.edit", "düzeltildi"),
    ]
    (audit,) = await stored(superuser_url, "select actor_id from audit_entry where action = 'quarantine.replayed'")
    assert audit["actor_id"] == world.firm.users["supervisor"]


async def test_what_still_cannot_be_read_comes_back_and_the_old_row_stays_replayed(
    world: World, superuser_url: str
) -> None:
    await arrives(world, superuser_url, edit(world.firm))
    supervisor = await world.browser("supervisor")
    (parked,) = (await supervisor.get("/quarantine"))["items"]
    world.clock.advance(timedelta(minutes=1))
    await supervisor.post(f"/quarantine/{parked['id']}/replay")
    await ingest(world)
    newer, older = (await supervisor.get("/quarantine"))["items"]
    assert older["id"] == parked["id"]
    assert older["replayed_at"] is not None
    assert (newer["replayed_at"], newer["reason"], newer["raw"]) == (None, parked["reason"], parked["raw"])


async def test_the_list_is_paged_newest_first_without_gaps(world: World, superuser_url: str) -> None:
    parts = [message("edit", id=f"wamid.{number}") for number in range(7)]
    await arrives(world, superuser_url, body(change(number=account_of(world.firm), messages=parts)))
    world.clock.advance(timedelta(minutes=1))
    await arrives(world, superuser_url, edit(world.firm, "wamid.last"))
    supervisor = await world.browser("supervisor")
    seen: list[str] = []
    cursor = None
    while True:
        page = await supervisor.get("/quarantine", limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [one["raw"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 8
    assert "wamid.last" in seen[0]


@pytest.mark.parametrize("quarantine_id", ["not-an-id", "00000000-0000-0000-0000-000000000000"])
async def test_an_id_of_nothing_is_refused(world: World, quarantine_id: str) -> None:
    supervisor = await world.browser("supervisor")
    status, _ = await supervisor.refused("POST", f"/quarantine/{quarantine_id}/replay")
    assert status in (404, 422)


async def test_what_belonged_to_nobody_finds_its_firm_once_the_account_is_connected(
    world: World, superuser_url: str
) -> None:
    raw = body(change(number="a number of nobody", contacts=[contact()], messages=[message(id="wamid.early")]))
    await arrives(world, superuser_url, raw)
    (row,) = await stored(superuser_url, "select tenant_id, reason from quarantine")
    assert tuple(row) == (None, "unknown_account")
    await stored(
        superuser_url,
        "update channel_route set account_key = 'a number of nobody' where channel_id = $1",
        world.firm.channel,
    )
    pool = await world.db.pool(INGEST)
    async with pool.acquire() as connection:
        assert await replay_chosen(connection, "unknown_account") == 1
        assert await replay_chosen(connection, "unknown_account") == 0
    await ingest(world)
    (message_row,) = await stored(superuser_url, "select tenant_id from message where provider_id = 'wamid.early'")
    assert message_row["tenant_id"] == world.firm.id


async def _parked(superuser_url: str, firm: Firm, reason: str, count: int) -> None:
    for number in range(count):
        await stored(
            superuser_url,
            "insert into quarantine (id, tenant_id, receipt_id, kind, path, raw, reason, created_at)"
            " values (gen_random_uuid(), $1, $2, 'whatsapp_cloud', $3, convert_to($6, 'UTF8'), $4, now() - $5 * interval '1 minute')",
            firm.id,
            number + 1,
            f"$.{firm.slug}.{number}",
            reason,
            float(number),
            f"$.{reason}.{number}",
        )


async def test_parts_are_counted_and_shown_by_reason_and_a_whole_reason_is_replayed_once(
    world: World, superuser_url: str
) -> None:
    await _parked(superuser_url, world.firm, "wrong_app", 3)
    await _parked(superuser_url, world.firm, "unparsable", 1)
    await _parked(superuser_url, world.firms["demo2"], "wrong_app", 2)
    supervisor = await world.browser("supervisor")
    counted = (await supervisor.get("/quarantine/reasons"))["items"]
    assert [(one["reason"], one["waiting"]) for one in counted] == [("wrong_app", 3), ("unparsable", 1)]
    assert all(one["message"] for one in counted)
    shown = (await supervisor.get("/quarantine", reason="wrong_app"))["items"]
    assert [one["raw"] for one in shown] == [f"$.wrong_app.{number}" for number in range(3)]
    both = await asyncio.gather(*(supervisor.post("/quarantine/replay", {"reason": "wrong_app"}) for _ in range(2)))
    assert sum(one["replayed"] for one in both) == 3
    assert (await supervisor.post("/quarantine/replay", {"reason": "wrong_app"})) == {"replayed": 0, "waiting": 0}
    bodies = await stored(superuser_url, "select convert_from(body, 'UTF8') as body from receipt order by id")
    assert [row["body"] for row in bodies] == [f"$.wrong_app.{number}" for number in (2, 1, 0)], "the oldest first"
    waiting = (await supervisor.get("/quarantine", waiting="true"))["items"]
    assert [one["reason"] for one in waiting] == ["unparsable"]
    assert len((await supervisor.get("/quarantine"))["items"]) == 4
    stranger = await world.browser("supervisor", "demo2")
    assert [one["waiting"] for one in (await stranger.get("/quarantine/reasons"))["items"]] == [2]
    (entry,) = await stored(superuser_url, "select fields from audit_entry where action = 'quarantine.replayed'")
    assert '"count": 3' in entry["fields"]


async def test_replaying_a_reason_is_not_for_agents(world: World) -> None:
    agent = await world.browser("agent1")
    assert (await agent.refused("GET", "/quarantine/reasons"))[0] == 403
    assert (await agent.refused("POST", "/quarantine/replay", {"reason": "wrong_app"}))[0] == 403
    supervisor = await world.browser("supervisor")
    assert (await supervisor.refused("POST", "/quarantine/replay", {"reason": ""}))[0] == 422
