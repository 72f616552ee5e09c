"""Unread is each user's own; only the assignee's reading reaches the customer's phone."""

from __future__ import annotations

import asyncio

from tests.rest import World, stored


async def test_reading_counts_for_the_reader_alone(world: World) -> None:
    conversation = await world.write("+905550000001")
    for _ in range(3):
        await world.write("+905550000001")
    one, two = await world.browser("agent1"), await world.browser("agent2")
    assert await one.put(f"/conversations/{conversation}/read", {"seq": 3}) == {"read_seq": 3, "unread": 1}
    row = await one.get(f"/conversations/{conversation}")
    assert (row["read_seq"], row["unread"]) == (3, 1)
    row = await two.get(f"/conversations/{conversation}")
    assert (row["read_seq"], row["unread"]) == (0, 4)


async def test_a_mark_never_goes_back_by_itself_but_does_on_request(world: World) -> None:
    conversation = await world.write("+905550000001")
    for _ in range(3):
        await world.write("+905550000001")
    agent = await world.browser("agent1")
    path = f"/conversations/{conversation}/read"
    assert await agent.put(path, {"seq": 4}) == {"read_seq": 4, "unread": 0}
    assert await agent.put(path, {"seq": 2}) == {"read_seq": 4, "unread": 0}, "an older tab does not take it back"
    assert await agent.put(path, {"seq": 2, "lower": True}) == {"read_seq": 2, "unread": 2}
    assert await agent.put(path, {"seq": 0, "lower": True}) == {"read_seq": 0, "unread": 4}
    assert await agent.put(path, {"seq": 999_999}) == {"read_seq": 4, "unread": 0}, "not beyond the end"


async def test_notes_and_activity_are_not_unread(world: World) -> None:
    conversation = await world.write("+905550000001")
    one, two = await world.browser("agent1"), await world.browser("agent2")
    await one.put(f"/conversations/{conversation}/read", {"seq": 1})
    await two.say(conversation, "not al", kind="note")
    assert (await one.get(f"/conversations/{conversation}"))["unread"] == 0
    await world.write("+905550000001")
    assert await one.put(f"/conversations/{conversation}/read", {"seq": 2}) == {"read_seq": 2, "unread": 1}


async def test_who_never_read_counts_from_the_last_answer(world: World) -> None:
    conversation = await world.write("+905550000001")
    await world.write("+905550000001")
    agent, supervisor = await world.browser("agent1"), await world.browser("supervisor")
    await agent.say(conversation, "Buyurun")
    await world.write("+905550000001")
    assert (await supervisor.get(f"/conversations/{conversation}"))["unread"] == 1


async def test_only_the_assignee_sends_a_read_receipt(world: World, superuser_url: str) -> None:
    conversation = await world.write("+905550000001")
    agent, supervisor = await world.browser("agent1"), await world.browser("supervisor")
    jobs = "select payload from pgqueuer where entrypoint = 'conversations.read_receipt'"
    await supervisor.put(f"/conversations/{conversation}/read", {"seq": 1})
    await agent.put(f"/conversations/{conversation}/read", {"seq": 1})
    assert await stored(superuser_url, jobs) == [], "nobody has it yet"
    await agent.post(f"/conversations/{conversation}/take")
    await world.write("+905550000001")
    last = (await agent.get(f"/conversations/{conversation}"))["last_seq"]
    await supervisor.put(f"/conversations/{conversation}/read", {"seq": last})
    assert await stored(superuser_url, jobs) == []
    await agent.put(f"/conversations/{conversation}/read", {"seq": last})
    await agent.put(f"/conversations/{conversation}/read", {"seq": last})
    await agent.put(f"/conversations/{conversation}/read", {"seq": 1, "lower": True})
    found = await stored(superuser_url, jobs)
    assert len(found) == 1
    assert f'"seq": {last}' in found[0]["payload"].decode()


async def test_many_screens_of_one_user_reading_at_once_leave_the_highest_mark(world: World) -> None:
    conversation = await world.write("+905550000001")
    for _ in range(9):
        await world.write("+905550000001")
    agent = await world.browser("agent1")
    await asyncio.gather(
        *(agent.put(f"/conversations/{conversation}/read", {"seq": seq}) for seq in (3, 9, 1, 10, 7, 5, 2))
    )
    assert (await agent.get(f"/conversations/{conversation}"))["read_seq"] == 10
