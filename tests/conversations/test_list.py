"""The inbox list: views, order, pages, counts, and what each user sees of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import TypeAdapter

from invekto.conversations.schemas import ConversationDetail, ConversationPage, View
from tests.rest import Browser, World
from tests.statements import counted_statements


async def ids(browser: Browser, view: str, status: str = "open") -> set[str]:
    return {row["id"] for row in (await browser.get("/conversations", view=view, status=status))["items"]}


async def test_the_newest_message_stands_first_and_pages_join_without_gap_or_double(world: World) -> None:
    made = []
    for number in range(7):
        made.append(str(await world.write(f"+90555000000{number}")))
        # Two at the same moment: only the id tells them apart.
        if number % 2:
            world.clock.advance(timedelta(seconds=1))
    supervisor = await world.browser("supervisor")
    paged: list[str] = []
    cursor = None
    while True:
        page = await supervisor.get("/conversations", view="all", limit=2, **({"cursor": cursor} if cursor else {}))
        paged += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(paged) == sorted(made)
    rows = (await supervisor.get("/conversations", view="all"))["items"]
    assert paged == [row["id"] for row in rows]
    assert rows == sorted(rows, key=lambda row: (row["last_message_at"], row["id"]), reverse=True)


async def test_a_users_pages_join_their_own_and_the_queue_in_one_order(world: World) -> None:
    agent = await world.browser("agent1")
    made = []
    for number in range(9):
        made.append(str(await world.write(f"+90555000000{number}")))
        world.clock.advance(timedelta(seconds=1))
        if number % 3 == 0:
            await agent.post(f"/conversations/{made[-1]}/take")
    page = await agent.get("/conversations", view="all", limit=5)
    rest = await agent.get("/conversations", view="all", limit=5, cursor=page["next_cursor"])
    assert [row["id"] for row in page["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None


async def test_each_view_and_each_right_shows_its_own_and_counts_agree(world: World) -> None:
    firm = world.firm
    mine, colleagues, queue = [str(await world.write(f"+9055500000{n:02}")) for n in range(3)]
    other_team = str(await world.write("+905550000009", channel=firm.other_channel))
    agent1, agent2, agent3, supervisor = [
        await world.browser(name) for name in ("agent1", "agent2", "agent3", "supervisor")
    ]
    await agent1.post(f"/conversations/{mine}/take")
    await agent2.post(f"/conversations/{colleagues}/take")
    expected = {
        "agent1": (agent1, {mine}, {queue}, {mine, queue}),
        "agent2": (agent2, {colleagues}, {queue}, {colleagues, queue}),
        "agent3": (agent3, set(), {other_team}, {other_team}),
        "supervisor": (supervisor, set(), {queue, other_team}, {mine, colleagues, queue, other_team}),
    }
    for name, (browser, own, unassigned, everything) in expected.items():
        assert await ids(browser, "mine") == own, name
        assert await ids(browser, "unassigned") == unassigned, name
        assert await ids(browser, "all") == everything, name
        assert await browser.get("/conversations/counts") == {
            "mine": len(own),
            "unassigned": len(unassigned),
            "all": len(everything),
        }, name


async def test_a_firm_without_teams_has_one_queue_for_everybody(world: World) -> None:
    await world.make_firm("small", with_teams=False)
    conversation = str(await world.write("+905550000001", firm="small"))
    for name in ("agent1", "agent3"):
        assert await ids(await world.browser(name, "small"), "unassigned") == {conversation}


async def test_a_hidden_conversation_is_not_found_wherever_it_is_asked_for(world: World) -> None:
    hidden = await world.write("+905550000001", channel=world.firm.other_channel)
    agent = await world.browser("agent1")
    asked: list[tuple[str, str, object]] = [
        ("GET", f"/conversations/{hidden}", None),
        ("GET", f"/conversations/{hidden}/messages", None),
        ("POST", f"/conversations/{hidden}/take", {}),
        ("POST", f"/conversations/{hidden}/assign", {"user_id": str(agent.user_id)}),
        ("POST", f"/conversations/{hidden}/resolve", None),
        ("POST", f"/conversations/{hidden}/reopen", None),
        ("POST", f"/conversations/{hidden}/snooze", {"until": None}),
        ("PUT", f"/conversations/{hidden}/read", {"seq": 1}),
        ("PUT", f"/conversations/{hidden}/tags", {"tag_ids": []}),
        ("PUT", f"/conversations/{hidden}/draft", {"kind": "reply", "text": "x"}),
        ("POST", f"/conversations/{hidden}/messages", {"type": "text", "text": "x"}),
        ("POST", f"/conversations/{hidden}/messages", {"type": "note", "text": "x"}),
    ]
    for method, path, body in asked:
        status, error = await agent.refused(method, path, body, idempotency_key="k")
        assert (status, error["code"]) == (404, "not_found"), (method, path)
    supervisor = await world.browser("supervisor")
    row = await supervisor.get(f"/conversations/{hidden}")
    assert (row["assignee"], row["status"], row["last_seq"]) == (None, "open", 1), "nothing has changed"


@pytest.mark.parametrize(
    ("query", "path", "code"),
    [
        ({"view": "everything"}, "view", "not_a_choice"),
        ({"status": "closed"}, "status", "not_a_choice"),
        ({"limit": "0"}, "limit", "out_of_range"),
        ({"limit": "1000000000"}, "limit", "out_of_range"),
    ],
)
async def test_a_malformed_question_names_its_field(world: World, query: dict[str, str], path: str, code: str) -> None:
    agent = await world.browser("agent1")
    answer = await agent.client.get("/conversations", params=query)
    assert answer.status_code == 422
    assert answer.json()["error"]["fields"] == [{"path": path, "code": code}]


async def test_a_cursor_belongs_to_its_own_list(world: World) -> None:
    for number in range(3):
        await world.write(f"+90555000000{number}")
    supervisor = await world.browser("supervisor")
    cursor = (await supervisor.get("/conversations", view="all", limit=1))["next_cursor"]
    for query in ({"view": "mine", "cursor": cursor}, {"view": "all", "cursor": "AAAA"}):
        answer = await supervisor.client.get("/conversations", params=query)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "cursor_invalid")


async def test_status_lists_hold_what_moved_into_them(world: World) -> None:
    agent = await world.browser("agent1")
    opened, snoozed, resolved = [str(await world.write(f"+9055500000{n:02}")) for n in range(3)]
    await agent.post(f"/conversations/{snoozed}/snooze", {"until": None})
    await agent.post(f"/conversations/{resolved}/resolve")
    assert await ids(agent, "all") == {opened}
    assert await ids(agent, "all", "snoozed") == {snoozed}
    assert await ids(agent, "unassigned", "resolved") == {resolved}


async def test_answers_have_the_documented_fields_and_no_other(world: World) -> None:
    """Excess data is a leak: `extra=forbid` refuses a column that slipped in."""
    conversation = await world.write("+905550000001", name="Elif Işık")
    supervisor = await world.browser("supervisor")
    tag = await supervisor.post("/tags", {"name": "VIP", "color": "amber"})
    await supervisor.put(f"/conversations/{conversation}/tags", {"tag_ids": [tag["id"]]})
    await supervisor.post(f"/conversations/{conversation}/take")
    await supervisor.put(f"/conversations/{conversation}/draft", {"kind": "note", "text": "yarın ara"})
    TypeAdapter(ConversationPage).validate_python(await supervisor.get("/conversations", view="mine"))
    detail = await supervisor.get(f"/conversations/{conversation}")
    TypeAdapter(ConversationDetail).validate_python(detail)
    firm = world.firm
    assert detail["draft"] == {"kind": "note", "text": "yarın ara", "updated_at": "2026-11-24T09:00:00Z"}
    assert detail["tags"] == [tag]
    assert detail["assignee"] == {"id": str(firm.users["supervisor"]), "name": "Supervisor demo"}
    assert detail["team"] == {"id": str(firm.team_a), "name": "A"}
    assert detail["channel"] == {"id": str(firm.channel), "kind": "whatsapp_cloud", "name": "WhatsApp 1"}
    assert detail["contact"]["name"] == "Elif Işık"
    assert detail["window"]["closes_at"] == "2026-11-25T09:00:00Z"
    assert detail["waiting_since"] == "2026-11-24T09:00:00Z"


@pytest.mark.parametrize("view", ["mine", "unassigned", "all"])
@pytest.mark.parametrize("user", ["agent1", "supervisor"])
async def test_a_page_is_one_statement_however_many_rows_and_tags(world: World, user: str, view: View) -> None:
    agent = await world.browser(user)
    supervisor = await world.browser("supervisor")
    tags = [(await supervisor.post("/tags", {"name": f"T{n}", "color": "blue"}))["id"] for n in range(3)]
    for number in range(4):
        conversation = await world.write(f"+90555000000{number}")
        await supervisor.put(f"/conversations/{conversation}/tags", {"tag_ids": tags})
        if view == "mine":
            await agent.post(f"/conversations/{conversation}/take")
    with counted_statements(world.db) as statements:
        page = await agent.get("/conversations", view=view)
    assert len(page["items"]) == 4
    assert [len(row["tags"]) for row in page["items"]] == [3] * 4
    # The session is remembered by the process; `set_config` opens the transaction.
    assert len(statements) == 2, statements


async def test_the_detail_is_one_statement(world: World) -> None:
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    await agent.get("/conversations/counts")
    with counted_statements(world.db) as statements:
        await agent.get(f"/conversations/{conversation}")
    assert len(statements) == 2, statements


async def test_the_lists_line_shows_the_ticks_of_an_answer_until_the_contact_writes_again(world: World) -> None:
    conversation = await world.write("+905550000001", "Merhaba")
    agent = await world.browser("agent1")
    sent = await agent.say(conversation, "Buyurun")

    async def line() -> tuple[str, str, str | None]:
        row = await agent.get(f"/conversations/{conversation}")
        return row["preview"], row["preview_direction"], row["preview_status"]

    assert await line() == ("Buyurun", "outbound", "queued")
    await world.report(sent["id"], "delivered")
    assert await line() == ("Buyurun", "outbound", "delivered")
    await world.write("+905550000001", "Yarın olur mu?")
    assert await line() == ("Yarın olur mu?", "inbound", None)
    await world.report(sent["id"], "read")
    assert await line() == ("Yarın olur mu?", "inbound", None), "a late tick belongs to the answer alone"
