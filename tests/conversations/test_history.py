"""Past conversations: the rows are those that the real way would have left behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from invekto.accounts.service import create_tenant, create_user
from invekto.channels.adapter import Address, InboundMessage, Sender
from invekto.conversations.history import PastFile, PastLine, PastThread, import_threads
from invekto.conversations.inbound import receive_messages
from invekto.conversations.lifecycle import resolve_conversation, snooze_conversation
from invekto.conversations.notes import add_note
from invekto.conversations.outbound import send_message
from invekto.conversations.outbound_content import TextContent
from invekto.conversations.queries import Viewer
from invekto.conversations.received import Incoming
from invekto.kernel.db import Database
from invekto.kernel.ids import uuid7
from invekto.kernel.tenancy import INGEST, claimed
from invekto.kernel.tx import SYSTEM, Actor
from tests.conftest import MORNING

WINDOW = timedelta(hours=24)
MINUTE = timedelta(minutes=1)


class Firm:
    """A firm with one agent and one channel, and both ways to write its history."""

    def __init__(self, db: Database, superuser_url: str) -> None:
        self.db = db
        self._superuser_url = superuser_url
        self.tenant_id, self.channel_id, self.agent_id = uuid7(), uuid7(), UUID(int=0)

    async def make(self) -> Firm:
        async with self.db.tx(self.tenant_id, SYSTEM) as tx:
            await create_tenant(tx, firm="mavera")
            self.agent_id = await create_user(tx, username="ayse", password="not a secret", role="user", name="Ayşe")
            await tx.execute(
                "insert into channel (tenant_id, id, number, kind, provider, account_key, name, credentials, created_at)"
                " values ($1, $2, 1, 'whatsapp_cloud', 'meta', '1000', 'WhatsApp', '\\x00', $3)",
                self.tenant_id,
                self.channel_id,
                MORNING,
            )
        return self

    @property
    def actor(self) -> Actor:
        return Actor("user", self.agent_id)

    @property
    def viewer(self) -> Viewer:
        return Viewer(self.agent_id, "all", frozenset(), True)

    async def hears(self, person: Sender, at: datetime, text: str, provider_id: str, **more: Any) -> None:
        message = InboundMessage(
            account_key="1000",
            provider_id=provider_id,
            sender=person,
            sent_at=at,
            text=text,
            path="",
            raw_slice=b"",
            window_closes_at=at + WINDOW,
            **{"type": "text", **more},
        )
        connection = await asyncpg.connect(self.db.options.url, server_settings={"role": INGEST})
        try:
            async with claimed(connection, [self.tenant_id]):
                await receive_messages(connection, [Incoming(self.tenant_id, self.channel_id, message)], at)
        finally:
            await connection.close()

    async def rows(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        connection = await asyncpg.connect(self._superuser_url)
        try:
            return [dict(row) for row in await connection.fetch(query, *arguments)]
        finally:
            await connection.close()

    async def conversation_of(self, person: Sender) -> dict[str, Any]:
        (found,) = await self.rows(
            "select c.* from conversation c join contact k on k.id = c.contact_id where k.name = $1", person.display
        )
        return found


@pytest.fixture
async def firm(db: Database, superuser_url: str) -> Firm:
    return await Firm(db, superuser_url).make()


def person(name: str, phone: str) -> Sender:
    return Sender(addresses=(Address(scheme="phone", value=phone),), display=name, phone=phone)


# Made anew by each way, or counted differently: ids, numbers, names, and how often a row was changed.
_OWN = {"id", "number", "identity_id", "contact_id", "previous_id", "version", "conversation_id", "message_id"}
_SENT_LATER = {"status", "preview_status", "client_id", "client_hash", "provider_id", "reply_to_provider_id", "raw"}


def alike(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _OWN | _SENT_LATER}


LINES = (
    PastLine(at=MORNING, direction="inbound", type="text", text="Merhaba", provider_id="in-1"),
    PastLine(at=MORNING + MINUTE, direction="inbound", type="text", text="Orada mısınız?", provider_id="in-2"),
    PastLine(
        at=MORNING + 3 * MINUTE,
        direction="internal",
        type="activity",
        payload={"action": "assigned", "by": "Ayşe", "to": "Ayşe", "reason": "first_answer"},
    ),
    PastLine(at=MORNING + 3 * MINUTE, direction="outbound", type="text", text="Buradayız", status="read"),
    PastLine(at=MORNING + 4 * MINUTE, direction="internal", type="note", text="Yarın aranacak"),
    PastLine(at=MORNING + 5 * MINUTE, direction="inbound", type="reaction", payload={"emoji": "👍"}, quiet=True),
    PastLine(at=MORNING + 9 * MINUTE, direction="inbound", type="text", text="Randevu?", provider_id="in-4"),
    PastLine(at=MORNING + 30 * MINUTE, direction="outbound", type="text", text="Yarın 10:00", status="read"),
    PastLine(
        at=MORNING + 31 * MINUTE, direction="internal", type="activity", payload={"action": "resolved", "by": "Ayşe"}
    ),
)


async def play(firm: Firm, who: Sender) -> None:
    """LINES by the use-cases."""
    for number, line in enumerate(LINES):
        if line.direction == "inbound":
            more = {"type": line.type, "payload": line.payload, "quiet": line.quiet}
            await firm.hears(who, line.at, line.text, f"{who.display}-{number}", **more)  # type: ignore[arg-type]
            continue
        conversation_id = (await firm.conversation_of(who))["id"]
        async with firm.db.tx(firm.tenant_id, firm.actor, now=line.at) as tx:
            if line.direction == "outbound":
                await send_message(
                    tx, conversation_id, TextContent(line.text or ""), client_id=f"{who.display}-{number}"
                )
            elif line.type == "note":
                await add_note(tx, conversation_id, line.text or "", client_id=f"{who.display}-{number}")
            elif line.payload["action"] == "resolved":
                await resolve_conversation(tx, firm.viewer, conversation_id)


async def test_an_imported_conversation_is_the_same_as_one_that_was_lived(firm: Firm) -> None:
    lived, imported = person("Elif", "+905550100001"), person("Umut", "+905550100002")
    await play(firm, lived)
    lines = [
        replace(
            line,
            user_id=None if line.direction == "inbound" else firm.agent_id,
            provider_id=None if line.direction == "internal" else f"past-{number}",
        )
        for number, line in enumerate(LINES)
    ]
    thread = PastThread(
        channel_id=firm.channel_id,
        sender=imported,
        lines=lines,
        window=WINDOW,
        status="resolved",
        assignee_id=firm.agent_id,
        resolved_at=MORNING + 31 * MINUTE,
        resolved_by_id=firm.agent_id,
    )
    async with firm.db.tx(firm.tenant_id, SYSTEM) as tx:
        (conversation_id,) = await import_threads(tx, [thread])
    one, other = await firm.conversation_of(lived), await firm.conversation_of(imported)
    assert other["id"] == conversation_id
    assert alike(other) == alike(one)
    for table, order in (("message", "seq"), ("assignment", "started_at"), ("answer_interval", "answered_at")):
        query = f"select * from {table} where conversation_id = $1 order by {order}"
        expected = [alike(row) for row in await firm.rows(query, one["id"])]
        assert [alike(row) for row in await firm.rows(query, other["id"])] == expected, table
        assert expected, table


async def test_a_message_after_an_import_goes_on_in_the_same_conversation(firm: Firm) -> None:
    who = person("Umut", "+905550100002")
    thread = PastThread(channel_id=firm.channel_id, sender=who, lines=LINES[:2], window=WINDOW)
    async with firm.db.tx(firm.tenant_id, SYSTEM) as tx:
        (conversation_id,) = await import_threads(tx, [thread])
    await firm.hears(who, MORNING + 2 * MINUTE, "Tekrar", "in-2")
    await firm.hears(who, MORNING + 2 * MINUTE, "Devam", "in-3")
    found = await firm.conversation_of(who)
    assert (found["id"], found["last_seq"], found["preview"]) == (conversation_id, 3, "Devam")
    texts = await firm.rows("select text from message where conversation_id = $1 order by seq", conversation_id)
    assert [row["text"] for row in texts] == ["Merhaba", "Orada mısınız?", "Devam"]


async def test_conversations_of_one_person_follow_each_other(firm: Firm) -> None:
    who = person("Umut", "+905550100002")
    first = PastThread(channel_id=firm.channel_id, sender=who, lines=LINES[:1], status="resolved", resolved_at=MORNING)
    second = PastThread(channel_id=firm.channel_id, sender=who, lines=LINES[1:2])
    async with firm.db.tx(firm.tenant_id, SYSTEM) as tx:
        ids = await import_threads(tx, [first, second])
    async with firm.db.tx(firm.tenant_id, SYSTEM) as tx:
        third = replace(second, lines=[replace(LINES[1], provider_id="in-9")], status="resolved", resolved_at=MORNING)
        ids += await import_threads(tx, [third])
    rows = await firm.rows("select id, number, previous_id from conversation order by number")
    assert [row["id"] for row in rows] == ids
    assert [row["previous_id"] for row in rows] == [None, *ids[:2]]
    assert [row["created_at"] for row in await firm.rows("select created_at from contact")] == [LINES[0].at]


async def test_a_snoozed_one_wakes_by_its_job(firm: Firm) -> None:
    until = MORNING + timedelta(days=1)
    lived, imported = person("Elif", "+905550100001"), person("Umut", "+905550100002")
    await firm.hears(lived, MORNING, "Merhaba", "x")
    async with firm.db.tx(firm.tenant_id, firm.actor) as tx:
        await snooze_conversation(tx, firm.viewer, (await firm.conversation_of(lived))["id"], until)
    thread = PastThread(
        channel_id=firm.channel_id, sender=imported, lines=LINES[:1], status="snoozed", snoozed_until=until
    )
    async with firm.db.tx(firm.tenant_id, SYSTEM) as tx:
        await import_threads(tx, [thread])
    jobs = await firm.rows(
        "select entrypoint, execute_after, convert_from(payload, 'utf8')::jsonb as said from pgqueuer"
    )
    assert len(jobs) == 2
    assert len({(job["entrypoint"], job["execute_after"]) for job in jobs}) == 1


async def test_what_happened_to_a_line_later_and_where_it_came_from_is_there_too(firm: Firm) -> None:
    who = person("Umut", "+905550100002")
    lines = [
        replace(LINES[0], context={"referral": {"headline": "Kontrol"}}),
        replace(LINES[1], earlier=("Orada", "Orada mısın"), edited_at=MORNING + 5 * MINUTE),
        PastLine(at=MORNING + 6 * MINUTE, direction="outbound", type="text", text="Evet", status="read", phone=True),
        PastLine(
            at=MORNING + 7 * MINUTE, direction="inbound", type="text", text="Pardon", revoked_at=MORNING + 8 * MINUTE
        ),
    ]
    async with firm.db.tx(firm.tenant_id, SYSTEM) as tx:
        await import_threads(tx, [PastThread(channel_id=firm.channel_id, sender=who, lines=lines)])
    rows = await firm.rows("select author_kind, edited_at, revoked_at from message order by seq")
    assert [row["author_kind"] for row in rows] == ["contact", "contact", "phone", "contact"]
    assert (rows[1]["edited_at"], rows[3]["revoked_at"]) == (MORNING + 5 * MINUTE, MORNING + 8 * MINUTE)
    versions = await firm.rows("select text, provider_id from message_revision order by written_at")
    assert [row["text"] for row in versions] == ["Orada", "Orada mısın", "Orada mısınız?"]
    assert versions[0]["provider_id"] == ""
    (contact,) = await firm.rows("select first_touch_at from contact")
    assert contact["first_touch_at"] == MORNING
    # The phone's answer ended the waiting; what came after it waits, and no interval measures a person of the desk.
    talk = await firm.conversation_of(who)
    assert (talk["waiting_since"], talk["answered_inbound_no"]) == (MORNING + 7 * MINUTE, 2)
    assert await firm.rows("select 1 from answer_interval") == []


async def test_a_file_of_the_past_is_an_attachment_that_is_there(firm: Firm) -> None:
    file = PastFile(kind="image", mime="image/png", size=7, storage_key="ab" * 32)
    line = replace(LINES[0], type="image", text=None, file=file)
    who = person("Umut", "+905550100002")
    async with firm.db.tx(firm.tenant_id, SYSTEM) as tx:
        await import_threads(tx, [PastThread(channel_id=firm.channel_id, sender=who, lines=[line])])
    (row,) = await firm.rows("select kind, state, storage_key, uploaded_by_id from attachment")
    assert row == {"kind": "image", "state": "stored", "storage_key": "ab" * 32, "uploaded_by_id": None}


async def test_a_conversation_without_a_line_is_refused(firm: Firm) -> None:
    thread = PastThread(channel_id=firm.channel_id, sender=person("Umut", "+905550100002"), lines=[])
    async with firm.db.tx(firm.tenant_id, SYSTEM) as tx:
        with pytest.raises(ValueError, match="at least one line"):
            await import_threads(tx, [thread])
