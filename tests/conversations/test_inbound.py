"""Messages from outside: stored once whatever is repeated, in order, and in the conversation where they belong."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from invekto.channels.adapter import Address, InboundMessage, Sender
from invekto.conversations.inbound import receive_messages
from invekto.conversations.received import Incoming
from invekto.kernel.ids import uuid7
from invekto.kernel.tenancy import INGEST, claimed
from tests.conversations.inlet import Inlet, Json, Line

AYSE, MEHMET = "905551110001", "905551110002"


# Once -------------------------------------------------------------------------------------------------------------


async def test_a_hundred_messages_delivered_three_times_at_once_are_a_hundred_rows(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    changes = [inlet.says(line, f"9055511{n % 10:05}", f"{n}", key=f"wamid.{n}") for n in range(100)]
    # The copies of a provider arrive in any order, and by several connections.
    await asyncio.gather(*(inlet.store(*changes[start:], *changes[:start]) for start in (0, 33, 71)))
    assert await inlet.work() == 300
    assert await inlet.count("message") == 100
    assert await inlet.count("conversation") == 10
    assert (await inlet.one("select count(*) from event where kind = 'message.appended'"))[0] == 100
    assert {row["inbound_count"] for row in await inlet.rows("select inbound_count from conversation")} == {10}
    await inlet.check_threads()


async def test_forty_new_people_who_write_four_times_at_once_are_forty_conversations(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    people = [f"9055512{n:05}" for n in range(40)]
    await asyncio.gather(*(inlet.store(*(inlet.says(line, phone, str(turn)) for phone in people)) for turn in range(4)))
    await inlet.work()
    counts = {table: await inlet.count(table) for table in ("contact", "identity", "conversation", "message")}
    assert counts == {"contact": 40, "identity": 40, "conversation": 40, "message": 160}
    assert [row["number"] for row in await inlet.rows("select number from conversation order by 1")] == [*range(1, 41)]
    await inlet.check_threads()


async def test_two_batches_of_the_same_strangers_at_the_same_moment_make_each_of_them_once(inlet: Inlet) -> None:
    """Imports and a second consumer after a failover meet like this: the keys decide, and the loser runs again."""
    (line,) = await inlet.firm()
    pool = await inlet.db.pool(INGEST)
    moment = inlet.clock.now()

    def batch(writer: int) -> list[Incoming]:
        people = [f"+9055513{n:05}" for n in range(20)]
        return [_incoming(line, phone, f"wamid.{writer}.{phone}", moment) for phone in people]

    async def store(writer: int) -> None:
        from invekto.conversations.handlers import _AGAIN

        async with pool.acquire() as connection:
            while True:
                try:
                    async with claimed(connection, [line.tenant_id]):
                        await receive_messages(connection, batch(writer), moment)
                    return
                except _AGAIN:
                    await asyncio.sleep(0.001)

    await asyncio.gather(*(store(writer) for writer in range(4)))
    counts = {table: await inlet.count(table) for table in ("contact", "identity", "conversation", "message")}
    assert counts == {"contact": 20, "identity": 20, "conversation": 20, "message": 80}
    await inlet.check_threads()


def _incoming(line: Line, phone: str, key: str, moment: object, **more: object) -> Incoming:
    event = InboundMessage(
        account_key=line.account,
        provider_id=key,
        sender=Sender(addresses=(Address(scheme="phone", value=phone),), display=phone, phone=phone),
        sent_at=moment,  # type: ignore[arg-type]  # a datetime; `more` hides it from the checker
        path="$",
        raw_slice=b"{}",
        **{"type": "text", "text": "Merhaba"} | more,  # type: ignore[arg-type]  # the event's own fields
    )
    return Incoming(line.tenant_id, line.id, event)


async def test_a_replay_changes_nothing_even_after_the_conversation_was_resolved(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    first = inlet.says(line, AYSE)
    await inlet.receive(first)
    await inlet.resolve(ago=timedelta(minutes=1))
    before = await inlet.one("select * from conversation")
    events = await inlet.count("event")
    await inlet.receive(first, first)
    assert await inlet.one("select * from conversation") == before
    assert await inlet.count("event") == events
    assert await inlet.count("message") == 1
    assert (await inlet.one("select count(*) from receipt where done_at is null"))[0] == 0


async def test_a_replay_beside_something_new_repeats_only_the_new(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    first = inlet.says(line, AYSE, "bir")
    await inlet.receive(first)
    await inlet.receive(first, inlet.says(line, AYSE, "iki"), first)
    texts = [row["text"] for row in await inlet.rows("select text from message order by seq")]
    assert texts == ["bir", "iki"]
    await inlet.check_threads()


async def test_the_same_provider_id_in_two_firms_is_two_messages(inlet: Inlet) -> None:
    (ours,), (theirs,) = await inlet.firm("demo"), await inlet.firm("demo2")
    await inlet.receive(*(inlet.says(line, AYSE, key="wamid.same") for line in (ours, theirs)))
    assert await inlet.count("message") == 2


# In order, and counted ----------------------------------------------------------------------------------------------


async def test_messages_keep_the_order_of_their_arrival_and_their_own_time(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    early = str(int((inlet.clock.now() - timedelta(hours=3)).timestamp()))
    await inlet.receive(inlet.says(line, AYSE, "sonra"), inlet.says(line, AYSE, "geç geldi", timestamp=early))
    rows = await inlet.rows("select seq, text, inbound_no, provider_at, created_at from message order by seq")
    assert [(row["seq"], row["text"], row["inbound_no"]) for row in rows] == [(1, "sonra", 1), (2, "geç geldi", 2)]
    assert rows[1]["provider_at"] == inlet.clock.now() - timedelta(hours=3)
    assert rows[1]["created_at"] == inlet.clock.now()
    conversation = await inlet.one("select * from conversation")
    assert (conversation["preview"], conversation["preview_seq"]) == ("geç geldi", 2)
    assert conversation["waiting_since"] == inlet.clock.now()
    assert conversation["window_closes_at"] == inlet.clock.now() + timedelta(hours=24)
    assert conversation["window_opened_by"] == "contact_message"


async def test_somebody_who_waits_goes_on_waiting_since_their_first_message(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, AYSE))
    since = (await inlet.one("select waiting_since from conversation"))[0]
    inlet.clock.advance(timedelta(minutes=10))
    await inlet.receive(inlet.says(line, AYSE, "orada mısınız?"))
    row = await inlet.one("select waiting_since, last_message_at, inbound_count, answered_inbound_no from conversation")
    assert (row["waiting_since"], row["inbound_count"], row["answered_inbound_no"]) == (since, 2, 0)
    assert row["last_message_at"] == inlet.clock.now()


async def test_whoever_wrote_long_before_we_heard_of_it_has_waited_since_then(inlet: Inlet) -> None:
    """By the provider's time; but nobody waits since a moment that is still to come."""
    (line,) = await inlet.firm()
    now = inlet.clock.now()
    for phone, at in ((AYSE, now - timedelta(minutes=10)), (MEHMET, now + timedelta(minutes=4))):
        await inlet.receive(inlet.says(line, phone, timestamp=str(int(at.timestamp()))))
    rows = await inlet.rows("select waiting_since from conversation order by number")
    assert [row["waiting_since"] for row in rows] == [now - timedelta(minutes=10), now]


async def test_a_message_that_comes_late_opens_the_window_from_its_own_time_and_never_shortens_it(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    now = inlet.clock.now()

    async def write(ago: timedelta) -> datetime:
        await inlet.receive(inlet.says(line, AYSE, timestamp=str(int((now - ago).timestamp()))))
        row = await inlet.one("select window_opened_by, window_closes_at from conversation")
        assert row["window_opened_by"] == "contact_message"
        closes_at: datetime = row["window_closes_at"]
        return closes_at

    assert await write(timedelta(hours=30)) == now - timedelta(hours=6), "it is closed already"
    assert await write(timedelta()) == now + timedelta(hours=24)
    assert await write(timedelta(hours=20)) == now + timedelta(hours=24)


@pytest.mark.fault("F23", injects="a provider whose clock is two hours ahead", holds="the window is clamped")
async def test_a_message_from_the_future_opens_no_longer_window(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    now = inlet.clock.now()
    await inlet.receive(inlet.says(line, AYSE, timestamp=str(int((now + timedelta(hours=2)).timestamp()))))
    row = await inlet.one("select window_closes_at from conversation")
    assert row["window_closes_at"] == now + timedelta(hours=24, minutes=5), "so far two clocks may differ"


async def test_every_line_and_conversation_of_a_batch_is_an_event(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, AYSE), inlet.says(line, MEHMET, name="Mehmet"), inlet.says(line, AYSE, "daha"))
    kinds = await inlet.rows(
        "select kind, count(*) from event where kind ~ '^(message|conversation)' group by 1 order by 1"
    )
    by_kind = {row["kind"]: row["count"] for row in kinds}
    assert by_kind["message.appended"] == 3
    assert by_kind["conversation.changed"] >= 2


async def test_a_reply_names_its_message_whether_it_came_before_or_in_the_same_batch(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, AYSE, "bir", key="wamid.1"))
    await inlet.receive(
        inlet.says(line, AYSE, "iki", key="wamid.2", context={"id": "wamid.1"}),
        inlet.says(line, AYSE, "üç", key="wamid.3", context={"id": "wamid.2"}),
        inlet.says(line, AYSE, "dört", key="wamid.4", context={"id": "wamid.never-seen"}),
        inlet.says(line, MEHMET, "başkası", key="wamid.5", context={"id": "wamid.1"}),
    )
    rows = await inlet.rows(
        "select m.text, r.text as of from message m left join message r on r.id = m.reply_to_id order by m.provider_id"
    )
    assert [tuple(row) for row in rows] == [
        ("bir", None),
        ("iki", "bir"),
        ("üç", "iki"),
        ("dört", None),
        ("başkası", None),
    ]


async def test_what_a_database_cannot_hold_is_repaired_and_the_message_kept(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(
        inlet.says(line, AYSE, "a\x00b\ud800c", name="Ay\x00şe \udfff"),
        inlet.says(
            line,
            MEHMET,
            key="wamid.l",
            type="location",
            text=None,
            location={"latitude": 41.0, "longitude": 29.0, "name": "İst\x00"},
        ),
    )
    rows = await inlet.rows("select text, payload::text as payload from message order by seq, type desc")
    assert rows[0]["text"] == "a\ufffdb\ufffdc"
    assert "\ufffd" in rows[1]["payload"]
    assert "\ufffd" in (await inlet.one("select name from contact where phone = $1", f"+{AYSE}"))["name"]
    assert await inlet.count("quarantine") == 0


# Where it belongs -------------------------------------------------------------------------------------------------


async def test_a_message_within_a_day_of_the_resolve_reopens_for_the_same_agent(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    agent = await inlet.user(line.tenant_id, "agent1")
    await inlet.receive(inlet.says(line, AYSE))
    await inlet.resolve(ago=timedelta(hours=23, minutes=59), assignee=agent)
    await inlet.receive(inlet.says(line, AYSE, "bir sorum daha var"))
    row = await inlet.one("select * from conversation")
    assert (row["status"], row["assignee_id"], row["resolved_at"], row["resolved_by_id"]) == ("open", agent, None, None)
    assert row["waiting_since"] == inlet.clock.now()
    lines = await inlet.rows("select direction, type, payload::jsonb ->> 'action' as action from message order by seq")
    assert [tuple(line) for line in lines] == [
        ("inbound", "text", None),
        ("internal", "activity", "reopened"),
        ("inbound", "text", None),
    ]
    await inlet.check_threads()


async def test_a_message_a_day_after_the_resolve_begins_a_new_conversation_that_knows_the_old(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    agent = await inlet.user(line.tenant_id, "agent1")
    await inlet.receive(inlet.says(line, AYSE))
    await inlet.resolve(ago=timedelta(hours=24), assignee=agent)
    await inlet.receive(inlet.says(line, AYSE, "yine ben"))
    old, new = await inlet.rows("select * from conversation order by number")
    assert (old["status"], old["last_seq"]) == ("resolved", 1)
    assert (new["status"], new["previous_id"], new["assignee_id"]) == ("open", old["id"], None)
    assert new["team_id"] == old["team_id"] is not None
    assert await inlet.count("contact") == 1


async def test_the_newest_of_several_resolved_conversations_reopens(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    for _ in range(3):
        await inlet.receive(inlet.says(line, AYSE))
        await inlet.resolve(ago=timedelta(days=2))
    await inlet.execute("update conversation set resolved_at = $1 where number = 3", inlet.clock.now())
    await inlet.receive(inlet.says(line, AYSE))
    statuses = await inlet.rows("select status from conversation order by number")
    assert [row["status"] for row in statuses] == ["resolved", "resolved", "open"]


async def test_somebody_who_left_the_firm_gets_nothing_back_and_their_assignment_ends(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    agent = await inlet.user(line.tenant_id, "agent1")
    await inlet.receive(inlet.says(line, AYSE))
    await inlet.resolve(ago=timedelta(hours=1), assignee=agent)
    conversation = (await inlet.one("select id from conversation"))[0]
    await inlet.execute(
        "insert into assignment (tenant_id, id, conversation_id, user_id, reason, started_at) values ($1, $2, $3, $4, 'taken', $5)",
        line.tenant_id,
        uuid7(),
        conversation,
        agent,
        inlet.clock.now(),
    )
    await inlet.execute("update user_account set disabled_at = $1", inlet.clock.now())
    await inlet.receive(inlet.says(line, AYSE), inlet.says(line, AYSE, "alo?"))
    assert (await inlet.one("select assignee_id from conversation"))[0] is None
    assert (await inlet.one("select ended_at from assignment"))[0] == inlet.clock.now()
    lines = await inlet.rows(
        "select payload::jsonb ->> 'action' as action, payload::jsonb ->> 'from' as holder from message order by seq"
    )
    assert [tuple(line) for line in lines] == [
        (None, None),
        ("reopened", None),
        ("unassigned", "Agent1"),
        (None, None),
        (None, None),
    ]
    event = await inlet.one(
        "select user_id, detail::jsonb ->> 'from' as holder from event where kind = 'conversation.assigned'"
    )
    assert (event["user_id"], event["holder"]) == (None, str(agent))
    assert (await inlet.one("select count(*) from audit_entry where action = 'conversation.assigned'"))[0] == 1
    await inlet.check_threads()


async def test_a_message_wakes_a_snoozed_conversation(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, AYSE))
    until = inlet.clock.now() + timedelta(days=2)
    await inlet.execute("update conversation set status = 'snoozed', snoozed_until = $1", until)
    await inlet.receive(inlet.says(line, AYSE, "vazgeçtim"))
    row = await inlet.one("select status, snoozed_until from conversation")
    assert tuple(row) == ("open", None)
    actions = await inlet.rows("select payload::jsonb ->> 'action' as a from message where type = 'activity'")
    assert [row["a"] for row in actions] == ["woken"]


@pytest.mark.parametrize("status", ["resolved", "snoozed"])
async def test_a_quiet_message_joins_its_conversation_and_changes_nothing_else(inlet: Inlet, status: str) -> None:
    """A reaction, an edit: it neither reopens nor wakes, counts as nothing unread, and nobody waits because of it."""
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, AYSE))
    await inlet.resolve(ago=timedelta(days=3))
    until = inlet.clock.now() + timedelta(days=2) if status == "snoozed" else None
    await inlet.execute("update conversation set status = $1, snoozed_until = $2", status, until)
    before = await inlet.one("select * from conversation")
    reaction = _incoming(
        line, f"+{AYSE}", "wamid.r", inlet.clock.now(), type="reaction", text=None, payload={"emoji": "👍"}, quiet=True
    )
    async with claimed(inlet.connection, [line.tenant_id]):
        await receive_messages(inlet.connection, [reaction], inlet.clock.now())
    after = await inlet.one("select * from conversation")
    changed = {name for name in before.keys() if before[name] != after[name]}  # noqa: SIM118  # a record iterates its values
    assert changed == {"last_seq", "version"}
    assert tuple(await inlet.one("select seq, inbound_no from message where type = 'reaction'")) == (2, 1)
    await inlet.check_threads()


async def test_a_quiet_message_of_a_stranger_bothers_nobody_until_they_say_something(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    reaction: Json = {"type": "reaction", "text": None, "reaction": {"message_id": "wamid.before-us", "emoji": "❤️"}}
    await inlet.receive(inlet.says(line, AYSE, **reaction))
    row = await inlet.one("select status, inbound_count, waiting_since, last_seq from conversation")
    assert tuple(row) == ("resolved", 0, None, 1)
    await inlet.receive(inlet.says(line, AYSE, "Merhaba"))
    row = await inlet.one("select status, inbound_count, waiting_since, resolved_at from conversation")
    assert tuple(row) == ("open", 1, inlet.clock.now(), None)
    assert await inlet.rows("select 1 from message where type = 'activity'") == []
    await inlet.check_threads()
