"""Every kind over REST: what is stored and shown of it, what refuses it, what a reaction is not, and what may be done afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from invekto.kernel.ids import uuid7
from tests.channels.sends import PNG
from tests.rest import Browser, Json, World, stored

BUTTONS: Json = {"kind": "buttons", "buttons": [{"id": "yes", "title": "Evet"}, {"id": "no", "title": "Hayır"}]}
MENU: Json = {
    "kind": "list",
    "opener": "Seçin",
    "sections": [
        {"rows": [{"id": "1", "title": "Kontrol", "description": "20 dakika"}, {"id": "2", "title": "Dolgu"}]}
    ],
    "footer": "Klinik",
}
LINK: Json = {"kind": "cta_url", "label": "Aç", "url": "https://example.com"}
CARD: Json = {"name": "Ayşe", "phones": ["+90 555 111 22 33"], "emails": ["a@example.com"]}


async def send(browser: Browser, conversation: UUID | str, body: Json, key: str | None = None) -> Json:
    path = f"/conversations/{conversation}/messages"
    sent: Json = await browser.post(path, body, idempotency_key=key or str(uuid7()))
    return sent


async def refused(browser: Browser, conversation: UUID | str, body: Json) -> tuple[int, str]:
    path = f"/conversations/{conversation}/messages"
    status, error = await browser.refused("POST", path, body, idempotency_key=str(uuid7()))
    fields = error["fields"]
    return status, f"{fields[0]['path']}: {fields[0]['code']}" if fields else error["code"]


async def first_message(browser: Browser, conversation: UUID | str) -> Json:
    found: Json = (await browser.get(f"/conversations/{conversation}/messages"))["items"][0]
    return found


@pytest.mark.parametrize(
    ("body", "text", "payload", "preview"),
    [
        ({"type": "interactive", "text": "Gelecek misiniz?", "payload": BUTTONS}, "Gelecek misiniz?", BUTTONS, None),
        ({"type": "interactive", "text": "Seçin", "payload": MENU}, "Seçin", MENU, None),
        ({"type": "interactive", "text": "Site", "payload": LINK}, "Site", LINK, None),
        (
            {"type": "interactive", "text": "Nerede?", "payload": {"kind": "location_request"}},
            "Nerede?",
            {"kind": "location_request"},
            None,
        ),
        (
            {"type": "location", "latitude": 41.01, "longitude": 28.9, "name": "Klinik"},
            None,
            {"latitude": 41.01, "longitude": 28.9, "name": "Klinik"},
            "Klinik",
        ),
        ({"type": "contacts", "contacts": [CARD]}, None, [CARD], "Ayşe"),
    ],
)
async def test_each_kind_is_kept_as_it_was_said_and_goes_the_same_again_by_its_key(
    world: World, body: Json, text: str | None, payload: Any, preview: str | None
) -> None:
    conversation = await world.write("+905550000001")
    agent = await world.browser("supervisor")
    theirs = await first_message(agent, conversation)
    given = body | {"reply_to_id": theirs["id"]}
    sent = await send(agent, conversation, given, "one")
    assert (sent["type"], sent["text"], sent["payload"], sent["status"]) == (body["type"], text, payload, "queued")
    assert sent["reply_to"]["id"] == theirs["id"]
    assert (await send(agent, conversation, given, "one"))["id"] == sent["id"]
    row = await agent.get(f"/conversations/{conversation}")
    assert (row["preview"], row["preview_type"], row["waiting_since"]) == (preview or text, body["type"], None)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"type": "interactive", "text": "x", "payload": BUTTONS | {"buttons": []}}, "payload.buttons: required"),
        (
            {"type": "interactive", "text": "x", "payload": BUTTONS | {"buttons": [{"id": "1", "title": "x" * 21}]}},
            "payload.buttons.0.title: too_long",
        ),
        ({"type": "interactive", "text": "x", "payload": LINK | {"url": "http://a.b"}}, "payload.url: wrong_format"),
        ({"type": "interactive", "text": "x" * 1025, "payload": BUTTONS}, "text: too_long"),
        ({"type": "location", "latitude": 91, "longitude": 0}, "latitude: out_of_range"),
        ({"type": "contacts", "contacts": []}, "contacts: required"),
        ({"type": "contacts", "contacts": [CARD | {"phones": ["x"]}]}, "contacts.0.phones.0: wrong_format"),
        ({"type": "text", "text": "x", "reply_to_id": str(uuid7())}, "reply_to_id: not_found"),
        ({"type": "reaction", "to_id": str(uuid7()), "emoji": "👍"}, "to_id: not_found"),
    ],
)
async def test_what_does_not_fit_names_its_field_and_queues_nothing(
    world: World, superuser_url: str, body: Json, problem: str
) -> None:
    conversation = await world.write("+905550000001")
    assert await refused(await world.browser("agent1"), conversation, body) == (422, problem)
    assert await stored(superuser_url, "select from outbox") == []


async def test_a_note_is_nothing_to_quote(world: World) -> None:
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    note = await agent.say(conversation, "bakınız", kind="note")
    body = {"type": "text", "text": "x", "reply_to_id": note["id"]}
    assert await refused(agent, conversation, body) == (422, "reply_to_id: not_a_choice")


@pytest.mark.parametrize(("kind", "goes"), [("audio", True), ("document", False)])
async def test_only_sound_is_a_voice_note(world: World, kind: str, goes: bool) -> None:
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    ogg = b"OggS" + bytes(24) + b"OpusHead" + bytes(200)
    file = (await agent.client.post("/media", files={"file": ("a.ogg", ogg, "audio/ogg")})).json()
    body = {"type": kind, "attachment_id": file["id"], "voice": True}
    if goes:
        assert (await send(agent, conversation, body))["attachments"][0]["voice"] is True
    else:
        assert await refused(agent, conversation, body) == (422, "voice: not_a_choice")


# Reactions ----------------------------------------------------------------------------------------------------------


async def test_a_reaction_answers_nobody_and_replaces_the_firms_earlier_one(world: World) -> None:
    conversation = await world.write("+905550000001")
    agent, supervisor = await world.browser("agent1"), await world.browser("supervisor")
    theirs = await first_message(agent, conversation)
    before = await agent.get(f"/conversations/{conversation}")
    first = await send(agent, conversation, {"type": "reaction", "to_id": theirs["id"], "emoji": "👍"})
    assert (first["payload"], first["reply_to"]["id"]) == ({"emoji": "👍"}, theirs["id"])
    after = await agent.get(f"/conversations/{conversation}")
    for field in ("assignee", "waiting_since", "preview", "preview_type", "last_message_at", "status"):
        assert after[field] == before[field], field
    second = await send(supervisor, conversation, {"type": "reaction", "to_id": theirs["id"], "emoji": "❤️"})
    taken_back = await send(agent, conversation, {"type": "reaction", "to_id": theirs["id"], "emoji": None})
    lines = {one["id"]: one for one in (await agent.get(f"/conversations/{conversation}/messages"))["items"]}
    assert [lines[one["id"]]["dismissed"] for one in (first, second, taken_back)] == [True, True, False]
    assert lines[taken_back["id"]]["payload"] == {"emoji": None}


async def test_a_reaction_is_to_something_the_provider_knows_and_not_too_old(world: World) -> None:
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    theirs = await first_message(agent, conversation)
    note = await agent.say(conversation, "not", kind="note")
    ours = await agent.say(conversation, "henüz gitmedi")
    for target in (note, ours):
        body = {"type": "reaction", "to_id": target["id"], "emoji": "👍"}
        assert await refused(agent, conversation, body) == (422, "to_id: not_a_choice")
    world.clock.advance(timedelta(days=31))
    await world.write("+905550000001", "yeniden")
    agent = await world.browser("agent1")
    body = {"type": "reaction", "to_id": theirs["id"], "emoji": "👍"}
    assert await refused(agent, conversation, body) == (422, "to_id: out_of_range")
    assert await refused(agent, conversation, body | {"emoji": "ok"}) == (422, "emoji: wrong_format")


# Afterwards ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "resend"),
    [("recipient_unreachable", True), ("marketing_limited", False), ("window_closed", True), ("media_refused", True)],
)
async def test_a_failure_says_whether_sending_again_can_help(world: World, code: str, resend: bool) -> None:
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    sent = await send(agent, conversation, {"type": "interactive", "text": "Seçin", "payload": MENU})
    await world.report(sent["id"], "failed", error_code=code)
    lines = (await agent.get(f"/conversations/{conversation}/messages"))["items"]
    (failed,) = [one for one in lines if one["id"] == sent["id"]]
    assert (failed["error"]["code"], failed["error"]["resend"]) == (code, resend)
    path = f"/conversations/{conversation}/messages/{sent['id']}/resend"
    if resend:
        again = await agent.post(path, idempotency_key="again")
        assert (again["text"], again["payload"], again["status"]) == ("Seçin", MENU, "queued")
    else:
        status, error = await agent.refused("POST", path, idempotency_key="again")
        assert (status, error["code"]) == (409, "resend_useless")


@pytest.mark.parametrize("outcome", ["sent", "failed"])
async def test_a_person_settles_what_nobody_knew(world: World, superuser_url: str, outcome: str) -> None:
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    sent = await agent.say(conversation, "Buyurun")
    path = f"/conversations/{conversation}/messages/{sent['id']}"
    status, error = await agent.refused("POST", f"{path}/settle", {"outcome": outcome})
    assert (status, error["code"]) == (409, "message_not_unknown")
    await stored(superuser_url, "update message set status = 'unknown' where id = $1 returning 1", UUID(sent["id"]))
    await stored(superuser_url, "delete from outbox returning 1")
    settled = await agent.post(f"{path}/settle", {"outcome": outcome})
    assert settled["status"] == outcome
    assert (await agent.get(f"/conversations/{conversation}"))["preview_status"] == outcome
    audit = await stored(superuser_url, "select action from audit_entry where action = 'message.settled'")
    assert len(audit) == 1
    if outcome == "failed":
        assert settled["error"]["code"] == "settled_failed"
        assert (await agent.post(f"{path}/resend", idempotency_key="again"))["text"] == "Buyurun"
    else:
        assert (settled["error"], settled["sent_at"] is None) == (None, False)


async def test_a_message_is_passed_on_to_each_conversation_for_itself(world: World, superuser_url: str) -> None:
    conversation = await world.write("+905550000001")
    supervisor = await world.browser("supervisor")
    file = (await supervisor.client.post("/media", files={"file": ("a.png", PNG, "image/png")})).json()
    sent = await send(supervisor, conversation, {"type": "image", "attachment_id": file["id"], "text": "Kroki"})
    closed = await world.write("+905550000002", at=world.clock.now() - timedelta(hours=30))
    target = await world.write("+905550000003")
    nowhere = uuid7()
    body = {"conversation_ids": [str(target), str(closed), str(nowhere)]}
    path = f"/conversations/{conversation}/messages/{sent['id']}/forward"
    first = (await supervisor.post(path, body, idempotency_key="f"))["items"]
    assert [one["conversation_id"] for one in first] == body["conversation_ids"]
    assert [one["error"] and one["error"]["code"] for one in first] == [None, "window_closed", "not_found"]
    passed_on = first[0]["message"]
    assert (passed_on["type"], passed_on["text"], passed_on["conversation_id"]) == ("image", "Kroki", str(target))
    again = (await supervisor.post(path, body, idempotency_key="f"))["items"]
    assert again[0]["message"]["id"] == passed_on["id"], "the same key passes it on once"
    keys = await stored(superuser_url, "select message_id, storage_key from attachment where message_id is not null")
    assert len({row["message_id"] for row in keys}) == 2
    assert len({row["storage_key"] for row in keys}) == 1


async def test_a_note_is_never_passed_on_and_hidden_conversations_are_not_found(world: World) -> None:
    conversation, target = await world.write("+905550000001"), await world.write("+905550000002")
    agent, supervisor = await world.browser("agent1"), await world.browser("supervisor")
    note = await agent.say(conversation, "gizli", kind="note")
    path = f"/conversations/{conversation}/messages/{note['id']}/forward"
    (item,) = (await agent.post(path, {"conversation_ids": [str(target)]}, idempotency_key="f"))["items"]
    assert item["error"]["code"] == "message_not_forwardable"
    await supervisor.post(f"/conversations/{conversation}/assign", {"user_id": str(world.firm.users["agent3"])})
    body = {"conversation_ids": [str(target)]}
    assert (await agent.refused("POST", path, body, idempotency_key="f"))[0] == 404


async def test_a_paused_channel_says_so_and_goes_on_when_somebody_resumes_it(world: World, superuser_url: str) -> None:
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    await stored(
        superuser_url,
        "update channel set status = 'paused', status_reason = 'spam' where id = $1 returning 1",
        world.firm.channel,
    )
    assert await refused(agent, conversation, {"type": "text", "text": "x"}) == (409, "channel_stopped")
    path = f"/channels/{world.firm.channel}/resume"
    assert (await agent.refused("POST", path))[0] == 403
    supervisor = await world.browser("supervisor")
    assert (await supervisor.get("/channels"))["items"][0]["status_reason"] == "spam"
    resumed = await supervisor.post(path)
    assert (resumed["status"], resumed["status_reason"]) == ("connected", None)
    await agent.say(conversation, "x")
