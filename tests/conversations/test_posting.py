"""Sending over REST: one key is one message, the first answer assigns, the loser of a race keeps the draft."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tests.rest import World, stored


async def test_five_requests_with_one_key_are_one_message_and_one_answer(world: World, superuser_url: str) -> None:
    """F31: double click, browser retry, weak network."""
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    answers = await asyncio.gather(
        *(
            agent.client.post(
                f"/conversations/{conversation}/messages",
                json={"type": "text", "text": "Buyurun"},
                headers={"Idempotency-Key": "one"},
            )
            for _ in range(5)
        )
    )
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert answers[0].json()["client_id"] == "one"
    rows = await stored(superuser_url, "select id from message where direction = 'outbound'")
    assert len(rows) == 1
    later = await agent.client.post(
        f"/conversations/{conversation}/messages",
        json={"type": "text", "text": "Buyurun"},
        headers={"Idempotency-Key": "one"},
    )
    assert (later.status_code, later.json()["id"]) == (200, answers[0].json()["id"])


async def test_a_key_is_bound_to_what_it_was_used_for(world: World) -> None:
    conversation = await world.write("+905550000001")
    elsewhere = await world.write("+905550000002")
    agent = await world.browser("agent1")
    await agent.say(conversation, "Buyurun", "one")
    for target, body in (
        (conversation, {"type": "text", "text": "Başka"}),
        (conversation, {"type": "note", "text": "Buyurun"}),
        (elsewhere, {"type": "text", "text": "Buyurun"}),
    ):
        status, error = await agent.refused("POST", f"/conversations/{target}/messages", body, idempotency_key="one")
        assert (status, error["code"]) == (409, "idempotency_key_reused")


async def test_the_same_key_in_two_firms_is_two_messages(world: World) -> None:
    """A8: nothing is keyed without the tenant."""
    await world.make_firm("demo2")
    ids = set()
    for firm in ("demo", "demo2"):
        conversation = await world.write("+905550000001", firm=firm)
        ids.add((await (await world.browser("agent1", firm)).say(conversation, "Buyurun", "one"))["id"])
    assert len(ids) == 2


@pytest.mark.parametrize("key", [None, "", "x" * 201])
async def test_a_send_without_a_usable_key_is_refused(world: World, key: str | None) -> None:
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = await agent.client.post(
        f"/conversations/{conversation}/messages", json={"type": "text", "text": "x"}, headers=headers
    )
    assert answer.status_code == 422
    assert answer.json()["error"]["fields"][0]["path"] == "idempotency-key"


async def test_the_first_answer_assigns_to_its_writer_and_a_note_does_not(world: World) -> None:
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    await agent.say(conversation, "sadece not", kind="note")
    row = await agent.get(f"/conversations/{conversation}")
    assert (row["assignee"], row["waiting_since"]) == (None, "2026-11-24T09:00:00Z")
    assert row["preview"] == "Merhaba", "a note is the team's, not the talk"
    await agent.say(conversation, "Buyurun")
    row = await agent.get(f"/conversations/{conversation}")
    assert row["assignee"]["name"] == "Agent1 demo"
    assert (row["waiting_since"], row["unread"]) == (None, 0 if row["read_seq"] else row["unread"])
    assert (row["preview"], row["preview_direction"], row["preview_status"]) == ("Buyurun", "outbound", "queued")


async def test_of_two_who_answer_at_once_the_loser_is_told_who_has_it(world: World, superuser_url: str) -> None:
    conversation = await world.write("+905550000001")
    browsers = [await world.browser("agent1"), await world.browser("agent2")]
    answers = await asyncio.gather(
        *(
            browser.client.post(
                f"/conversations/{conversation}/messages",
                json={"type": "text", "text": "Buyurun"},
                headers={"Idempotency-Key": f"{browser.user_id}"},
            )
            for browser in browsers
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    lost = next(answer for answer in answers if answer.status_code == 409).json()["error"]
    won = next(answer for answer in answers if answer.status_code == 201).json()
    assert (lost["code"], lost["params"]["user_id"]) == ("conversation_taken", won["author"]["id"])
    assert len(await stored(superuser_url, "select id from message where direction = 'outbound'")) == 1


async def test_who_lost_the_conversation_still_hears_what_became_of_their_send(world: World) -> None:
    conversation = await world.write("+905550000001")
    agent, supervisor = await world.browser("agent1"), await world.browser("supervisor")
    sent = await agent.say(conversation, "Buyurun", "one")
    await supervisor.post(f"/conversations/{conversation}/assign", {"user_id": str(world.firm.users["agent3"])})
    again = await agent.client.post(
        f"/conversations/{conversation}/messages",
        json={"type": "text", "text": "Buyurun"},
        headers={"Idempotency-Key": "one"},
    )
    assert (again.status_code, again.json()["id"]) == (200, sent["id"])


async def test_after_the_window_has_closed_nothing_goes_out_and_the_reason_is_said(world: World) -> None:
    conversation = await world.write("+905550000001")
    world.clock.advance(timedelta(hours=24))
    agent = await world.browser("agent1")
    status, error = await agent.refused(
        "POST", f"/conversations/{conversation}/messages", {"type": "text", "text": "x"}, idempotency_key="k"
    )
    assert (status, error["code"]) == (409, "window_closed")
    await agent.say(conversation, "yarın şablon gönder", kind="note")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "text"}, "text.text"),
        ({"type": "text", "text": ""}, "text.text"),
        ({"type": "text", "text": "x" * 4097}, "text"),
        ({"type": "text", "text": 5}, "text.text"),
        ({"type": "hologram", "text": "x"}, ""),
        ({"text": "x"}, ""),
        ({"type": "image"}, "image.attachment_id"),
        ({"type": "image", "attachment_id": "x"}, "image.attachment_id"),
        ([], ""),
        ("x", ""),
    ],
)
async def test_a_malformed_message_names_its_field_and_changes_nothing(world: World, body: object, field: str) -> None:
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    status, error = await agent.refused("POST", f"/conversations/{conversation}/messages", body, idempotency_key="k")
    assert status == 422
    assert [f["path"] for f in error["fields"]][:1] == [field]
    assert (await agent.get(f"/conversations/{conversation}"))["last_seq"] == 1


async def test_a_text_that_the_database_cannot_hold_is_kept_readable(world: World) -> None:
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    assert (await agent.say(conversation, "a\x00b"))["text"] == "a\ufffdb"


async def test_only_a_failed_message_is_sent_again_or_given_up(world: World) -> None:
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    sent = await agent.say(conversation, "Buyurun")
    path = f"/conversations/{conversation}/messages/{sent['id']}"
    for action in ("resend", "discard"):
        status, error = await agent.refused("POST", f"{path}/{action}", idempotency_key="again")
        assert (status, error["code"]) == (409, "message_not_failed")
    await world.report(sent["id"], "failed", error_code="invalid_recipient")
    new = await agent.post(f"{path}/resend", idempotency_key="again")
    assert (new["text"], new["status"], new["client_id"]) == ("Buyurun", "queued", "again")
    assert new["id"] != sent["id"]
    old = next(
        m for m in (await agent.get(f"/conversations/{conversation}/messages"))["items"] if m["id"] == sent["id"]
    )
    assert old["dismissed"]
    assert old["error"] == {
        "code": "invalid_recipient",
        "resend": True,
        "vendor_code": "131026",
        "message": "Message undeliverable",
    }
    again = await agent.post(f"{path}/resend", idempotency_key="again")
    assert again["id"] == new["id"]
    elsewhere = await world.write("+905550000002")
    other = f"/conversations/{elsewhere}/messages/{sent['id']}"
    for action in ("resend", "discard"):
        assert (await agent.refused("POST", f"{other}/{action}", idempotency_key="k2"))[0] == 404


async def test_a_failed_message_that_is_given_up_is_dismissed(world: World) -> None:
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    sent = await agent.say(conversation, "Buyurun")
    await world.report(sent["id"], "failed", error_code="invalid_recipient")
    path = f"/conversations/{conversation}/messages/{sent['id']}/discard"
    assert (await agent.post(path))["dismissed"] is True
    assert (await agent.refused("POST", path))[0] == 409
