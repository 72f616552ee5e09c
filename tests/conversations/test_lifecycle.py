"""Take, assign, resolve, reopen, snooze, wake: who may, what is kept of it, and who wins a race."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from invekto.accounts.service import disable_user
from invekto.conversations.lifecycle import wake_conversation
from invekto.kernel.ids import uuid7
from invekto.kernel.tx import SYSTEM
from tests.rest import Browser, Json, World, stored


async def activities(browser: Browser, conversation: object) -> list[Json]:
    page = await browser.get(f"/conversations/{conversation}/messages", limit=100)
    return [line["payload"] for line in page["items"] if line["type"] == "activity"]


async def test_of_two_who_take_at_once_one_wins_and_the_other_hears_the_name(world: World) -> None:
    conversation = await world.write("+905550000001")
    one, two = await world.browser("agent1"), await world.browser("agent2")
    answers = await asyncio.gather(
        *(browser.client.post(f"/conversations/{conversation}/take") for browser in (one, two) for _ in range(5))
    )
    won = {answer.json()["assignee"]["id"] for answer in answers if answer.status_code == 200}
    lost = [answer.json()["error"] for answer in answers if answer.status_code != 200]
    assert len(won) == 1
    assert len(lost) == 5, "one user's five requests lose, the winner's five are one"
    winner = next(iter(won))
    for error in lost:
        assert error["code"] == "conversation_taken"
        assert error["params"]["user_id"] == winner
        assert error["params"]["name"] in ("Agent1 demo", "Agent2 demo")
        assert error["params"]["name"] in error["message"]


async def test_taking_over_needs_the_right_name_of_the_holder(world: World) -> None:
    conversation = await world.write("+905550000001")
    agent, supervisor = await world.browser("agent1"), await world.browser("supervisor")
    await agent.post(f"/conversations/{conversation}/take")
    for believed in (None, str(world.firm.users["agent2"])):
        status, error = await supervisor.refused("POST", f"/conversations/{conversation}/take", {"from": believed})
        assert (status, error["code"], error["params"]["name"]) == (409, "conversation_taken", "Agent1 demo")
    row = await supervisor.post(f"/conversations/{conversation}/take", {"from": str(agent.user_id)})
    assert row["assignee"]["name"] == "Supervisor demo"
    assert (await supervisor.post(f"/conversations/{conversation}/take"))["version"] == row["version"], "mine already"


async def test_who_cannot_see_a_colleagues_conversation_cannot_take_it_over_by_knowing_the_holder(world: World) -> None:
    conversation = await world.write("+905550000001")
    one, two = await world.browser("agent1"), await world.browser("agent2")
    await one.post(f"/conversations/{conversation}/take")
    status, error = await two.refused("POST", f"/conversations/{conversation}/take", {"from": str(one.user_id)})
    assert (status, error["code"]) == (409, "conversation_taken")


async def test_every_step_leaves_a_line_an_assignment_and_an_audit_entry(world: World, superuser_url: str) -> None:
    conversation = await world.write("+905550000001")
    agent, supervisor = await world.browser("agent1"), await world.browser("supervisor")
    await agent.post(f"/conversations/{conversation}/take")
    world.clock.advance(timedelta(minutes=1))
    await supervisor.post(f"/conversations/{conversation}/assign", {"user_id": str(world.firm.users["agent2"])})
    world.clock.advance(timedelta(minutes=1))
    row = await supervisor.post(f"/conversations/{conversation}/assign", {"user_id": None})
    assert row["assignee"] is None
    assert await activities(supervisor, conversation) == [
        {"action": "assigned", "by": "Agent1 demo", "to": "Agent1 demo", "reason": "taken"},
        {"action": "assigned", "by": "Supervisor demo", "to": "Agent2 demo", "reason": "assigned"},
        {"action": "unassigned", "by": "Supervisor demo", "from": "Agent2 demo"},
    ]
    history = await stored(superuser_url, "select * from assignment order by started_at")
    assert [(h["user_id"], h["assigned_by_id"], h["reason"], h["ended_at"] - h["started_at"]) for h in history] == [
        (agent.user_id, agent.user_id, "taken", timedelta(minutes=1)),
        (world.firm.users["agent2"], supervisor.user_id, "assigned", timedelta(minutes=1)),
    ]
    audit = await stored(superuser_url, "select * from audit_entry where action = 'conversation.assigned' order by id")
    assert [entry["actor_id"] for entry in audit] == [agent.user_id, supervisor.user_id, supervisor.user_id]
    assert all(entry["entity_id"] == conversation and entry["request_id"] for entry in audit)
    assert "Agent" not in "".join(entry["fields"] for entry in audit), "ids only"


async def test_only_somebody_of_the_firm_who_may_sign_in_can_be_given_a_conversation(world: World) -> None:
    other = await world.make_firm("demo2")
    conversation = await world.write("+905550000001")
    supervisor = await world.browser("supervisor")
    async with world.db.tx(world.firm.id, SYSTEM) as tx:
        await disable_user(tx, world.firm.users["agent3"])
    for user_id in (other.users["agent1"], world.firm.users["agent3"], uuid7()):
        status, error = await supervisor.refused(
            "POST", f"/conversations/{conversation}/assign", {"user_id": str(user_id)}
        )
        assert (status, error["fields"]) == (422, [{"path": "user_id", "code": "not_found"}])
    assert (await supervisor.get(f"/conversations/{conversation}"))["assignee"] is None


async def test_who_gives_a_conversation_out_of_their_sight_is_shown_it_once_more(world: World) -> None:
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    await agent.post(f"/conversations/{conversation}/take")
    row = await agent.post(f"/conversations/{conversation}/assign", {"user_id": str(world.firm.users["agent2"])})
    assert row["assignee"]["name"] == "Agent2 demo"
    assert (await agent.refused("GET", f"/conversations/{conversation}"))[0] == 404


async def test_resolving_keeps_the_assignee_and_reopening_undoes_it(world: World) -> None:
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    await agent.post(f"/conversations/{conversation}/take")
    resolved = await agent.post(f"/conversations/{conversation}/resolve")
    assert (resolved["status"], resolved["resolved_at"]) == ("resolved", "2026-11-24T09:00:00Z")
    assert resolved["assignee"]["name"] == "Agent1 demo"
    again = await agent.post(f"/conversations/{conversation}/resolve")
    assert again["version"] == resolved["version"], "twice is once"
    opened = await agent.post(f"/conversations/{conversation}/reopen")
    assert (opened["status"], opened["resolved_at"]) == ("open", None)
    assert opened["version"] > resolved["version"]
    assert [a["action"] for a in await activities(agent, conversation)] == ["assigned", "resolved", "reopened"]


async def test_an_old_conversation_does_not_reopen_beside_a_newer_one(world: World) -> None:
    old = await world.write("+905550000001")
    agent = await world.browser("agent1")
    await agent.post(f"/conversations/{old}/resolve")
    world.clock.advance(timedelta(hours=25))
    new = await world.write("+905550000001")
    assert new != old
    agent = await world.browser("agent1")
    for path, body in ((f"/conversations/{old}/reopen", None), (f"/conversations/{old}/snooze", {"until": None})):
        status, error = await agent.refused("POST", path, body)
        assert (status, error["code"]) == (409, "conversation_open_elsewhere")
    assert (await agent.get(f"/conversations/{old}"))["status"] == "resolved"
    assert (await agent.get(f"/conversations/{new}"))["previous_conversation_id"] == str(old)


async def test_a_snoozed_conversation_wakes_at_its_time_and_not_before(world: World, superuser_url: str) -> None:
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    until = world.clock.now() + timedelta(hours=2)
    row = await agent.post(f"/conversations/{conversation}/snooze", {"until": until.isoformat()})
    assert (row["status"], row["snoozed_until"]) == ("snoozed", "2026-11-24T11:00:00Z")
    jobs = await stored(
        superuser_url, "select * from pgqueuer where entrypoint = 'conversations.wake' and status = 'queued'"
    )
    assert [(job["execute_after"], str(conversation) in job["payload"].decode()) for job in jobs] == [(until, True)]
    async with world.db.tx(world.firm.id, SYSTEM) as tx:
        assert not await wake_conversation(tx, conversation, until - timedelta(hours=1)), "the time has been moved"
    async with world.db.tx(world.firm.id, SYSTEM) as tx:
        assert await wake_conversation(tx, conversation, until)
    woken = await agent.get(f"/conversations/{conversation}")
    assert (woken["status"], woken["snoozed_until"]) == ("open", None)
    assert (await activities(agent, conversation))[-1] == {"action": "woken", "by": None}
    async with world.db.tx(world.firm.id, SYSTEM) as tx:
        assert not await wake_conversation(tx, conversation, until), (
            "a job that runs twice does nothing the second time"
        )


async def test_a_message_wakes_a_snoozed_conversation(world: World) -> None:
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    await agent.post(f"/conversations/{conversation}/snooze", {"until": None})
    assert await world.write("+905550000001") == conversation
    assert (await agent.get(f"/conversations/{conversation}"))["status"] == "open"


async def test_a_snooze_into_the_past_is_refused(world: World) -> None:
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    for until, code in (("2026-11-24T09:00:00Z", "in_the_past"), ("2026-11-25T09:00:00", "wrong_format")):
        status, error = await agent.refused("POST", f"/conversations/{conversation}/snooze", {"until": until})
        assert (status, error["fields"]) == (422, [{"path": "until", "code": code}])


async def test_an_unknown_field_changes_nothing(world: World) -> None:
    """Mass assignment (A16): what a client may not set is not ignored, it is refused."""
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    before = await agent.get(f"/conversations/{conversation}")
    for path, body in (
        ("take", {"from": None, "tenant_id": str(uuid7())}),
        ("assign", {"user_id": None, "role": "supervisor"}),
        ("snooze", {"until": None, "created_at": "2020-01-01T00:00:00Z"}),
        ("messages", {"type": "text", "text": "x", "status": "read"}),
    ):
        status, error = await agent.refused("POST", f"/conversations/{conversation}/{path}", body, idempotency_key="k")
        assert (status, error["fields"][0]["code"]) == (422, "unknown_field"), path
    assert await agent.get(f"/conversations/{conversation}") == before
