"""One firm sees nothing of another: what the socket tells, where a cursor leads, and files (A4, A5)."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from invekto.channels.adapter import InboundAttachment
from invekto.entry.realtime import Reader
from invekto.kernel.db import Database
from invekto.kernel.ids import uuid7
from tests.attacks.requests import PNG
from tests.realtime.conftest import served
from tests.realtime.screen import Screen, Screens
from tests.rest import Browser, Json, World, stored

SECRET = "Gizli"


@pytest.fixture
async def screens(world: World, db: Database) -> AsyncIterator[Screens]:
    async with served(world, Reader(db)) as url:
        screens = Screens(world, url)
        yield screens
        await screens.close()


async def a_day_at(world: World, firm: str, user: str = "supervisor") -> Json:
    """Everything that makes frames: customers, answers, notes, files, tags, people, states, reports. The file's row."""
    browser = await world.browser(user, firm)
    agent = world.firms[firm].users["agent1"]
    talk = await world.write("+905559990001", f"{SECRET} mesaj", firm=firm, name=f"{SECRET} kişi")
    file = InboundAttachment(kind="image", media_id="m", mime="image/png", name=f"{SECRET}.png")
    await world.write("+905559990001", SECRET, firm=firm, kind="image", attachments=(file,))
    card: list[Any] = [{"name": f"{SECRET} kart", "phones": ["+905559990009"]}]
    await world.write("+905559990002", None, firm=firm, name=f"{SECRET} öteki", kind="contacts", payload=card)
    await browser.say(talk, f"{SECRET} not", kind="note")
    sent = await browser.say(talk, f"{SECRET} yanıt")
    await world.report(sent["id"], "delivered", firm=firm)
    tag = await browser.post("/tags", {"name": f"{SECRET} {uuid7()}", "color": "red"})
    await browser.put(f"/conversations/{talk}/tags", {"tag_ids": [tag["id"]]})
    uploaded: Json = await upload(browser)
    body = {"type": "image", "attachment_id": uploaded["id"], "text": f"{SECRET} resim"}
    await browser.post(f"/conversations/{talk}/messages", body, idempotency_key=f"{SECRET} {uuid7()}")
    await browser.post(f"/conversations/{talk}/assign", {"user_id": str(agent)})
    await browser.post(f"/conversations/{talk}/assign", {"user_id": None})
    await browser.post(f"/conversations/{talk}/take")
    await browser.put(f"/conversations/{talk}/read", {"seq": 3})
    contact = (await browser.get(f"/conversations/{talk}"))["contact"]
    await browser.patch(f"/contacts/{contact['id']}", {"name": f"{SECRET} ad"})
    for step, given in (("snooze", {"until": None}), ("reopen", None), ("resolve", None)):
        await browser.post(f"/conversations/{talk}/{step}", given)
    await world.write("+905559990001", f"{SECRET} yine", firm=firm)
    await browser.client.delete("/session")
    return uploaded


async def upload(browser: Browser) -> Json:
    answer = await browser.client.post("/media", files={"file": (f"{SECRET}.png", PNG, "image/png")})
    assert answer.status_code == 201
    made: Json = answer.json()
    return made


async def ids_of(superuser_url: str, world: World, firm: str) -> set[str]:
    """Every id in every row of a firm."""
    columns = await stored(
        superuser_url,
        "select x.table_name, x.column_name from information_schema.columns x join information_schema.columns t"
        " on t.table_name = x.table_name and t.table_schema = 'public' and t.column_name = 'tenant_id'"
        " where x.table_schema = 'public' and x.data_type = 'uuid'",
    )
    found: set[str] = set()
    for table, column in columns:
        rows = await stored(
            superuser_url,
            f'select distinct "{column}"::text from "{table}" where tenant_id = $1',
            world.firms[firm].id,
        )
        found |= {row[0] for row in rows if row[0] is not None}
    assert len(found) > 50
    return found


async def hear_to_the_end(screen: Screen, world: World, firm: str) -> None:
    """The log is told in its order: with the frame of this message everything before it has been told."""
    last = await world.write("+905550000009", "son", firm=firm, name="Son")
    await screen.until(lambda: any(row["id"] == str(last) for row in screen.told("conversations")), "told")


async def check_nothing_of(screen: Screen, superuser_url: str, world: World, firm: str) -> None:
    heard = json.dumps(screen.frames, ensure_ascii=False)
    assert [id_ for id_ in await ids_of(superuser_url, world, firm) if id_ in heard] == []
    assert SECRET not in heard
    assert " demo2" in heard, "the screen hears its own people"


@pytest.mark.attack("A4")
async def test_a_screen_hears_nothing_of_a_busy_firm_beside_it(
    world: World, screens: Screens, superuser_url: str
) -> None:
    """A4: the supervisor of demo2, who sees everything of their own firm."""
    screen = await screens.opened("supervisor", "demo2")
    own = await world.browser("agent1", "demo2")
    talk = await world.write("+905550000001", "Merhaba", firm="demo2", name="Ayşe")
    await a_day_at(world, "demo")
    await own.say(talk, "Buyurun")
    await a_day_at(world, "demo")
    await hear_to_the_end(screen, world, "demo2")
    assert len(screen.told("messages")) >= 3
    await check_nothing_of(screen, superuser_url, world, "demo")


@pytest.mark.attack("A4")
async def test_another_firms_cursor_replays_our_own_past_only(
    world: World, screens: Screens, superuser_url: str
) -> None:
    theirs = await screens.opened("supervisor", "demo")
    cursor = theirs.cursor
    assert cursor is not None
    talk = await world.write("+905550000001", "Merhaba", firm="demo2", name="Ayşe")
    await a_day_at(world, "demo")
    own = await world.browser("agent1", "demo2")
    await own.say(talk, "Buyurun")
    screen = await screens.of("supervisor", "demo2")
    await screen.open(cursor=cursor)
    await screen.until(lambda: len(screen.told("messages")) >= 2, "told what it has missed")
    assert screen.resyncs == 0
    await hear_to_the_end(screen, world, "demo2")
    await check_nothing_of(screen, superuser_url, world, "demo")
    assert SECRET in json.dumps(theirs.frames), "who may see it does"


@pytest.mark.attack("A5")
async def test_another_firms_file_is_answered_like_one_that_never_was(world: World, superuser_url: str) -> None:
    """A5: sent, received and not fetched yet, uploaded and not sent; whatever part of it is asked for."""
    sent = await a_day_at(world, "demo")
    owner = await world.browser("supervisor", "demo")
    waiting = await upload(owner)
    rows = await stored(
        superuser_url, "select id::text from attachment where tenant_id = $1 and state = 'pending'", world.firm.id
    )
    files = [sent["id"], waiting["id"], *(row["id"] for row in rows)]
    assert len(files) >= 3
    known = await owner.client.get(f"/media/{sent['id']}")
    tag = known.headers["etag"]
    ways: list[dict[str, str]] = [
        {},
        {"Range": "bytes=0-0"},
        {"Range": "bytes=999999-"},
        {"If-None-Match": tag},
        {"If-None-Match": "*"},
        {"Range": "bytes=0-9", "If-Range": tag},
    ]
    assert [(await owner.client.get(f"/media/{sent['id']}", headers=way)).status_code for way in ways[:4]] == [
        200,
        206,
        416,
        304,
    ], "each of them says something to who may ask"
    strangers = [await world.browser(user, "demo2") for user in ("supervisor", "agent1")]
    for stranger, file, way, query in itertools.product(strangers, files, ways, ("", "?download=1")):
        found = await stranger.client.get(f"/media/{file}{query}", headers=way)
        never = await stranger.client.get(f"/media/{uuid7()}{query}", headers=way)
        assert shown(found) == shown(never)
        assert (found.status_code, found.json()["error"]["code"]) == (404, "not_found")


def shown(answer: httpx.Response) -> tuple[int, Any, dict[str, str]]:
    """What can be compared: all but the request's own id."""
    body: Json = answer.json()
    body["error"].pop("request_id")
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, body, headers
