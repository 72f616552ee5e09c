"""What was said on the firm's phone before: it is there, in its order, and nobody is disturbed by it."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

import pytest

from invekto.conversations.handlers import PAST_AT_ONCE
from invekto.conversations.lifecycle import reopen_conversation
from invekto.conversations.queries import Viewer
from invekto.kernel.tx import Actor
from tests.conversations.inlet import Inlet, Json, Line, Rows

PEOPLE = [f"9055500{number:05}" for number in range(40)]
BUSINESS = "905559000001"


def line(key: int, phone: str, at: int, *, ours: bool = False, status: str = "READ", **content: Any) -> Json:
    said = content or {"type": "text", "text": {"body": f"söz {key}"}}
    sides = (BUSINESS, phone) if ours else (phone, BUSINESS)
    return {
        "from": sides[0],
        "to": sides[1],
        "id": f"wamid.h{key}",
        "timestamp": str(at),
        "history_context": {"status": status},
        **said,
    }


def chunk(inlet: Inlet, number: Line, *messages: Json, progress: int = 40, **more: Any) -> Json:
    """A webhook of the field `history`: the messages by person."""
    threads: dict[str, list[Json]] = {}
    for one in messages:
        phone = one["to"] if one["from"] == BUSINESS else one["from"]
        threads.setdefault(phone, []).append(one)
    told = {
        "metadata": {"phase": 0, "chunk_order": 1, "progress": progress},
        "threads": [{"id": phone, "messages": said} for phone, said in threads.items()],
    }
    return inlet.change(number, history=[told], **more) | {"field": "history"}


async def talk(inlet: Inlet, phone: str) -> Rows:
    return await inlet.rows(
        "select m.* from message m join conversation c on c.id = m.conversation_id join identity_address a"
        " on a.identity_id = c.identity_id where a.value = $1 and c.past order by m.seq",
        f"+{phone}",
    )


def seconds(inlet: Inlet, ago: timedelta) -> int:
    return int((inlet.clock.now() - ago).timestamp())


async def state(inlet: Inlet) -> list[tuple[Any, ...]]:
    rows = await inlet.rows(
        "select a.value, m.seq, m.provider_id, m.direction, m.text, m.status, m.provider_at, m.created_at, c.last_seq,"
        " c.last_message_at, c.preview, c.preview_seq, c.created_at, c.resolved_at from message m"
        " join conversation c on c.id = m.conversation_id join identity_address a on a.identity_id = c.identity_id"
        " order by a.value, m.seq"
    )
    return [tuple(row) for row in rows]


async def test_two_thousand_messages_in_chunks_out_of_order_and_repeated_end_in_order_and_silence(inlet: Inlet) -> None:
    (number,) = await inlet.firm()
    began = seconds(inlet, timedelta(days=150))
    said = [
        line(key, PEOPLE[key * 7 % 40], began + key * 600, ours=key % 3 == 0, status=("READ", "DELIVERED")[key % 2])
        for key in range(2000)
    ]
    await inlet.receive(inlet.says(number, PEOPLE[0], "Bugün", key="wamid.today"))
    live = await inlet.one("select id, preview, last_message_at, waiting_since, inbound_count from conversation")
    events = await inlet.count("event")
    parts = [said[1300:], said[:600], said[600:1300]]
    for part in parts:
        await inlet.receive(chunk(inlet, number, *part))
    once = await state(inlet)
    shuffled = random.Random(7).sample(said, len(said))  # an order, not a secret
    await inlet.receive(chunk(inlet, number, *shuffled), chunk(inlet, number, *parts[1]))
    assert await state(inlet) == once
    # All of it, once, in the provider's order, by whoever wrote it, as far as it had come.
    assert len(once) == 2001
    for phone in PEOPLE:
        mine = [one for one in said if phone in (one["from"], one["to"])]
        rows = await talk(inlet, phone)
        assert [row["provider_id"] for row in rows] == [one["id"] for one in mine]
        assert [row["seq"] for row in rows] == list(range(1, len(mine) + 1))
        assert [row["status"] for row in rows] == [
            one["history_context"]["status"].lower() if one["from"] == BUSINESS else None for one in mine
        ]
        assert {row["author_kind"] for row in rows} == {"phone", "contact"}
        assert [row["created_at"].timestamp() for row in rows] == [int(one["timestamp"]) for one in mine]
    await inlet.check_threads()
    # One conversation each, resolved, read by everybody, in its own place of the list, before the live one.
    past = await inlet.rows("select * from conversation where past")
    assert len(past) == 40
    assert {row["status"] for row in past} == {"resolved"}
    assert {row["inbound_count"] for row in past} == {0}
    assert {row["waiting_since"] for row in past} == {None}
    assert all(row["last_message_at"] < inlet.clock.now() - timedelta(days=100) for row in past)
    assert all(row["preview"].startswith("söz ") and row["preview_seq"] == row["last_seq"] for row in past)
    after = await inlet.one("select * from conversation where not past")
    assert {name: after[name] for name in dict(live)} == dict(live)
    assert after["previous_id"] in {row["id"] for row in past}
    # The channel's health moved, and search learns where to look; no screen was told anything.
    told = await inlet.rows("select kind from event order by xid, seq offset $1", events)
    assert {row["kind"] for row in told} <= {"channel.health_changed", "thread.imported", "contact.imported"}
    assert await inlet.count("quarantine") == await inlet.count("provider_event") == 0


async def test_the_live_conversation_is_found_whatever_was_imported_later(inlet: Inlet) -> None:
    (number,) = await inlet.firm()
    phone = PEOPLE[0]
    await inlet.receive(inlet.says(number, phone, "Dün"))
    live = await inlet.one("select id from conversation")
    await inlet.resolve(ago=timedelta(hours=2))
    await inlet.receive(chunk(inlet, number, line(1, phone, seconds(inlet, timedelta(days=3)))))
    await inlet.receive(inlet.says(number, phone, "Bugün"))
    rows = await inlet.rows("select id, past, status, inbound_count from conversation order by number")
    assert [(row["past"], row["status"], row["inbound_count"]) for row in rows] == [
        (False, "open", 2),
        (True, "resolved", 0),
    ]
    assert rows[0]["id"] == live["id"]


async def test_whoever_was_only_in_the_past_begins_a_conversation_that_follows_on_it(inlet: Inlet) -> None:
    (number,) = await inlet.firm()
    phone = PEOPLE[0]
    await inlet.receive(chunk(inlet, number, line(1, phone, seconds(inlet, timedelta(hours=1)))))
    past = await inlet.one("select id, window_closes_at from conversation")
    assert past["window_closes_at"] == inlet.clock.now() + timedelta(hours=23)
    since = await inlet.one("select created_at from contact")
    assert since["created_at"] == inlet.clock.now() - timedelta(hours=1)
    await inlet.receive(inlet.says(number, phone, "Merhaba"))
    live = await inlet.one("select status, previous_id, inbound_count from conversation where not past")
    assert tuple(live) == ("open", past["id"], 1)


async def test_answers_reactions_edits_and_reports_find_each_other_across_chunks(inlet: Inlet) -> None:
    (number,) = await inlet.firm()
    phone, began = PEOPLE[0], seconds(inlet, timedelta(days=2))
    await inlet.receive(inlet.reports(number, "read", "wamid.h1"))
    reaction = line(3, phone, began + 20, type="reaction", reaction={"message_id": "wamid.h1", "emoji": "👍"})
    answer = line(2, phone, began + 10) | {"context": {"id": "wamid.h1"}}
    await inlet.receive(chunk(inlet, number, reaction, answer))
    newer = line(4, phone, began + 30, type="reaction", reaction={"message_id": "wamid.h1", "emoji": "🙏"})
    await inlet.receive(chunk(inlet, number, line(1, phone, began, ours=True, status="SENT"), newer))
    first, second, beaten, counts = await talk(inlet, phone)
    assert [first["status"], first["read_at"] is not None] == ["read", True]
    assert {second["reply_to_id"], beaten["reply_to_id"], counts["reply_to_id"]} == {first["id"]}
    assert (beaten["dismissed_at"] is None, counts["dismissed_at"] is None) == (False, True)
    row = await inlet.one("select preview, preview_seq, preview_direction from conversation")
    assert tuple(row) == ("söz 2", 2, "inbound")


@pytest.mark.parametrize("order", ["placeholder first", "file first", "together"])
async def test_a_file_that_follows_takes_the_place_of_its_placeholder(inlet: Inlet, order: str) -> None:
    (number,) = await inlet.firm()
    phone, began = PEOPLE[0], seconds(inlet, timedelta(days=2))
    told = chunk(inlet, number, line(1, phone, began, type="media_placeholder"), line(2, phone, began - 60))
    document: Json = {
        "type": "document",
        "document": {"id": "77", "mime_type": "application/pdf", "filename": "Rapor.pdf"},
    }
    file = inlet.change(number, messages=[line(1, phone, began, **document)]) | {"field": "history"}
    if order == "together":
        together = chunk(inlet, number, line(1, phone, began, type="media_placeholder"), line(2, phone, began - 60))
        together["value"]["messages"] = file["value"]["messages"]
        await inlet.receive(together)
    else:
        for one in (told, file) if order == "placeholder first" else (file, told):
            await inlet.receive(one)
    await inlet.receive(file, told)
    rows = await talk(inlet, phone)
    assert [(row["type"], row["provider_id"]) for row in rows] == [("text", "wamid.h2"), ("document", "wamid.h1")]
    files = await inlet.rows("select message_id, state, provider_media_id, name from attachment")
    assert [tuple(row) for row in files] == [(rows[1]["id"], "pending", "77", "Rapor.pdf")]
    shown = await inlet.one("select preview, preview_type, last_seq from conversation")
    assert tuple(shown) == ("Rapor.pdf", "document", 2)


async def test_a_file_of_today_does_not_wait_behind_those_of_the_past(inlet: Inlet) -> None:
    (number,) = await inlet.firm()
    began = seconds(inlet, timedelta(days=2))
    images = [
        line(key, PEOPLE[0], began + key, type="image", image={"id": str(key), "mime_type": "image/jpeg"})
        for key in range(100)
    ]
    await inlet.receive(chunk(inlet, number, *images))
    today: Json = {"type": "image", "text": None, "image": {"id": "today", "mime_type": "image/jpeg"}}
    await inlet.receive(inlet.says(number, PEOPLE[1], **today))
    due = [
        row["provider_media_id"]
        for row in await inlet.rows("select provider_media_id from attachment order by next_attempt_at")
    ]
    assert due.index("today") < 60
    assert [one for one in due if one != "today"] == [str(key) for key in range(100)]


async def test_a_live_message_that_the_past_tells_again_stays_where_it_is(inlet: Inlet) -> None:
    (number,) = await inlet.firm()
    await inlet.receive(inlet.says(number, PEOPLE[0], "Canlı", key="wamid.h1"))
    await inlet.receive(chunk(inlet, number, line(1, PEOPLE[0], seconds(inlet, timedelta(hours=1)))))
    assert await inlet.count("message") == await inlet.count("conversation") == 1
    assert (await inlet.one("select text from message"))["text"] == "Canlı"


async def test_a_firm_that_shares_no_past_is_told_on_its_channel_until_it_does(inlet: Inlet) -> None:
    (number,) = await inlet.firm()
    error = {"code": 2593109, "title": "History sharing turned off", "message": "The business shares no history"}
    await inlet.receive(inlet.change(number, history=[{"errors": [error]}]) | {"field": "history"})
    health = json.loads((await inlet.one("select health from channel"))["health"])["history"]
    assert (health["state"], health["code"]) == ("refused", "2593109")
    await inlet.receive(chunk(inlet, number, line(1, PEOPLE[0], seconds(inlet, timedelta(days=1))), progress=100))
    health = json.loads((await inlet.one("select health from channel"))["health"])["history"]
    assert (health["state"], health["progress"]) == ("imported", 100)


async def test_what_an_agent_goes_on_with_is_past_no_more(inlet: Inlet) -> None:
    (number,) = await inlet.firm()
    phone = PEOPLE[0]
    await inlet.receive(chunk(inlet, number, line(1, phone, seconds(inlet, timedelta(hours=2)))))
    agent = await inlet.user(number.tenant_id, "ayşe")
    opened = (await inlet.one("select id from conversation"))["id"]
    async with inlet.db.tx(number.tenant_id, Actor("user", agent)) as tx:
        await reopen_conversation(tx, Viewer(agent, "all", frozenset(), True), opened)
    await inlet.receive(inlet.says(number, phone, "Devam"))
    await inlet.receive(chunk(inlet, number, line(0, phone, seconds(inlet, timedelta(days=9)))))
    past, live = await inlet.rows("select id, previous_id, last_seq, past from conversation order by past desc")
    assert (past["past"], past["last_seq"], live["past"], live["last_seq"]) == (True, 1, False, 3)
    assert (live["id"], live["previous_id"]) == (opened, past["id"])


async def test_a_chunk_of_hundreds_costs_no_more_statements_than_one_of_few(inlet: Inlet) -> None:
    (number,) = await inlet.firm()
    began = seconds(inlet, timedelta(days=90))

    def part(first: int, count: int) -> Json:
        """Of two people, with answers and files, before what the part before it told."""
        said = [line(first, PEOPLE[0], began - first * 60), line(first + 1, PEOPLE[1], began - first * 60, ours=True)]
        for key in range(first + 2, first + count):
            image: Json = {"type": "image", "image": {"id": str(key)}} if key % 5 == 0 else {}
            answer = {"context": {"id": f"wamid.h{key - 2}"}}
            said.append(line(key, PEOPLE[key % 2], began - key * 60, **image) | answer)
        return chunk(inlet, number, *said)

    asked: list[str] = []

    def note(query: Any) -> None:
        asked.append(query.query)

    counts = []
    for one in (part(0, 20), part(100, 20), part(200, 20), part(1000, 600)):
        await inlet.store(one)
        asked.clear()
        with inlet.connection.query_logger(note):
            await inlet.work()
        counts.append(len(asked))
    assert await inlet.count("quarantine") == 0
    # The first ones learn types and routes, and make the people.
    assert counts[2] == counts[3], counts


async def test_a_phones_past_is_stored_in_transactions_of_a_bounded_size_behind_what_is_live(inlet: Inlet) -> None:
    (number,) = await inlet.firm()
    began = seconds(inlet, timedelta(days=150))
    said = [line(key, PEOPLE[key % 40], began + key) for key in range(2100)]
    await inlet.receive(chunk(inlet, number, *said), inlet.says(number, "905559990000", "Bugün", key="wamid.today"))
    written = await inlet.rows(
        "select xmin::text::bigint as tx, count(*) as lines, bool_or(provider_id = 'wamid.today') as live"
        " from message group by 1 order by 1"
    )
    sizes = [row["lines"] for row in written]
    # Conversations that were numbered in one go: their rows have not moved since.
    assert sum(sizes) == 2101
    assert (sizes[0], written[0]["live"]) == (1, True), "what is written now goes first"
    assert max(sizes) <= PAST_AT_ONCE + 53, "a person is not torn apart"
    assert len(sizes) == 4
