"""What reaches a screen, what does not, and how a screen comes back."""

from __future__ import annotations

import asyncio
import functools
import json
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from invekto.conversations.queries import Viewer
from invekto.conversations.stream import Batch, Changes
from invekto.entry import realtime
from invekto.entry.realtime import Reader
from invekto.kernel.db import Database
from invekto.kernel.events import Cursor
from invekto.kernel.ids import uuid7
from invekto.kernel.tx import SYSTEM
from invekto.templates.events import TemplateJudged
from tests.realtime.conftest import served
from tests.realtime.screen import Screen, Screens
from tests.rest import World, stored


def strings(rows: list[Any]) -> set[str]:
    return {row["id"] for row in rows}


async def test_a_customers_message_arrives_as_rest_shows_it(world: World, screens: Screens) -> None:
    screen = await screens.opened("agent1")
    conversation = await world.write("+905551234518", "Randevu almak istiyorum")
    await screen.until(screen.batches, "told")
    row, message = screen.told("conversations")[0], screen.told("messages")[0]
    listed = (await screen.browser.get("/conversations", view="unassigned"))["items"]
    thread = (await screen.browser.get(f"/conversations/{conversation}/messages"))["items"]
    assert [row] == listed
    assert [message] == thread


async def test_each_viewer_gets_it_masked_by_their_own_rights(world: World, screens: Screens) -> None:
    agent, supervisor = await screens.opened("agent1"), await screens.opened("supervisor")
    await world.write("+905551234518")
    for screen in (agent, supervisor):
        await screen.until(screen.batches, "told")
    assert supervisor.told("conversations")[0]["contact"]["phone"] == "+905551234518"
    assert "1234518" not in json.dumps(agent.frames)
    assert agent.told("conversations")[0]["contact"]["phone"] == "+90 555 *** ** 18"


async def test_what_is_hidden_never_reaches_a_screen_not_even_by_its_id(world: World, screens: Screens) -> None:
    await world.make_firm("demo2")
    agent = await screens.opened("agent1")
    stranger = await screens.opened("agent1", "demo2")
    supervisor = await world.browser("supervisor")
    hidden = await world.write("+905550000001", channel=world.firm.other_channel)
    await supervisor.say(hidden, "not", kind="note")
    await supervisor.post(f"/conversations/{hidden}/take")
    await supervisor.post(f"/conversations/{hidden}/assign", {"user_id": str(world.firm.users["agent3"])})
    await supervisor.post(f"/conversations/{hidden}/resolve")
    seen = await world.write("+905550000002")
    await agent.until(agent.batches, "told")
    assert strings(agent.told("conversations")) == {str(seen)}
    assert str(hidden) not in json.dumps(agent.frames)
    own = await world.write("+905550000001", firm="demo2")
    await stranger.until(stranger.batches, "told")
    assert strings(stranger.told("conversations")) == {str(own)}


async def test_a_conversation_that_is_given_to_somebody_else_is_removed_from_who_saw_it(
    world: World, screens: Screens
) -> None:
    one, two, three = [await screens.opened(name) for name in ("agent1", "agent2", "agent3")]
    conversation = await world.write("+905550000001")
    for screen in (one, two):
        await screen.until(screen.batches, "told")
    await one.browser.post(f"/conversations/{conversation}/take")
    await two.until(lambda: two.told("removed"), "removed")
    await one.browser.post(f"/conversations/{conversation}/assign", {"user_id": str(three.browser.user_id)})
    await one.until(lambda: one.told("removed"), "removed")
    await three.until(three.batches, "told")
    assert two.told("removed") == [str(conversation)], "once: it had left them before the second step"
    assert one.told("removed") == [str(conversation)]
    assert three.told("removed") == []
    assert three.told("conversations")[-1]["assignee"]["name"] == "Agent3 demo"


async def test_reading_reaches_my_other_screens_and_nobody_elses(world: World, screens: Screens) -> None:
    conversation = await world.write("+905550000001")
    mine, other, colleague = [await screens.opened(name) for name in ("agent1", "agent1", "agent2")]
    await mine.browser.put(f"/conversations/{conversation}/read", {"seq": 1})
    for screen in (mine, other):
        await screen.until(functools.partial(screen.told, "reads"), "told")
        assert screen.told("reads") == [{"conversation_id": str(conversation), "read_seq": 1, "unread": 0}]
    await world.write("+905550000001")
    await colleague.until(colleague.batches, "told")
    assert colleague.told("reads") == []
    assert colleague.told("conversations")[0]["unread"] == 2
    await other.until(lambda: other.told("conversations"), "told")
    assert other.told("conversations")[0]["unread"] == 1


async def test_a_storm_on_one_conversation_is_one_row(world: World, screens: Screens) -> None:
    """Ten messages in one transaction of the log: the row once, each message once."""
    conversation = await world.write("+905550000001")
    screen = await screens.opened("agent1")
    await asyncio.gather(*(world.write("+905550000001", str(n)) for n in range(10)))
    await screen.until(lambda: len(screen.told("messages")) == 10, "told")
    assert len({m["id"] for m in screen.told("messages")}) == 10
    for batch in screen.batches():
        assert len(batch["conversations"]) == 1
    assert screen.told("conversations")[-1]["last_seq"] == 11
    assert strings(screen.told("conversations")) == {str(conversation)}


async def test_a_changed_template_is_told_to_whoever_may_read_templates(world: World, screens: Screens) -> None:
    screen = await screens.opened("agent1")
    template_id = uuid7()
    async with world.db.tx(world.firm.id, SYSTEM) as tx:
        tx.emit(*(TemplateJudged(entity_id=template_id, detail={"source": "list"}) for _ in range(2)))
    world.db.wakeup.wake("event")
    await screen.until(screen.batches, "told")
    (frame,) = screen.batches()
    assert frame["templates"] == [str(template_id)], "however often it changed"
    assert (frame["conversations"], frame["messages"]) == ([], [])
    batch = Batch(Changes(templates={template_id}), [], [])
    assert batch.frame(Viewer(template_id, "all", frozenset(), sees_pii=True), "x") is None


# Coming back ------------------------------------------------------------------------------------------------------


async def test_what_happened_while_the_line_was_down_is_replayed_once(world: World, screens: Screens) -> None:
    """F24: resume by cursor, no gap, no double."""
    other = await screens.opened("supervisor")
    screen = await screens.opened("agent1")
    first = await world.write("+905550000001")
    await screen.until(screen.batches, "told")
    await screen.drop()
    missed = [await world.write(f"+90555000010{n}") for n in range(5)]
    gone = await screen.browser.post(f"/conversations/{first}/take")
    theirs = str(world.firm.users["agent2"])
    await (other.browser).post(f"/conversations/{first}/assign", {"user_id": theirs})
    # The log is read up to here: what lies behind the resuming screen's start would come as news, and say the row again.
    await other.until(
        lambda: any((row["assignee"] or {}).get("id") == theirs for row in other.told("conversations")), "told"
    )
    screen.frames.clear()
    await screen.open()
    await screen.until(screen.batches, "told")
    assert screen.frames[0]["type"] == "hello"
    assert strings(screen.told("conversations")) == {str(id_) for id_ in missed}
    assert screen.told("removed") == [gone["id"]]
    later = await world.write("+905550000200")
    await screen.until(lambda: str(later) in strings(screen.told("conversations")), "told")
    told = [message["id"] for message in screen.told("messages")]
    assert len(told) == len(set(told)) == 6


async def test_a_line_that_breaks_right_after_the_greeting_of_a_resume_loses_nothing(
    world: World, screens: Screens
) -> None:
    """F24: the greeting comes before what was missed, so its cursor must not be ahead of it."""
    other = await screens.opened("supervisor")
    screen = await screens.opened("agent1")
    await screen.drop()
    stood_at, screen.frames = screen.cursor, []
    missed = [await world.write(f"+90555000030{n}") for n in range(3)]
    await other.until(lambda: {str(one) for one in missed} <= strings(other.told("conversations")), "told")
    await screen.open()
    greeting = screen.frames[0]
    await screen.drop()
    assert greeting == {"type": "hello", "cursor": stood_at}
    # As if nothing behind the greeting had come through.
    screen.cursor = greeting["cursor"]
    screen.frames.clear()
    await screen.open()
    await screen.until(lambda: {str(one) for one in missed} <= strings(screen.told("conversations")), "told")


async def test_a_screen_that_resumes_where_it_stands_is_told_nothing_again(world: World, screens: Screens) -> None:
    await screens.opened("supervisor")
    screen = await screens.opened("agent1")
    await world.write("+905550000001")
    await screen.until(screen.batches, "told")
    await screen.drop()
    screen.frames.clear()
    await screen.open()
    await world.write("+905550000002")
    await screen.until(screen.batches, "told")
    assert [len(batch["conversations"]) for batch in screen.batches()] == [1]


@pytest.mark.parametrize("cursor", ["rubbish", Cursor(7, 1, 1).encode(), Cursor(1, 2**60, 1).encode()])
async def test_a_cursor_that_is_not_of_this_log_means_loading_again(
    world: World, screens: Screens, cursor: str
) -> None:
    await world.write("+905550000001")
    screen = await screens.of("agent1")
    await screen.dial(cursor=cursor)
    await screen.until(lambda: screen.frames, "greeted")
    assert screen.frames[0]["type"] == "resync"
    assert Cursor.decode(screen.frames[0]["cursor"]) is not None
    await world.write("+905550000002")
    await screen.until(screen.batches, "told")


async def test_a_cursor_older_than_the_logs_memory_means_loading_again(
    world: World, screens: Screens, superuser_url: str
) -> None:
    screen = await screens.opened("agent1")
    await world.write("+905550000001")
    await screen.until(screen.batches, "told")
    await screen.drop()
    await world.write("+905550000002")
    await stored(
        superuser_url,
        "with gone as (delete from event returning xid) update database_epoch"
        " set trimmed_xid = (select max(xid::text::bigint) from gone)",
    )
    screen.frames.clear()
    await screen.open()
    assert screen.frames[0]["type"] == "resync"
    assert await screen.differences() == []


async def test_too_much_to_replay_means_loading_again(world: World, screens: Screens, superuser_url: str) -> None:
    screen = await screens.opened("agent1")
    conversation = await world.write("+905550000001")
    await screen.until(screen.batches, "told")
    await screen.drop()
    await stored(
        superuser_url,
        "insert into event (tenant_id, kind, conversation_id) select $1, 'conversation.changed', $2"
        " from generate_series(1, $3)",
        world.firm.id,
        conversation,
        realtime.MISSED_MAX + 1,
    )
    screen.frames.clear()
    await screen.open()
    assert [frame["type"] for frame in screen.frames] == ["resync"]


async def test_a_lost_wakeup_costs_a_second_and_nothing_else(
    world: World, screens: Screens, superuser_url: str
) -> None:
    """F39: another process's NOTIFY never comes."""
    screen = await screens.opened("agent1")
    conversation = await world.write("+905550000001")
    await screen.until(screen.batches, "told")
    await stored(
        superuser_url,
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'invekto-wakeup'",
    )
    screen.frames.clear()
    await stored(
        superuser_url,
        "with changed as (update conversation set version = version + 1 where id = $2)"
        " insert into event (tenant_id, kind, conversation_id) values ($1, 'conversation.changed', $2)",
        world.firm.id,
        conversation,
    )
    await screen.until(screen.batches, "told")


async def test_an_event_that_commits_late_is_not_passed_over(world: World, db: Database, superuser_url: str) -> None:
    """A transaction with a lower id that is still open: reading beyond it would lose what it writes. Its NOTIFY was none:
    the reader looks again by itself, long before it would poll."""
    slow, quick = await world.write("+905550000001"), await world.write("+905550000002")
    async with served(world, Reader(db, poll_s=3600)) as url:
        screens = Screens(world, url)
        screen = await screens.opened("agent1")
        await _late_event(world, screen, superuser_url, slow, quick)
        await screens.close()


async def _late_event(world: World, screen: Screen, superuser_url: str, slow: UUID, quick: UUID) -> None:
    event = "insert into event (tenant_id, kind, conversation_id) values ($1, 'conversation.changed', $2)"
    late = await asyncpg.connect(superuser_url)
    transaction = late.transaction()
    await transaction.start()
    await late.execute(event, world.firm.id, slow)
    await stored(superuser_url, event, world.firm.id, quick)
    world.db.wakeup.wake("event")
    await asyncio.sleep(0.3)
    assert screen.batches() == []
    await transaction.commit()
    await late.close()
    await screen.until(lambda: len(strings(screen.told("conversations"))) == 2, "told")
    assert strings(screen.told("conversations")) == {str(slow), str(quick)}


async def test_a_database_that_goes_away_and_comes_back_loses_nothing(
    world: World, screens: Screens, superuser_url: str
) -> None:
    screen = await screens.opened("agent1")
    await world.write("+905550000001")
    await screen.until(screen.batches, "told")
    await stored(
        superuser_url,
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'invekto_stream'",
    )
    later = await world.write("+905550000002")
    await screen.until(lambda: str(later) in strings(screen.told("conversations")), "told")
