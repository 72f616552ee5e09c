"""Canned replies: found by shortcut in any spelling, filled in, with files that stay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from invekto.conversations.uploads import forget_unsent
from invekto.kernel.clock import FrozenClock
from invekto.kernel.db import Database
from invekto.kernel.tx import SYSTEM
from tests.attacks.requests import PNG
from tests.rest import Browser, World, made_world


@pytest.fixture
async def world(db: Database, clock: FrozenClock, tmp_path: Path, owner_url: str) -> AsyncIterator[World]:
    async with made_world(db, clock, tmp_path, owner_url) as world:
        await world.make_firm("demo")
        yield world


def reply(**more: Any) -> dict[str, Any]:
    texts = {"tr": "Merhaba {{contact.first_name}}, ben {{agent.name}}.", "en": "Hello {{contact.first_name}}!"}
    return {"shortcut": "ışık", "title": "Selam", "folder": "Karşılama", "texts": texts, **more}


async def uploaded(browser: Browser) -> str:
    answer = await browser.client.post("/media", files={"file": ("plan.png", PNG, "image/png")})
    return str(answer.json()["id"])


async def test_a_reply_is_found_in_any_spelling_and_its_shortcut_is_unique(world: World) -> None:
    supervisor, agent = await world.browser("supervisor"), await world.browser("agent1")
    made = await supervisor.post("/canned-replies", reply())
    for words in ("IŞIK", "Işik", "isik", "selam", "karsilama"):
        assert [row["id"] for row in (await agent.get("/canned-replies", q=words))["items"]] == [made["id"]]
    status, error = await supervisor.refused("POST", "/canned-replies", reply(shortcut="Isik"))
    assert (status, error["code"], error["params"]["shortcut"]) == (409, "shortcut_taken", "Isik")
    assert (await agent.refused("POST", "/canned-replies", reply(shortcut="b")))[0] == 403


async def test_replies_are_listed_by_folder_and_title_in_the_turkish_alphabet(world: World) -> None:
    supervisor = await world.browser("supervisor")
    for place, title in enumerate(("Şube", "Saat", "Çıkış", "Cuma")):
        await supervisor.post("/canned-replies", reply(shortcut=f"k{place}", title=title))
    page = await supervisor.get("/canned-replies", limit=3)
    rest = await supervisor.get("/canned-replies", limit=3, cursor=page["next_cursor"])
    titles = [row["title"] for row in [*page["items"], *rest["items"]]]
    assert titles == ["Cuma", "Çıkış", "Saat", "Şube"]


async def test_a_variable_that_does_not_exist_is_refused(world: World) -> None:
    supervisor = await world.browser("supervisor")
    status, error = await supervisor.refused("POST", "/canned-replies", reply(texts={"tr": "{{contact.iban}}"}))
    assert (status, error["fields"]) == (422, [{"path": "texts.tr", "code": "variable_unknown"}])
    status, error = await supervisor.refused("POST", "/canned-replies", reply(texts={}))
    assert (status, error["fields"]) == (422, [{"path": "texts", "code": "required"}])


async def test_a_used_reply_is_filled_in_and_counted(world: World) -> None:
    supervisor, agent = await world.browser("supervisor"), await world.browser("agent1")
    made = await supervisor.post("/canned-replies", reply())
    known = await world.write("+905551112233", name="Dr. Işıl Kaya")
    path = f"/canned-replies/{made['id']}/render"
    filled = await agent.post(path, {"conversation_id": str(known)})
    assert filled == {"text": "Merhaba Işıl, ben Agent1 demo.", "missing": [], "attachments": []}
    assert (await agent.post(path, {"conversation_id": str(known), "language": "en"}))["text"] == "Hello Işıl!"
    nameless = await world.write("+905551112244")
    filled = await agent.post(path, {"conversation_id": str(nameless)})
    assert filled["missing"] == ["contact.first_name"]
    assert "{{contact.first_name}}" in filled["text"]
    assert (await agent.get("/canned-replies"))["items"][0]["uses"] == 3


async def test_what_the_contact_has_in_the_firms_fields_fills_a_reply_unless_it_is_masked(world: World) -> None:
    supervisor, agent = await world.browser("supervisor"), await world.browser("agent1")
    for field in (
        {"label": "Doğum", "type": "date"},
        {"label": "Alerji", "type": "text", "personal": True},
        {"label": "Hekim", "type": "text"},
    ):
        await supervisor.post("/contact-fields", field)
    text = "{{contact.fields.dogum}} {{contact.fields.alerji}} {{contact.fields.hekim}}"
    made = await supervisor.post("/canned-replies", reply(texts={"tr": text}))
    status, error = await supervisor.refused(
        "POST", "/canned-replies", reply(shortcut="x", texts={"tr": "{{contact.fields.yok}}"})
    )
    assert (status, error["fields"]) == (422, [{"path": "texts.tr", "code": "variable_unknown"}])
    talk = str(await world.write("+905551112233", name="Elif"))
    contact = (await agent.get(f"/conversations/{talk}"))["contact"]["id"]
    await supervisor.patch(f"/contacts/{contact}", {"fields": {"dogum": "1990-03-05", "alerji": "penisilin"}})
    path, of_talk = f"/canned-replies/{made['id']}/render", {"conversation_id": talk}
    filled = await supervisor.post(path, of_talk)
    assert filled["text"] == "05.03.1990 penisilin {{contact.fields.hekim}}"
    filled = await agent.post(path, of_talk)
    assert filled["text"] == "05.03.1990 {{contact.fields.alerji}} {{contact.fields.hekim}}"
    assert filled["missing"] == ["contact.fields.alerji", "contact.fields.hekim"]


async def test_a_conversation_that_i_do_not_see_fills_nothing_in(world: World) -> None:
    supervisor, stranger = await world.browser("supervisor"), await world.browser("agent3")
    made = await supervisor.post("/canned-replies", reply())
    hidden = await world.write("+905551112233", name="Işıl")
    path = f"/canned-replies/{made['id']}/render"
    assert (await stranger.refused("POST", path, {"conversation_id": str(hidden)}))[0] == 404


async def test_files_stay_with_their_reply_and_are_copied_when_it_is_used(world: World) -> None:
    supervisor, agent = await world.browser("supervisor"), await world.browser("agent1")
    first, second = await uploaded(supervisor), await uploaded(supervisor)
    made = await supervisor.post("/canned-replies", reply(attachment_ids=[second, first]))
    assert made["attachment_ids"] == [second, first]
    shown = [(one["id"], one["kind"], one["name"], one["size"], one["url"]) for one in made["attachments"]]
    size = len(PNG)
    assert shown == [(one, "image", "plan.png", size, f"/api/v1/media/{one}") for one in (second, first)]
    turned = await supervisor.put(f"/canned-replies/{made['id']}", reply(attachment_ids=[first, second]))
    assert [one["id"] for one in turned["attachments"]] == [first, second]
    assert (await agent.get("/canned-replies"))["items"][0]["attachments"] == turned["attachments"]
    async with world.db.tx(world.firm.id, SYSTEM) as tx:
        assert (await forget_unsent(tx, world.clock.now() + timedelta(days=1), 100))[0] == 0
    assert (await agent.client.get(f"/media/{first}")).status_code == 200
    talk = await world.write("+905551112233", name="Işıl")
    path = f"/canned-replies/{made['id']}"
    copies = [row["id"] for row in (await agent.post(f"{path}/render", {"conversation_id": str(talk)}))["attachments"]]
    assert len(copies) == 2
    assert not set(copies) & {first, second}
    picture = {"type": "image", "attachment_id": copies[0]}
    sent = await agent.post(f"/conversations/{talk}/messages", picture, idempotency_key="k")
    assert sent["attachments"][0]["id"] == copies[0]
    own = {"type": "image", "attachment_id": first}
    status, _ = await supervisor.refused("POST", f"/conversations/{talk}/messages", own, idempotency_key="o")
    assert status == 422, "the reply's own file stays with it"
    assert (await supervisor.put(path, reply(attachment_ids=[first])))["attachment_ids"] == [first]
    foreign = reply(attachment_ids=[first, await uploaded(agent)])
    status, error = await supervisor.refused("PUT", path, foreign)
    assert (status, error["fields"]) == (422, [{"path": "attachment_ids.1", "code": "not_found"}])
    assert (await supervisor.client.delete(path)).status_code == 204
    assert (await agent.get("/canned-replies"))["items"] == []
