"""One thing twice at the same moment: one wins, and the other is told (A54); one key in two firms is two things (A8)."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from invekto.kernel.ids import uuid7
from tests.attacks.arena import Arena
from tests.rest import Browser, World, stored

TIMES = 8


async def at_once(client: Browser, method: str, path: str, body: Any = None, **headers: str) -> Counter[int]:
    """How often each status was answered to the same request, sent TIMES times at the same moment."""
    asked = (client.client.request(method, path, json=body, headers=headers) for _ in range(TIMES))
    return Counter([answer.status_code for answer in await asyncio.gather(*asked)])


@pytest.mark.attack("A54")
async def test_one_send_with_one_key_is_one_message(arena: Arena) -> None:
    talk, key = await arena.world.write("+905551110001"), str(uuid7())
    body = {"type": "text", "text": "Bir kez"}
    answers = await at_once(arena.boss, "POST", f"/conversations/{talk}/messages", body, **{"Idempotency-Key": key})
    assert answers[201] + answers[200] == TIMES, "each is told of the one message"
    rows = await stored(arena.superuser_url, "select count(*) from message where client_id = $1", key)
    queued = await stored(
        arena.superuser_url,
        "select count(*) from outbox o join message m on (m.tenant_id, m.id) = (o.tenant_id, o.message_id)"
        " where m.client_id = $1",
        key,
    )
    assert (rows[0][0], queued[0][0]) == (1, 1)


@pytest.mark.attack("A54")
async def test_one_key_for_two_messages_is_one_of_them(arena: Arena) -> None:
    talks = [await arena.world.write(f"+90555111001{number}") for number in range(4)]
    key = str(uuid7())
    answers = await asyncio.gather(
        *(
            arena.boss.client.post(
                f"/conversations/{talk}/messages",
                json={"type": "text", "text": "Kime?"},
                headers={"Idempotency-Key": key},
            )
            for talk in talks
        )
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 3}
    assert {answer.json()["error"]["code"] for answer in answers if answer.status_code == 409} == {
        "idempotency_key_reused"
    }


@pytest.mark.attack("A54")
async def test_one_conversation_is_taken_by_one(arena: Arena) -> None:
    talk = await arena.world.write("+905551110002")
    people = [await arena.world.browser(name) for name in ("agent1", "agent2", "supervisor")]
    answers = await asyncio.gather(*(one.client.post(f"/conversations/{talk}/take") for one in people * 2))
    won = {index % 3 for index, answer in enumerate(answers) if answer.status_code == 200}
    assert len(won) == 1, [answer.status_code for answer in answers]
    assert {answer.status_code for answer in answers} == {200, 409}
    lines = await stored(
        arena.superuser_url,
        "select count(*) from assignment where conversation_id = $1 and user_id is not null",
        talk,
    )
    assert lines[0][0] == 1


@pytest.mark.attack("A54")
async def test_a_failed_message_is_sent_again_once(arena: Arena) -> None:
    talk = await arena.world.write("+905551110003")
    sent = await arena.boss.say(talk, "Ulaşmadı")
    await arena.world.report(sent["id"], "failed", error_code="provider_unavailable")
    path = f"/conversations/{talk}/messages/{sent['id']}/resend"
    answers = await asyncio.gather(
        *(arena.boss.client.post(path, headers={"Idempotency-Key": str(uuid7())}) for _ in range(TIMES))
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: TIMES - 1}
    said = await stored(
        arena.superuser_url, "select count(*) from message where conversation_id = $1 and text = 'Ulaşmadı'", talk
    )
    assert said[0][0] == 2


@pytest.mark.attack("A54")
@pytest.mark.parametrize(
    ("path", "body", "taken"),
    [
        ("/tags", {"name": "Yarış", "color": "red"}, "tag_exists"),
        ("/canned-replies", {"shortcut": "yaris", "title": "Yarış", "texts": {"tr": "Yarış"}}, "shortcut_taken"),
    ],
)
async def test_one_name_is_given_once(arena: Arena, path: str, body: Any, taken: str) -> None:
    answers = await asyncio.gather(*(arena.boss.client.post(path, json=body) for _ in range(TIMES)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: TIMES - 1}
    assert {answer.json()["error"]["code"] for answer in answers if answer.status_code == 409} == {taken}


@pytest.mark.attack("A54", "A15")
async def test_one_number_goes_to_one_of_two_firms_that_connect_it_at_once(arena: Arena) -> None:
    keys = arena.meta.info()["whatsapp_cloud"]
    body = {
        "kind": "whatsapp_cloud",
        "credentials": {name: keys[name] for name in ("access_token", "phone_number_id", "waba_id")},
    }
    answers = await asyncio.gather(
        *(one.client.post("/channels", json=body) for one in (arena.boss, arena.stranger) * 2)
    )
    assert min(answer.status_code for answer in answers) == 201, [answer.text for answer in answers]
    owners = await stored(
        arena.superuser_url,
        "select tenant_id from channel where account_key = $1 and status <> 'disconnected'",
        keys["phone_number_id"],
    )
    assert len(owners) == 1


@pytest.mark.attack("A8")
async def test_one_key_in_two_firms_is_two_things(arena: Arena) -> None:
    key = f"{uuid7()}"
    talks = {
        "demo": await arena.world.write("+905551110004"),
        "demo2": await arena.world.write("+905551110004", firm="demo2"),
    }
    assert talks["demo"] != talks["demo2"], "one person of two firms is two"
    sent = {}
    for firm, one in (("demo", arena.boss), ("demo2", arena.stranger)):
        answer = await one.client.post(
            f"/conversations/{talks[firm]}/messages",
            json={"type": "text", "text": f"Bizden {firm}"},
            headers={"Idempotency-Key": key},
        )
        assert answer.status_code == 201, "not the answer that the other firm's key was given"
        sent[firm] = answer.json()
    assert sent["demo"]["id"] != sent["demo2"]["id"]
    for path, body in (
        ("/tags", {"name": "Aynı ad", "color": "red"}),
        ("/canned-replies", {"shortcut": "ayni", "title": "Aynı", "texts": {"tr": "Aynı"}}),
    ):
        for one in (arena.boss, arena.stranger):
            assert (await one.client.post(path, json=body)).status_code == 201
    assert await kept_apart(arena.world, arena)


async def kept_apart(world: World, arena: Arena) -> bool:
    """The sessions that a process remembers are found by firm and token together."""
    token = arena.boss.client.cookies["invekto_session"]
    client = world.anonymous()
    client.cookies["invekto_session"] = f"{world.firms['demo2'].id.hex}.{token.partition('.')[2]}"
    return (await client.get("/session")).status_code == 401
