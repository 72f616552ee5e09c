"""A thread's pages, what a message shows, and what a user without the right to personal data does not see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from invekto.channels.adapter import InboundAttachment
from invekto.conversations.schemas import ContactCard, Message, MessagePage
from invekto.kernel.ids import uuid7
from tests.rest import World, stored
from tests.statements import counted_statements


async def test_pages_are_ascending_and_lead_to_older_ones_without_gap_or_double(world: World) -> None:
    conversation = await world.write("+905550000001", "1")
    for number in range(2, 8):
        await world.write("+905550000001", str(number))
    agent = await world.browser("agent1")
    page = await agent.get(f"/conversations/{conversation}/messages", limit=3)
    assert [m["text"] for m in page["items"]] == ["5", "6", "7"]
    page = await agent.get(f"/conversations/{conversation}/messages", limit=3, cursor=page["next_cursor"])
    assert [m["text"] for m in page["items"]] == ["2", "3", "4"]
    page = await agent.get(f"/conversations/{conversation}/messages", limit=3, cursor=page["next_cursor"])
    assert ([m["text"] for m in page["items"]], page["next_cursor"]) == (["1"], None)
    exact = await agent.get(f"/conversations/{conversation}/messages", limit=7)
    assert ([m["seq"] for m in exact["items"]], exact["next_cursor"]) == ([1, 2, 3, 4, 5, 6, 7], None)


async def test_a_page_is_one_statement_behind_the_question_whether_it_may_be_seen(world: World) -> None:
    files = tuple(
        InboundAttachment(kind="image", media_id=f"m{n}", mime="image/jpeg", name=f"{n}.jpg") for n in range(2)
    )
    conversation = await world.write("+905550000001", None, kind="image", attachments=files)
    for _ in range(4):
        await world.write("+905550000001", None, kind="image", attachments=files)
    agent = await world.browser("agent1")
    with counted_statements(world.db) as statements:
        page = await agent.get(f"/conversations/{conversation}/messages")
    assert [len(m["attachments"]) for m in page["items"]] == [2] * 5
    assert len(statements) == 3, statements  # set_config, visible, page
    TypeAdapter(MessagePage).validate_python(page)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("location", {"latitude": 41.0082, "longitude": 28.9784, "name": "Klinik"}),
        ("interactive", {"title": "Randevu al", "description": "Yarın"}),
        ("order", {"items": [{"name": "Krem", "quantity": 2}]}),
        ("reaction", {"emoji": "👍", "to_seq": 1}),
        ("unsupported", {"title": "poll"}),
    ],
)
async def test_every_type_keeps_its_payload(world: World, kind: str, payload: dict[str, Any]) -> None:
    await world.write("+905550000001")
    conversation = await world.write("+905550000001", None, kind=kind, payload=payload)
    agent = await world.browser("agent1")
    message = (await agent.get(f"/conversations/{conversation}/messages"))["items"][-1]
    assert (message["type"], message["payload"], message["text"]) == (kind, payload, None)
    TypeAdapter(Message).validate_python(message)


async def test_an_answer_has_its_author_and_an_inbound_message_leaves_the_name_to_the_conversation(
    world: World,
) -> None:
    conversation = await world.write("+905550000001", name="Elif")
    agent = await world.browser("agent1")
    await agent.say(conversation, "Buyurun")
    inbound, activity, answer = (await agent.get(f"/conversations/{conversation}/messages"))["items"]
    assert (inbound["author"]["kind"], inbound["author"]["name"]) == ("contact", None)
    assert activity["author"] == answer["author"] == {"kind": "user", "id": str(agent.user_id), "name": "Agent1 demo"}
    assert (inbound["status"], activity["status"], answer["status"]) == (None, None, "queued")


async def test_phones_are_masked_for_who_may_not_see_them_everywhere(world: World) -> None:
    """Phone, the name of somebody nobody named, identities, contact cards; what people say stays as it is."""
    phone = "+905551234518"
    conversation = await world.write(phone, "Numaram 0555 123 45 18")
    await world.write(phone, None, kind="contacts", payload=[{"name": phone, "phones": [phone]}])
    agent, supervisor = await world.browser("agent1"), await world.browser("supervisor")
    row = await agent.get(f"/conversations/{conversation}")
    contact = row["contact"]["id"]
    shown = {
        "list": await agent.get("/conversations", view="unassigned"),
        "detail": row,
        "card": await agent.get(f"/contacts/{contact}"),
        "thread": await agent.get(f"/conversations/{conversation}/messages"),
    }
    for name, answer in shown.items():
        assert phone not in str(answer), name
        assert "5551234518" not in str(answer), name
    assert row["contact"] == {"id": contact, "name": "+90 555 *** ** 18", "phone": "+90 555 *** ** 18"}
    assert shown["card"]["identities"][0]["display"] == "+90 555 *** ** 18"
    text, card = shown["thread"]["items"]
    assert text["text"] == "Numaram 0555 123 45 18"
    assert card["payload"] == [{"name": "+90 555 *** ** 18", "phones": ["+90 555 *** ** 18"]}]
    whole = await supervisor.get(f"/conversations/{conversation}")
    assert whole["contact"] == {"id": contact, "name": phone, "phone": phone}
    assert (await supervisor.get(f"/contacts/{contact}"))["identities"][0]["display"] == phone


async def test_a_contacts_card_tells_by_which_advertisement_they_came(world: World, superuser_url: str) -> None:
    conversation = await world.write("+905550000001", name="Elif")
    supervisor = await world.browser("supervisor")
    contact = (await supervisor.get(f"/conversations/{conversation}"))["contact"]["id"]
    assert (await supervisor.get(f"/contacts/{contact}"))["first_touch"] is None
    await stored(
        superuser_url,
        """update contact set first_touch = '{"source_type": "ad", "headline": "Gülüş"}', first_touch_at = '2026-11-20'""",
    )
    touch = (await supervisor.get(f"/contacts/{contact}"))["first_touch"]
    assert touch["referral"] == {"source_type": "ad", "headline": "Gülüş"}
    assert touch["at"].startswith("2026-11-20")


async def test_a_contacts_card_shows_notes_and_conversations_that_i_may_see(world: World) -> None:
    mine = await world.write("+905550000001", name="Elif", channel=world.firm.channel)
    agent, supervisor = await world.browser("agent1"), await world.browser("supervisor")
    await agent.say(mine, "iyi müşteri", kind="note")
    contact = (await agent.get(f"/conversations/{mine}"))["contact"]["id"]
    card = await agent.get(f"/contacts/{contact}")
    TypeAdapter(ContactCard).validate_python(card)
    assert [note["text"] for note in card["notes"]] == ["iyi müşteri"]
    assert [row["id"] for row in card["conversations"]] == [str(mine)]
    assert card["identities"][0]["last_inbound_at"] == "2026-11-24T09:00:00Z"
    await supervisor.post(f"/conversations/{mine}/assign", {"user_id": str(world.firm.users["agent3"])})
    assert (await agent.refused("GET", f"/contacts/{contact}"))[0] == 404
    assert (await agent.refused("PATCH", f"/contacts/{contact}", {"name": "X"}))[0] == 404
    assert (await supervisor.get(f"/contacts/{contact}"))["name"] == "Elif"


async def test_a_given_name_stays_and_reaches_every_list(world: World) -> None:
    conversation = await world.write("+905550000001", name="elif 🌸")
    agent = await world.browser("agent1")
    before = await agent.get(f"/conversations/{conversation}")
    card = await agent.patch(f"/contacts/{before['contact']['id']}", {"name": "  Elif Işık "})
    assert card["name"] == "Elif Işık"
    after = await agent.get(f"/conversations/{conversation}")
    assert after["contact"]["name"] == "Elif Işık"
    assert after["version"] > before["version"], "a client drops a row that is not newer"
    await world.write("+905550000001", name="elif 🌸")
    assert (await agent.get(f"/conversations/{conversation}"))["contact"]["name"] == "Elif Işık"


async def test_a_masked_number_sent_back_unchanged_does_not_become_the_name(world: World) -> None:
    conversation = await world.write("+905551234518")
    agent, supervisor = await world.browser("agent1"), await world.browser("supervisor")
    contact = (await agent.get(f"/conversations/{conversation}"))["contact"]
    await agent.patch(f"/contacts/{contact['id']}", {"name": contact["name"]})
    assert (await supervisor.get(f"/contacts/{contact['id']}"))["name"] == "+905551234518"


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
async def test_a_name_that_is_none_is_refused(world: World, name: str) -> None:
    conversation = await world.write("+905550000001", name="Elif")
    agent = await world.browser("agent1")
    contact = (await agent.get(f"/conversations/{conversation}"))["contact"]["id"]
    status, error = await agent.refused("PATCH", f"/contacts/{contact}", {"name": name})
    assert (status, error["fields"][0]["path"]) == (422, "name")
    assert "xxx" not in str(error), "what was sent is not repeated"


async def test_tags_are_the_whole_set_and_each_change_is_a_line(world: World) -> None:
    conversation = await world.write("+905550000001")
    agent, supervisor = await world.browser("agent1"), await world.browser("supervisor")
    vip, urgent = [await supervisor.post("/tags", {"name": name, "color": "red"}) for name in ("VIP", "Acil")]
    assert [tag["name"] for tag in (await agent.get("/tags"))["items"]] == ["Acil", "VIP"]
    row = await agent.put(f"/conversations/{conversation}/tags", {"tag_ids": [vip["id"], urgent["id"]]})
    assert row["tags"] == [urgent, vip]
    same = await agent.put(f"/conversations/{conversation}/tags", {"tag_ids": [urgent["id"], vip["id"], vip["id"]]})
    assert same["version"] == row["version"]
    row = await agent.put(f"/conversations/{conversation}/tags", {"tag_ids": [urgent["id"]]})
    assert row["tags"] == [urgent]
    lines = (await agent.get(f"/conversations/{conversation}/messages"))["items"]
    assert [line["payload"] for line in lines if line["type"] == "activity"] == [
        {"action": "tagged", "by": "Agent1 demo", "added": ["Acil", "VIP"], "removed": []},
        {"action": "tagged", "by": "Agent1 demo", "added": [], "removed": ["VIP"]},
    ]
    status, error = await agent.refused(
        "PUT", f"/conversations/{conversation}/tags", {"tag_ids": [vip["id"], str(uuid7())]}
    )
    assert (status, error["fields"]) == (422, [{"path": "tag_ids.1", "code": "not_found"}])


async def test_a_tag_that_reads_the_same_exists_already_and_only_supervisors_make_tags(world: World) -> None:
    agent, supervisor = await world.browser("agent1"), await world.browser("supervisor")
    await supervisor.post("/tags", {"name": "İade", "color": "red"})
    status, error = await supervisor.refused("POST", "/tags", {"name": "iade", "color": "blue"})
    assert (status, error["code"]) == (409, "tag_exists")
    assert (await agent.refused("POST", "/tags", {"name": "X", "color": "blue"}))[0] == 403
    assert (await supervisor.refused("POST", "/tags", {"name": "X", "color": "gold"}))[0] == 422


async def test_tags_page_by_name(world: World) -> None:
    supervisor = await world.browser("supervisor")
    for name in ("c", "a", "b"):
        await supervisor.post("/tags", {"name": name, "color": "grey"})
    first = await supervisor.get("/tags", limit=2)
    second = await supervisor.get("/tags", limit=2, cursor=first["next_cursor"])
    assert [tag["name"] for tag in first["items"] + second["items"]] == ["a", "b", "c"]
    assert second["next_cursor"] is None


async def test_a_draft_is_its_writers_alone_and_an_empty_one_is_gone(world: World) -> None:
    conversation = await world.write("+905550000001")
    one, two = await world.browser("agent1"), await world.browser("agent2")
    path = f"/conversations/{conversation}/draft"
    assert await one.put(path, {"kind": "reply", "text": "Merhaba, "}) is None
    world.clock.advance(timedelta(minutes=1))
    await one.put(path, {"kind": "note", "text": "ara"})
    assert (await one.get(f"/conversations/{conversation}"))["draft"] == {
        "kind": "note",
        "text": "ara",
        "updated_at": "2026-11-24T09:01:00Z",
    }
    assert (await two.get(f"/conversations/{conversation}"))["draft"] is None
    await one.put(path, {"kind": "note", "text": ""})
    assert (await one.get(f"/conversations/{conversation}"))["draft"] is None
