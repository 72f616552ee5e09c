"""The one door out: what may be sent is checked and said, a key is one message, an answer is a fact for reports."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from invekto.channels.service import mark_reconnect_needed
from invekto.conversations.outbound import request_read_receipt, send_message
from invekto.conversations.outbound_again import discard, resend
from invekto.conversations.outbound_content import Content, MediaContent, TextContent
from invekto.kernel.errors import Conflict, Invalid, NotFound
from invekto.kernel.ids import uuid7
from invekto.kernel.tenancy import DELIVERY, claimed
from invekto.kernel.tx import SYSTEM, Actor, Tx
from tests.conversations.inlet import Inlet, Line

PHONE = "905551110001"
HELLO = TextContent("Buyurun")


@dataclass
class Talk:
    """A conversation with somebody who wrote just now, and two agents."""

    inlet: Inlet
    line: Line
    id: UUID
    agent: Actor
    colleague: Actor

    async def send(
        self,
        content: Content = HELLO,
        key: str | None = None,
        *,
        actor: Actor | None = None,
        to: UUID | None = None,
        **more: Any,
    ) -> UUID:
        async def use_case(tx: Tx) -> UUID:
            return await send_message(tx, to or self.id, content, client_id=key or str(uuid7()), **more)

        return await self.inlet.db.run(self.line.tenant_id, actor or self.agent, use_case)

    async def refused(self, content: Content = HELLO, key: str | None = None, **more: Any) -> str:
        """The code of the refusal, for a wrong field `path: code`; and nothing was queued."""
        before = await self.inlet.count("outbox"), await self.inlet.count("message")
        with pytest.raises((Conflict, Invalid)) as caught:
            await self.send(content, key, **more)
        assert (await self.inlet.count("outbox"), await self.inlet.count("message")) == before
        error = caught.value
        return f"{error.fields[0].path}: {error.fields[0].code}" if error.fields else error.code

    async def row(self) -> Any:
        return await self.inlet.one("select * from conversation where id = $1", self.id)

    async def upload(self, *, kind: str = "image", mime: str = "image/png", size: int = 1000, **more: Any) -> UUID:
        attachment = uuid7()
        values = {"state": "stored", "uploaded_by_id": self.agent.id} | more
        await self.inlet.execute(
            "insert into attachment (tenant_id, id, uploaded_by_id, kind, mime, size, storage_key, state,"
            " created_at, width, height, animated) values ($1, $2, $3, $4, $5, $6, 'abc', $7, now(), $8, $9, $10)",
            self.line.tenant_id,
            attachment,
            values["uploaded_by_id"],
            kind,
            mime,
            size,
            values["state"],
            *(values.get(name) for name in ("width", "height", "animated")),
        )
        return attachment


@pytest.fixture
async def talk(inlet: Inlet) -> Talk:
    (line,) = await inlet.firm()
    agents = [Actor("user", await inlet.user(line.tenant_id, name)) for name in ("ayla", "burak")]
    await inlet.receive(inlet.says(line, PHONE))
    return Talk(inlet, line, (await inlet.one("select id from conversation"))[0], *agents)


# One key, one message -----------------------------------------------------------------------------------------------


async def test_the_same_key_five_times_at_once_is_one_message_in_one_lane(talk: Talk) -> None:
    """F31, below the edge."""
    ids = await asyncio.gather(*(talk.send(key="one") for _ in range(5)))
    assert len(set(ids)) == 1
    assert [await talk.inlet.count(table) for table in ("outbox", "lane")] == [1, 1]
    assert (await talk.row())["last_seq"] == 2 + 1, "the customer's line, the assignment's, ours"
    await talk.inlet.check_threads()


@pytest.mark.parametrize("change", ["text", "author", "reply"])
async def test_a_key_with_another_body_author_or_reply_is_refused(talk: Talk, change: str) -> None:
    sent = await talk.send(key="one")
    match change:
        case "text":
            code = await talk.refused(TextContent("Başka"), "one")
        case "author":
            code = await talk.refused(key="one", actor=talk.colleague)
        case _:
            code = await talk.refused(key="one", reply_to_id=sent)
    assert code == "idempotency_key_reused"


async def test_one_key_in_two_conversations_at_the_same_moment_is_sent_in_one_of_them(talk: Talk) -> None:
    await talk.inlet.receive(talk.inlet.says(talk.line, "905551110002"))
    other = (await talk.inlet.one("select id from conversation where id <> $1", talk.id))[0]
    results = await asyncio.gather(*(talk.send(key="one", to=to) for to in (talk.id, other)), return_exceptions=True)
    refused = [result for result in results if isinstance(result, Conflict)]
    assert [error.code for error in refused] == ["idempotency_key_reused"]
    assert await talk.inlet.count("outbox") == 1
    await talk.inlet.check_threads()


async def test_two_agents_who_answer_at_once_are_one_assignment_and_two_messages_in_order(talk: Talk) -> None:
    """The use-case sends for both; whether the second may is the edge's matter (test_posting)."""
    await asyncio.gather(talk.send(), talk.send(actor=talk.colleague))
    assignments = await talk.inlet.rows("select user_id, reason, ended_at from assignment")
    assert [(row["reason"], row["ended_at"]) for row in assignments] == [("first_answer", None)]
    assert (await talk.row())["assignee_id"] == assignments[0]["user_id"]
    outbox = await talk.inlet.rows("select m.seq from outbox o join message m on m.id = o.message_id order by o.id")
    seqs = [row["seq"] for row in outbox]
    assert len(seqs) == 2
    assert seqs == sorted(seqs)
    await talk.inlet.check_threads()


async def test_writing_at_the_same_time_as_the_customer_leaves_no_gap_and_loses_no_count(talk: Talk) -> None:
    async def customer() -> None:
        for n in range(10):
            await talk.inlet.receive(talk.inlet.says(talk.line, PHONE, str(n)))

    async def agent() -> None:
        for n in range(10):
            await talk.send(TextContent(str(n)))

    await asyncio.gather(customer(), agent())
    row = await talk.row()
    assert row["inbound_count"] == 11
    assert await talk.inlet.count("outbox") == 10
    await talk.inlet.check_threads()


# What may be sent ---------------------------------------------------------------------------------------------------


async def test_the_window_closes_to_the_second(talk: Talk) -> None:
    closes_at = (await talk.row())["window_closes_at"]
    talk.inlet.clock.set(closes_at - timedelta(seconds=1))
    await talk.send()
    talk.inlet.clock.set(closes_at)
    assert await talk.refused() == "window_closed"


async def test_a_channel_that_must_be_connected_again_takes_no_message(talk: Talk) -> None:
    async with (await talk.inlet.db.pool(DELIVERY)).acquire() as connection, claimed(connection, [talk.line.tenant_id]):
        await mark_reconnect_needed(connection, talk.line.tenant_id, talk.line.id, "token")
    assert await talk.refused() == "channel_reconnect_needed"


@pytest.mark.parametrize(
    ("text", "code"), [("", "text: required"), ("  \n ", "text: required"), ("x" * 4097, "text: too_long")]
)
async def test_a_text_is_something_and_no_longer_than_the_channel_takes(talk: Talk, text: str, code: str) -> None:
    assert await talk.refused(TextContent(text)) == code


async def test_a_reply_is_to_a_message_of_this_conversation(talk: Talk) -> None:
    await talk.inlet.receive(talk.inlet.says(talk.line, "905551110002"))
    elsewhere = (await talk.inlet.one("select id from message where conversation_id <> $1", talk.id))[0]
    assert await talk.refused(reply_to_id=elsewhere) == "reply_to_id: not_found"
    here = (await talk.inlet.one("select id from message where conversation_id = $1", talk.id))[0]
    sent = await talk.send(reply_to_id=here)
    assert (await talk.inlet.one("select reply_to_id from message where id = $1", sent))[0] == here


async def test_another_firms_conversation_does_not_exist(talk: Talk) -> None:
    (theirs,) = await talk.inlet.firm("demo2")
    await talk.inlet.receive(talk.inlet.says(theirs, PHONE))
    foreign = (await talk.inlet.one("select id from conversation where tenant_id = $1", theirs.tenant_id))[0]
    with pytest.raises(NotFound):
        await talk.send(to=foreign)


# Files --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("upload", "kind", "code"),
    [
        ({"mime": "image/svg+xml"}, "image", "attachment_id: type_refused"),
        ({"mime": "application/pdf"}, "image", "attachment_id: type_refused"),
        ({"mime": "image/webp"}, "image", "attachment_id: type_refused"),
        ({"mime": "image/png"}, "sticker", "attachment_id: type_refused"),
        ({"mime": "image/webp", "size": (500 << 10) + 1}, "sticker", "attachment_id: too_large"),
        ({"mime": "image/webp"}, "sticker", None),
        ({"mime": "image/webp", "width": 512, "height": 512, "animated": False}, "sticker", None),
        ({"mime": "image/webp", "width": 512, "height": 511}, "sticker", "attachment_id: out_of_range"),
        (
            {"mime": "image/webp", "width": 512, "height": 512, "animated": False, "size": (100 << 10) + 1},
            "sticker",
            "attachment_id: too_large",
        ),
        (
            {"mime": "image/webp", "width": 512, "height": 512, "animated": True, "size": (100 << 10) + 1},
            "sticker",
            None,
        ),
        ({}, "hologram", "attachment_id: type_refused"),
        ({"size": (5 << 20) + 1}, "image", "attachment_id: too_large"),
        ({"size": 5 << 20}, "image", None),
        ({"state": "pending"}, "image", "attachment_id: not_found"),
        ({"state": "failed"}, "image", "attachment_id: not_found"),
    ],
)
async def test_a_file_is_stored_ours_and_of_a_kind_and_size_the_channel_takes(
    talk: Talk, upload: dict[str, Any], kind: str, code: str | None
) -> None:
    content = MediaContent(await talk.upload(**upload), kind)
    if code is not None:
        assert await talk.refused(content) == code
    else:
        sent = await talk.send(content)
        assert (await talk.inlet.one("select message_id from attachment"))[0] == sent


async def test_a_colleagues_upload_is_not_ours_to_send(talk: Talk) -> None:
    content = MediaContent(await talk.upload(), "image")
    assert await talk.refused(content, actor=talk.colleague) == "attachment_id: not_found"


async def test_an_upload_is_sent_once_even_by_two_clicks_with_two_keys(talk: Talk) -> None:
    content = MediaContent(await talk.upload(), "image", "Röntgen")
    results = await asyncio.gather(talk.send(content, "a"), talk.send(content, "b"), return_exceptions=True)
    assert [type(result) for result in results].count(Invalid) == 1
    assert await talk.inlet.count("outbox") == 1


async def test_a_caption_has_its_own_length(talk: Talk) -> None:
    content = MediaContent(await talk.upload(), "image", "x" * 1025)
    assert await talk.refused(content) == "text: too_long"


# What an answer is ----------------------------------------------------------------------------------------------------


async def test_an_answer_ends_the_waiting_and_is_kept_with_how_long_it_took(talk: Talk) -> None:
    talk.inlet.clock.advance(timedelta(seconds=90))
    first = await talk.send()
    row = await talk.row()
    assert (row["waiting_since"], row["answered_inbound_no"], row["first_response_at"]) == (
        None,
        1,
        talk.inlet.clock.now(),
    )
    assert row["assignee_id"] == talk.agent.id
    await talk.send(TextContent("Bir de"))
    await talk.inlet.receive(talk.inlet.says(talk.line, PHONE, "peki?"))
    talk.inlet.clock.advance(timedelta(seconds=30))
    second = await talk.send(actor=talk.colleague)
    facts = await talk.inlet.rows(
        "select message_id, kind, actor_id, assignee_id, team_id, wall_s from answer_interval order by answered_at"
    )
    team = row["team_id"]
    assert [tuple(fact) for fact in facts] == [
        (first, "first", talk.agent.id, talk.agent.id, team, 90),
        (second, "next", talk.colleague.id, talk.agent.id, team, 30),
    ], "a second message to somebody who does not wait is no interval"


async def test_a_message_of_the_system_answers_nobody_and_assigns_nobody(talk: Talk) -> None:
    await talk.send(actor=SYSTEM)
    row = await talk.row()
    assert (row["waiting_since"], row["answered_inbound_no"], row["assignee_id"]) == (talk.inlet.clock.now(), 0, None)
    assert await talk.inlet.count("answer_interval") == 0


async def test_writing_into_a_resolved_conversation_reopens_it_unless_a_newer_one_is_open(talk: Talk) -> None:
    inlet = talk.inlet
    await inlet.execute("update conversation set status = 'resolved', resolved_at = $1", inlet.clock.now())
    await talk.send()
    assert (await talk.row())["status"] == "open"
    await inlet.execute(
        "update conversation set status = 'resolved', resolved_at = $1", inlet.clock.now() - timedelta(days=2)
    )
    await inlet.receive(inlet.says(talk.line, PHONE))
    assert await talk.refused() == "conversation_open_elsewhere"
    assert (await talk.row())["status"] == "resolved"


# After a failure ----------------------------------------------------------------------------------------------------


async def again(talk: Talk, message: UUID, key: str) -> UUID:
    async def use_case(tx: Tx) -> UUID:
        return await resend(tx, talk.id, message, client_id=key)

    return await talk.inlet.db.run(talk.line.tenant_id, talk.agent, use_case)


async def fail(talk: Talk, message: UUID, status: str = "failed") -> None:
    await talk.inlet.execute("update message set status = $2 where id = $1", message, status)
    await talk.inlet.execute("delete from outbox")


async def test_a_failed_message_is_sent_again_once_as_a_new_one(talk: Talk) -> None:
    failed = await talk.send()
    await fail(talk, failed)
    ids = await asyncio.gather(*(again(talk, failed, "again") for _ in range(3)))
    assert len(set(ids)) == 1
    new = await talk.inlet.one("select * from message where id = $1", ids[0])
    assert (new["text"], new["status"], new["resend_of_id"], new["client_id"]) == ("Buyurun", "queued", failed, "again")
    assert (await talk.inlet.one("select dismissed_at from message where id = $1", failed))[0] == talk.inlet.clock.now()
    with pytest.raises(Conflict, match="message_not_failed"):
        await again(talk, failed, "once more")
    assert await talk.inlet.count("outbox") == 1


@pytest.mark.parametrize("status", ["queued", "sending", "sent", "delivered", "read", "unknown"])
async def test_what_did_not_certainly_fail_is_neither_sent_again_nor_given_up(talk: Talk, status: str) -> None:
    message = await talk.send()
    await fail(talk, message, status)
    with pytest.raises(Conflict, match="message_not_failed"):
        await again(talk, message, "again")

    async def give_up(tx: Tx) -> None:
        await discard(tx, talk.id, message)

    with pytest.raises(Conflict, match="message_not_failed"):
        await talk.inlet.db.run(talk.line.tenant_id, talk.agent, give_up)


async def test_a_failed_file_is_sent_again_and_both_messages_keep_it(talk: Talk) -> None:
    failed = await talk.send(MediaContent(await talk.upload(), "image", "Röntgen"))
    await fail(talk, failed)
    new = await again(talk, failed, "again")
    files = await talk.inlet.rows("select message_id, storage_key, state from attachment order by message_id")
    assert [tuple(file) for file in files] == [(failed, "abc", "stored"), (new, "abc", "stored")]


async def test_a_resend_that_may_not_go_out_dismisses_nothing(talk: Talk) -> None:
    failed = await talk.send()
    await fail(talk, failed)
    talk.inlet.clock.advance(timedelta(days=2))
    with pytest.raises(Conflict, match="window_closed"):
        await again(talk, failed, "again")
    assert (await talk.inlet.one("select dismissed_at from message where id = $1", failed))[0] is None


async def test_a_read_receipt_is_one_job_however_often_it_is_asked_for(talk: Talk) -> None:
    async def use_case(tx: Tx) -> None:
        await request_read_receipt(tx, talk.id, 1)

    for _ in range(3):
        await talk.inlet.db.run(talk.line.tenant_id, talk.agent, use_case)
    assert (await talk.inlet.one("select count(*) from pgqueuer where entrypoint = 'conversations.read_receipt'"))[
        0
    ] == 1
