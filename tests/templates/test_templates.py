"""Templates from our screens to the provider and back: read, submitted, judged, changed, deleted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from invekto.channels.adapter import TemplateUpdated
from invekto.kernel.ids import uuid7
from invekto.kernel.tenancy import INGEST, claimed
from invekto.kernel.tx import SYSTEM
from invekto.templates.accounts import account_of
from invekto.templates.sync import apply_updates, take_over
from tests.attacks.requests import PNG
from tests.rest import stored
from tests.templates.conftest import BODY, Counter, Json


def update(counter: Counter, key: str, at: datetime, **more: Any) -> TemplateUpdated:
    waba = counter.keys["waba_id"]
    return TemplateUpdated(account_key=waba, template_key=key, occurred_at=at, path="", raw_slice=b"", **more)


async def told(counter: Counter, *updates: TemplateUpdated) -> None:
    """The provider's webhooks about templates, as ingest hands them over."""
    database, firm = counter.door.database, counter.world.firm
    async with (await database.pool(INGEST)).acquire() as connection, claimed(connection, [firm.id]):
        parts = [(firm.id, counter.channel_id, one) for one in updates]
        await apply_updates(connection, parts, database.clock.now())


def soon(counter: Counter, seconds: float = 1) -> datetime:
    return counter.door.database.clock.now() + timedelta(seconds=seconds)


async def test_the_providers_list_is_read_whole_and_searched_in_turkish(counter: Counter) -> None:
    for number in range(120):
        await counter.at_provider(name=f"sablon_{number:03d}")
    await counter.at_provider(name="kargo", components=[{"type": "BODY", "text": "IŞIK kargoya verildi"}])
    assert await counter.sync() == 121
    page = await counter.agent.get("/templates", limit=100, status="approved")
    rest = await counter.agent.get("/templates", limit=100, cursor=page["next_cursor"])
    names = [row["name"] for row in [*page["items"], *rest["items"]]]
    assert (len(names), names) == (121, sorted(names))
    (found,) = (await counter.agent.get("/templates", q="ışık"))["items"]
    assert (found["name"], found["channel_id"], found["sendable"]) == ("kargo", str(counter.channel_id), True)
    other = await counter.agent.get("/templates", channel_id=str(counter.world.firm.channel))
    assert other["items"] == []


async def test_what_the_provider_does_not_list_any_more_is_gone_here(counter: Counter) -> None:
    row = await counter.synced()
    counter.sandbox.cloud.templates.clear()
    assert await counter.sync() == 0
    assert (await counter.agent.client.get(f"/templates/{row['id']}")).status_code == 404


async def test_a_draft_is_linted_in_the_readers_language_and_not_submitted(counter: Counter) -> None:
    draft = counter.draft(name="Randevu", components=[{**BODY, "example": {"body_text": [["Ayşe"]]}}])
    answer = await counter.supervisor.client.post("/templates/lint", json=draft, headers={"Accept-Language": "en"})
    problems = answer.json()["problems"]
    assert [(row["path"], row["code"]) for row in problems] == [
        ("name", "name_pattern"),
        ("components.0.example", "sample_required"),
    ]
    assert problems[1]["message"] == "Give an example for the variable 2."
    status, error = await counter.supervisor.refused("POST", "/templates", draft)
    assert (status, error["code"]) == (422, "template_invalid")
    assert error["fields"][0] == {"path": "name", "code": "name_pattern"}
    assert (await counter.control.get("/whatsapp_cloud/templates")).json()["items"] == []


async def test_a_submitted_template_is_pending_then_judged_by_its_webhooks(counter: Counter) -> None:
    await counter.control.put("/whatsapp_cloud/review", json={"after_s": 3600})
    made = await counter.supervisor.post("/templates", counter.draft())
    assert (made["status"], made["sendable"]) == ("PENDING", False)
    assert [row["key"] for row in made["variables"]] == ["body.1", "body.2"]
    status, error = await counter.supervisor.refused("POST", "/templates", counter.draft())
    assert (status, error["fields"]) == (422, [{"path": "name", "code": "template_exists"}])
    (node,) = (await counter.control.get("/whatsapp_cloud/templates")).json()["items"]
    await told(counter, update(counter, node["id"], soon(counter, 1), status="REJECTED", reason="PROMOTIONAL"))
    judged = await counter.agent.get(f"/templates/{made['id']}")
    assert (judged["status"], judged["rejected_reason"]) == ("REJECTED", "PROMOTIONAL")
    assert "kategoride" in judged["rejected_message"]
    later = [
        update(counter, node["id"], soon(counter, 4), quality="RED", category="MARKETING"),
        update(counter, node["id"], soon(counter, 3), status="APPROVED"),
        update(counter, node["id"], soon(counter, 2), status="PENDING"),
    ]
    await told(counter, *later)
    judged = await counter.agent.get(f"/templates/{made['id']}")
    assert (judged["status"], judged["rejected_reason"]) == ("APPROVED", None)
    assert (judged["quality"], judged["category"]) == ("RED", "MARKETING")


async def test_a_repeated_old_webhook_does_not_undo_a_newer_one(counter: Counter) -> None:
    node = await counter.at_provider()
    await counter.sync()
    began_at = soon(counter, 0)
    await told(counter, update(counter, node["id"], soon(counter, 60), status="PAUSED"))
    await told(counter, update(counter, node["id"], soon(counter, 30), status="APPROVED"))
    async with counter.door.database.tx(counter.world.firm.id, SYSTEM) as tx:
        account = await account_of(tx, counter.door, counter.channel_id)
    page = await account.adapter.list_templates(counter.door.http, account.credentials, None)
    assert page.items[0].status == "APPROVED"
    async with counter.door.database.tx(counter.world.firm.id, SYSTEM) as tx:
        await take_over(tx, account, page.items, began_at)
    (row,) = (await counter.agent.get("/templates"))["items"]
    assert row["status"] == "PAUSED", "neither the older word nor a list that was begun before"


async def test_an_edit_is_submitted_again_and_a_pending_one_is_left_alone(counter: Counter) -> None:
    row = await counter.synced()
    await counter.control.put("/whatsapp_cloud/review", json={"after_s": 3600})
    body = {"category": "UTILITY", "components": [{"type": "BODY", "text": "Randevunuz yarın saat onda."}]}
    edited = await counter.supervisor.put(f"/templates/{row['id']}", body)
    assert (edited["status"], edited["variables"]) == ("PENDING", [])
    status, error = await counter.supervisor.refused("PUT", f"/templates/{row['id']}", body)
    assert (status, error["code"]) == (409, "template_not_editable")


async def test_a_deleted_template_is_gone_there_and_here_and_its_name_is_kept(counter: Counter) -> None:
    row = await counter.synced()
    assert (await counter.supervisor.client.delete(f"/templates/{row['id']}")).status_code == 204
    assert (await counter.control.get("/whatsapp_cloud/templates")).json()["items"] == []
    assert (await counter.agent.get("/templates"))["items"] == []
    status, error = await counter.supervisor.refused("POST", "/templates", counter.draft())
    assert (status, error["code"]) == (422, "template_refused_by_provider")
    assert error["fields"] == [{"path": "name", "code": "name_being_deleted"}]


async def test_a_sample_goes_to_the_provider_and_its_handle_into_the_draft(counter: Counter) -> None:
    upload = await counter.supervisor.client.post("/media", files={"file": ("plan.png", PNG, "image/png")})
    body = {"channel_id": str(counter.channel_id), "attachment_id": upload.json()["id"]}
    handle = (await counter.supervisor.post("/templates/samples", body))["handle"]
    header = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [handle]}}
    made = await counter.supervisor.post("/templates", counter.draft(components=[header, BODY]))
    assert made["header_format"] == "IMAGE"
    nobodys = {**body, "attachment_id": str(uuid7())}
    status, error = await counter.supervisor.refused("POST", "/templates/samples", nobodys)
    assert (status, error["fields"]) == (422, [{"path": "attachment_id", "code": "not_found"}])


async def test_a_refused_token_is_the_channels_trouble(counter: Counter) -> None:
    firm = counter.world.firm.id
    bad = {**{name: counter.keys[name] for name in ("phone_number_id", "waba_id")}, "access_token": "EAAwrong"}
    sealed = counter.door.keys.seal(msgspec.json.encode(bad), tenant_id=firm, purpose="channel.credentials")
    async with counter.door.database.tx(firm, SYSTEM) as tx:
        await tx.execute(
            "update channel set credentials = $3 where tenant_id = $1 and id = $2", firm, counter.channel_id, sealed
        )
    status, error = await counter.supervisor.refused("POST", "/templates", counter.draft())
    assert (status, error["code"]) == (409, "channel_reconnect_needed")
    channels = (await counter.supervisor.get("/channels"))["items"]
    assert [row["status"] for row in channels if row["id"] == str(counter.channel_id)] == ["reconnect_needed"]


async def test_a_channel_without_an_account_has_no_templates_and_an_agent_submits_none(counter: Counter) -> None:
    draft = counter.draft(channel_id=str(counter.world.firm.channel))
    status, error = await counter.supervisor.refused("POST", "/templates", draft)
    assert (status, error["fields"]) == (422, [{"path": "channel_id", "code": "templates_not_supported"}])
    assert (await counter.agent.refused("POST", "/templates", counter.draft()))[0] == 403


async def test_after_a_change_the_list_is_read_again_by_a_job(counter: Counter, superuser_url: str) -> None:
    await counter.supervisor.post("/templates", counter.draft())
    jobs = await stored(superuser_url, "select entrypoint from pgqueuer where entrypoint = 'templates.sync'")
    assert len(jobs) == 1


async def test_suggested_values_are_the_contacts(counter: Counter) -> None:
    named = [{"param_name": "first_name", "example": "Ayşe"}, {"param_name": "agent_name", "example": "Ece"}]
    text = "Merhaba {{first_name}}, ben {{agent_name}} ve yazıyorum size"
    part: Json = {"type": "BODY", "text": text, "example": {"body_text_named_params": named}}
    row = await counter.synced(parameter_format="NAMED", components=[part])
    talk = await counter.world.write("+905551112233", name="Dr. Işıl Kaya", channel=counter.channel_id)
    found = await counter.agent.get(f"/templates/{row['id']}/suggestions", conversation_id=str(talk))
    assert found["values"] == {"body.first_name": "Işıl", "body.agent_name": "Agent1 demo"}
    await counter.supervisor.post("/contact-fields", {"label": "Temsilcisi", "type": "text", "key": "advisor"})
    contact = (await counter.agent.get(f"/conversations/{talk}"))["contact"]["id"]
    await counter.agent.patch(f"/contacts/{contact}", {"fields": {"advisor": "Ece"}})
    advised = [{"param_name": "advisor", "example": "Ece"}]
    part = {"type": "BODY", "text": "Sizi {{advisor}} arayacak", "example": {"body_text_named_params": advised}}
    row = await counter.synced(name="danisman", parameter_format="NAMED", components=[part])
    found = await counter.agent.get(f"/templates/{row['id']}/suggestions", conversation_id=str(talk))
    assert found["values"] == {"body.advisor": "Ece"}


async def test_a_webhook_about_what_we_do_not_hold_orders_one_reading_of_the_list(
    counter: Counter, superuser_url: str
) -> None:
    row = await counter.synced()
    (node,) = (await counter.control.get("/whatsapp_cloud/templates")).json()["items"]
    ordered = "select payload from pgqueuer where entrypoint = 'templates.sync' and dedupe_key like '%:webhooks:%'"
    await told(counter, update(counter, node["id"], soon(counter), status="PAUSED", reason="LOW_QUALITY"))
    assert await stored(superuser_url, ordered) == [], "all of it was in the webhook"
    strangers = [update(counter, str(number), soon(counter), status="APPROVED") for number in range(3)]
    await told(counter, *strangers)
    await told(counter, update(counter, node["id"], soon(counter, 2), rewritten=True))
    jobs = await stored(superuser_url, ordered)
    assert 1 <= len(jobs) <= 2, "a quarter of a minute may end between the two"
    assert (await counter.agent.get(f"/templates/{row['id']}"))["status"] == "PAUSED"
