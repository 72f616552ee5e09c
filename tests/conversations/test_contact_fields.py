"""A firm's own fields on its contacts, and notes about them, over REST: defined, filled, masked, never lost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from invekto.contacts.fields import FIELDS_MAX
from invekto.contacts.notes import NOTES_SQL
from invekto.contacts.values import VALUES_SQL
from invekto.conversations.schemas import ContactCard, ContactNotePage
from invekto.kernel.ids import uuid7
from invekto.kernel.tx import SYSTEM
from tests.rest import Browser, Json, World, many_conversations, stored


@dataclass
class Scene:
    """Elif's contact; an agent, who sees no personal values, and a supervisor, who does."""

    agent: Browser
    supervisor: Browser
    conversation: UUID
    path: str

    async def define(self, label: str, type_: str = "text", **more: Any) -> Json:
        made: Json = await self.supervisor.post("/contact-fields", {"label": label, "type": type_, **more})
        return made

    async def fields(self) -> list[Json]:
        found: list[Json] = (await self.agent.get("/contact-fields"))["items"]
        return found


@pytest.fixture
async def scene(world: World) -> Scene:
    conversation = await world.write("+905550000001", name="Elif")
    agent, supervisor = await world.browser("agent1"), await world.browser("supervisor")
    contact = (await agent.get(f"/conversations/{conversation}"))["contact"]["id"]
    return Scene(agent, supervisor, conversation, f"/contacts/{contact}")


async def test_what_a_supervisor_defines_an_agent_fills(scene: Scene, superuser_url: str) -> None:
    treatment = await scene.define("Tedavi", "multi_select", options=[{"label": "Zirkonyum"}, {"label": "İmplant"}])
    budget = await scene.define("Bütçe (₺)", "number")
    assert (treatment["key"], budget["key"]) == ("tedavi", "butce")
    chosen = treatment["options"][1]["id"]
    card = await scene.agent.patch(scene.path, {"fields": {"tedavi": [chosen], "butce": 60000}})
    TypeAdapter(ContactCard).validate_python(card)
    assert card["fields"] == {"tedavi": [chosen], "butce": 60000}
    assert (await scene.supervisor.get(scene.path))["fields"] == card["fields"]
    card = await scene.agent.patch(scene.path, {"fields": {"butce": None}})
    assert card["fields"] == {"tedavi": [chosen]}
    rows = await stored(
        superuser_url, "select fields::text as d from audit_entry where action = 'contact.changed' order by id"
    )
    assert [row["d"] for row in rows] == [
        '{"fields": ["fields.tedavi", "fields.butce"]}',
        '{"fields": ["fields.butce"]}',
    ], "who changed what is kept, the values are not"


async def test_each_refused_value_is_named_and_none_of_the_others_is_kept(scene: Scene) -> None:
    await scene.define("Doğum tarihi", "date")
    await scene.define("Web", "url")
    status, error = await scene.agent.refused(
        "PATCH",
        scene.path,
        {"name": "Başka", "fields": {"dogum_tarihi": "dün", "web": "javascript:alert(1)", "yok": 1}},
    )
    assert (status, error["code"]) == (422, "invalid")
    assert {one["path"]: one["code"] for one in error["fields"]} == {
        "fields.dogum_tarihi": "wrong_format",
        "fields.web": "wrong_format",
        "fields.yok": "not_found",
    }
    card = await scene.agent.get(scene.path)
    assert (card["fields"], card["name"]) == ({}, "Elif")


@pytest.mark.parametrize("key", ["\\ud800", "\\u0000", "Hekim", "x" * 50])
async def test_a_key_that_no_field_can_have_is_refused(scene: Scene, key: str) -> None:
    body = f'{{"fields": {{"{key}": "x"}}}}'
    headers = {"Content-Type": "application/json"}
    answer = await scene.agent.client.patch(scene.path, content=body, headers=headers)
    assert answer.status_code == 422, answer.text


async def test_a_field_that_somebody_has_changed_meanwhile_is_not_written_over(scene: Scene) -> None:
    await scene.define("Hekim")
    await scene.define("Bütçe", "number")
    await scene.supervisor.patch(scene.path, {"fields": {"hekim": "Dt. Sarp Eren"}, "was": {"hekim": None}})
    given = {"fields": {"hekim": "Dt. Ece", "butce": 5}, "was": {"hekim": None, "butce": None}}
    status, error = await scene.agent.refused("PATCH", scene.path, given)
    assert (status, error["code"], error["params"]) == (409, "contact_field_changed", {"label": "Hekim"})
    assert error["fields"] == [{"path": "fields.hekim", "code": "changed"}]
    assert (await scene.agent.get(scene.path))["fields"] == {"hekim": "Dt. Sarp Eren"}, "nor is the other one"
    await scene.agent.patch(scene.path, {"fields": {"butce": 5}, "was": {"butce": None}})
    again = {"fields": {"hekim": "Dt. Ece"}, "was": {"hekim": "Dt. Sarp Eren"}}
    assert (await scene.agent.patch(scene.path, again))["fields"] == {"hekim": "Dt. Ece", "butce": 5}


async def test_of_two_who_fill_a_field_at_once_one_is_told(scene: Scene) -> None:
    await scene.define("Hekim")
    answers = await asyncio.gather(
        *(
            browser.client.patch(scene.path, json={"fields": {"hekim": name}, "was": {"hekim": None}})
            for browser, name in ((scene.agent, "A"), (scene.supervisor, "B"))
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_personal_values_are_masked_for_who_may_not_see_them(scene: Scene) -> None:
    await scene.define("Alerji", personal=True)
    await scene.define("Çalışıyor", "boolean", personal=True, key="job")
    await scene.define("Eşinin telefonu", "phone", key="spouse")
    await scene.define("E-posta", "email", key="mail")
    await scene.define("Hekim")
    values = {"alerji": "penisilin", "job": True, "spouse": "+905551234518", "mail": "elif@klinik.com", "hekim": "Ece"}
    await scene.supervisor.patch(scene.path, {"fields": values})
    card = await scene.agent.get(scene.path)
    shown = {"alerji": "***", "job": "***", "spouse": "+90 555 *** ** 18", "mail": "e***@***.com", "hekim": "Ece"}
    assert card["fields"] == shown
    assert card["masked_fields"] == ["alerji", "job", "mail", "spouse"]
    assert (await scene.supervisor.get(scene.path))["masked_fields"] == []
    await scene.agent.patch(scene.path, {"fields": shown, "was": shown})
    assert (await scene.supervisor.get(scene.path))["fields"] == values, "a mask that comes back is no value"
    await scene.agent.patch(scene.path, {"fields": {"alerji": "yok"}, "was": {"alerji": "***"}})
    assert (await scene.supervisor.get(scene.path))["fields"]["alerji"] == "yok"


async def test_an_archived_field_is_gone_from_contacts_and_comes_back_with_what_they_had(scene: Scene) -> None:
    field = await scene.define("Hekim")
    await scene.agent.patch(scene.path, {"fields": {"hekim": "Dt. Ece"}})
    await scene.supervisor.client.delete(f"/contact-fields/{field['id']}")
    assert (await scene.agent.get(scene.path))["fields"] == {}
    status, error = await scene.agent.refused("PATCH", scene.path, {"fields": {"hekim": "x"}})
    assert (status, error["fields"][0]["code"]) == (422, "not_found")
    again = await scene.define("Hekim")
    assert again["key"] == "hekim_2", "a key never comes to mean something else"
    status, error = await scene.supervisor.refused("PATCH", f"/contact-fields/{field['id']}", {"archived": False})
    assert (status, error["code"]) == (409, "contact_field_exists")
    await scene.supervisor.patch(f"/contact-fields/{field['id']}", {"archived": False, "label": "Diş hekimi"})
    assert (await scene.agent.get(scene.path))["fields"] == {"hekim": "Dt. Ece"}
    assert [(one["label"], one["archived"]) for one in await scene.fields()] == [
        ("Diş hekimi", False),
        ("Hekim", False),
    ]


async def test_options_are_renamed_and_archived_and_stay_where_they_were_chosen(scene: Scene) -> None:
    field = await scene.define("Saat", "select", options=[{"label": "Sabah"}, {"label": "Akşam"}])
    morning, evening = field["options"]
    await scene.agent.patch(scene.path, {"fields": {"saat": evening["id"]}})
    changed = await scene.supervisor.patch(
        f"/contact-fields/{field['id']}",
        {"options": [{"label": "Öğleden sonra"}, {"id": morning["id"], "label": "Öğleden önce"}]},
    )
    assert [(one["label"], one["archived"]) for one in changed["options"]] == [
        ("Öğleden sonra", False),
        ("Öğleden önce", False),
        ("Akşam", True),
    ]
    assert (await scene.agent.get(scene.path))["fields"] == {"saat": evening["id"]}
    await scene.agent.patch(scene.path, {"fields": {"saat": None}})
    status, error = await scene.agent.refused("PATCH", scene.path, {"fields": {"saat": evening["id"]}})
    assert (status, error["fields"][0]["code"]) == (422, "not_a_choice")


@pytest.mark.parametrize(
    ("more", "path", "code"),
    [
        ({"type": "select"}, "options", "required"),
        ({"type": "select", "options": [{"label": "a", "archived": True}]}, "options", "required"),
        ({"type": "select", "options": [{"label": "Işık"}, {"label": "ISIK"}]}, "options.1", "repeated"),
        ({"type": "select", "options": [{"label": "a", "id": "x"}]}, "options.0.id", "not_found"),
        ({"type": "select", "options": [{"label": str(n)} for n in range(101)]}, "options", "too_many"),
        ({"type": "text", "options": [{"label": "a"}]}, "options", "unknown_field"),
        ({"type": "colour"}, "type", "not_a_choice"),
        ({"type": "text", "key": "Büyük"}, "key", "wrong_format"),
        ({"type": "text", "label": " "}, "label", "too_short"),
    ],
)
async def test_a_definition_that_makes_no_sense_is_refused(scene: Scene, more: Json, path: str, code: str) -> None:
    status, error = await scene.supervisor.refused("POST", "/contact-fields", {"label": "Alan", **more})
    assert (status, error["fields"]) == (422, [{"path": path, "code": code}])
    assert await scene.fields() == []


async def test_the_order_is_the_supervisors_and_a_newer_field_stays_behind_it(scene: Scene) -> None:
    first, second, third = [await scene.define(label) for label in ("Bir", "İki", "Üç")]
    path = "/contact-fields/order"
    found = await scene.supervisor.put(path, {"field_ids": [second["id"], first["id"]]})
    assert (
        [one["label"] for one in found["items"]]
        == ["İki", "Bir", "Üç"]
        == [one["label"] for one in await scene.fields()]
    )
    status, error = await scene.supervisor.refused("PUT", path, {"field_ids": [third["id"], third["id"], str(uuid7())]})
    assert status == 422
    assert [(one["path"], one["code"]) for one in error["fields"]] == [
        ("field_ids.1", "repeated"),
        ("field_ids.2", "not_found"),
    ]


async def test_names_and_keys_are_one_each_and_there_is_an_end_to_them(scene: Scene, superuser_url: str) -> None:
    field = await scene.define("Işık", key="isik")
    for given, code in (
        ({"label": "ISIK", "type": "text"}, "contact_field_exists"),
        ({"label": "Başka", "type": "text", "key": "isik"}, "contact_field_key_taken"),
    ):
        status, error = await scene.supervisor.refused("POST", "/contact-fields", given)
        assert (status, error["code"]) == (409, code)
    await stored(
        superuser_url,
        "insert into contact_field (tenant_id, id, key, label, type, options, position, personal, created_at, changed_at)"
        " select f.tenant_id, gen_random_uuid(), 'k' || n, 'K' || n, 'text', '[]', n, false, now(), now()"
        " from contact_field f, generate_series(2, $1) n",
        FIELDS_MAX,
    )
    status, error = await scene.supervisor.refused("POST", "/contact-fields", {"label": "Biri daha", "type": "text"})
    assert (status, error["code"], error["params"]) == (409, "contact_fields_limit", {"max": FIELDS_MAX})
    await scene.supervisor.client.delete(f"/contact-fields/{field['id']}")
    await scene.define("Biri daha")
    status, error = await scene.supervisor.refused("PATCH", f"/contact-fields/{field['id']}", {"archived": False})
    assert (status, error["code"]) == (409, "contact_fields_limit")


async def test_notes_about_a_person_are_read_by_all_and_changed_by_their_author(scene: Scene) -> None:
    first = await scene.agent.post(f"{scene.path}/notes", {"text": "  Doğal ton istiyor. "})
    await scene.supervisor.post(f"{scene.path}/notes", {"text": "Diş hekimi korkusu var."})
    page = await scene.supervisor.get(f"{scene.path}/notes", limit=1)
    TypeAdapter(ContactNotePage).validate_python(page)
    rest = await scene.supervisor.get(f"{scene.path}/notes", limit=1, cursor=page["next_cursor"])
    assert [note["text"] for note in page["items"] + rest["items"]] == ["Diş hekimi korkusu var.", "Doğal ton istiyor."]
    assert rest["next_cursor"] is None
    mine = f"{scene.path}/notes/{first['id']}"
    for method, body in (("PATCH", {"text": "x"}), ("DELETE", None)):
        status, error = await scene.supervisor.refused(method, mine, body)
        assert (status, error["code"]) == (403, "forbidden")
    changed = await scene.agent.patch(mine, {"text": "Doğal ton."})
    assert (changed["text"], changed["edited_at"] is not None) == ("Doğal ton.", True)
    assert (await scene.agent.client.delete(mine)).status_code == 204
    assert (await scene.agent.refused("DELETE", mine))[0] == 404
    assert [note["text"] for note in (await scene.agent.get(f"{scene.path}/notes"))["items"]] == [
        "Diş hekimi korkusu var."
    ]


async def test_who_does_not_see_the_person_sees_and_changes_nothing_of_them(world: World, scene: Scene) -> None:
    await scene.define("Hekim")
    note = await scene.agent.post(f"{scene.path}/notes", {"text": "gizli"})
    stranger = await world.browser("agent3")
    for method, path, body in (
        ("PATCH", scene.path, {"fields": {"hekim": "x"}}),
        ("GET", f"{scene.path}/notes", None),
        ("POST", f"{scene.path}/notes", {"text": "x"}),
        ("PATCH", f"{scene.path}/notes/{note['id']}", {"text": "x"}),
        ("DELETE", f"{scene.path}/notes/{note['id']}", None),
    ):
        assert (await stranger.refused(method, path, body))[0] == 404, (method, path)


async def test_every_screen_that_shows_the_person_is_told(world: World, scene: Scene, superuser_url: str) -> None:
    await scene.define("Hekim")
    before = await scene.agent.get(f"/conversations/{scene.conversation}")
    await stored(superuser_url, "delete from event")
    await scene.agent.patch(scene.path, {"fields": {"hekim": "Dt. Ece"}})
    await scene.agent.post(f"{scene.path}/notes", {"text": "Doğal ton."})
    await scene.agent.patch(scene.path, {"fields": {"hekim": " Dt. Ece"}})
    rows = await stored(
        superuser_url, "select kind, conversation_id from event where tenant_id = $1 order by seq", world.firm.id
    )
    assert [(row["kind"], row["conversation_id"]) for row in rows] == [
        ("contact.changed", None),
        ("conversation.changed", scene.conversation),
        ("contact_note.changed", None),
        ("conversation.changed", scene.conversation),
    ], "what changes nothing tells nobody"
    after = await scene.agent.get(f"/conversations/{scene.conversation}")
    assert after["version"] == before["version"]


async def test_a_card_reads_its_values_and_notes_by_their_keys(world: World, superuser_url: str) -> None:
    firm = world.firm
    supervisor = await world.browser("supervisor")
    field = await supervisor.post("/contact-fields", {"label": "Hekim", "type": "text"})
    await many_conversations(superuser_url, firm, 6_000)
    author, now = firm.users["agent1"], world.clock.now()
    await stored(
        superuser_url,
        "with value as (insert into contact_field_value (tenant_id, contact_id, field_id, value, changed_at)"
        " select tenant_id, id, $2, '1', $4 from contact where tenant_id = $1)"
        " insert into contact_note (tenant_id, id, contact_id, author_id, text, created_at)"
        " select tenant_id, gen_random_uuid(), id, $3, 'x', $4 from contact where tenant_id = $1",
        firm.id,
        UUID(field["id"]),
        author,
        now,
    )
    await stored(superuser_url, "analyze contact_note, contact_field_value")
    async with world.db.tx(firm.id, SYSTEM) as tx:
        for sql, index in (
            (VALUES_SQL, "contact_field_value_pkey"),
            (f"{NOTES_SQL} order by n.created_at desc, n.id desc limit 20", "contact_note_list_idx"),
        ):
            rows = await tx.fetch(f"explain {sql}", firm.id, author)
            plan = "\n".join(row[0] for row in rows)
            assert index in plan, plan
